// Playwright fixtures around `ringproof serve`: a stand-in a worker, a flat and its visitors a test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { test as base } from "@playwright/test";
import { makeApp } from "../server.mjs";

export { expect } from "@playwright/test";

const WITHIN_MS = 20_000;
const STAYS = { version: "1.0.0", sections: { main: [{ answer: {} }, { sleep: { duration: -1 } }] } };

// The stand-in as a backend sees SignalWire: REST with Basic auth, and status callbacks.
class Platform {
  #calls = new Map(); // id → { states, wake }

  async start() {
    const argv = ["serve", "--json", "--port", "0", "--http-port", "0"];
    this.process = spawn(process.env.RINGPROOF ?? "ringproof", argv, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(this.process, "exit").then(([code]) => {
      throw new Error(`ringproof serve ended with ${code}: see its message above`);
    });
    const [line] = await Promise.race([once(createInterface(this.process.stdout), "line"), ended]);
    ended.catch(() => {}); // from here on it is us who end it
    Object.assign(this, JSON.parse(line));
    this.callbacks = createServer((request, response) => this.#heard(request, response));
    await once(this.callbacks.listen(0, "127.0.0.1"), "listening");
    return this;
  }

  async stop() {
    this.process.kill("SIGTERM");
    if (this.process.exitCode === null) await once(this.process, "exit");
    this.callbacks.close(); // last: calls that end with the stand-in are told of as well
  }

  // Places a call to whoever `token` belongs to; `media` is "audio" or "video".
  async call(token, name, { media = "audio" } = {}) {
    const info = await this.#ask("/api/fabric/subscriber/info", `Bearer ${token}`);
    const params = {
      from: "+15551230000",
      to: info.fabric_addresses[0].channels[media],
      swml: STAYS,
      status_url: `http://127.0.0.1:${this.callbacks.address().port}/`,
      status_events: ["ringing", "answered", "ended"],
    };
    if (name !== null) params.from_name = name; // null: a caller without a name
    const { id } = await this.#command({ command: "dial", params });
    return new Call(this.#known(id), (reason) => this.#command({ command: "calling.end", id, params: { reason } }));
  }

  token(reference) {
    return this.#ask("/api/fabric/subscribers/tokens", this.#basic(), { reference }).then(({ token }) => token);
  }

  #basic() {
    return `Basic ${btoa(`${this.project}:${this.api_token}`)}`;
  }

  #command(body) {
    return this.#ask("/api/calling/calls", this.#basic(), body);
  }

  async #ask(path, authorization, body) {
    const reply = await fetch(this.http_url + path, {
      method: body ? "POST" : "GET",
      headers: { authorization, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return reply.json();
  }

  #known(id) {
    if (!this.#calls.has(id)) this.#calls.set(id, { states: [], wake: () => {} });
    return this.#calls.get(id);
  }

  async #heard(request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    response.end();
    const { call_id: id, call_state: state, end_reason: reason } = JSON.parse(text).params;
    const call = this.#known(id);
    call.states.push({ state, reason });
    call.wake();
  }
}

class Call {
  #known;
  #end;

  constructor(known, end) {
    this.#known = known;
    this.#end = end;
  }

  rings = () => this.#until("ringing");
  answered = () => this.#until("answered");

  // Resolves with the reason: "hangup", "cancel", "decline" …
  async ended() {
    return (await this.#until("ended")).reason;
  }

  async givesUp() {
    await this.#end("cancel");
    await this.ended();
  }

  async hangsUp() {
    await this.#end("hangup");
    await this.ended();
  }

  async #until(state) {
    const limit = AbortSignal.timeout(WITHIN_MS);
    for (;;) {
      const reached = this.#known.states.find((known) => known.state === state);
      if (reached) return reached;
      if (limit.aborted) {
        const seen = this.#known.states.map((known) => known.state).join(", ") || "nothing";
        throw new Error(`expected the call to be ${state} within ${WITHIN_MS} ms, saw ${seen}`);
      }
      await new Promise((resolve) => {
        this.#known.wake = resolve;
        limit.addEventListener("abort", resolve, { once: true });
      });
    }
  }
}

export const test = base.extend({
  platform: [
    async ({}, use) => {
      const platform = await new Platform().start();
      await use(platform);
      await platform.stop();
    },
    { scope: "worker" },
  ],

  // The stand-in knows what a Chromium needs in order to reach it, and nothing but it.
  launchOptions: [
    async ({ platform }, use) => {
      const { args, executable } = platform.chromium;
      await use({ args, executablePath: executable ?? undefined, chromiumSandbox: false });
    },
    { scope: "worker" },
  ],

  appUrl: [
    async ({ platform }, use) => {
      const { http_url: url, project, api_token: token } = platform;
      const app = makeApp({ url, project, token }).listen(0, "localhost");
      await once(app, "listening");
      await use(`http://localhost:${app.address().port}`);
      app.close();
    },
    { scope: "worker" },
  ],

  // A flat that no other test knows.
  flat: async ({}, use) => use(`flat-${crypto.randomUUID()}`),

  // `await visitor("Alice")`: somebody rings at this test's flat.
  visitor: async ({ platform, flat }, use) => {
    const token = await platform.token(flat);
    await use((name, options) => platform.call(token, name, options));
  },
});
