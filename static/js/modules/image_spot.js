/** One picture in its frame: the run's own, and what it is compared with, over it, beside it in time, or taken from it. */

import { el } from "../dom.js";
import { difference, differenceText, scaleOf } from "./image_difference.js";
import { resolved } from "../theme.js";
import { ImageLoader } from "./image_loader.js";

/** @import { CompareMode } from "./image_compare.js" */

export class ImageSpot {
  /** @param {{label: string, onOpen: () => void, onNote: () => void, onFail: () => void}} options */
  constructor({ label, onOpen, onNote, onFail }) {
    /** @type {HTMLImageElement | null} */
    this.own = null;
    /** @type {HTMLImageElement | null} */
    this.reference = null;
    /** @type {HTMLCanvasElement | null} */
    this.canvas = null;
    /** @type {CompareMode} */
    this.mode = "none";
    this.alt = "";
    this.referenceAlt = "";
    /** What the comparison says in numbers. */
    this.numbers = "";
    this.onNote = onNote;
    this.root = el("button", { type: "button", class: "image-spot", "aria-label": label, onclick: (/** @type {MouseEvent} */ event) => { if (event.detail === 0) onOpen(); } });
    this.ownLoader = new ImageLoader({ onReady: (image, url) => this.put("own", image, url), onFail });
    this.referenceLoader = new ImageLoader({ onReady: (image, url) => this.put("reference", image, url), onFail: () => this.drop() });
  }

  /** @param {string | null} url null: there is none at this step @param {string} alt @param {string[]} near addresses that may be next */
  show(url, alt, near) {
    this.alt = alt;
    this.root.toggleAttribute("data-none", url === null);
    if (url !== null && this.ownLoader.done === url && this.own) this.own.alt = alt;
    this.ownLoader.want(url, near);
  }

  /** @param {CompareMode} mode @param {string | null} url null: there is nothing to compare with @param {string} alt of it; why nothing is compared */
  compare(mode, url, alt) {
    const isNew = mode !== this.mode;
    this.mode = mode;
    this.referenceAlt = alt;
    if (mode === "none" || url === null) { this.referenceLoader.want(null); this.drop(mode === "none" ? alt : "nothing to compare with"); return; }
    if (this.reference) this.reference.alt = alt;
    this.referenceLoader.want(url);
    if (isNew) this.paint();
  }

  /** @param {"own" | "reference"} which @param {HTMLImageElement} image decoded @param {string} url that it came from: a fast slider has another wish already */
  put(which, image, url) {
    if (which === "reference" && this.mode === "none") return;
    image.className = `image-${which}`;
    const [loader, alt] = which === "own" ? [this.ownLoader, this.alt] : [this.referenceLoader, this.referenceAlt];
    image.alt = loader.wanted === url ? alt : "on the way";
    image.draggable = false;
    const old = this[which];
    if (old) old.replaceWith(image);
    else if (which === "own") this.root.prepend(image);
    else this.root.append(image);
    this[which] = image;
    this.paint();
    this.onNote();
  }

  /** Nothing is compared. @param {string} [why] */
  drop(why = "") {
    this.reference?.remove();
    this.canvas?.remove();
    this.reference = this.canvas = null;
    if (this.numbers !== why) { this.numbers = why; this.onNote(); }
  }

  /** The difference, in numbers for every way of comparing, as a picture for one of them. */
  paint() {
    const { own, reference, mode } = this;
    if (mode !== "difference") { this.canvas?.remove(); this.canvas = null; }
    if (!own || !reference || mode === "none") return;
    const width = own.naturalWidth, height = own.naturalHeight;
    if (reference.naturalWidth !== width || reference.naturalHeight !== height) {
      this.canvas?.remove();
      this.canvas = null;
      this.numbers = `${reference.naturalWidth} × ${reference.naturalHeight} beside ${width} × ${height}: not comparable`;
      return;
    }
    const [a, b] = [own, reference].map((image) => pixelsOf(image, width, height)), out = new ImageData(width, height);
    const found = difference(a.data, b.data, out.data, differenceScale());
    this.numbers = differenceText(found, mode === "difference");
    if (mode !== "difference") return;
    this.canvas ??= el("canvas", { class: "image-difference", role: "img" });
    this.canvas.setAttribute("aria-label", `Difference: ${this.alt}, from ${this.referenceAlt}`);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.canvas.getContext("2d")?.putImageData(out, 0, 0);
    if (!this.canvas.isConnected) this.root.append(this.canvas);
  }

  /** The colour at a pixel, as text; of both pictures where two are compared. @param {number} x @param {number} y */
  readout(x, y) {
    const texts = [this.own, this.reference].map((image) => (image && x < image.naturalWidth && y < image.naturalHeight ? colourText(image, x, y) : null));
    return texts.filter((text) => text !== null).join(" | ");
  }
}

/** @param {HTMLImageElement} image @param {number} width @param {number} height */
function pixelsOf(image, width, height) {
  const brush = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!brush) throw new Error("image_spot: the browser gives no 2-D canvas");
  brush.drawImage(image, 0, 0);
  return brush.getImageData(0, 0, width, height);
}

/** The scale of the theme: rust where the reference is brighter, teal where the picture itself is. */
function differenceScale() {
  const colours = [0, 1, 2, 3, 4, 5, 6].map((i) => resolved(`var(--div-${i})`)), name = colours.join();
  if (scale?.name !== name) scale = { name, bytes: scaleOf(colours.map((text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)))) };
  return scale.bytes;
}
/** @type {{name: string, bytes: Uint8Array} | null} */
let scale = null;

/** One number where red, green and blue are one. @param {HTMLImageElement} image @param {number} x @param {number} y */
function colourText(image, x, y) {
  const brush = (onePixel ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
  if (!brush) return null;
  brush.clearRect(0, 0, 1, 1);
  brush.drawImage(image, x, y, 1, 1, 0, 0, 1, 1);
  const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
  return (r === g && g === b ? String(r) : `${r}, ${g}, ${b}`) + (a < 255 ? `, alpha ${a}` : "");
}
/** @type {OffscreenCanvasRenderingContext2D | null} */
let onePixel = null;
