/** One run's clips of one tag: always the last ones at or before the step, with what is known of them. */

import { el, icon, setText } from "../dom.js";
import { bytes, step as stepText, value } from "../format.js";
import { runName } from "../run_name.js";
import { lastAt } from "./image_series.js";
import { playTime } from "./spectrum.js";

/** @import { App } from "../app.js" */
/** @import { ClipInfo, ClipStore } from "./clip_store.js" */
/** @typedef {{info: ClipInfo, url: string, label: string}} Clip */
/**
 * What draws and plays one clip. `show` is given nothing where there is no clip at the step, `setSeen` says whether it is
 * near the window: what is not keeps no memory.
 * @typedef {{root: HTMLElement, duration: number, show: (clip: Clip | null) => void, setSeen: (isSeen: boolean) => void, paint: () => void}} Spot
 */

/** @template {Spot} S */
export class ClipCell {
  /** @param {App} app @param {ClipStore} store @param {string} run @param {string} tag @param {(cell: ClipCell<S>, k: number) => S} makeSpot */
  constructor(app, store, run, tag, makeSpot) {
    this.app = app;
    this.store = store;
    this.run = run;
    this.tag = tag;
    this.makeSpot = makeSpot;
    this.isSeen = false;
    this.ref = "";
    /** @type {S[]} */
    this.spots = [];
    this.frame = el("div", { class: "clip-frame" });
    this.where = el("span");
    this.note = el("span", { class: "image-note" });
    this.chip = el("span", { class: "chip", "data-on": true });
    this.file = el("a", { class: "icon-button", "aria-label": `Download ${tag} of ${run}`, title: "Download the file as it was logged", download: "" }, icon("export"));
    this.root = el("figure", { class: "clip-cell", "data-run": run }, el("div", { class: "image-run", title: run }, this.chip, runName(app, run), el("span", { class: "image-tools" }, this.file)),
      this.frame, el("figcaption", {}, this.where, this.note));
    this.paintRun();
  }

  get series() { return this.store.peek(this.run, this.tag); }

  paintRun() {
    const { colour, dash } = this.app.style(this.run);
    this.chip.style.setProperty("--run", colour);
    this.chip.dataset.dash = String(dash);
    for (const spot of this.spots) spot.paint();
  }

  /** @param {boolean} isSeen */
  setSeen(isSeen) {
    this.isSeen = isSeen;
    for (const spot of this.spots) spot.setSeen(isSeen);
  }

  /** @param {number | null} step null: the newest */
  show(step) {
    const { series } = this;
    if (!series) return;
    const index = step === null ? series.refs.length - 1 : lastAt(series.numbers, step), isLate = index >= 0 && step !== null && series.numbers[index] < step;
    setText(this.where, index < 0 ? "none yet at this step" : `step ${stepText(series.steps[index])}`);
    this.where.classList.toggle("image-late", isLate || index < 0);
    this.where.title = isLate ? "The last one that this run logged before the chosen step" : "";
    const ref = series.refs[index] ?? "";
    if (ref === this.ref) return;
    this.ref = ref;
    if (ref) void this.read(ref, series.steps[index]);
    else { for (const spot of this.spots) spot.show(null); setText(this.note, ""); }
  }

  /** @param {string} ref @param {string} step */
  async read(ref, step) {
    const { run, tag, store } = this;
    /** @type {ClipInfo[]} */
    let clips = [];
    let error = "";
    try { clips = await store.describe(run, tag, ref); } catch (failure) { error = /** @type {Error} */ (failure).message; }
    if (this.ref !== ref) return; // the slider has moved on
    for (let k = this.spots.length; k < clips.length; k++) {
      this.spots.push(this.makeSpot(this, k));
      this.frame.append(this.spots[k].root);
      this.spots[k].setSeen(this.isSeen);
    }
    this.spots.forEach((spot, k) => {
      spot.root.hidden = k >= clips.length;
      spot.show(k < clips.length ? { info: clips[k], url: store.url(run, tag, ref, k), label: `${tag} of ${run}${clips.length > 1 ? `, clip ${k + 1}` : ""}` } : null);
    });
    this.file.href = store.url(run, tag, ref, 0, true);
    this.file.hidden = !clips.length;
    const [, ending = ""] = (clips[0]?.type ?? "").split("/");
    this.file.download = `${run} ${tag} ${step}`.replace(/[^\p{L}\p{N}._ -]+/gu, "_") + (ending && ending !== "octet-stream" ? `.${ending}` : "");
    setText(this.note, error || this.facts(clips));
  }

  /** @param {ClipInfo[]} clips */
  facts(clips) {
    const [first] = clips;
    if (!first) return "empty: no clip in it";
    const { sample_rate: rate, channels, fps, duration } = first, [, kind] = first.type.split("/");
    return [
      clips.length > 1 && `${clips.length} clips`, rate && `${value(rate / 1000)} kHz`, channels && (channels === 1 ? "mono" : channels === 2 ? "stereo" : `${channels} channels`),
      duration !== null && `${playTime(duration)} s`, fps && `${value(fps)} frames/s`, kind === "octet-stream" ? "" : kind.toUpperCase(), bytes(first.bytes),
    ].filter(Boolean).join(" · ");
  }
}
/** What keeps a clip from being played, in words; empty where nothing does. @param {ClipInfo} info */
export const whyNot = ({ type, bytes: size, too_large: isTooLarge }) => (type === "application/octet-stream" ? `nothing that browsers play, ${bytes(size)}` : isTooLarge ? `${bytes(size)}: too much for a browser, download it` : "");

/** A label that the server has made of Markdown and cleaned. @param {string} html */
export const labelOf = (html) => el("div", { class: "clip-label" }, ...new DOMParser().parseFromString(html, "text/html").body.childNodes);
