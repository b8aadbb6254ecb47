// Listens to received tracks in Node, as ../listening.mjs does in a page: the sinks of @roamhq/wrtc
// get every block and every frame.

const SECONDS = 0.2; // Tells apart what differs by 5 Hz.
const LEAST = 50; // Amplitude, of 32,767: below this there is silence.
const HIGHEST_HZ = 2_000;
const STEP_HZ = 5;

// Return what makes the listener of a track.
export function listening(wrtc) {
  const { RTCAudioSink, RTCVideoSink } = wrtc.nonstandard;
  return (track) =>
    track.kind === "audio" ? new Ear(new RTCAudioSink(track)) : new Eye(new RTCVideoSink(track));
}

class Ear {
  #samples = [];
  #rate_hz = 0;

  constructor(sink) {
    sink.ondata = ({ samples, sampleRate, channelCount }) => {
      // Every so many samples: as many as the highest frequency needs, twice over. Those of several
      // channels follow one another: the first channel is enough.
      const every = Math.max(1, Math.floor(sampleRate / (4 * HIGHEST_HZ)));
      this.#rate_hz = sampleRate / every;
      for (let at = 0; at < samples.length; at += every * channelCount) this.#samples.push(samples[at]);
      this.#samples.splice(0, this.#samples.length - SECONDS * this.#rate_hz);
    };
    this.sink = sink; // Kept, for it stops with its last reference.
  }

  latest() {
    if (!this.#samples.length) return undefined;
    if (!this.#samples.some((sample) => Math.abs(sample) >= LEAST)) return { hz: 0 };
    let [loudest, most] = [0, 0];
    for (let hz = STEP_HZ; hz <= HIGHEST_HZ; hz += STEP_HZ) {
      const power = powerAt(hz, this.#samples, this.#rate_hz);
      if (power > most) [loudest, most] = [hz, power];
    }
    return { hz: loudest };
  }
}

// Goertzel's algorithm: how much of one frequency there is.
function powerAt(hz, samples, rate_hz) {
  const twice = 2 * Math.cos((2 * Math.PI * hz) / rate_hz);
  let [before, last] = [0, 0];
  for (const sample of samples) [before, last] = [last, sample + twice * last - before];
  return last * last + before * before - twice * last * before;
}

class Eye {
  #frame = null;

  constructor(sink) {
    sink.onframe = ({ frame }) => (this.#frame = frame);
    this.sink = sink;
  }

  // A frame is its luma, then its two colours at half the size (I420, BT.601 as WebRTC sends it).
  latest() {
    if (!this.#frame) return undefined;
    const { width, height, data } = this.#frame;
    const luma = width * height;
    const colour = Math.ceil(width / 2) * Math.ceil(height / 2);
    const y = 1.164 * (mean(data.subarray(0, luma)) - 16);
    const u = mean(data.subarray(luma, luma + colour)) - 128;
    const v = mean(data.subarray(luma + colour, luma + 2 * colour)) - 128;
    const [red, green, blue] = [y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u];
    return { red: asByte(red), green: asByte(green), blue: asByte(blue) };
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function asByte(value) {
  return Math.min(255, Math.max(0, Math.round(value)));
}
