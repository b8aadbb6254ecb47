// A toy client: takes inbound calls on the wire, with media that is told and never sent. It stands
// for somebody's own SDK; nothing in it knows that there are adapters.

import { EventEmitter } from "node:events";
import { randomUUID } from "node:crypto";
import { dial } from "./wire.mjs";

const SOUND = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n";
const BUSY = { cause: "USER_BUSY", causeCode: "17" };

// Emits "calls" (the list, whole) whenever it changes; of a call "status" (it), "sound" (it, side)
// and, after its last status, "end" (it).
export class ToyClient extends EventEmitter {
  calls = [];
  #socket;
  #protocol = "";
  #waiting = new Map();
  #placed = new Map();

  async register({ token, url, ca }) {
    this.#socket = await dial(url, { ca, hear: (text) => this.#hear(JSON.parse(text)) });
    const { protocol } = await this.request("signalwire.connect", {
      version: { major: 4, minor: 0, revision: 0 },
      event_acks: true,
      agent: "toy/1.0.0",
      authentication: { jwt_token: token },
    });
    this.#protocol = protocol;
    await this.request("subscriber.online", {});
  }

  // Call an address; the call is there at once, and becomes connected when somebody has answered.
  dial(to) {
    const call = new ToyCall(this, { callID: randomUUID(), callee_id_number: to }, undefined, "outbound");
    this.#placed.set(call.id, call);
    const dialogParams = { callID: call.id, destination_number: to };
    this.verto(call, "verto.invite", { dialogParams, sdp: SOUND }).catch(() => call.over());
    return call;
  }

  request(method, params) {
    const id = randomUUID();
    this.#send({ id, method, params });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  // Send a verto message about a call.
  async verto(call, method, params) {
    const dialogParams = { callID: call.id };
    const message = { jsonrpc: "2.0", id: randomUUID(), method, params: { dialogParams, ...params } };
    const reply = await this.request("webrtc.verto", { callID: call.id, node_id: call.node, message });
    if (reply.result?.error) throw new Error(reply.result.error.message);
  }

  forget(call) {
    if (this.#placed.delete(call.id)) return;
    this.calls = this.calls.filter((other) => other !== call);
    this.emit("calls", this.calls);
  }

  close() {
    this.#socket.close();
  }

  #send(message) {
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  #hear({ id, method, params, result, error }) {
    if (method === "signalwire.ping") this.#send({ id, result: { timestamp: Date.now() / 1000 } });
    else if (method === "signalwire.event") this.#take(id, params);
    else if (error) this.#waiting.get(id)?.reject(new Error(error.message));
    else this.#waiting.get(id)?.resolve(result);
    if (!method) this.#waiting.delete(id);
  }

  #take(id, { event_type, event_channel, node_id, params }) {
    this.#send({ id, result: {} });
    if (event_channel && !event_channel.includes(this.#protocol)) return;
    if (event_type !== "webrtc.message") return;
    const { callID } = params.params;
    const call = this.#placed.get(callID) ?? this.calls.find((one) => one.id === callID);
    if (params.method === "verto.answer") call?.answered();
    if (params.method === "verto.invite" && !call) this.#list(params.params, node_id);
    if (params.method === "verto.bye") call?.over();
  }

  #list(invite, node) {
    const call = new ToyCall(this, invite, node);
    this.calls = [...this.calls, call];
    this.emit("calls", this.calls);
    this.emit("status", call);
  }
}

class ToyCall {
  status = "ringing";
  direction = "inbound";
  #client;
  #offer;

  constructor(client, invite, node, direction = "inbound") {
    this.#client = client;
    if (direction === "outbound") [this.direction, this.status] = [direction, "connecting"];
    this.#offer = invite.sdp;
    this.id = invite.callID;
    this.node = node;
    this.from = invite.caller_id_number;
    this.fromName = invite.caller_id_name;
    this.to = invite.callee_id_number;
    this.toName = invite.callee_id_name;
  }

  // Accept with sound; the platform's offer, turned round, will do for an answer.
  async answer() {
    if (this.status !== "ringing") throw new Error(`cannot answer: ${this.status}`);
    this.#become("connecting");
    this.#client.emit("sound", this, "local");
    await this.#client.verto(this, "verto.answer", { sdp: this.#offer });
    if (this.status !== "connecting") return;
    this.#client.emit("sound", this, "remote");
    this.#become("connected");
  }

  answered() {
    this.#become("connected");
  }

  async transfer(destination) {
    await this.#client.verto(this, "verto.modify", { action: "transfer", destination });
  }

  async reject() {
    if (this.status !== "ringing") throw new Error(`cannot reject: ${this.status}`);
    await this.#client.verto(this, "verto.bye", BUSY);
    this.over();
  }

  async hangup() {
    this.#become("disconnecting");
    await this.#client.verto(this, "verto.bye", {});
    this.over();
  }

  // However it ended: the last two words, and then it is no longer listed.
  over() {
    if (this.status === "destroyed") return;
    this.#become("disconnected");
    this.#become("destroyed");
    this.#client.emit("end", this);
    this.#client.forget(this);
  }

  #become(status) {
    this.status = status;
    this.#client.emit("status", this);
  }
}
