/** One run's image of one tag: always the last one at or before the step, the old one until the new one has come. */

import { el, pathName, setText } from "../dom.js";
import { splitName, step as stepText } from "../format.js";
import { decodeSeries, lastAt } from "./image_series.js";

/** @import { App } from "../app.js" */
/** @import { ImageSeries } from "./image_series.js" */

export class ImageCell {
  /** @param {App} app @param {string} run @param {string} tag @param {(cell: ImageCell, index: number) => void} onOpen */
  constructor(app, run, tag, onOpen) {
    this.app = app;
    this.run = run;
    this.tag = tag;
    this.onOpen = onOpen;
    /** @type {ImageSeries | null} */
    this.series = null;
    this.index = -1;
    this.frame = el("div", { class: "image-frame" });
    this.where = el("span");
    this.size = el("span");
    this.chip = el("span", { class: "chip", "data-on": true });
    this.root = el("figure", { class: "image-cell" },
      el("div", { class: "image-run", title: run }, this.chip, pathName(...splitName(run))),
      this.frame, el("figcaption", {}, this.where, this.size));
    /** @type {HTMLImageElement[]} */
    this.images = [];
  }

  /** The run's colour may change with what colours stand for. */
  paintRun() {
    const { colour, dash } = this.app.style(this.run);
    this.chip.style.setProperty("--run", colour);
    this.chip.dataset.dash = String(dash);
  }

  /** Ask for the steps, and once for how many images a step has. */
  async read() {
    const { app, run, tag } = this, series = decodeSeries(await app.api.get("api/blobs", { kind: "image", run, tag }));
    const ref = series.refs.at(-1);
    if (ref !== undefined && !this.images.length) {
      const { images } = await app.api.get("api/image_info", { run, tag, ref });
      this.images = images.map(() => el("img", { alt: "", decoding: "async" }));
      this.frame.toggleAttribute("data-many", this.images.length > 1);
      this.frame.replaceChildren(...this.images.map((image, k) => el("button", { type: "button", "aria-label": `Enlarge ${tag} of ${run}`, onclick: () => this.onOpen(this, k) }, image)));
    }
    this.series = series; // last: whoever sees it may show an image
  }

  /** @param {number | null} step null: the newest */
  show(step) {
    const { series } = this;
    if (!series) return;
    const index = step === null ? series.refs.length - 1 : lastAt(series.numbers, step);
    const isLate = index >= 0 && step !== null && series.numbers[index] < step;
    setText(this.where, index < 0 ? "none yet at this step" : `step ${stepText(series.steps[index])}`);
    this.where.classList.toggle("image-late", isLate || index < 0);
    this.where.title = isLate ? "The last image that this run logged before the chosen step" : "";
    this.frame.style.visibility = index < 0 ? "hidden" : "";
    if (index === this.index || index < 0) { this.index = index; return; }
    this.index = index;
    this.images.forEach((image, k) => this.load(image, index, k));
    for (const near of [index + 1, index - 1]) if (series.refs[near] !== undefined) new Image().src = this.url(near, 0);
  }

  /** @param {number} index @param {number} k which of the images of one step */
  url(index, k) {
    return this.app.api.url("api/image", { run: this.run, tag: this.tag, ref: this.series?.refs[index], index: k });
  }

  /** @param {number} index @param {number} k */
  caption(index, k) {
    return `${this.tag}, ${this.run}, step ${stepText(this.series?.steps[index] ?? "")}${this.images.length > 1 ? `, image ${k + 1} of ${this.images.length}` : ""}`;
  }

  /** @param {HTMLImageElement} image @param {number} index @param {number} k */
  async load(image, index, k) {
    const next = new Image();
    try {
      await new Promise((resolve, reject) => { next.onload = resolve; next.onerror = reject; next.src = this.url(index, k); });
    } catch {
      if (this.index !== index) return;
      setText(this.size, "cannot be shown");
      image.removeAttribute("src");
      image.alt = `${this.caption(index, k)}: cannot be shown`;
      return;
    }
    if (this.index !== index) return; // the slider has moved on
    image.src = next.src;
    image.alt = this.caption(index, k);
    if (k) return;
    setText(this.size, `${next.naturalWidth} × ${next.naturalHeight}`);
    this.root.style.setProperty("--aspect", String(next.naturalWidth / next.naturalHeight));
  }
}
