// Listens to received tracks in a page: the loudest frequency of sound, the mean colour of a picture.

const SAMPLES = 8_192; // At 48 kHz these are 170 ms, which tell apart what differs by 6 Hz.
const LEAST_DB = -70; // Below this there is silence.
const PICTURE = { width: 16, height: 12 };

let sound = null; // One context serves all tracks.

// Return the listener of a track: its latest() is what the track carries at the moment, in the
// protocol's words, and undefined while there is no telling.
export function listen(track) {
  return track.kind === "audio" ? new Ear(track) : new Eye(track);
}

class Ear {
  #analyser;
  #element;
  #since; // When it began to listen, in seconds of the context.

  constructor(track) {
    const stream = new MediaStream([track]);
    // Chromium decodes what comes from a peer only where an element plays it.
    this.#element = play(new Audio(), stream);
    sound ??= new AudioContext();
    this.#analyser = new AnalyserNode(sound, { fftSize: SAMPLES, smoothingTimeConstant: 0 });
    new MediaStreamAudioSourceNode(sound, { mediaStream: stream }).connect(this.#analyser);
    this.#since = sound.currentTime;
  }

  latest() {
    // A browser may hold a page back from sound until somebody touches it: that is no silence.
    if (sound.state !== "running") {
      sound.resume().catch(() => {}); // Asked for again at the next look.
      return undefined;
    }
    if ((sound.currentTime - this.#since) * sound.sampleRate < SAMPLES) return undefined;
    const levels = new Float32Array(SAMPLES / 2);
    this.#analyser.getFloatFrequencyData(levels);
    let loudest = 1;
    for (let n = 2; n < levels.length; n++) if (levels[n] > levels[loudest]) loudest = n;
    if (levels[loudest] < LEAST_DB) return { hz: 0 };
    return { hz: Math.round((loudest * sound.sampleRate) / SAMPLES) };
  }
}

class Eye {
  #element;
  #canvas = new OffscreenCanvas(PICTURE.width, PICTURE.height);

  constructor(track) {
    this.#element = play(document.createElement("video"), new MediaStream([track]));
  }

  latest() {
    if (this.#element.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
    const { width, height } = PICTURE;
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.#element, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const sums = [0, 0, 0, 0];
    data.forEach((value, at) => (sums[at % 4] += value));
    const [red, green, blue] = sums.map((sum) => Math.round(sum / (width * height)));
    return { red, green, blue };
  }
}

function play(element, stream) {
  element.muted = true;
  element.srcObject = stream;
  element.play().catch(() => {}); // Interrupted where the track ends at once.
  return element;
}
