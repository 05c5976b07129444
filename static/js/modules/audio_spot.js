/** One clip: its wave and its spectrum over time, a button that plays it, and a place to click at which it is heard. */

import { el, icon, setAttribute, setText } from "../dom.js";
import { short } from "../format.js";
import { resolved, token } from "../theme.js";
import { decode } from "./audio_engine.js";
import { labelOf, whyNot } from "./clip_cell.js";
import { envelope, playTime, spectrogram } from "./spectrum.js";

/** @import { App } from "../app.js" */
/** @import { Clip } from "./clip_cell.js" */
/** @typedef {{app: App, run: string, paintSoon: (spot: AudioSpot) => void, file: (url: string) => Promise<Blob>, total: () => number, onLoad: () => void, onPlay: () => void, onSeek: (seconds: number) => void}} Options `total`: of the longest clip of the tag, s */

const MOST_COLUMNS = 400, SHADES = 8;

export class AudioSpot {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    /** @type {Clip | null} */
    this.clip = null;
    /** Only while it is seen or heard. @type {Promise<AudioBuffer | null> | null} */
    this.loading = null;
    /** @type {AudioBuffer | null} */
    this.buffer = null;
    /** What the spectrum was made of, and what came out. @type {{buffer: AudioBuffer | null, columns: number, rows: number, values: Float32Array} | null} */
    this.drawn = null;
    this.isSeen = false;
    this.duration = 0;
    this.url = "";
    this.button = el("button", { type: "button", class: "icon-button clip-play", "aria-pressed": "false", onclick: options.onPlay }, icon("play"), icon("pause"));
    this.wave = el("canvas", { class: "clip-wave", "aria-hidden": "true" });
    this.spectrum = el("canvas", { class: "clip-spectrum", "aria-hidden": "true" });
    this.top = el("span", { class: "clip-top" });
    this.head = el("span", { class: "clip-head", hidden: true });
    this.note = el("p", { class: "clip-note", hidden: true });
    this.label = el("div", { class: "clip-label" });
    this.plot = el("div", { class: "clip-plot" }, this.wave, this.spectrum, this.top, this.head, this.note);
    this.ends = el("div", { class: "scrubber-ends", "aria-hidden": "true" }, el("span", {}, "0"), el("span"));
    this.root = el("div", { class: "clip-spot" }, this.button, el("div", { class: "clip-body" }, this.plot, this.ends, this.label));
    this.plot.addEventListener("pointerdown", (event) => { if (event.button) return; this.plot.setPointerCapture(event.pointerId); this.seek(event); });
    this.plot.addEventListener("pointermove", (event) => { if (this.plot.hasPointerCapture(event.pointerId)) this.seek(event); else this.point(event); });
    this.plot.addEventListener("pointerleave", () => this.plot.removeAttribute("title"));
  }

  /** @param {PointerEvent} event */
  at(event) {
    const box = this.plot.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.options.total();
  }

  /** @param {PointerEvent} event */
  seek(event) { if (this.duration) this.options.onSeek(Math.min(this.at(event), this.duration)); }

  /** @param {PointerEvent} event */
  point(event) { if (this.duration) this.plot.title = `${playTime(this.at(event))} s`; }

  /** @param {Clip | null} clip */
  show(clip) {
    this.clip = clip;
    this.url = clip?.url ?? "";
    this.loading = this.buffer = null;
    this.label.replaceChildren(...(clip ? labelOf(clip.info.label_html).childNodes : []));
    setAttribute(this.button, "aria-label", `Play ${clip?.label ?? "nothing"}`);
    const reason = clip ? whyNot(clip.info) : "";
    this.say(reason);
    this.button.disabled = !clip || reason !== "";
    if (!clip || reason) { this.duration = 0; this.paint(); }
    else if (this.isSeen) void this.load();
  }

  /** @param {boolean} isSeen */
  setSeen(isSeen) {
    this.isSeen = isSeen;
    if (!isSeen) this.loading = this.buffer = null;
    else if (this.clip && !this.loading && !this.button.disabled) void this.load();
  }

  /** The sound, decoded; null where it cannot be. @returns {Promise<AudioBuffer | null>} */
  load() {
    return (this.loading ??= this.read());
  }

  async read() {
    const { clip, url } = this;
    if (!clip || this.button.disabled) return null;
    try {
      const buffer = await decode(await this.options.file(url), clip.info.sample_rate);
      if (this.url !== url) return null;
      this.buffer = buffer;
      this.duration = buffer.duration;
      this.drawn = null;
      this.paint();
      this.options.onLoad();
      return buffer;
    } catch (error) {
      if (this.url === url) { this.say(error instanceof DOMException ? "this browser cannot decode it: download it" : /** @type {Error} */ (error).message); this.button.disabled = true; this.duration = 0; }
      return null;
    }
  }

  /** @param {string} reason */
  say(reason) {
    this.note.hidden = !reason;
    setText(this.note, reason);
  }

  /** Anew, soon. */
  paint() { this.options.paintSoon(this); }

  /** Wave and spectrum, as wide as they stand. */
  draw() {
    const total = this.options.total(), share = total ? Math.min(1, this.duration / total) : 1;
    setText(/** @type {Element} */ (this.ends.lastElementChild), total ? `${playTime(total)} s` : "");
    this.plot.style.setProperty("--share", String(share));
    const { buffer } = this, width = Math.round(this.plot.clientWidth * share);
    if (!this.duration) { for (const canvas of [this.wave, this.spectrum]) canvas.width = canvas.width; setText(this.top, ""); }
    if (!buffer || !width) return;
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
    if (this.wave.clientHeight) this.paintWave(channels, width);
    if (this.spectrum.clientHeight) this.paintSpectrum(channels, Math.min(width, MOST_COLUMNS));
    setText(this.top, this.spectrum.clientHeight ? `${short(buffer.sampleRate / 2)}Hz` : "");
  }

  /** @param {Float32Array[]} channels @param {number} width px */
  paintWave(channels, width) {
    const { wave } = this, dots = window.devicePixelRatio || 1, columns = Math.round(width * dots), height = Math.round(wave.clientHeight * dots), { low, high } = envelope(channels, columns);
    wave.width = columns;
    wave.height = height;
    const pen = /** @type {CanvasRenderingContext2D} */ (wave.getContext("2d")), half = height / 2;
    pen.fillStyle = token("--chart-axis");
    pen.fillRect(0, Math.floor(half), columns, 1);
    pen.fillStyle = resolved(this.options.app.style(this.options.run).colour);
    for (let i = 0; i < columns; i++) {
      const top = half - Math.min(1, high[i]) * half, bottom = half - Math.max(-1, low[i]) * half;
      pen.fillRect(i, top, 1, Math.max(1, bottom - top));
    }
  }

  /** @param {Float32Array[]} channels @param {number} columns */
  paintSpectrum(channels, columns) {
    const { buffer, spectrum } = this;
    if (!this.drawn || this.drawn.columns !== columns || this.drawn.buffer !== buffer) this.drawn = { buffer, columns, ...spectrogram(channels, columns) };
    const { rows, values } = this.drawn, shades = shadesOf();
    spectrum.width = columns;
    spectrum.height = rows;
    const pen = /** @type {CanvasRenderingContext2D} */ (spectrum.getContext("2d")), picture = pen.createImageData(columns, rows), words = new Uint32Array(picture.data.buffer);
    for (let column = 0; column < columns; column++)
      for (let row = 0; row < rows; row++) words[(rows - 1 - row) * columns + column] = shades[Math.round(values[column * rows + row] * 255)];
    pen.putImageData(picture, 0, 0);
  }

  /** @param {number | null} seconds null: nothing is heard of this tag @param {boolean} isHeard @param {boolean} isPlaying */
  paintHead(seconds, isHeard, isPlaying) {
    const total = this.options.total();
    this.head.hidden = seconds === null || !total || seconds > this.duration + 0.01;
    if (seconds !== null && total) this.head.style.left = `${(100 * seconds) / total}%`;
    setAttribute(this.button, "aria-pressed", String(isHeard && isPlaying));
    this.root.toggleAttribute("data-heard", isHeard);
  }
}

/** The sequential scale as 256 opaque pixels of the theme. @returns {Uint32Array} */
function shadesOf() {
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(256, 1).getContext("2d")), ramp = pen.createLinearGradient(0, 0, 256, 0);
  for (let i = 0; i < SHADES; i++) ramp.addColorStop(i / (SHADES - 1), token(`--seq-${i}`));
  pen.fillStyle = ramp;
  pen.fillRect(0, 0, 256, 1);
  return new Uint32Array(pen.getImageData(0, 0, 256, 1).data.buffer);
}
