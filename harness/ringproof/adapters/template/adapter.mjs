import { createInterface } from "node:readline"; // fill in 1, 2 and 3; adapter.toml says how
const sut = { name: "my-sdk", version: "0.0.0", language: "javascript" };
const sessions = new Map(); // name → { client, calls: id → your SDK's call, emit }
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const no = (code, text = "") => { throw { refusal: { code, text } }; };
const find = (s) => sessions.get(s) ?? no("not_ready");
async function open({ s, token, url, ca_file }, calls = new Map(), n = 0) {
  if (sessions.has(s)) no("bad_request");
  const emit = (ev, it) => say({ ev, s, n: n++, t_us: Math.trunc(performance.now() * 1e3), ...it });
  const client = no("unsupported", "fill in 1"); /* 1: connect and register your client */
  sessions.set(s, { client, calls, emit }); emit("registered"); /* 3: emit("calls", …) and more */
}
async function act({ id, op, s, c, media }) {
  const { calls, emit } = find(s), call = calls.get(c) ?? no("no_such_call");
  emit("command", { id });
  const done = no("unsupported", "fill in 2"); /* 2: by op, call.answer(media), .reject() … */
  Promise.resolve(done).then(() => {}, String).then((error) => emit("settled", { id, error }));
}
const ops = { "session.open": open, "call.answer": act, "call.reject": act, "call.hangup": act,
  "session.close": async ({ s }) => { await find(s).client.close(); sessions.delete(s); },
  sync: ({ s }) => find(s) && new Promise((done) => setImmediate(done)),
  bye: () => void setImmediate(process.exit),
  hello: ({ protocols }) => (protocols.includes(1) ? { protocol: 1, sut, caps } : no("version")) };
const caps = { media: "sdp", sessions: 16, ops: Object.keys(ops) };
const read = (line) => { try { return JSON.parse(line) ?? {}; } catch { return {}; } };
createInterface({ input: process.stdin }).on("close", process.exit).on("line", async (line) => {
  const command = read(line), { id: re, op } = command;
  try { re && say({ re, ok: (await (ops[op] ?? no("unsupported"))(command)) ?? {} }); }
  catch (error) { say({ re, error: error.refusal ?? { code: "sut_error", text: `${error}` } }); }
});
