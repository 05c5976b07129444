/** One run's pictures of one tag: always the last ones at or before the step, the old ones until the new ones have come. */

import { el, icon, setText } from "../dom.js";
import { bytes, step as stepText } from "../format.js";
import { runName } from "../run_name.js";
import { indexOf, runOf } from "./image_compare.js";
import { lastAt } from "./image_series.js";
import { ImageSpot } from "./image_spot.js";

/** @import { App } from "../app.js" */
/** @import { Against, CompareMode } from "./image_compare.js" */
/** @import { ImageSeries } from "./image_series.js" */
/** @import { ImageStore } from "./image_store.js" */

const NEAR = [1, -1, 2]; // neighbours that are fetched ahead

export class ImageCell {
  /** @param {App} app @param {ImageStore} store @param {string} run @param {string} tag @param {(cell: ImageCell, k: number) => void} onOpen */
  constructor(app, store, run, tag, onOpen) {
    this.app = app;
    this.store = store;
    this.run = run;
    this.tag = tag;
    this.onOpen = onOpen;
    /** Whether it is in the window, or nearly. */
    this.isSeen = false;
    this.index = -1;
    /** What is pointed at, in pixels. @type {{x: number, y: number, k: number} | null} */
    this.at = null;
    /** @type {ImageSpot[]} */
    this.spots = [];
    this.described = false;
    this.frame = el("div", { class: "image-frame" });
    this.where = el("span");
    this.note = el("span", { class: "image-note" });
    this.chip = el("span", { class: "chip", "data-on": true });
    this.file = el("a", { class: "icon-button", "aria-label": `Download ${tag} of ${run}`, title: "Download the file as it was logged", download: "" }, icon("export"));
    this.root = el("figure", { class: "image-cell" },
      el("div", { class: "image-run", title: run }, this.chip, runName(app, run),
        el("span", { class: "image-tools" }, this.file, el("button", { type: "button", class: "icon-button", "aria-label": `Enlarge ${tag} of ${run}`, title: "Full size", onclick: () => onOpen(this, 0) }, icon("full")))),
      this.frame, el("figcaption", {}, this.where, this.note));
    this.addSpot();
  }

  /** @returns {ImageSeries | null} */
  get series() {
    return this.store.peek(this.run, this.tag);
  }

  addSpot() {
    const k = this.spots.length;
    this.spots.push(new ImageSpot({
      label: `${this.tag} of ${this.run}${k ? `, image ${k + 1}` : ""}`,
      onOpen: () => this.onOpen(this, k), onNote: () => this.paintNote(), onFail: () => this.fail(k),
    }));
    this.frame.append(this.spots[k].root);
    this.frame.toggleAttribute("data-many", k > 0);
  }

  /** The run's colour may change with what colours stand for. */
  paintRun() {
    const { colour, dash } = this.app.style(this.run);
    this.chip.style.setProperty("--run", colour);
    this.chip.dataset.dash = String(dash);
  }

  /** @param {number | null} step null: the newest @param {CompareMode} mode @param {Against} against */
  show(step, mode, against) {
    const { series, spots } = this;
    if (!series) return;
    const index = step === null ? series.refs.length - 1 : lastAt(series.numbers, step), own = series.numbers[index];
    const isLate = index >= 0 && step !== null && own < step;
    setText(this.where, index < 0 ? "none yet at this step" : `step ${stepText(series.steps[index])}`);
    this.where.classList.toggle("image-late", isLate || index < 0);
    this.where.title = isLate ? "The last image that this run logged before the chosen step" : "";
    if (index !== this.index) spots.slice(1).forEach((spot) => { spot.root.hidden = false; });
    this.index = index;
    if (index < 0) { for (const spot of spots) spot.show(null, "", []); return; }
    this.file.setAttribute("href", this.store.url(this.run, this.tag, series.refs[index], 0, true));
    this.nameFile();
    if (!this.described) void this.describe(series.refs[index]);
    const near = NEAR.map((by) => series.refs[index + by]).filter((ref) => ref !== undefined);
    spots.forEach((spot, k) => spot.show(this.url(index, k), this.caption(index, k), near.map((ref) => this.store.url(this.run, this.tag, ref, k))));
    void this.compare(mode, against, step ?? own);
  }

  /** @param {CompareMode} mode @param {Against} against @param {number} step */
  async compare(mode, against, step) {
    if (mode === "none") { for (const spot of this.spots) spot.compare("none", null, ""); return; }
    const run = runOf(against, this.run), shown = this.index;
    const series = this.store.peek(run, this.tag) ?? await this.store.get(run, this.tag).catch(() => null);
    if (this.index !== shown) return; // the slider has moved on
    const index = series ? indexOf(against, series, shown, step) : -1;
    this.spots.forEach((spot, k) => {
      if (!series || index < 0) spot.compare(mode, null, "");
      else if (series === this.series && index === shown) spot.compare("none", null, "the reference");
      else spot.compare(mode, this.store.url(run, this.tag, series.refs[index], k), `${run}, step ${stepText(series.steps[index])}`);
    });
    this.root.dataset.against = series && index >= 0 ? `${run === this.run ? "" : `${run}, `}step ${stepText(series.steps[index])}` : "";
  }

  /** How many pictures a step has is asked once: a tag keeps to it. @param {string} ref */
  async describe(ref) {
    this.described = true;
    const images = await this.store.describe(this.run, this.tag, ref).catch(() => []);
    this.type = images[0]?.type ?? "";
    this.nameFile();
    while (this.spots.length < images.length) this.addSpot();
    if (images.length > 1) this.root.dispatchEvent(new CustomEvent("spots", { bubbles: true }));
  }

  /** Run, tag and step, with the ending of what it is. */
  nameFile() {
    const [kind, ending] = (this.type ?? "").split("/");
    this.file.download = `${this.run} ${this.tag} ${this.series?.steps[this.index] ?? ""}`.replace(/[^\p{L}\p{N}._ -]+/gu, "_") + (kind === "image" ? `.${ending}` : "");
  }

  /** @param {number} index @param {number} k which of the images of one step */
  url(index, k) {
    return this.store.url(this.run, this.tag, this.series?.refs[index] ?? "", k);
  }

  /** @param {number} index @param {number} k */
  caption(index, k) {
    return `${this.tag}, ${this.run}, step ${stepText(this.series?.steps[index] ?? "")}${this.spots.length > 1 ? `, image ${k + 1} of ${this.spots.length}` : ""}`;
  }

  /** What is pointed at: the same pixel in all cells. @param {{x: number, y: number, k: number} | null} at */
  point(at) {
    if (this.at === at) return;
    this.at = at;
    this.paintNote();
  }

  /** Those of the tag that nobody has seen are laid out like the first that was; what is in the window stays where it is. @param {string} aspect */
  takeShape(aspect) {
    this.root.style.setProperty("--aspect", aspect);
    const row = this.root.parentElement, main = this.root.closest("main");
    if (!row || !main || row.style.getPropertyValue("--aspect")) return;
    const next = row.closest(".image-tag")?.nextElementSibling, held = next && next.getBoundingClientRect().top < main.getBoundingClientRect().bottom ? next : this.root;
    const before = held.getBoundingClientRect().top;
    row.style.setProperty("--aspect", aspect);
    main.scrollTop += held.getBoundingClientRect().top - before;
  }

  /** Under the picture stands one thing: the pixel that is pointed at, else how far two pictures are apart, else the size. */
  paintNote() {
    const { at, spots } = this, { own, numbers } = spots[0];
    if (own) this.takeShape(String(own.naturalWidth / own.naturalHeight));
    const pixel = at && spots[at.k]?.readout(at.x, at.y);
    setText(this.note, pixel ? `${at.x}, ${at.y}: ${pixel}` : numbers || (own ? `${own.naturalWidth} × ${own.naturalHeight}` : ""));
    this.note.title = this.root.dataset.against ? `Compared with ${this.root.dataset.against}: mean absolute error and peak signal-to-noise ratio over red, green and blue, 0 to 255. Teal: brighter here, rust: brighter there; × is how much the difference is magnified` : "";
  }

  /** @param {number} k */
  async fail(k) {
    const { index, series } = this, spot = this.spots[k];
    if (k) { spot.root.hidden = true; return; } // fewer images at this step than at the newest
    spot.own?.remove();
    spot.own = null;
    setText(this.note, "cannot be shown");
    const [info] = await this.store.describe(this.run, this.tag, series?.refs[index] ?? "").catch(() => []);
    if (this.index !== index || !info) return;
    setText(this.note, info.too_large ? `${info.width} × ${info.height}${info.frames > 1 ? `, ${info.frames} frames or more` : ""}, ${bytes(info.bytes)}: too large for a browser, download it` : `no picture that browsers know, ${bytes(info.bytes)}`);
  }
}
