// Real media in Node: connections of @roamhq/wrtc, and devices that make a tone and a picture.

const SAMPLE_RATE_HZ = 48_000;
const BLOCK_MS = 10; // The one size that wrtc takes.
const TONES_HZ = [440, 880];
const FRAME_MS = 100;
const PICTURE = { width: 160, height: 120 };

// Two of each kind, so that a user can choose.
const DEVICES = [
  { deviceId: "microphone-1", kind: "audioinput", label: "Tone", groupId: "ringproof-1" },
  { deviceId: "microphone-2", kind: "audioinput", label: "High tone", groupId: "ringproof-2" },
  { deviceId: "camera-1", kind: "videoinput", label: "Picture", groupId: "ringproof-1" },
  { deviceId: "camera-2", kind: "videoinput", label: "Another picture", groupId: "ringproof-2" },
];

const STATES = {
  connectionstatechange: "connectionState",
  iceconnectionstatechange: "iceConnectionState",
  icegatheringstatechange: "iceGatheringState",
  signalingstatechange: "signalingState",
};

// What a browser would give as globals and as navigator.mediaDevices.
export function makeMedia(wrtc) {
  const { MediaStream, MediaStreamTrack, RTCSessionDescription } = wrtc;
  completeTracks(MediaStreamTrack);
  const RTCPeerConnection = likeABrowser(wrtc.RTCPeerConnection);
  const mediaDevices = new Devices(wrtc);
  return { MediaStream, MediaStreamTrack, RTCPeerConnection, RTCSessionDescription, mediaDevices };
}

// Connections as a browser makes them, where wrtc's differ.
//
// No pool of candidates is gathered in advance: the SDK asks for ten, for which wrtc opened some 700
// files a call, measured; four lanes of five calls took all 20,000. And a change of state is told
// only when there is one: wrtc told `connected` a second time as the far side closed its transport.
function likeABrowser(RTCPeerConnection) {
  const configured = (configuration) => ({ ...configuration, iceCandidatePoolSize: 0 });
  return class extends RTCPeerConnection {
    #told = {};

    constructor(configuration) {
      super(configured(configuration));
    }

    setConfiguration(configuration) {
      return super.setConfiguration(configured(configuration));
    }

    dispatchEvent(event) {
      const state = STATES[event.type];
      if (state) {
        if (this.#told[state] === this[state]) return;
        this.#told[state] = this[state];
      }
      super.dispatchEvent(event);
    }
  };
}

// wrtc's tracks lack these; a browser's fake devices ignore constraints too.
function completeTracks({ prototype }) {
  prototype.getConstraints ??= () => ({});
  prototype.getCapabilities ??= () => ({});
  prototype.applyConstraints ??= async () => undefined;
}

class Devices extends EventTarget {
  #wrtc;
  #feeds; // kind → one feed a device

  constructor(wrtc) {
    super();
    this.#wrtc = wrtc;
    const { RTCAudioSource, RTCVideoSource } = wrtc.nonstandard;
    const sound = (hz) => new Feed(new RTCAudioSource(), BLOCK_MS, tone(hz));
    const pictures = () => new Feed(new RTCVideoSource(), FRAME_MS, picture());
    this.#feeds = { audioinput: TONES_HZ.map(sound), videoinput: [pictures(), pictures()] };
  }

  async getUserMedia({ audio, video } = {}) {
    if (!audio && !video) {
      throw new TypeError("At least one of audio and video must be requested");
    }
    const asked = [["audioinput", audio], ["videoinput", video]].filter(([, on]) => on);
    const places = asked.map(([kind, constraints]) => [kind, placeOf(kind, constraints)]);
    return new this.#wrtc.MediaStream(places.map(([kind, place]) => this.#track(kind, place)));
  }

  #track(kind, place) {
    const { deviceId, groupId } = ofKind(kind)[place];
    const track = this.#feeds[kind][place].track();
    Object.defineProperty(track, "getSettings", { value: () => ({ deviceId, groupId }) });
    return track;
  }

  async enumerateDevices() {
    return DEVICES.map((device) => ({ ...device }));
  }

  getSupportedConstraints() {
    return {};
  }
}

function ofKind(wanted) {
  return DEVICES.filter(({ kind }) => kind === wanted);
}

// The place of the device that constraints ask for: one they name, or the first.
function placeOf(kind, constraints) {
  const { deviceId } = constraints;
  const ids = [deviceId?.exact ?? deviceId?.ideal ?? deviceId].flat();
  const place = ofKind(kind).findIndex((device) => ids.includes(device.deviceId));
  if (place < 0 && deviceId?.exact !== undefined) {
    throw new DOMException(`no ${kind} has this deviceId`, "OverconstrainedError");
  }
  return Math.max(place, 0);
}

// A source that is fed while one of its tracks is live, and costs nothing otherwise.
class Feed {
  #source;
  #period;
  #next;
  #tracks = new Set();
  #timer = null;

  constructor(source, period, next) {
    this.#source = source;
    this.#period = period;
    this.#next = next;
  }

  track() {
    const track = this.#source.createTrack();
    this.#tracks.add(track);
    this.#timer ??= setInterval(() => this.#feed(), this.#period);
    return track;
  }

  #feed() {
    for (const track of this.#tracks) if (track.readyState === "ended") this.#tracks.delete(track);
    if (this.#tracks.size) {
      this.#next(this.#source);
      return;
    }
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

function tone(hz) {
  const count = (SAMPLE_RATE_HZ * BLOCK_MS) / 1000;
  let at = 0;
  return (source) => {
    const samples = new Int16Array(count);
    for (let i = 0; i < count; i++, at++) {
      samples[i] = 8_000 * Math.sin((2 * Math.PI * hz * at) / SAMPLE_RATE_HZ);
    }
    at %= SAMPLE_RATE_HZ;
    source.onData({
      samples,
      sampleRate: SAMPLE_RATE_HZ,
      bitsPerSample: 16,
      channelCount: 1,
      numberOfFrames: count,
    });
  };
}

function picture() {
  const { width, height } = PICTURE;
  const data = new Uint8ClampedArray((width * height * 3) / 2).fill(128);
  let shade = 0;
  return (source) => {
    data.fill((shade = (shade + 8) % 256), 0, width * height);
    source.onFrame({ width, height, data });
  };
}
