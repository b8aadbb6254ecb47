// One frame that runs the page adapter: what it is asked, what it says, and its end.

const VANISHED = { code: "sut_error", definite: false, text: "the page vanished, as asked" };

let loads = 0;

export class Frame {
  #element = document.createElement("iframe");
  #carrier;
  #asked = new Map(); // id → what takes the reply
  #take = null;
  #early = [];
  #gone = false;
  #begun = false;

  // storage: that of a page of the same session before, of which this one gets a copy.
  constructor(storage, carrier) {
    const { local = [], session = [] } = storage ?? {};
    this.storage = { local: new Map(local), session: new Map(session) };
    this.#carrier = carrier;
    const frame = this;
    // What page.mjs finds; the frame has the origin of this page, and so may call it.
    this.#element.link = {
      storage: this.storage,
      get opened() {
        frame.#begun = true;
        return Promise.resolve();
      },
      listen: (take) => this.#listen(take),
      send: (message) => this.#said(message),
      fault: (text) => this.#gone || carrier.fault(text),
    };
    this.#element.addEventListener("load", () => this.#loaded(), { once: true });
    this.#element.allow = "microphone; camera; autoplay";
    this.#element.src = `page.html?load=${++loads}`;
    document.body.append(this.#element);
  }

  // Have a command carried out. Resolves to the reply, which has been passed on, at once: what the
  // SDK emits after it must come after it. With `quiet` it is not passed on.
  ask(command, { quiet = false } = {}) {
    return new Promise((resolve) => {
      this.#asked.set(command.id, (reply) => {
        if (!quiet) this.#carrier.send(reply);
        resolve(reply);
      });
      if (this.#take) this.#take(command);
      else this.#early.push(command);
    });
  }

  // Go to an empty page: the document hears that it unloads, and its sockets close.
  async leave() {
    if (this.#gone) return;
    this.#end();
    const left = new Promise((resolve) => this.#element.addEventListener("load", resolve));
    this.#element.contentWindow.location.replace("about:blank");
    await left;
    this.#element.remove();
  }

  remove() {
    this.#end();
    this.#element.remove();
  }

  #end() {
    this.#gone = true;
    for (const [re, reply] of this.#asked) reply({ re, error: VANISHED });
    this.#asked.clear();
  }

  #listen(take) {
    this.#take = take;
    for (const command of this.#early.splice(0)) take(command);
  }

  #said(message) {
    if (this.#gone) return;
    const reply = this.#asked.get(message.re);
    this.#asked.delete(message.re);
    if (reply) reply(message);
    else this.#carrier.send(message);
  }

  #loaded() {
    if (!this.#begun && !this.#gone) this.#carrier.fault("page.html does not load in a frame");
  }
}
