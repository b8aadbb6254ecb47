// The Node shell around the adapter core: commands on stdin, replies and events on stdout, one JSON
// object a line. Whatever else is printed goes to stderr.
//
//   node node.mjs SDK_FOLDER ENTRY RUNTIME_FOLDER
//
// ENTRY is the file of the SDK that an app in Node loads. RUNTIME_FOLDER/node_modules holds ws,
// @roamhq/wrtc and what the SDK depends on; the SDK gets from there what its own folders lack.
// NODE_EXTRA_CA_CERTS names the stand-in's authority, as for any program in Node.

import { AsyncLocalStorage } from "node:async_hooks";
import { Console } from "node:console";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";

import { Adapter } from "./adapter.mjs";
import { bindingOf } from "./bindings.mjs";
import { lookLikeAPage, stayOnLoopback } from "./node/host.mjs";
import { listening } from "./node/listening.mjs";
import { makeMedia } from "./node/media.mjs";
import { Place, Storage } from "./node/place.mjs";
import { alsoLookIn } from "./node/resolution.mjs";
import { cut, spoken } from "./text.mjs";

const SESSIONS = 32;
const STORAGES = 256; // Of the latest sessions, for those that come back.
const FAULT = 70; // Exit status of a fault of our own.
const OWN = path.dirname(fileURLToPath(import.meta.url));

const [sdkFolder, entry, runtimeFolder] = process.argv.slice(2);
const whose = new AsyncLocalStorage(); // The session on whose behalf code runs, where it is known.
const write = process.stdout.write.bind(process.stdout);
const stderr = new Writable({
  decodeStrings: false,
  write(chunk, _encoding, done) {
    process.stderr.write(`${cut(`${chunk}`.trimEnd())}\n`, done);
  },
});
process.stdout.write = stderr.write.bind(stderr);
globalThis.console = new Console(stderr, stderr);

const storages = new Map(); // session → its storage, also once it is gone
let restHost = "";
stayOnLoopback(() => restHost);
const adapter = await load();
listen();
const lines = readline.createInterface({ input: process.stdin });
lines.on("line", hear);
lines.on("close", leave);

async function load() {
  const runtime = createRequire(path.join(runtimeFolder, "package.json"));
  const wrtc = runtime("@roamhq/wrtc");
  const media = { WebSocket: runtime("ws"), ...makeMedia(wrtc) };
  lookLikeAPage(media);
  alsoLookIn(runtimeFolder);
  const manifest = JSON.parse(readFileSync(path.join(sdkFolder, "package.json"), "utf8"));
  const sdk = await import(pathToFileURL(path.join(sdkFolder, entry)));
  const Binding = bindingOf(manifest.version);
  return new Adapter({
    sut: {
      name: manifest.name,
      version: manifest.version,
      runtime: `Node ${process.versions.node}`,
    },
    caps: { carrier: "stdio", media: "rtp", sessions: SESSIONS, features: Binding.features },
    place: ({ s, of }) => new Place(storageOf(s, of)),
    changes: Binding.changesOf(sdk),
    presence: Binding.presence,
    dials: Binding.dials,
    user: Binding.user,
    devices: (place) => place.devices,
    listen: listening(wrtc),
    bind: (place) => new Binding(sdk, place.options(media)),
    send: (message) => write(`${JSON.stringify(message)}\n`),
  });
}

// The storage of a new session: a copy of what another one has, or has left.
function storageOf(s, of) {
  const storage = storages.get(of)?.copy() ?? new Storage();
  storages.set(s, storage);
  if (storages.size > STORAGES) storages.delete(storages.keys().next().value);
  return storage;
}

// A line that is no command is passed over: whoever wrote it is told on stderr.
function hear(line) {
  try {
    const command = JSON.parse(line);
    if (typeof command?.id !== "string") throw new Error("it has no id");
    take(command);
  } catch (error) {
    console.error(`no command: ${error.message}`);
  }
}

async function take(command) {
  restHost = command.rest_host ?? restHost;
  await whose.run(command.s, () => adapter.handle(command));
  if (command.op === "bye") leave();
}

// The native part of wrtc may crash when it is torn down, and an exit tears nothing down.
function leave() {
  process.exit(0);
}

// Errors that nobody caught, and what the SDK writes to the console.
function listen() {
  const tell = (error) => {
    const stack = `${error?.stack ?? error}`;
    stderr.write(stack);
    if (stack.includes(OWN) && !stack.includes(sdkFolder)) process.exit(FAULT);
    adapter.uncaught(`${error}`, whose.getStore());
  };
  process.on("uncaughtException", tell);
  process.on("unhandledRejection", tell);
  for (const [method, level] of [["error", "error"], ["warn", "warning"]]) {
    const original = console[method];
    console[method] = (...parts) => {
      adapter.log(level, spoken(parts), whose.getStore());
      original.apply(console, parts);
    };
  }
}
