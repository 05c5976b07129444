/** Every step of one run's texts, the newest first; of captured output a log, the newest at its end. Only what is in view is asked for. */

import { el, setAttribute } from "../dom.js";
import { clock, step as stepText } from "../format.js";
import { lastAt } from "./image_series.js";
import { TextBody } from "./text_body.js";
import { VirtualList } from "./virtual_list.js";

/** @import { TextFeed, TextForm } from "./text_feed.js" */
/** @import { ImageSeries } from "./image_series.js" */
/**
 * @typedef {{run: string, tag: string, isLog: boolean, feed: TextFeed, signal: AbortSignal,
 *   onStep: (step: number) => void, onOpen: (item: number) => void}} TextListOptions
 */

const ROW_PX = 72, LINE_PX = 17;

export class TextList {
  /** @param {TextListOptions} options */
  constructor({ run, tag, isLog, feed, signal, onStep, onOpen }) {
    this.run = run;
    this.tag = tag;
    this.isLog = isLog;
    this.feed = feed;
    this.onStep = onStep;
    this.onOpen = onOpen;
    /** @type {ImageSeries | null} */
    this.series = null;
    /** @type {TextForm} */
    this.form = "plain";
    this.finding = "";
    /** @type {number | null} */
    this.step = null;
    /** @type {Map<HTMLElement, TextBody>} */
    this.bodies = new Map();
    this.list = new VirtualList({ label: `All steps of ${tag} of ${run}`, estimate: isLog ? LINE_PX : ROW_PX, isNewestFirst: !isLog, make: (item) => this.row(item), signal });
    this.root = this.list.root;
    this.root.toggleAttribute("data-log", isLog);
  }

  /** @param {ImageSeries} series @param {TextForm} form @param {number | null} step that is chosen; null: the newest */
  show(series, form, step) {
    const before = this.series, last = (before?.refs.length ?? 0) - 1, { find } = this.feed, finding = find ? JSON.stringify(find) : "";
    const isLonger = before !== null && (last < 0 || (series.refs[0] === before.refs[0] && series.refs[last] === before.refs[last]));
    this.series = series;
    if (!isLonger || form !== this.form) { this.form = form; this.list.forget(); }
    else if (finding !== this.finding) for (const row of this.list.rows.values()) void this.fill(row);
    this.finding = finding;
    this.list.setCount(series.refs.length);
    if (step !== this.step && step !== null && !this.isLog) this.reveal(step);
    this.step = step;
    for (const row of this.list.rows.values()) this.mark(row);
    this.list.drawSoon();
    for (const row of this.bodies.keys()) if (!row.isConnected) this.bodies.delete(row);
  }

  /** @param {number} step */
  reveal(step) {
    const at = this.series ? lastAt(this.series.numbers, step) : -1;
    if (at >= 0) this.list.reveal(at);
  }

  /** @param {number} item */
  row(item) {
    const { steps, numbers } = /** @type {ImageSeries} */ (this.series), said = `step ${stepText(steps[item])}`;
    const body = new TextBody(`${this.tag} of ${this.run}, ${said}`, this.isLog, () => this.onOpen(item));
    const head = this.isLog
      ? el("span", { class: "text-line", title: "number of the first line" }, stepText(steps[item]))
      : el("div", { class: "text-step" }, el("button", { type: "button", title: "Go to this step", onclick: () => this.onStep(numbers[item]) }, said), el("span", { class: "count" }, clock(this.series?.times[item] ?? NaN)));
    const row = el("div", { class: "text-row", "data-item": item }, head, body.root);
    this.bodies.set(row, body);
    this.mark(row);
    void this.fill(row);
    return row;
  }

  /** @param {HTMLElement} row */
  mark(row) {
    if (!this.isLog) setAttribute(row, "aria-current", this.step !== null && this.series?.numbers[Number(row.dataset.item)] === this.step ? "step" : null);
  }

  /** @param {HTMLElement} row */
  async fill(row) {
    const body = this.bodies.get(row), ref = this.series?.refs[Number(row.dataset.item)], form = this.isLog ? "plain" : this.form;
    if (!body || ref === undefined) return;
    const place = { run: this.run, tag: this.tag, ref }, known = this.feed.peek(place, form);
    if (known) { body.show(known, form); return; } // at once: no row is empty for a moment when one scrolls back
    const answer = await this.feed.get(place, form, () => row.isConnected);
    if (answer && row.isConnected && form === (this.isLog ? "plain" : this.form)) body.show(answer, form);
  }

  paintTheme() { for (const body of this.bodies.values()) body.paintTheme(); }
}
