// One session of the client under test: watches everything its binding offers, and reports it.
//
// One counter numbers the SDK's emissions and the receipt of commands, so that their order is
// decided here and not by comparing clocks. What a binding is: see v4.mjs.

import { cut, raw, Refusal, textOf } from "./text.mjs";

const ENDED_LIMIT = 256;
const OF_A_CALL = ["status", "local_stream", "remote_stream"];
const SIDES = { local_stream: "local", remote_stream: "remote" };
const DEVICE_OF = { audio: "microphone", video: "camera" };
const RTP = { "outbound-rtp": "sent", "inbound-rtp": "received" };

export class Session {
  #id;
  #binding;
  #send;
  #nameOf;
  #listen;
  #listeners = new WeakMap(); // received track → what listens to it
  #n = 0;
  #subscriptions = [];
  #calls = new Map(); // call id → { call, connection, choices, over, told }, oldest first
  #emissions = []; // lists since the last sync: { n, list }
  #closed = false;

  // send: takes one message. nameOf: gives a stream object its name. listen: makes what listens to
  // a received track, see listening.mjs.
  constructor(id, binding, send, nameOf, listen) {
    this.#id = id;
    this.#binding = binding;
    this.#send = send;
    this.#nameOf = nameOf;
    this.#listen = listen;
  }

  emit(ev, fields) {
    const n = this.#n++;
    const t_us = Math.round(performance.now() * 1000);
    this.#send({ ev, s: this.#id, n, t_us, ...fields });
    return n;
  }

  async open(command) {
    const binding = this.#binding;
    await binding.open(command, () => this.#watchErrors(binding.errors, {}));
    this.#subscribe(binding.list, "list", {}, (list) => this.#listed(list));
    if (command.register ?? true) this.emit("registered", {});
  }

  user() {
    this.emit("user", this.#binding.user);
  }

  // Log the receipt of a command, call the SDK's method at once, and log how its promise settles.
  act(id, c, method, ...args) {
    const entry = this.#call(c);
    entry.told = false;
    this.#follow(id, method, entry.call, ...args);
  }

  // Choose devices for a call. Both are by name, microphone and camera: places are those of the
  // chosen ones among choices, which are all that there are. From now on the call's are reported.
  async choose(c, places, choices) {
    const entry = this.#call(c);
    const chosen = {};
    for (const [name, place] of Object.entries(places)) {
      chosen[name] = choices[name]?.[place];
      if (!chosen[name]) throw new Refusal("bad_request", `there is no ${name} ${place}`);
    }
    entry.choices = choices;
    await this.#binding.choose(entry.call, chosen);
  }

  // The same for a method of the client, and not of a call.
  change(id, method) {
    this.#follow(id, method);
  }

  #follow(id, method, ...args) {
    this.emit("command", { id });
    let outcome;
    try {
      outcome = this.#binding[method](...args);
    } catch (error) {
      this.emit("settled", { id, error: textOf(error) });
      throw error;
    }
    Promise.resolve(outcome).then(
      () => this.emit("settled", { id }),
      (error) => this.emit("settled", { id, error: textOf(error) }),
    );
  }

  // Place a call, and watch it as one of the list is watched; resolves to its id.
  async dial(id, to, media) {
    this.emit("command", { id });
    try {
      const call = await this.#binding.dial(to, media);
      const c = this.#binding.idOf(call);
      this.emit("dialled", { id, c, to: raw(this.#binding.describe(call).to) });
      this.#watchCall(call, c);
      this.emit("settled", { id });
      return { c };
    } catch (error) {
      this.emit("settled", { id, error: textOf(error) });
      throw error;
    }
  }

  observe(id, c, what) {
    const entry = this.#call(c);
    if (what !== "list" && !OF_A_CALL.includes(what)) {
      throw new Refusal("bad_request", `nothing to observe: ${what}`);
    }
    this.emit("command", { id });
    if (what !== "list") {
      this.#watch(entry, c, what, { observer: id });
      return;
    }
    this.#subscribe(this.#binding.list, "list", { observer: id }, (list) =>
      this.emit("calls", { list: list.map((call) => this.#describe(call)), observer: id }),
    );
  }

  // RTP counted by the SDK's own connection, as events. A connection that is gone counts no more.
  async count(c) {
    const entry = this.#call(c);
    this.#keepConnection(entry);
    if (!entry.connection) throw new Refusal("not_ready", `call ${c} has no connection`);
    const packets = new Map();
    for (const stat of (await entry.connection.getStats()).values()) {
      const side = RTP[stat.type];
      if (!side) continue;
      const key = `${side} ${stat.kind}`;
      const counted = side === "sent" ? stat.packetsSent : stat.packetsReceived;
      packets.set(key, (packets.get(key) ?? 0) + (counted ?? 0));
    }
    const content = this.#content(entry.connection);
    for (const [key, count] of packets) {
      const [side, kind] = key.split(" ");
      const carried = side === "received" ? { content: content[kind] } : {};
      this.emit("media", { c, side, kind, packets: count, ...carried });
    }
  }

  // What each kind of received media carries at the moment.
  #content(connection) {
    const content = {};
    for (const { track } of connection.getReceivers()) {
      if (track?.readyState !== "live") continue;
      if (!this.#listeners.has(track)) this.#listeners.set(track, this.#listen(track));
      content[track.kind] = this.#listeners.get(track).latest();
    }
    return content;
  }

  // Let what has arrived be handled: the SDK delivers on microtasks, and so it takes no more than
  // the end of two tasks.
  async sync() {
    await task();
    await task();
    // What the SDK shows once it was told to leave is no behaviour of its own.
    if (this.#closed) throw new Refusal("not_ready", "the session was closed meanwhile", false);
    for (const { n, list } of this.#emissions.splice(0)) {
      this.emit("reread", { of: n, list: list.map((call) => this.#binding.idOf(call)) });
    }
    for (const [c, entry] of this.#calls) {
      if (entry.choices && !entry.over) this.#tellSources(entry, c, this.#sentTracks(entry));
      // An ended call is read once; it stays addressable, for a user may have kept it.
      if (!entry.told) this.emit("getter", { c, status: this.#statusOf(entry.call) });
      entry.told = entry.over;
    }
    this.#forget();
  }

  // Leave. The SDK's own trouble with leaving is kept as log, for it is no part of a call.
  close() {
    this.#closed = true;
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    try {
      this.#binding.close();
    } catch (error) {
      this.emit("log", { level: "warning", text: cut(`close: ${textOf(error)}`) });
    }
  }

  #forget() {
    this.#subscriptions = this.#subscriptions.filter((subscription) => !subscription.closed);
    const ended = [...this.#calls].filter(([, entry]) => entry.told);
    for (const [c] of ended.slice(0, -ENDED_LIMIT)) this.#calls.delete(c);
  }

  #listed(list) {
    const n = this.emit("calls", { list: list.map((call) => this.#describe(call)) });
    this.#emissions.push({ n, list });
    for (const call of list) {
      const c = this.#binding.idOf(call);
      if (this.#calls.get(c)?.call !== call) this.#watchCall(call, c);
    }
  }

  #watchCall(call, c) {
    const entry = { call, connection: null, choices: null, over: false, told: false };
    this.#calls.set(c, entry);
    try {
      for (const what of OF_A_CALL) this.#watch(entry, c, what, {});
      this.#watchErrors(this.#binding.errorsOf(call), { c });
      this.#watchIssues(this.#binding.issuesOf?.(call), c);
    } catch (error) {
      this.emit("error", { c, text: textOf(error) });
    }
  }

  #watch(entry, c, what, extra) {
    const side = SIDES[what];
    this.#subscribe(this.#binding.observable(entry.call, what), what, { c, ...extra }, (value) => {
      this.#keepConnection(entry);
      if (side) this.#streamed(entry, value, { c, side, ...extra });
      else this.emit("status", { c, status: String(value), ...extra });
    }, () => {
      if (what === "status") entry.over = true;
    });
  }

  #streamed(entry, stream, fields) {
    if (!stream) {
      this.emit("log", { level: "info", text: `${fields.side} stream of ${fields.c}: ${stream}` });
      return;
    }
    const tracks = stream.getTracks().map((track) => track.kind).sort();
    this.emit("stream", { ...fields, stream: this.#nameOf(stream), tracks });
    if (entry.choices && fields.side === "local") {
      this.#tellSources(entry, fields.c, stream.getTracks());
    }
  }

  // The devices behind tracks, as places among the choices that the user had.
  #tellSources({ choices }, c, tracks) {
    const devices = {};
    for (const track of tracks) {
      const name = DEVICE_OF[track.kind];
      const { deviceId } = track.getSettings();
      const place = choices[name].findIndex((choice) => choice.deviceId === deviceId);
      if (place >= 0) devices[name] = place;
    }
    this.emit("sources", { c, devices });
  }

  #sentTracks(entry) {
    this.#keepConnection(entry);
    const tracks = (entry.connection?.getSenders() ?? []).map(({ track }) => track);
    return tracks.filter((track) => track?.readyState === "live");
  }

  #watchErrors(source, fields) {
    const subscription = source?.subscribe((error) => {
      const fatal = error?.fatal === true;
      const text = error?.kind ? `${error.kind}: ${textOf(error.error)}` : textOf(error);
      this.emit("error", { text: cut(text), fatal, ...fields });
    });
    if (subscription) this.#subscriptions.push(subscription);
  }

  // Each issue is reported when it comes up: the SDK emits all that there are at the moment.
  #watchIssues(source, c) {
    let before = new Set();
    const subscription = source?.subscribe((issues) => {
      const now = new Set(issues.map((issue) => String(issue?.type ?? textOf(issue))));
      for (const text of now) if (!before.has(text)) this.emit("issue", { c, text: cut(text) });
      before = now;
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

  #describe(call) {
    const described = { c: this.#binding.idOf(call), status: this.#statusOf(call) };
    for (const [name, value] of Object.entries(this.#binding.describe(call))) {
      described[name] = raw(value);
    }
    return described;
  }

  #statusOf(call) {
    try {
      return raw(this.#binding.statusOf(call)) ?? null;
    } catch {
      return null;
    }
  }

  // The SDK lets go of its connection when the call ends; its counts are wanted afterwards too.
  #keepConnection(entry) {
    try {
      entry.connection = this.#binding.connectionOf(entry.call) ?? entry.connection;
    } catch {
      // The getter of an ended call throws; what was kept stays.
    }
  }
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
