/** One video: held at the position that all share, whatever its own length. */

import { el, setText } from "../dom.js";
import { whyNot } from "./clip_cell.js";

/** @import { Clip } from "./clip_cell.js" */
/** @import { Transport } from "./transport.js" */

const DRIFT_S = 0.12; // more than that apart is brought together
const EDGE_S = 0.001; // at its very end a video shows nothing in some browsers

export class VideoSpot {
  /** @param {{transport: Transport, file: (url: string) => Promise<Blob>, onLoad: () => void, onClick: () => void}} options */
  constructor(options) {
    this.options = options;
    /** @type {Clip | null} */
    this.clip = null;
    /** @type {HTMLVideoElement | null} */
    this.video = null;
    this.isSeen = false;
    this.duration = 0;
    this.url = "";
    this.note = el("p", { class: "clip-note", hidden: true });
    this.root = el("div", { class: "video-spot" }, this.note);
  }

  /** Of the file, frames a second. */
  get fps() { return this.clip?.info.fps ?? null; }

  /** @param {Clip | null} clip */
  show(clip) {
    this.clip = clip;
    this.url = clip?.url ?? "";
    const reason = clip ? whyNot(clip.info) : "";
    this.say(reason);
    if (!clip || reason) this.drop();
    else if (this.isSeen) void this.load();
  }

  /** @param {boolean} isSeen */
  setSeen(isSeen) {
    if (this.isSeen === isSeen) return;
    this.isSeen = isSeen;
    if (!isSeen) this.drop();
    else if (this.clip && this.note.hidden) void this.load();
  }

  async load() {
    const { url, clip } = this;
    try {
      const source = URL.createObjectURL(await this.options.file(url));
      if (this.url !== url || !this.isSeen) { URL.revokeObjectURL(source); return; }
      const video = el("video", { src: source, muted: true, playsinline: true, preload: "auto", "aria-label": clip?.label, onclick: this.options.onClick });
      video.muted = true;
      await new Promise((resolve, reject) => { video.onloadeddata = resolve; video.onerror = () => reject(new Error("this browser cannot decode it: download it")); });
      if (this.url !== url || !this.isSeen) { URL.revokeObjectURL(source); return; }
      this.drop(); // the one before stays until this one can be seen
      this.video = video;
      this.duration = video.duration;
      this.root.style.setProperty("--aspect", String(video.videoWidth / video.videoHeight));
      this.root.prepend(video);
      this.options.onLoad();
    } catch (error) {
      if (this.url === url) { this.drop(); this.say(/** @type {Error} */ (error).message); }
    }
  }

  drop() {
    if (this.video) {
      this.video.pause();
      URL.revokeObjectURL(this.video.src);
      this.video.remove();
    }
    this.video = null;
    this.duration = 0;
  }

  /** @param {string} reason */
  say(reason) {
    this.note.hidden = !reason;
    setText(this.note, reason);
  }

  paint() {}

  /** Where the page is: played along, or held still. */
  follow() {
    const { video, duration, options: { transport } } = this;
    if (!video || video.seeking) return;
    const { position } = transport, at = Math.max(0, Math.min(position, duration - EDGE_S)), isRunning = transport.isPlaying && position < duration;
    video.playbackRate = transport.rate;
    if (Math.abs(video.currentTime - at) > (isRunning ? DRIFT_S * Math.max(1, transport.rate) : EDGE_S / 2)) video.currentTime = at;
    if (isRunning && video.paused && !video.ended) video.play().catch(() => {}); // the next frame tries again
    else if (!isRunning && !video.paused) video.pause();
  }
}
