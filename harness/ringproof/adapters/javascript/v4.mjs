// The binding of @signalwire/js 4: how one session of that generation of the SDK is driven.
//
// A binding is all that the core (session.mjs) knows of an SDK. It presents what the SDK offers as
// observables, that is objects with subscribe({ next, error, complete }), and decides nothing:
//
//   open({ token, reattach, register, … })
//                           construct the client and bring it online, without register only
//                           construct it; errors are the SDK's own
//   list, errors            of the client: emitted lists of call objects; reported errors, or undefined
//   idOf(call)              the id that the wire calls callID
//   describe(call)          what the SDK tells of a call, raw, in the protocol's words
//   statusOf(call)          the synchronous status; may throw
//   observable(call, what)  "status", "local_stream" or "remote_stream"; may throw
//   errorsOf(call)          errors of the call, or undefined
//   issuesOf(call)          lists of trouble with its media, or undefined; optional
//   connectionOf(call)      its RTCPeerConnection, or undefined; may throw
//   choose(call, devices)   what its user does before answering with devices of their choice: devices
//                           are a MediaDeviceInfo each, by name (microphone, camera)
//   answer(call, media), reject(call), hangup(call)
//   hold(call), unhold(call), restart_ice(call), transfer(call, { destination })
//                           the methods that changesOf(sdk) names
//   goOffline(), goOnline() only where the SDK can; the page stays open
//   dial(to, media)         only where the SDK can: place a call; resolves to its object
//   user                    only where the SDK tells it: who its user is, in the protocol's words
//   close()                 leave; may throw

const OBSERVABLES = { status: "status$", local_stream: "localStream$", remote_stream: "remoteStream$" };

export class V4 {
  // What this generation can do beyond the protocol's minimum, in the clauses' words. open_outcome:
  // register() returns a promise, so that open() is rejected when the client cannot come online.
  // reattach: the SDK has an option to get calls back after a reload. automatic: it does something
  // without register(). device_choice: its user can select devices.
  static features = ["open_outcome", "reattach", "automatic", "device_choice"];
  // What it does not offer, in the same words: nothing that a clause speaks of.
  static lacks = [];
  // It can go offline and online again.
  static presence = true;
  // It can place calls.
  static dials = true;
  // It tells who its user is.
  static user = true;

  // What this build can change about a connected call: early ones restart no ICE.
  static changesOf({ WebRTCCall }) {
    const restarts = WebRTCCall?.prototype?.requestIceRestart ? ["restart_ice"] : [];
    return ["hold", "unhold", "transfer", ...restarts];
  }

  #sdk;
  #options;
  #allCalls = false;
  #held = new WeakSet();
  #client = null;

  // options: what the shell has to add to the client's options, where there is no browser.
  constructor(sdk, options) {
    this.#sdk = sdk;
    this.#options = options;
  }

  // Construct the client and let the core watch its errors before it goes online.
  async open({ token, reattach = false, register = true }, constructed) {
    const { SignalWire, StaticCredentialProvider } = this.#sdk;
    const options = { ...this.#options, ...(reattach ? { reconnectAttachedCalls: true } : {}) };
    this.#client = new SignalWire(new StaticCredentialProvider({ token }), options);
    this.#allCalls = reattach;
    constructed();
    // There is no list to subscribe to before the client is connected.
    await (register ? this.#client.register() : firstTrue(this.#client.isConnected$));
  }

  get user() {
    // Early betas call it by another name.
    const { displayName, addresses } = this.#client.user ?? this.#client.subscriber ?? {};
    const told = (addresses ?? []).map(({ name, channels }) => ({ name, channels }));
    return { display_name: displayName, addresses: told };
  }

  // A call that the SDK got back after a reload is none of its inbound calls any more: it is in
  // the list of all calls alone, as an outbound one. No scenario dials after a reload.
  get list() {
    const { incomingCalls$, calls$ } = this.#client.session;
    return this.#allCalls ? calls$ : incomingCalls$;
  }

  get errors() {
    return this.#client.errors$;
  }

  idOf(call) {
    return String(call.id);
  }

  describe(call) {
    const { direction, from, fromName, to, toName } = call;
    return { direction, from, from_name: fromName, to, to_name: toName };
  }

  statusOf(call) {
    return call.status;
  }

  observable(call, what) {
    return call[OBSERVABLES[what]];
  }

  errorsOf(call) {
    return call.errors$;
  }

  issuesOf(call) {
    return call.networkIssues$;
  }

  connectionOf(call) {
    return call.rtcPeerConnection;
  }

  async choose(_call, { microphone, camera }) {
    await this.#findDevices();
    if (microphone) this.#client.selectAudioInputDevice(microphone);
    if (camera) this.#client.selectVideoInputDevice(camera);
  }

  answer(call, media) {
    return media === undefined ? call.answer() : call.answer(media);
  }

  reject(call) {
    return call.reject();
  }

  hangup(call) {
    return call.hangup();
  }

  hold(call) {
    return this.#toggle(call, true);
  }

  unhold(call) {
    return this.#toggle(call, false);
  }

  transfer(call, { destination }) {
    return call.transfer({ destination });
  }

  restart_ice(call) {
    return call.requestIceRestart();
  }

  goOffline() {
    return this.#client.unregister();
  }

  goOnline() {
    return this.#client.register();
  }

  dial(to, media) {
    return this.#client.dial(to, media ?? {});
  }

  close() {
    this.#client?.destroy();
  }

  // The client looks a selected device up among those that it has found. Early betas cannot be asked
  // to look: they do when they begin to watch for new ones.
  async #findDevices() {
    if (this.#client.enumerateDevices) return this.#client.enumerateDevices();
    this.#client.enableDeviceMonitoring();
    return firstTrue(this.#client.audioInputDevices$, (found) => found.length);
  }

  // The SDK has one method for both, and does not say in which state a call is.
  #toggle(call, held) {
    if (this.#held.has(call) === held) return undefined;
    if (held) this.#held.add(call);
    else this.#held.delete(call);
    return call.toggleHold();
  }
}

function firstTrue(observable, is = Boolean) {
  return new Promise((resolve, reject) => {
    observable.subscribe({ next: (value) => is(value) && resolve(), error: reject });
  });
}
