// The WebSocket to the harness. A command that comes before anybody listens is kept.

const FAULT = 4001;
const REASON_LIMIT = 100; // A close reason has at most 123 bytes.

export class Carrier {
  #socket;
  #take = null;
  #early = [];

  constructor(url) {
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener("message", ({ data }) => {
      const command = JSON.parse(data);
      if (this.#take) this.#take(command);
      else this.#early.push(command);
    });
    this.opened = new Promise((resolve) => this.#socket.addEventListener("open", resolve));
    this.closed = new Promise((resolve) => this.#socket.addEventListener("close", resolve));
  }

  listen(take) {
    this.#take = take;
    for (const command of this.#early.splice(0)) take(command);
  }

  send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  // Say that the adapter, not the SDK, has failed: the harness blames nobody else.
  fault(text) {
    this.#socket.close(FAULT, text.replace(/[^\x20-\x7e]/g, "?").slice(0, REASON_LIMIT));
  }
}
