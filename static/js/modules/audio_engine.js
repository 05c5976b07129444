/** Plays decoded clips, one at a time: what takes another's place goes on where that one was. */

const FADE_S = 0.004; // no click at a cut

/** @type {Map<number, OfflineAudioContext>} */
const decoders = new Map();

/** Decode a file at its own rate, so that its spectrum ends where the file's does. @param {Blob} file @param {number | null} rate Hz */
export async function decode(file, rate) {
  const wanted = rate && rate >= 8000 && rate <= 96000 ? rate : 44100;
  let decoder = decoders.get(wanted);
  if (!decoder) decoders.set(wanted, (decoder = new OfflineAudioContext(1, 1, wanted)));
  return decoder.decodeAudioData(await file.arrayBuffer());
}

export class AudioEngine {
  constructor() {
    /** Made when something is to be heard: browsers want a key or a click first. @type {AudioContext | null} */
    this.context = null;
    /** @type {{source: AudioBufferSourceNode, gain: GainNode} | null} */
    this.voice = null;
  }

  /** Stands while nothing is heard. */
  get now() { return this.context?.currentTime ?? 0; }

  /** Before the first sound: the clock runs from here on. */
  open() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") void this.context.resume();
  }

  /** @param {AudioBuffer} buffer @param {number} at s @param {boolean} isLooping */
  play(buffer, at, isLooping) {
    this.open();
    this.stop();
    const { context } = this;
    if (!context || (at >= buffer.duration && !isLooping)) return;
    const source = context.createBufferSource(), gain = context.createGain();
    source.buffer = buffer;
    source.loop = isLooping;
    gain.gain.setValueAtTime(0, context.currentTime);
    gain.gain.linearRampToValueAtTime(1, context.currentTime + FADE_S);
    source.connect(gain).connect(context.destination);
    source.start(0, at % buffer.duration);
    this.voice = { source, gain };
  }

  stop() {
    if (!this.voice || !this.context) return;
    const { source, gain } = this.voice, { currentTime } = this.context;
    gain.gain.cancelScheduledValues(currentTime);
    gain.gain.setTargetAtTime(0, currentTime, FADE_S / 3);
    source.stop(currentTime + 2 * FADE_S);
    this.voice = null;
  }

  close() {
    this.stop();
    void this.context?.close();
    this.context = null;
  }
}
