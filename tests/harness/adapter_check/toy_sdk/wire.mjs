// Just enough WebSocket for the toy client: text frames, no extensions, no dependencies.

import { createHash, randomBytes } from "node:crypto";
import { request as plain } from "node:http";
import { request as secure } from "node:https";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MORE = 0;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

// Dial a URL; resolves with { send(text), close() } once it is open.
// hear: takes each text message. over: called when it has closed. ca: PEM of the authority to trust.
export function dial(url, { ca, hear, over = () => {} }) {
  return new Promise((resolve, reject) => {
    const key = randomBytes(16).toString("base64");
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": key,
    };
    const request = url.startsWith("wss:") ? secure : plain;
    const asking = request(url.replace(/^ws/, "http"), { ca, headers });
    asking.on("error", reject);
    asking.on("response", ({ statusCode }) => reject(new Error(`no WebSocket: ${statusCode}`)));
    asking.on("upgrade", ({ headers: told }, socket, head) => {
      const expected = createHash("sha1").update(key + GUID).digest("base64");
      if (told["sec-websocket-accept"] !== expected) return reject(new Error("no WebSocket"));
      socket.on("error", () => socket.destroy()).on("close", over);
      // Whoever waits for the promise goes on before the first message is heard.
      setImmediate(() => read(socket, head, hear));
      resolve({
        send: (text) => socket.write(frame(TEXT, Buffer.from(text))),
        close: () => socket.end(frame(CLOSE, Buffer.from([0x03, 0xe8]))),
      });
    });
    asking.end();
  });
}

function read(socket, head, hear) {
  let rest = head;
  let pieces = [];
  const take = (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let found = parse(rest); found; found = parse(rest)) {
      rest = rest.subarray(found.size);
      if (found.opcode === TEXT || found.opcode === MORE) {
        pieces.push(found.payload);
        if (found.last) hear(Buffer.concat(pieces.splice(0)).toString());
      }
      if (found.opcode === PING) socket.write(frame(PONG, found.payload));
      if (found.opcode === CLOSE) socket.end(frame(CLOSE, found.payload));
    }
  };
  socket.on("data", take);
  if (head.length) take(Buffer.alloc(0));
}

// The first whole frame, or null.
function parse(data) {
  if (data.length < 2) return null;
  let length = data[1] & 0x7f;
  let at = 2;
  if (length === 126) {
    if (data.length < 4) return null;
    [length, at] = [data.readUInt16BE(2), 4];
  } else if (length === 127) {
    if (data.length < 10) return null;
    [length, at] = [Number(data.readBigUInt64BE(2)), 10];
  }
  if (data.length < at + length) return null;
  const payload = data.subarray(at, at + length);
  return { opcode: data[0] & 0x0f, last: data[0] >= 0x80, payload, size: at + length };
}

// A client has to mask what it sends.
function frame(opcode, payload) {
  const mask = randomBytes(4);
  const size = payload.length;
  const length =
    size < 126 ? [size] : size < 65_536 ? [126, size >> 8, size & 255] : [127, ...big(size)];
  length[0] |= 0x80;
  const masked = payload.map((byte, at) => byte ^ mask[at % 4]);
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), mask, masked]);
}

function big(size) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  return bytes;
}
