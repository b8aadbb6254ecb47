// The page's shell around the adapter core: loads the SDK, dials the harness, passes messages on.
// The harness's URL comes in the fragment, so that it reaches no server's log.

import { Adapter } from "./adapter.mjs";
import { bindingOf, bundleOf } from "./bindings.mjs";
import { Devices, standBetween } from "./devices.mjs";
import { listen } from "./listening.mjs";
import { spoken } from "./text.mjs";

const SDK = "/ringproof-sdk";
const FAULT = 4001;
// Chromium's second fake camera gives depths, of which WebRTC sends no picture.
const DEPTH_CAMERA = "fake_device_1";
const REASON_LIMIT = 100; // A close reason has at most 123 bytes.
// What a page may write to its console. A client caught in a loop writes hundreds of lines a second,
// and each of them delays every page of this browser.
const LINES_LIMIT = 1000;

const socket = new WebSocket(location.hash.slice(1));
const fault = (text) => socket.close(FAULT, asAscii(text).slice(0, REASON_LIMIT));

socket.addEventListener("open", async () => {
  try {
    await serve();
  } catch (error) {
    fault(`${error}`);
  }
});

async function serve() {
  const early = [];
  const keep = (event) => early.push(event.data);
  socket.addEventListener("message", keep);
  const listening = { adapter: null };
  listenToConsole(listening); // Before the SDK is there: it may keep the functions it finds.
  const devices = new Devices();
  standBetween(devices, navigator.mediaDevices, ({ label }) => label !== DEPTH_CAMERA);
  const { name, version } = await (await fetch(`${SDK}/package.json`)).json();
  const sdk = await loadSdk(bundleOf(version));
  const Binding = bindingOf(version);
  const adapter = new Adapter({
    sut: { name, version },
    caps: { carrier: "ws", media: "rtp", sessions: 1, features: Binding.features, lacks: Binding.lacks },
    bind: () => new Binding(sdk, {}),
    changes: Binding.changesOf(sdk),
    presence: Binding.presence,
    dials: Binding.dials,
    user: Binding.user,
    devices: () => devices,
    listen,
    send: (message) => socket.send(JSON.stringify(message)),
  });
  listening.adapter = adapter;
  listenToErrors(adapter);
  socket.removeEventListener("message", keep);
  socket.addEventListener("message", ({ data }) => adapter.handle(JSON.parse(data)));
  for (const data of early) adapter.handle(JSON.parse(data));
}

async function loadSdk(file) {
  const bundle = `${SDK}/${file}`;
  try {
    return await import(bundle);
  } catch (error) {
    console.error(error);
    throw new Error(`cannot load ${bundle}: ${error.name}`);
  }
}

// Errors that nobody caught.
function listenToErrors(adapter) {
  const judge = (error, text) => {
    const stack = `${error?.stack ?? ""}`;
    if (stack.includes("/ringproof-adapter/") && !stack.includes(`${SDK}/`)) fault(text);
    else adapter.uncaught(text);
  };
  window.addEventListener("error", (event) => judge(event.error, event.message));
  window.addEventListener("unhandledrejection", (event) => judge(event.reason, `${event.reason}`));
}

// What the SDK writes to the console; errors and warnings are told to the adapter too.
function listenToConsole(listening) {
  let lines = 0;
  const levels = { error: "error", warn: "warning", info: "", log: "", debug: "", trace: "" };
  for (const [method, level] of Object.entries(levels)) {
    const original = console[method];
    console[method] = (...parts) => {
      lines += 1;
      if (lines > LINES_LIMIT) return;
      if (level) listening.adapter?.log(level, spoken(parts));
      original.apply(console, parts);
    };
  }
}

function asAscii(text) {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
