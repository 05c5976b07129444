/** Position, speed and loop that all clips of a page share: who plays follows it, whichever clips they are. Pure but for `tick`. */

/** @typedef {"play" | "pause" | "seek" | "rate" | "tick"} Change */

export class Transport {
  /** @param {() => number} now seconds of whatever clock the clips play by @param {(change: Change) => void} onChange */
  constructor(now, onChange) {
    this.now = now;
    this.onChange = onChange;
    this.isPlaying = false;
    this.isLooping = false;
    this.rate = 1;
    /** Of the longest clip that plays, s. */
    this.duration = 0;
    this.base = 0;
    this.startedAt = 0;
  }

  /** Where it plays, s. */
  get position() {
    const at = this.isPlaying ? this.base + (this.now() - this.startedAt) * this.rate : this.base;
    if (this.isLooping && this.isPlaying && this.duration > 0) return at % this.duration;
    return Math.max(0, Math.min(this.duration || at, at));
  }

  play() {
    if (this.isPlaying) return;
    if (this.base >= this.duration) this.base = 0;
    this.hold(this.base);
    this.isPlaying = true;
    this.onChange("play");
  }

  pause() {
    if (!this.isPlaying) return;
    this.base = this.position;
    this.isPlaying = false;
    this.onChange("pause");
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.hold(Math.max(0, Math.min(this.duration || seconds, seconds)));
    this.onChange("seek");
  }

  /** @param {number} rate times as fast */
  setRate(rate) {
    this.hold(this.position);
    this.rate = rate;
    this.onChange("rate");
  }

  /** @param {boolean} isLooping */
  setLooping(isLooping) {
    this.hold(this.position);
    this.isLooping = isLooping;
    this.onChange("rate");
  }

  /** Other clips play now. @param {number} seconds */
  setDuration(seconds) {
    if (seconds === this.duration) return;
    this.hold(this.position);
    this.duration = seconds;
    this.hold(Math.min(this.base, seconds || this.base));
  }

  /** Once a frame while it plays: at the end it stops, where it does not begin again. */
  tick() {
    if (this.isPlaying && !this.isLooping && this.duration && this.position >= this.duration) this.pause();
    else this.onChange("tick");
  }

  /** @param {number} seconds */
  hold(seconds) {
    this.base = seconds;
    this.startedAt = this.now();
  }
}
