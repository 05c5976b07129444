/** Looks for a pattern in all texts of all steps and lists where it was found; a click goes there. */

import { el, need, setAttribute, setText } from "../dom.js";
import { counted, grouped, step as stepText } from "../format.js";
import { runName } from "../run_name.js";
import { plainNodes } from "./text_body.js";

/** @import { App } from "../app.js" */
/** @import { Pattern } from "./text_feed.js" */
/**
 * @typedef {{run: string, tag: string, ref: string, step: string, count: number, line: number, excerpt: string, marks: [number, number][]}} Hit
 * @typedef {{error: string | null, hits: Hit[], searched: number, total: number}} SearchAnswer
 */

const WAIT_MS = 200;
const AGAIN_MS = 1500; // while texts are coming

export class TextFind {
  /**
   * @param {HTMLElement} field @param {HTMLElement} panel @param {App} app
   * @param {{series: () => [string, string][], onFind: (find: Pattern | null) => void, onHit: (hit: Hit) => void, signal: AbortSignal}} options `series`: (run, tag) of all that are shown
   */
  constructor(field, panel, app, { series, onFind, onHit, signal }) {
    this.field = field;
    this.panel = panel;
    this.app = app;
    this.series = series;
    this.onFind = onFind;
    this.onHit = onHit;
    this.signal = signal;
    /** @type {HTMLInputElement} */
    this.input = need(field, "input", "text_find");
    this.regex = need(field, "button", "text_find");
    this.said = need(panel, "[data-slot=said]", "text_find");
    this.list = need(panel, "ul", "text_find");
    /** @type {Hit[]} */
    this.hits = [];
    this.at = -1;
    this.timer = 0;
    this.again = 0;
    /** @type {AbortController | null} */
    this.asking = null;
    this.read();
    this.input.addEventListener("input", () => this.changed(), { signal });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.move(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape" && this.input.value) { this.input.value = ""; this.changed(); }
      else return;
      event.preventDefault();
      event.stopPropagation();
    }, { signal });
    this.regex.addEventListener("click", () => { setAttribute(this.regex, "aria-pressed", String(!this.isRegex)); this.changed(); this.input.focus(); }, { signal });
  }

  get isRegex() { return this.regex.getAttribute("aria-pressed") === "true"; }

  /** @returns {Pattern | null} */
  get pattern() { return this.input.value.trim() ? { text: this.input.value, is_regex: this.isRegex } : null; }

  /** As the address has it. */
  read() {
    this.input.value = this.app.view.get("find") ?? "";
    setAttribute(this.regex, "aria-pressed", String(this.app.view.get("regex") !== null));
  }

  changed() {
    this.app.view.set("find", this.input.value || null);
    this.app.view.set("regex", this.isRegex ? "1" : null);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.search(), WAIT_MS);
  }

  /** There are new texts. */
  searchAgain() {
    if (this.pattern) this.again ||= window.setTimeout(() => { this.again = 0; void this.search(); }, AGAIN_MS);
  }

  async search() {
    this.asking?.abort();
    const asking = (this.asking = new AbortController()), find = this.pattern;
    if (!find) { this.tell(null, null); return; }
    /** @type {SearchAnswer | null} */
    const answer = await this.app.api.post("api/texts/search", { find, series: this.series() }, { signal: asking.signal }).catch(() => null);
    if (asking.signal.aborted || this.signal.aborted) return;
    this.tell(find, answer);
  }

  /** @param {Pattern | null} find @param {SearchAnswer | null} answer */
  tell(find, answer) {
    const before = this.hits[this.at], error = answer?.error ?? "";
    this.hits = answer?.hits ?? [];
    this.at = before ? this.hits.findIndex((hit) => hit.ref === before.ref && hit.run === before.run) : -1;
    setAttribute(this.input, "aria-invalid", error ? "true" : null);
    this.panel.hidden = !find;
    this.onFind(error ? null : find);
    if (!find || !answer) { this.list.replaceChildren(); return; }
    const all = `${counted(answer.total, "text")}`, part = answer.searched < answer.total ? `the newest ${grouped(String(answer.searched))} of ${all}` : all;
    setText(this.said, error || (this.hits.length ? `${counted(this.hits.length, "text")} of ${part}` : `Not in ${part}`));
    this.list.replaceChildren(...this.hits.map((hit, i) => this.row(hit, i)));
    this.paintAt();
  }

  /** @param {Hit} hit @param {number} i */
  row(hit, i) {
    const style = this.app.style(hit.run);
    return el("li", {}, el("button", { type: "button", onclick: () => this.go(i) },
      el("span", { class: "chip", "data-on": true, "data-dash": style.dash || null, vars: { "--run": style.colour } }), runName(this.app, hit.run),
      el("span", { class: "hit-tag" }, hit.tag), el("span", { class: "hit-step" }, `step ${stepText(hit.step)}`),
      el("span", { class: "hit-text" }, ...plainNodes(hit.excerpt.trimStart(), hit.marks.map(([from, to]) => { const cut = hit.excerpt.length - hit.excerpt.trimStart().length; return [from - cut, to - cut]; }))),
      el("span", { class: "count" }, hit.count > 1 ? `${hit.count}×` : "")));
  }

  /** The next or previous one. @param {number} by */
  move(by) {
    if (this.hits.length) this.go((this.at + by + this.hits.length + (this.at < 0 && by < 0 ? 1 : 0)) % this.hits.length);
  }

  /** @param {number} i */
  go(i) {
    this.at = i;
    this.paintAt();
    this.list.children[i]?.scrollIntoView({ block: "nearest" });
    this.onHit(this.hits[i]);
  }

  paintAt() {
    [...this.list.children].forEach((row, i) => setAttribute(row.children[0], "aria-current", i === this.at ? "true" : null));
  }
}
