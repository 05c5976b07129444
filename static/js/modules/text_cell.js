/** One run's texts of one tag: the last one at or before the step, all of them, or what differs from another. */

import { el, icon, setText } from "../dom.js";
import { clock, counted, short, step as stepText } from "../format.js";
import { runName } from "../run_name.js";
import { indexOf, runOf } from "./image_compare.js";
import { lastAt } from "./image_series.js";
import { TextBody } from "./text_body.js";
import { diffText, drawDiff } from "./text_diff.js";
import { TextList } from "./text_list.js";
import { isLog } from "./text_pieces.js";

/** @import { App } from "../app.js" */
/** @import { BlobStore } from "./blob_store.js" */
/** @import { Against } from "./image_compare.js" */
/** @import { ImageSeries } from "./image_series.js" */
/** @import { DiffAnswer } from "./text_diff.js" */
/** @import { TextFeed, TextForm } from "./text_feed.js" */
/** @typedef {{feed: TextFeed, store: BlobStore, form: () => TextForm, signal: AbortSignal, onStep: (step: number) => void, onOpen: (cell: TextCell, item: number) => void, onAgain: () => void, has: (run: string, tag: string) => boolean}} TextCellOptions */

export class TextCell {
  /** @param {App} app @param {string} run @param {string} tag @param {TextCellOptions} options */
  constructor(app, run, tag, options) {
    this.app = app;
    this.run = run;
    this.tag = tag;
    this.options = options;
    this.isSeen = false;
    this.isLog = isLog(tag);
    /** Which text is shown, or asked for. */
    this.item = -1;
    this.key = "";
    this.isDiffing = false;
    this.isTable = false;
    /** A step that is gone to as soon as its list is there. @type {number | null} */
    this.wanted = null;
    this.context = /** @type {number | null} */ (3);
    this.chip = el("span", { class: "chip", "data-on": true });
    this.where = el("span");
    this.note = el("span", { class: "text-facts" });
    this.copied = el("button", { type: "button", class: "icon-button", "aria-label": `Copy ${tag} of ${run}`, title: "Copy as it was logged", onclick: () => this.copy() }, icon("copy"));
    this.file = el("a", { class: "icon-button", "aria-label": `Download ${tag} of ${run}`, title: "Download as it was logged", download: "" }, icon("export"));
    this.body = el("div", { class: "text-place" });
    this.root = el("figure", { class: "text-cell" },
      el("div", { class: "image-run", title: run }, this.chip, runName(app, run),
        el("span", { class: "image-tools" }, this.copied, this.file, el("button", { type: "button", class: "icon-button", "aria-label": `Enlarge ${tag} of ${run}`, title: "The whole text", onclick: () => this.open(this.item) }, icon("full")))),
      this.body, el("figcaption", {}, this.where, this.note));
    /** @type {TextBody | null} */
    this.text = null;
    /** @type {TextList | null} */
    this.list = null;
  }

  /** @returns {ImageSeries | null} */
  get series() { return this.options.store.peek(this.run, this.tag); }

  get form() { return this.isLog ? "plain" : this.options.form(); }

  paintRun() {
    const { colour, dash } = this.app.style(this.run);
    this.chip.style.setProperty("--run", colour);
    this.chip.dataset.dash = String(dash);
  }

  /** @param {number | null} step null: the newest @param {string} mode "one", "all", "diff" @param {Against} against */
  show(step, mode, against) {
    const { series } = this;
    if (!series) return;
    const item = step === null ? series.refs.length - 1 : lastAt(series.numbers, step), isAll = this.isLog || mode === "all";
    this.item = isAll && this.isLog ? series.refs.length - 1 : item;
    const isLate = !this.isLog && item >= 0 && step !== null && series.numbers[item] < step;
    setText(this.where, isAll ? counted(series.refs.length, this.isLog ? "entry" : "step", this.isLog ? "entries" : "steps") : item < 0 ? "none yet at this step" : `step ${stepText(series.steps[item])}`);
    this.where.classList.toggle("image-late", !isAll && (isLate || item < 0));
    this.root.dataset.view = this.isLog ? "log" : mode;
    if (this.item >= 0) this.file.href = this.url(this.item);
    this.file.download = this.fileName;
    if (isAll) this.showAll(series, step);
    else if (item < 0) this.clear();
    else if (mode === "diff") void this.showDiff(item, step ?? series.numbers[item], against);
    else void this.showOne(item);
  }

  /** @param {number} item */
  placeOf(item) { return { run: this.run, tag: this.tag, ref: this.series?.refs[item] ?? "" }; }

  /** Where its bytes are to be had; of a log all of them. @param {number} item */
  url(item) {
    const { run, tag, ref } = this.placeOf(item);
    return this.app.api.url("api/text_file", { run, tag, ref: this.isLog ? null : ref });
  }

  get fileName() {
    const name = [this.run, this.tag, this.isLog ? "" : this.series?.steps[this.item]].filter(Boolean).join("-").replace(/[^\w.-]+/g, "_");
    return name + (this.isTable ? ".json" : ".txt");
  }

  clear() {
    this.key = "";
    this.body.replaceChildren();
    setText(this.note, "");
  }

  /** @param {ImageSeries} series @param {number | null} step */
  showAll(series, step) {
    const { feed, signal, onStep } = this.options;
    this.key = "";
    this.list ??= new TextList({ run: this.run, tag: this.tag, isLog: this.isLog, feed, signal, onStep, onOpen: (item) => this.open(item) });
    if (this.body.firstElementChild !== this.list.root) this.body.replaceChildren(this.list.root);
    this.list.show(series, this.form, step);
    if (this.wanted !== null) this.list.reveal(this.wanted);
    this.wanted = null;
    setText(this.note, this.isLog ? "follows what is printed" : "newest first");
  }

  /** @param {number} item */
  async showOne(item) {
    const { feed } = this.options, { form } = this, place = this.placeOf(item), key = feed.key(place, form);
    if (key === this.key) return;
    this.key = key;
    const answer = feed.peek(place, form) ?? await feed.get(place, form, () => this.isSeen && this.key === key);
    if (this.key !== key) return; // another one was asked for meanwhile
    if (!answer) { this.key = ""; return; }
    this.text ??= new TextBody(`${this.tag} of ${this.run}`, this.isLog, () => this.open(this.item));
    if (this.body.firstElementChild !== this.text.root) this.body.replaceChildren(this.text.root);
    this.text.show(answer, form);
    this.isTable = !answer.error && !answer.single;
    this.file.download = this.fileName;
    setText(this.note, answer.error ? "" : [answer.single ? "" : answer.shape.join(" × "), `${short(answer.characters)} characters`, clock(this.series?.times[item] ?? NaN)].filter(Boolean).join(" · "));
  }

  /** @param {number} item @param {number} step @param {Against} against */
  async showDiff(item, step, against) {
    const { store, has } = this.options, run = runOf(against, this.run), isOther = run !== this.run;
    const other = store.peek(run, this.tag) ?? (has(run, this.tag) ? await store.get(run, this.tag).catch(() => null) : null);
    const at = other ? indexOf(against, other, item, step) : -1, right = this.placeOf(item), left = { run, tag: this.tag, ref: other?.refs[at] ?? "" };
    const key = JSON.stringify([left, right, this.context]);
    if (key === this.key || this.isDiffing) return;
    this.key = key;
    if (!other || at < 0 || (!isOther && against.kind === "run")) {
      const why = !isOther && against.kind === "run" ? "The others are compared with this one." : isOther ? `${run} has no such text at this step.` : "No step before this one.";
      this.body.replaceChildren(el("p", { class: "text-note" }, why));
      setText(this.note, "");
      return;
    }
    this.isDiffing = true; // one at a time, however fast the slider goes: the last one wins
    /** @type {DiffAnswer | Error} */
    const answer = await this.app.api.post("api/texts/diff", { left, right, context: this.context }, { signal: this.options.signal }).catch((error) => error);
    this.isDiffing = false;
    if (this.options.signal.aborted || this.root.dataset.view !== "diff") return;
    const before = !isOther ? `step ${stepText(other.steps[at])}` : `${run}, step ${stepText(other.steps[at])}`;
    if (answer instanceof Error) this.body.replaceChildren(el("p", { class: "text-note", "data-kind": "failed" }, answer.message));
    else if (!answer.added && !answer.removed) this.body.replaceChildren(el("p", { class: "text-note" }, `Equal to ${before}.`));
    else this.body.replaceChildren(drawDiff(answer, `What differs in ${this.tag} of ${this.run}`, () => { this.context = null; this.options.onAgain(); }));
    setText(this.note, answer instanceof Error || !(answer.added || answer.removed) ? "" : `${diffText(answer)}, from ${before}`);
    this.options.onAgain(); // what was asked for meanwhile
  }

  /** Where all steps are shown, this one; once they are. @param {number} step */
  reveal(step) {
    this.wanted = step;
    if (this.series) this.options.onAgain();
  }

  /** @param {number} item */
  open(item) { if (item >= 0) this.options.onOpen(this, item); }

  /** As it was logged. @param {number} item @returns {Promise<string>} */
  async whole(item) {
    const response = await fetch(this.url(item), { credentials: "same-origin", signal: this.options.signal });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return response.text();
  }

  async copy() {
    if (this.item < 0) return;
    try {
      await navigator.clipboard.writeText(await this.whole(this.item));
      this.app.say("Copied.");
      this.copied.replaceChildren(icon("check"));
      setTimeout(() => this.copied.replaceChildren(icon("copy")), 1200);
    } catch { // over plain http from another machine browsers have no clipboard: the text opens, to be copied by hand
      this.open(this.item);
    }
  }

  paintTheme() {
    this.text?.paintTheme();
    this.list?.paintTheme();
  }
}
