// The page's shell around the adapter core: loads the SDK, and passes messages on.
//
// A page by itself dials the harness, whose URL comes in the fragment, so that it reaches no
// server's log. In a frame of the page that dials (dial.mjs) that page passes the messages on.

import { Adapter } from "./adapter.mjs";
import { bindingOf, bundleOf } from "./bindings.mjs";
import { Carrier } from "./carrier.mjs";
import { Devices, standBetween } from "./devices.mjs";
import { listen } from "./listening.mjs";
import { useStorage } from "./storage.mjs";
import { spoken } from "./text.mjs";

const SDK = "/ringproof-sdk";
// Chromium's second fake camera gives depths, of which WebRTC sends no picture.
const DEPTH_CAMERA = "fake_device_1";
// What a page may write to its console. A client caught in a loop writes hundreds of lines a second,
// and each of them delays every page of this browser.
const LINES_LIMIT = 1000;

const { frameElement } = window;
const link = frameElement?.link ?? new Carrier(location.hash.slice(1));
if (link.storage) useStorage(window, link.storage);

link.opened.then(serve).catch((error) => link.fault(`${error}`));

async function serve() {
  const listening = { adapter: null };
  listenToConsole(listening); // Before the SDK is there: it may keep the functions it finds.
  const devices = new Devices();
  standBetween(devices, navigator.mediaDevices, ({ label }) => label !== DEPTH_CAMERA);
  const { name, version } = await (await fetch(`${SDK}/package.json`)).json();
  const sdk = await loadSdk(bundleOf(version));
  const Binding = bindingOf(version);
  const lacking = (await offersChoice()) ? [] : ["device_choice"];
  const features = Binding.features.filter((feature) => !lacking.includes(feature));
  const adapter = new Adapter({
    sut: { name, version },
    caps: { carrier: "ws", media: "rtp", sessions: 1, features, lacks: Binding.lacks },
    bind: () => new Binding(sdk, {}),
    changes: Binding.changesOf(sdk),
    presence: Binding.presence,
    dials: Binding.dials,
    user: Binding.user,
    devices: () => devices,
    listen,
    send: (message) => link.send(message),
  });
  listening.adapter = adapter;
  listenToErrors(adapter);
  link.listen((command) => adapter.handle(command));
}

// A browser may have one fake device of a kind: then there is nothing to choose.
async function offersChoice() {
  const kinds = (await navigator.mediaDevices.enumerateDevices()).map(({ kind }) => kind);
  return ["audioinput", "videoinput"].every((kind) => kinds.filter((one) => one === kind).length > 1);
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
    if (stack.includes("/ringproof-adapter/") && !stack.includes(`${SDK}/`)) link.fault(text);
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
