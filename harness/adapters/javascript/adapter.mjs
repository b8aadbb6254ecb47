// The adapter core: commands in, replies and events out, on whatever carrier, for whatever version
// of the SDK it is given. It has no opinion: values are raw, statuses are the SDK's own words.
//
// One counter per session numbers the SDK's emissions and the receipt of commands, so that their
// order is decided here and not by comparing clocks. Protocol: docs/adapter-protocol.md.

const TEXT_LIMIT = 2000;
const ENDED_LIMIT = 256;
const OBSERVABLES = { status: "status$", local_stream: "localStream$", remote_stream: "remoteStream$" };

class Refusal extends Error {
  constructor(code, text, definite = true) {
    super(text);
    this.reply = { error: code, text, definite };
  }
}

export class Adapter {
  #sdk;
  #hello;
  #send;
  #sessions = new Map();
  #streams = new WeakMap();
  #streamCount = 0;

  // sdk: the module under test. hello: name, version, carrier, media, sessions.
  // send: takes one message, an object.
  constructor({ sdk, hello, send }) {
    this.#sdk = sdk;
    this.#hello = hello;
    this.#send = send;
  }

  // Carry out one command. Never throws: whatever goes wrong becomes the reply.
  async handle(command) {
    let reply;
    try {
      const operation = OPERATIONS[command.op];
      if (!operation) throw new Refusal("unsupported", `no op ${command.op}`);
      reply = { ok: (await operation.call(this, command)) ?? {} };
    } catch (error) {
      reply = error instanceof Refusal ? error.reply : { error: "sut_error", text: textOf(error) };
    }
    this.#send({ re: command.id, ...reply });
  }

  // Keep what the page's console said; nobody judges it.
  log(level, text) {
    for (const session of this.#sessions.values()) session.emit("log", { level, text: cut(text) });
  }

  // An error that nobody caught and that came out of the SDK.
  uncaught(text) {
    for (const session of this.#sessions.values()) {
      session.emit("error", { text: cut(`uncaught: ${text}`) });
    }
  }

  hello() {
    const ops = Object.keys(OPERATIONS);
    return { protocol: 1, language: "javascript", ...this.#hello, ops };
  }

  async open({ s, token }) {
    if (!s || !token) throw new Refusal("bad_request", "session.open needs s and token");
    if (this.#sessions.has(s)) throw new Refusal("bad_request", `session ${s} is open already`);
    const session = new Session(s, this.#send, (stream) => this.#nameOf(stream));
    this.#sessions.set(s, session);
    try {
      await session.open(this.#sdk, token);
    } catch (error) {
      this.#sessions.delete(s);
      session.close();
      throw error;
    }
  }

  close({ s }) {
    this.session(s).close();
    this.#sessions.delete(s);
  }

  closeAll() {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }

  session(s) {
    const session = this.#sessions.get(s);
    if (!session) throw new Refusal("not_ready", `no session ${s} is open`);
    return session;
  }

  #nameOf(stream) {
    if (!this.#streams.has(stream)) this.#streams.set(stream, `stream-${++this.#streamCount}`);
    return this.#streams.get(stream);
  }
}

const OPERATIONS = {
  hello() {
    return this.hello();
  },
  "session.open"(command) {
    return this.open(command);
  },
  "call.answer"({ id, s, c, media }) {
    this.session(s).act(id, c, (call) => (media === undefined ? call.answer() : call.answer(media)));
  },
  "call.reject"({ id, s, c }) {
    this.session(s).act(id, c, (call) => call.reject());
  },
  "call.hangup"({ id, s, c }) {
    this.session(s).act(id, c, (call) => call.hangup());
  },
  observe({ id, s, c, what }) {
    this.session(s).observe(id, c, what);
  },
  media({ s, c }) {
    return this.session(s).count(c);
  },
  sync({ s }) {
    return this.session(s).sync();
  },
  "session.close"(command) {
    this.close(command);
  },
  bye() {
    this.closeAll();
  },
};

class Session {
  #id;
  #send;
  #nameOf;
  #n = 0;
  #client = null;
  #subscriptions = [];
  #calls = new Map(); // call id → { call, connection, over, told }, oldest first
  #emissions = []; // lists since the last sync: { n, list }

  constructor(id, send, nameOf) {
    this.#id = id;
    this.#send = send;
    this.#nameOf = nameOf;
  }

  emit(ev, fields) {
    const n = this.#n++;
    const t_us = Math.round(performance.now() * 1000);
    this.#send({ ev, s: this.#id, n, t_us, ...fields });
    return n;
  }

  async open(sdk, token) {
    const { SignalWire, StaticCredentialProvider } = sdk;
    this.#client = new SignalWire(new StaticCredentialProvider({ token }));
    this.#watchErrors(this.#client, {});
    await this.#client.register();
    this.#subscribe(this.#client.session.incomingCalls$, "list", {}, (list) => this.#listed(list));
    this.emit("registered", {});
  }

  // Log the receipt of a command, call the SDK's method at once, and log how its promise settles.
  act(id, c, method) {
    const entry = this.#call(c);
    entry.told = false;
    this.emit("command", { id });
    let outcome;
    try {
      outcome = method(entry.call);
    } catch (error) {
      this.emit("settled", { id, error: textOf(error) });
      throw error;
    }
    Promise.resolve(outcome).then(
      () => this.emit("settled", { id }),
      (error) => this.emit("settled", { id, error: textOf(error) }),
    );
  }

  observe(id, c, what) {
    const entry = this.#call(c);
    if (what === "list") {
      this.emit("command", { id });
      this.#subscribe(this.#client.session.incomingCalls$, "list", { observer: id }, (list) =>
        this.emit("calls", { list: list.map(describe), observer: id }),
      );
      return;
    }
    if (!(what in OBSERVABLES)) throw new Refusal("bad_request", `nothing to observe: ${what}`);
    this.emit("command", { id });
    this.#watch(entry, c, what, { observer: id });
  }

  // RTP counted by the SDK's own connection, as events. A connection that is gone counts no more.
  async count(c) {
    const entry = this.#call(c);
    this.#keepConnection(entry);
    if (!entry.connection) throw new Refusal("not_ready", `call ${c} has no connection`);
    const packets = new Map();
    for (const stat of (await entry.connection.getStats()).values()) {
      const side = { "outbound-rtp": "sent", "inbound-rtp": "received" }[stat.type];
      if (!side) continue;
      const key = `${side} ${stat.kind}`;
      const counted = side === "sent" ? stat.packetsSent : stat.packetsReceived;
      packets.set(key, (packets.get(key) ?? 0) + (counted ?? 0));
    }
    for (const [key, count] of packets) {
      const [side, kind] = key.split(" ");
      this.emit("media", { c, side, kind, packets: count });
    }
  }

  // Let what has arrived be handled: the SDK delivers on microtasks, and so it takes no more than
  // the end of two tasks.
  async sync() {
    await task();
    await task();
    for (const { n, list } of this.#emissions.splice(0)) {
      this.emit("reread", { of: n, list: list.map((call) => String(call.id)) });
    }
    for (const [c, entry] of this.#calls) {
      // An ended call is told of once; it stays addressable, for a user may still hold it.
      if (!entry.told) this.emit("getter", { c, status: statusOf(entry.call) });
      entry.told = entry.over;
    }
    this.#forget();
  }

  // Leave. The SDK's own trouble with leaving is kept as log, for it is no part of a call.
  close() {
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    try {
      this.#client?.destroy();
    } catch (error) {
      this.emit("log", { level: "warning", text: cut(`destroy: ${textOf(error)}`) });
    }
  }

  #forget() {
    this.#subscriptions = this.#subscriptions.filter((subscription) => !subscription.closed);
    const ended = [...this.#calls].filter(([, entry]) => entry.told);
    for (const [c] of ended.slice(0, -ENDED_LIMIT)) this.#calls.delete(c);
  }

  #listed(list) {
    const n = this.emit("calls", { list: list.map(describe) });
    this.#emissions.push({ n, list });
    for (const call of list) {
      const c = String(call.id);
      if (this.#calls.get(c)?.call === call) continue;
      const entry = { call, connection: null, over: false, told: false };
      this.#calls.set(c, entry);
      try {
        for (const what of Object.keys(OBSERVABLES)) this.#watch(entry, c, what, {});
        this.#watchErrors(call, { c });
      } catch (error) {
        this.emit("error", { c, text: textOf(error) });
      }
    }
  }

  #watch(entry, c, what, extra) {
    const side = { local_stream: "local", remote_stream: "remote" }[what];
    this.#subscribe(entry.call[OBSERVABLES[what]], what, { c, ...extra }, (value) => {
      this.#keepConnection(entry);
      if (side) this.#streamed(value, { c, side, ...extra });
      else this.emit("status", { c, status: String(value), ...extra });
    }, () => {
      if (what === "status") entry.over = true;
    });
  }

  #streamed(stream, fields) {
    if (!stream) {
      this.emit("log", { level: "info", text: `${fields.side} stream of ${fields.c}: ${stream}` });
      return;
    }
    const tracks = stream.getTracks().map((track) => track.kind).sort();
    this.emit("stream", { ...fields, stream: this.#nameOf(stream), tracks });
  }

  #watchErrors(source, fields) {
    const subscription = source.errors$?.subscribe((error) => {
      const fatal = error?.fatal === true;
      const text = error?.kind ? `${error.kind}: ${textOf(error.error)}` : textOf(error);
      this.emit("error", { text: cut(text), fatal, ...fields });
    });
    if (subscription) this.#subscriptions.push(subscription);
  }

  #subscribe(observable, what, fields, next, complete = () => {}) {
    const subscription = observable.subscribe({
      next,
      error: (error) => this.emit("error", { text: cut(`${what}: ${textOf(error)}`), ...fields }),
      complete: () => {
        complete();
        this.emit("complete", { what, ...fields });
      },
    });
    this.#subscriptions.push(subscription);
  }

  #call(c) {
    const entry = this.#calls.get(c);
    if (!entry) throw new Refusal("no_such_call", `session ${this.#id} has not seen call ${c}`);
    return entry;
  }

  // The SDK lets go of its connection when the call ends; its counts are wanted afterwards too.
  #keepConnection(entry) {
    try {
      entry.connection = entry.call.rtcPeerConnection ?? entry.connection;
    } catch {
      // The getter of an ended call throws; what was kept stays.
    }
  }
}

function describe(call) {
  return {
    c: String(call.id),
    status: statusOf(call),
    direction: raw(call.direction),
    from: raw(call.from),
    from_name: raw(call.fromName),
    to: raw(call.to),
    to_name: raw(call.toName),
  };
}

function statusOf(call) {
  try {
    return raw(call.status) ?? null;
  } catch {
    return null;
  }
}

// A value as the user sees it; what is neither text nor absent is shown as text.
function raw(value) {
  return value === undefined || value === null || typeof value === "string" ? value : String(value);
}

function textOf(error) {
  return cut(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

// No access token reaches a trace, whatever the SDK writes to its console.
function cut(whole) {
  const text = whole.replace(/\beyJ[\w-]+\.[\w.-]+/g, "…");
  return text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text;
}

function task() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
