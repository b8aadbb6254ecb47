// The microphone and the camera of one session: what its requests get is set by session.devices.
//
// Devices stands between whoever asks and the mediaDevices of the browser or of the runtime. What a
// setting does not concern goes through unchanged, and is not reported.

const STATES = ["works", "missing", "refused", "busy"];
const ERRORS = {
  missing: ["NotFoundError", "Requested device not found"],
  refused: ["NotAllowedError", "Permission denied"],
  busy: ["NotReadableError", "Could not start the device"],
};
const INPUTS = { audioinput: "audio", videoinput: "video" };

export class Devices {
  // Takes { c, state, kinds, error? } for each request that a setting concerns.
  report = () => {};
  // enumerateDevices of those behind, once it stands before some.
  enumerate = async () => [];
  #setting = { c: "", after_ms: 0, states: { audio: "works", video: "works" } };

  // Return what is wrong with the command, or an empty text.
  set({ c, microphone, camera, after_ms }) {
    const states = { audio: microphone, video: camera };
    if (!Object.values(states).every((state) => STATES.includes(state))) {
      return `microphone and camera are one of ${STATES.join(", ")}`;
    }
    if (!Number.isInteger(after_ms) || after_ms < 0) return "after_ms is a number of milliseconds";
    this.#setting = { c, after_ms, states };
    return "";
  }

  // getUserMedia, where ask() is the real one.
  async request(constraints, ask) {
    const setting = this.#setting;
    const { c, after_ms, states } = setting;
    const kinds = ["audio", "video"].filter((kind) => constraints?.[kind]);
    const failing = kinds.find((kind) => states[kind] !== "works");
    // A request for nothing is refused by the real one, whatever the devices do.
    if (!kinds.length || (failing === undefined && !after_ms)) return ask();
    this.report({ c, state: "asked", kinds });
    if (after_ms) await new Promise((decide) => setTimeout(decide, after_ms));
    setting.after_ms = 0; // A user who has decided is not asked again.
    if (failing === undefined) {
      this.report({ c, state: "granted", kinds });
      return ask();
    }
    const [error, text] = ERRORS[states[failing]];
    this.report({ c, state: "failed", kinds, error });
    throw new DOMException(text, error);
  }

  // enumerateDevices: a device that is missing is not on the list.
  present(list) {
    const { states } = this.#setting;
    return list.filter(({ kind }) => states[INPUTS[kind]] !== "missing");
  }

  // What a user chooses from: the MediaDeviceInfo of each microphone and each camera, in order.
  async choices() {
    const list = this.present(await this.enumerate());
    const ofKind = (wanted) => list.filter(({ kind }) => kind === wanted);
    return { microphone: ofKind("audioinput"), camera: ofKind("videoinput") };
  }
}

// Put devices between a page's scripts and its mediaDevices, before any of them is loaded. usable
// says of a MediaDeviceInfo whether it is to be on the list.
export function standBetween(devices, mediaDevices, usable = () => true) {
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  const enumerateDevices = mediaDevices.enumerateDevices.bind(mediaDevices);
  devices.enumerate = async () => (await enumerateDevices()).filter(usable);
  mediaDevices.getUserMedia = (constraints) =>
    devices.request(constraints, () => getUserMedia(constraints));
  mediaDevices.enumerateDevices = async () => devices.present(await devices.enumerate());
}

// Return mediaDevices of a session's own, over those that all sessions share.
export function ownDevices(devices, shared) {
  const own = Object.create(shared, {
    // The methods of EventTarget accept no object but a real one.
    addEventListener: { value: shared.addEventListener.bind(shared) },
    removeEventListener: { value: shared.removeEventListener.bind(shared) },
    dispatchEvent: { value: shared.dispatchEvent.bind(shared) },
    getUserMedia: { value: shared.getUserMedia.bind(shared), writable: true },
    enumerateDevices: { value: shared.enumerateDevices.bind(shared), writable: true },
  });
  standBetween(devices, own);
  return own;
}
