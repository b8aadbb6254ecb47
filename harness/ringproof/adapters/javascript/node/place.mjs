// What stands in for a page, one a session: its own storage, and its own hold on the network.

import { Devices, ownDevices } from "../devices.mjs";

const GOING_AWAY = 1001;
const NOWHERE = "wss://vanished.invalid"; // Does not resolve; a session that is gone dials in vain.

export class Place {
  #sockets = new Set();
  #storage;
  #gone = false;
  devices = new Devices();

  constructor(storage) {
    this.#storage = storage;
  }

  // Options of an SDK client that lives here. media: what makes connections and opens devices.
  options({ WebSocket, RTCPeerConnection, mediaDevices }) {
    const place = this;
    class OwnWebSocket extends WebSocket {
      constructor(url, ...rest) {
        super(place.#gone ? NOWHERE : url, ...rest);
        place.#sockets.add(this);
        this.on("close", () => place.#sockets.delete(this));
      }
    }
    return {
      webSocketConstructor: OwnWebSocket,
      webRTCApiProvider: {
        RTCPeerConnection,
        mediaDevices: ownDevices(this.devices, mediaDevices),
      },
      storageImplementation: this.#storage,
      // Its polling serves pages whose user plugs a camera in.
      skipDeviceMonitoring: true,
    };
  }

  // End as a page that is closed: the browser closes its sockets, and the SDK says no word.
  vanish() {
    this.#gone = true;
    this.#storage.seal();
    for (const socket of this.#sockets) socket.close(GOING_AWAY);
  }

  // Cut the network; the client is free to come back.
  drop() {
    for (const socket of this.#sockets) socket.terminate();
  }

  leave() {
    this.#gone = true;
  }
}

// The SDK's storage interface over two maps.
export class Storage {
  #scopes = { local: new Map(), session: new Map() };
  #sealed = false;

  // Stay as it is: what code of a page that is gone still does reaches no storage.
  seal() {
    this.#sealed = true;
  }

  copy() {
    const made = new Storage();
    for (const [scope, items] of Object.entries(this.#scopes)) {
      for (const [key, value] of items) made.#scopes[scope].set(key, value);
    }
    return made;
  }

  async setItem(key, value, scope = "session") {
    if (!this.#sealed) this.#scopes[scope].set(key, value);
  }

  async getItem(key, scope = "session") {
    return this.#scopes[scope].get(key) ?? null;
  }

  async removeItem(key, scope = "session") {
    if (!this.#sealed) this.#scopes[scope].delete(key);
  }

  async clear(scope = "session") {
    if (!this.#sealed) this.#scopes[scope].clear();
  }
}
