// An SDK of which every emission is known. What it does depends on the token.

class Subject {
  #observers = new Set();
  #ended = false;
  #replay = [];

  next(value) {
    this.#replay = [value];
    for (const observer of [...this.#observers]) observer.next(value);
  }

  complete() {
    this.#ended = true;
    for (const observer of [...this.#observers]) observer.complete?.();
    this.#observers.clear();
  }

  subscribe(observer) {
    const full = typeof observer === "function" ? { next: observer } : observer;
    const subscription = {
      closed: false,
      unsubscribe: () => {
        subscription.closed = true;
        this.#observers.delete(full);
      },
    };
    for (const value of this.#replay) full.next(value);
    if (this.#ended) full.complete?.();
    else this.#observers.add(full);
    return subscription;
  }
}

class Call {
  direction = "inbound";
  from = "/private/alice";
  fromName = undefined;
  to = 42;
  toName = null;
  status = "ringing";
  status$ = new Subject();
  localStream$ = new Subject();
  remoteStream$ = new Subject();
  errors$ = new Subject();

  constructor(id) {
    this.id = id;
    this.status$.next("ringing");
  }

  walk(...statuses) {
    for (const status of statuses) {
      this.status = status;
      this.status$.next(status);
    }
  }

  answer(media) {
    if (media?.video) throw new TypeError("no camera");
    this.walk("connecting");
    const stream = new MediaStream();
    this.localStream$.next(null);
    this.localStream$.next(stream);
    this.localStream$.next(stream);
    this.localStream$.next(new MediaStream());
    return undefined;
  }

  async hangup() {
    this.walk("disconnecting", "destroyed");
    this.status$.complete();
    throw new Error("nobody there");
  }

  reject() {
    this.errors$.next({ kind: "signaling", fatal: true, error: new Error("gone") });
    setTimeout(() => {
      throw new Error("thrown by the SDK later");
    });
  }
}

export class StaticCredentialProvider {
  constructor({ token }) {
    this.token = token;
  }
}

export class SignalWire {
  errors$ = new Subject();
  session = { incomingCalls$: new Subject() };

  constructor({ token }) {
    this.token = token;
    console.warn("constructed", { token: "eyJhbGci.eyJqdGki.c2ln" });
  }

  async register() {
    if (this.token === "bad") throw new Error("token refused");
    if (this.token === "never") return new Promise(() => {});
    if (this.token === "chatty") {
      for (let line = 0; line < 5000; line += 1) {
        console.info(`info ${line}`);
        console.warn(`warning ${line}`);
      }
    }
    if (this.token === "remember") {
      console.warn(`remembered ${localStorage.getItem("who")}`);
      localStorage.setItem("who", "somebody");
    }
    if (this.token === "recall") {
      const kept = { local: { ...localStorage }, session: { ...sessionStorage } };
      console.warn(`recalled ${JSON.stringify(kept)}`);
    }
    if (this.token === "keep") {
      localStorage.who = "somebody";
      localStorage.setItem("nobody", "");
      delete localStorage.nobody;
      sessionStorage.setItem("times", 1);
    }
    if (this.token === "crowd") console.warn(`frames ${parent.length}`);
    if (this.token === "spin") for (;;);
    if (this.token === "outside") {
      for (const url of ["https://api.signalwire.com/", "https://fabric.signalwire.com/"]) {
        const answer = await fetch(url).then((reply) => reply.status, (error) => error.name);
        console.warn(`asked ${url}: ${answer}`);
      }
    }
    if (this.token === "ours") {
      const script = document.createElement("script");
      script.text = "setTimeout(() => { throw new Error('ours') })\n//# sourceURL=/ringproof-adapter/x";
      document.body.append(script);
      return new Promise(() => {});
    }
    if (this.token === "farewell") {
      addEventListener("pagehide", () => localStorage.setItem("unloaded", "yes"));
    }
    this.session.incomingCalls$.next([]);
    if (this.token === "ring") this.session.incomingCalls$.next([new Call("call-1")]);
    if (this.token === "mutate") {
      const list = [new Call("call-1")];
      this.session.incomingCalls$.next(list);
      setTimeout(() => list.push(new Call("call-2")));
    }
    return undefined;
  }

  destroy() {
    throw new ReferenceError("destroy is broken");
  }
}
