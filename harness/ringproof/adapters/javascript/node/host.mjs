// What a page has around it and a Node process has not: names that lead to this machine and nowhere
// else, and the few globals and methods that the SDK asks for.

import { webcrypto } from "node:crypto";
import dns from "node:dns";

import { completeIterators } from "./iterators.mjs";

const LOOPBACK = { address: "127.0.0.1", family: 4 };
const LOCAL = /(^|\.)localhost\.?$/i;

// Early 4.0 betas ask this host for the subscriber, whatever the token says.
const FABRIC = "fabric.signalwire.com";

// Resolve *.localhost, as browsers do, and no other name, so that nothing reaches the real service
// by mistake. rest() gives HOST:PORT of the stand-in, which answers for the real one.
export function stayOnLoopback(rest) {
  dns.lookup = (name, options, done = options) => {
    if (!LOCAL.test(name)) {
      const error = new Error(`getaddrinfo ENOTFOUND ${name}`);
      process.nextTick(done, Object.assign(error, { code: "ENOTFOUND", hostname: name }));
    } else if (options?.all) process.nextTick(done, null, [LOOPBACK]);
    else process.nextTick(done, null, LOOPBACK.address, LOOPBACK.family);
  };
  const { fetch } = globalThis;
  globalThis.fetch = (resource, init) => {
    const asked = typeof resource === "string" || resource instanceof URL;
    const url = asked ? new URL(resource) : null;
    if (url?.host !== FABRIC) return fetch(resource, init);
    url.host = rest();
    return fetch(url, init);
  };
}

// Make a pair of keys of one kind once a process. The SDK keeps its own in IndexedDB, which tabs of one
// origin share; here it made one for each session: 0.2 s of a core, measured, and seconds when busy.
function shareKeys() {
  globalThis.crypto ??= webcrypto; // Node 18 has it, though not as a global.
  const { subtle } = globalThis.crypto;
  const generateKey = subtle.generateKey.bind(subtle);
  const made = new Map();
  subtle.generateKey = (...kind) => {
    const name = JSON.stringify(kind, (_, value) => (ArrayBuffer.isView(value) ? [...value] : value));
    if (!made.has(name)) made.set(name, generateKey(...kind));
    return made.get(name);
  };
}

// Look like a page that is online, in view, and has a camera.
export function lookLikeAPage({ mediaDevices, ...classes }) {
  completeIterators();
  shareKeys();
  const userAgent = `Node.js/${process.versions.node}`;
  const navigator = { userAgent, onLine: true, mediaDevices };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  Object.assign(globalThis, classes);
}
