// The binding of @signalwire/js 3: notifications of calls go to a handler, and a call that was
// accepted emits events. What a binding is: see v4.mjs.
//
// This generation offers no list, no status before a call is accepted, and no streams to subscribe
// to; it tells nobody that a caller gave up. The adapter says so (`lacks`), and clauses about these
// are not judged. What is reported all the same serves the player, which has to know when a call
// rings, is connected and is over: a call is on the list from its notification until the SDK
// destroys it, or the app has declined it.

// The events of an accepted call, in the words of the next generation.
const WORDS = [
  ["answering", "connecting"],
  ["media.connected", "connected"],
  ["hangup", "disconnected"],
  ["destroy", "destroyed"],
];

export class V3 {
  static features = ["device_choice"];
  static changesOf = () => [];
  static lacks = ["list", "status", "streams", "default_media", "errors"];

  #sdk;
  #options;
  #client = null;
  #list = new Value([]);

  constructor(sdk, options) {
    // The published bundle exports nothing: it puts its module on the global object.
    this.#sdk = sdk.SignalWire ? sdk : globalThis.SignalWire;
    this.#options = options;
  }

  async open({ token }, constructed) {
    this.#client = await this.#sdk.SignalWire({ token, ...this.#options });
    constructed();
    const all = ({ invite }) => this.#notified(invite);
    await this.#client.online({ incomingCallHandlers: { all } });
  }

  get list() {
    return this.#list;
  }

  get errors() {
    return undefined;
  }

  idOf(call) {
    return call.id;
  }

  describe({ invite: { details } }) {
    return {
      direction: details.display_direction,
      from: details.caller_id_number,
      from_name: details.caller_id_name,
      to: details.callee_id_number,
      to_name: details.callee_id_name,
    };
  }

  statusOf(call) {
    return call.status.last;
  }

  observable(call, what) {
    return { status: call.status, local_stream: call.local, remote_stream: call.remote }[what];
  }

  errorsOf() {
    return undefined;
  }

  connectionOf(call) {
    return call.room?.peer?.instance;
  }

  // What accept() is not told is its own default, and that is not the guide's: video too, which an
  // audio offer does not have, and then the SDK makes one answer after the other. An app that wants
  // the guide's default says so.
  async answer(call, { audio = true, video = false } = {}) {
    const { microphone, camera } = call.chosen;
    call.room = await call.invite.accept({
      audio: audio && from(microphone),
      video: video && from(camera),
    });
    for (const [event, word] of WORDS) call.room.on(event, () => this.#reached(call, word));
  }

  // Constraints of accept() name the devices.
  choose(call, devices) {
    call.chosen = devices;
  }

  async reject(call) {
    await call.invite.reject();
    for (const word of ["disconnected", "destroyed"]) this.#reached(call, word);
  }

  // A call that was not accepted has no method but reject(): that is how its app gets rid of it.
  hangup(call) {
    return call.room ? call.room.hangup() : this.reject(call);
  }

  close() {
    return this.#client?.disconnect();
  }

  #notified(invite) {
    const call = {
      id: String(invite.details.callID),
      invite,
      chosen: {},
      room: null,
      status: new Value("ringing"),
      local: new Value(),
      remote: new Value(),
    };
    this.#list.emit([...this.#list.last, call]);
  }

  #reached(call, word) {
    if (call.status.over || call.status.last === word) return;
    if (word === "connected") {
      call.local.emit(call.room.localStream);
      call.remote.emit(call.room.remoteStream);
    }
    call.status.emit(word);
    if (word !== "destroyed") return;
    for (const value of [call.local, call.remote, call.status]) value.complete();
    this.#list.emit(this.#list.last.filter((other) => other !== call));
  }
}

// The constraint of accept() for a device, or for any.
function from(device) {
  return device ? { deviceId: { exact: device.deviceId } } : true;
}

// A value that can be subscribed to: the last one, if there is one, and those to come.
class Value {
  over = false;
  #observers = new Set();

  constructor(first) {
    this.last = first;
  }

  subscribe(observer) {
    if (this.last !== undefined) observer.next(this.last);
    if (this.over) observer.complete?.();
    else this.#observers.add(observer);
    return { unsubscribe: () => this.#observers.delete(observer), closed: this.over };
  }

  emit(value) {
    this.last = value;
    for (const observer of [...this.#observers]) observer.next(value);
  }

  complete() {
    this.over = true;
    for (const observer of [...this.#observers]) observer.complete?.();
    this.#observers.clear();
  }
}
