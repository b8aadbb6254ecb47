// The page that dials: any browser that opens it can be judged, whatever started the browser.
//
// It holds the one connection to the harness. What to dial comes in the fragment, which reaches no
// server's log: a URL, or a path of this page's own server. Each session is a frame of the same
// origin that runs the page adapter (page.html). One more frame is kept ready: it answers what
// concerns no session, and becomes the next one.

import { runtimeOf } from "./browser_name.mjs";
import { Carrier } from "./carrier.mjs";
import { Frame } from "./frame.mjs";
import { Refusal } from "./text.mjs";

const SESSIONS = 16; // Frames at once at most.
const STORAGES = 256; // Of the latest sessions, for those that come back.
const OWN_OPS = ["session.vanish", "session.return"];

const frames = new Map(); // session → its frame
const storages = new Map(); // session → its storage, also once it is gone
let spare = null;

const state = document.getElementById("state");
if (new URLSearchParams(location.search).has("asks")) await allowed();
const carrier = new Carrier(target(location.hash.slice(1)));
window.addEventListener("error", ({ message }) => carrier.fault(message));
window.addEventListener("unhandledrejection", ({ reason }) => carrier.fault(`${reason}`));
state.textContent = "Connecting to ringproof…";
carrier.opened.then(() => {
  state.textContent = "Connected. This browser is being judged: leave this page open and in front.";
  spare = frame();
  carrier.listen(take);
});
carrier.closed.then(() => {
  state.textContent = "The run is over. You can close this page.";
  for (const one of frames.values()) one.remove();
  spare?.remove();
});

// Wait until the user lets this origin use microphone and camera: a prompt in the middle of a
// scenario would be one that nobody answers.
async function allowed() {
  const again = document.getElementById("again");
  for (;;) {
    state.textContent =
      "Your browser asks for the microphone and the camera: choose Allow. " +
      "Nothing is recorded; calls go to ringproof and nowhere else.";
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      for (const track of stream.getTracks()) track.stop();
      return;
    } catch (error) {
      state.textContent =
        `No microphone and camera (${error.name}). Allow both for this site in the settings of ` +
        "the browser, then choose Try again.";
    }
    again.hidden = false;
    await new Promise((resolve) => again.addEventListener("click", resolve, { once: true }));
    again.hidden = true;
  }
}

function target(said) {
  return said.startsWith("/") ? `wss://${location.host}${said}` : said;
}

async function take(command) {
  try {
    const reply = await carryOut(command);
    if (reply) carrier.send({ re: command.id, ...reply });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    carrier.send({ re: command.id, error: error.reply });
  }
}

// Return a reply, or nothing where a frame has replied or will.
async function carryOut(command) {
  const { op, s, of } = command;
  switch (op) {
    case "hello":
      return greeting(await spare.ask(command, { quiet: true }));
    case "bye":
      return { ok: {} };
    case "session.open":
      return open(command, spare);
    case "session.return":
      if (!storages.has(of)) throw new Refusal("bad_request", `no session ${of} was here before`);
      return open({ ...command, op: "session.open" }, frame(storages.get(of)));
    case "session.close":
    case "session.vanish":
      return end(command, frameOf(s));
  }
  if (s && !frames.has(s) && isKnown(op)) frameOf(s);
  return passOn(command, frames.get(s) ?? spare);
}

let known = [];

function greeting({ ok, error }) {
  if (error) return { error };
  const { protocol, sut, caps } = ok;
  known = [...caps.ops, ...OWN_OPS];
  return {
    ok: {
      protocol,
      sut: { ...sut, runtime: runtimeOf(navigator.userAgent) },
      caps: { ...caps, sessions: SESSIONS, ops: known, features: [...caps.features, "unload"] },
    },
  };
}

// A frame refuses an op that it does not know, whatever the session.
function isKnown(op) {
  return known.includes(op);
}

function frameOf(s) {
  if (!frames.has(s)) throw new Refusal("not_ready", `no session ${s} is open`);
  return frames.get(s);
}

// A frame of its own for each session, also while others are being opened.
async function open(command, own) {
  const { s } = command;
  if (!s || frames.has(s)) throw refused(own, "bad_request", `session ${s} is open already`);
  if (frames.size >= SESSIONS) {
    throw refused(own, "not_ready", `${SESSIONS} sessions are open, which is the most`);
  }
  frames.set(s, own);
  storages.delete(s);
  storages.set(s, own.storage);
  if (storages.size > STORAGES) storages.delete(storages.keys().next().value);
  if (own === spare) spare = frame();
  const reply = await own.ask(command);
  if (reply.error && frames.get(s) === own) {
    frames.delete(s);
    own.remove();
  }
}

// The frame itself passes the reply on.
async function passOn(command, own) {
  await own.ask(command);
}

function refused(own, code, text) {
  if (own !== spare) own.remove();
  return new Refusal(code, text);
}

async function end(command, own) {
  const vanishes = command.op === "session.vanish";
  const { ok, error } = vanishes ? { ok: {} } : await own.ask(command, { quiet: true });
  frames.delete(command.s);
  await own.leave();
  return error ? { error } : { ok };
}

function frame(storage) {
  return new Frame(storage, carrier);
}
