// The adapter core: commands in, replies and events out, on whatever carrier, for whatever binding
// of an SDK it is given. It has no opinion: values are raw, statuses are the SDK's own words.
// Protocol: docs/adapter-protocol.md.

import { Session } from "./session.mjs";
import { cut, Refusal, textOf } from "./text.mjs";

const PROTOCOL = 1;

export class Adapter {
  #sut;
  #caps;
  #bind;
  #send;
  #operations;
  #place;
  #devices;
  #listen;
  #sessions = new Map(); // id → { session, place }
  #streams = new WeakMap();
  #streamCount = 0;

  // sut: name and version of the module under test. caps: carrier, media, sessions, features.
  // bind: makes the binding of a new session, given its place. send: takes one message, an object.
  // changes: methods of the binding that change a connected call, each an op `call.NAME`.
  // place: where there is no page, makes what stands in for one: { vanish(), drop(), leave() }.
  // devices: gives the Devices of a new session, given its place. listen: see listening.mjs.
  // presence: whether the binding can go offline and online again. dials: whether it can dial.
  // user: whether it tells who its user is.
  constructor(options) {
    const { sut, caps, bind, send, devices, listen, changes = [], place = null } = options;
    const { presence, dials, user } = options;
    this.#sut = sut;
    this.#caps = caps;
    this.#bind = bind;
    this.#send = send;
    const ofACall = changes.map((name) => [`call.${name}`, changing(name)]);
    this.#operations = {
      ...OPERATIONS,
      ...Object.fromEntries(ofACall),
      ...(presence ? OF_PRESENCE : {}),
      ...(dials ? OF_A_DIAL : {}),
      ...(user ? OF_A_USER : {}),
      ...(place ? OF_A_PLACE : {}),
    };
    this.#place = place ?? (() => null);
    this.#devices = devices;
    this.#listen = listen;
  }

  // Carry out one command. Never throws: whatever goes wrong becomes the reply.
  async handle(command) {
    let reply;
    try {
      if (!Object.hasOwn(this.#operations, command.op)) {
        throw new Refusal("unsupported", `no op ${command.op}`);
      }
      reply = { ok: (await this.#operations[command.op].call(this, command)) ?? {} };
    } catch (error) {
      const code = "sut_error";
      reply = {
        error:
          error instanceof Refusal ? error.reply : { code, definite: true, text: textOf(error) },
      };
    }
    this.#send({ re: command.id, ...reply });
  }

  // Keep what the console was told; nobody judges it. Without s it may concern any session.
  log(level, text, s) {
    for (const session of this.#concerned(s)) session.emit("log", { level, text: cut(text) });
  }

  // An error that nobody caught and that came out of the SDK.
  uncaught(text, s) {
    for (const session of this.#concerned(s)) {
      session.emit("error", { text: cut(`uncaught: ${text}`) });
    }
  }

  hello({ protocols }) {
    if (protocols && !protocols.includes(PROTOCOL)) {
      throw new Refusal("version", `this adapter speaks protocol ${PROTOCOL}`);
    }
    // Every shell can listen, whatever the SDK.
    const features = [...this.#caps.features, "content"];
    const caps = { clock: "real", ...this.#caps, features, ops: Object.keys(this.#operations) };
    return { protocol: PROTOCOL, sut: { language: "javascript", ...this.#sut }, caps };
  }

  async open(command) {
    const { s, token } = command;
    if (!s || !token) throw new Refusal("bad_request", "session.open needs s and token");
    if (this.#sessions.has(s)) throw new Refusal("bad_request", `session ${s} is open already`);
    const place = this.#place(command);
    const binding = this.#bind(place);
    const nameOf = (stream) => this.#nameOf(stream);
    const session = new Session(s, binding, this.#send, nameOf, this.#listen);
    const devices = this.#devices(place);
    devices.report = (request) => session.emit("devices", request);
    this.#sessions.set(s, { session, place, devices });
    try {
      await session.open(command);
    } catch (error) {
      this.close({ s });
      throw error;
    }
  }

  close({ s }) {
    const { session, place } = this.#entry(s);
    this.#sessions.delete(s);
    session.close();
    place?.leave();
  }

  // What a closed page does: nobody says a word.
  vanish({ s }) {
    this.#entry(s).place.vanish();
    this.close({ s });
  }

  drop({ s }) {
    this.#entry(s).place.drop();
  }

  setDevices(command) {
    const wrong = this.#entry(command.s).devices.set(command);
    if (wrong) throw new Refusal("bad_request", wrong);
  }

  // Have the user choose devices for a call; each is named by its place among those there are.
  async choose(s, c, places) {
    const { session, devices } = this.#entry(s);
    await session.choose(c, places, await devices.choices());
  }

  closeAll() {
    for (const s of [...this.#sessions.keys()]) this.close({ s });
  }

  session(s) {
    return this.#entry(s).session;
  }

  #entry(s) {
    const entry = this.#sessions.get(s);
    if (!entry) throw new Refusal("not_ready", `no session ${s} is open`);
    return entry;
  }

  #concerned(s) {
    const entries = s === undefined ? [...this.#sessions.values()] : [this.#sessions.get(s)];
    return entries.filter(Boolean).map(({ session }) => session);
  }

  #nameOf(stream) {
    if (!this.#streams.has(stream)) this.#streams.set(stream, `stream-${++this.#streamCount}`);
    return this.#streams.get(stream);
  }
}

const OPERATIONS = {
  hello(command) {
    return this.hello(command);
  },
  "session.open"(command) {
    return this.open(command);
  },
  async "call.answer"({ id, s, c, media, devices }) {
    if (devices) await this.choose(s, c, devices);
    this.session(s).act(id, c, "answer", media);
  },
  "call.reject"({ id, s, c }) {
    this.session(s).act(id, c, "reject");
  },
  "call.hangup"({ id, s, c }) {
    this.session(s).act(id, c, "hangup");
  },
  observe({ id, s, c, what }) {
    this.session(s).observe(id, c, what);
  },
  "session.devices"(command) {
    this.setDevices(command);
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

function changing(name) {
  return function ({ id, s, c, ...members }) {
    this.session(s).act(id, c, name, members);
  };
}

const OF_PRESENCE = {
  "session.offline"({ id, s }) {
    this.session(s).change(id, "goOffline");
  },
  "session.online"({ id, s }) {
    this.session(s).change(id, "goOnline");
  },
};

const OF_A_DIAL = {
  "call.dial"({ id, s, to, media }) {
    if (!to) throw new Refusal("bad_request", "call.dial needs to");
    return this.session(s).dial(id, to, media);
  },
};

const OF_A_USER = {
  user({ s }) {
    this.session(s).user();
  },
};

const OF_A_PLACE = {
  "session.return"(command) {
    return this.open(command);
  },
  "session.vanish"(command) {
    this.vanish(command);
  },
  "session.drop"(command) {
    this.drop(command);
  },
};
