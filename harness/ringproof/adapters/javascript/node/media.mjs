// Real media in Node: connections of @roamhq/wrtc, and devices that make a tone and a picture.

const SAMPLE_RATE_HZ = 48_000;
const BLOCK_MS = 10; // The one size that wrtc takes.
const TONE_HZ = 440;
const FRAME_MS = 100;
const PICTURE = { width: 160, height: 120 };

const DEVICES = [
  { deviceId: "microphone", kind: "audioinput", label: "Tone", groupId: "ringproof" },
  { deviceId: "camera", kind: "videoinput", label: "Picture", groupId: "ringproof" },
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
  #feeds;

  constructor(wrtc) {
    super();
    this.#wrtc = wrtc;
    const { RTCAudioSource, RTCVideoSource } = wrtc.nonstandard;
    this.#feeds = {
      audio: new Feed(new RTCAudioSource(), BLOCK_MS, tone()),
      video: new Feed(new RTCVideoSource(), FRAME_MS, picture()),
    };
  }

  async getUserMedia({ audio, video } = {}) {
    const kinds = [...(audio ? ["audio"] : []), ...(video ? ["video"] : [])];
    if (!kinds.length) throw new TypeError("At least one of audio and video must be requested");
    const tracks = kinds.map((kind) => this.#feeds[kind].track());
    return new this.#wrtc.MediaStream(tracks);
  }

  async enumerateDevices() {
    return DEVICES.map((device) => ({ ...device }));
  }

  getSupportedConstraints() {
    return {};
  }
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

function tone() {
  const count = (SAMPLE_RATE_HZ * BLOCK_MS) / 1000;
  let at = 0;
  return (source) => {
    const samples = new Int16Array(count);
    for (let i = 0; i < count; i++, at++) {
      samples[i] = 8_000 * Math.sin((2 * Math.PI * TONE_HZ * at) / SAMPLE_RATE_HZ);
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
