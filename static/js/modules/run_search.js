/** The search field of the run list: a text, a regex or a query; the server finds the runs, says what is wrong, and offers what can follow. */

import { el, setAttribute, setText } from "../dom.js";
import { Suggestions } from "./suggestions.js";

/** @import { App } from "../app.js" */
/** @import { QueryAnswer } from "../types.d.ts" */
/** @typedef {{text: string, kind: string, note: string}} Option */

const WAIT_MS = 120, AGAIN_MS = 3000;

export class RunSearch {
  /** @param {{app: App, field: HTMLElement, said: HTMLElement, signal: AbortSignal, onChange: () => void}} options `said`: where what is wrong is told */
  constructor({ app, field, said, signal, onChange }) {
    this.app = app;
    this.said = said;
    this.signal = signal;
    this.onChange = onChange;
    this.list = new Suggestions({
      field, label: "What can stand here", signal, withTab: true, open: () => this.complete(), close: () => this.close(), pick: (text) => this.pick(text),
      clear: () => { this.input.value = ""; this.changed(false); },
    });
    this.input = this.list.input;
    /** @type {QueryAnswer | null} */
    this.answer = null;
    /** Where an option goes. */
    this.span = { from: 0, to: 0 };
    this.timer = 0;
    this.askedAt = 0;
    /** @type {AbortController | null} */
    this.asking = null;
    /** @type {AbortController | null} */
    this.completing = null;
    const options = { signal };
    this.input.value = app.view.get("query") ?? "";
    this.input.addEventListener("input", () => this.changed(true), options);
    app.on("runs", () => this.again(), options);
    app.on("delta", () => { if (this.answer?.moves) this.again(); }, options);
    app.on("navigated", () => { this.input.value = app.view.get("query") ?? ""; this.changed(false); }, options);
    const clock = setInterval(() => { if (this.answer?.moves && !document.hidden) this.again(); }, 5 * AGAIN_MS);
    signal.addEventListener("abort", () => { clearInterval(clock); clearTimeout(this.timer); });
    if (this.input.value) this.ask();
  }

  get text() { return this.input.value.trim(); }

  /** @param {boolean} isTyped */
  changed(isTyped) {
    this.app.view.set("query", this.text || null);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { this.ask(); if (isTyped) this.complete(); }, this.text ? WAIT_MS : 0);
    if (!this.text) this.close();
  }

  /** What comes and grows may match as well; asked for now and then. */
  again() {
    if (!this.text) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), Math.max(WAIT_MS, this.askedAt + AGAIN_MS - Date.now()));
  }

  async ask() {
    this.asking?.abort();
    const asking = (this.asking = new AbortController()), { text } = this;
    this.askedAt = Date.now();
    /** @type {QueryAnswer | null} */
    let answer = null;
    if (text) {
      try { answer = await this.app.api.post("api/query", { query: text }, { signal: asking.signal }); }
      catch (error) {
        if (asking.signal.aborted) return;
        answer = { revision: 0, kind: "query", runs: null, error: { message: error instanceof Error ? error.message : String(error), column: 1 }, note: "", moves: false };
      }
      if (asking.signal.aborted || this.signal.aborted) return;
    }
    this.answer = answer;
    const problem = answer?.error?.message ?? "", { runs } = this.app;
    setAttribute(this.input, "aria-invalid", problem ? "true" : null);
    setText(this.said, problem || answer?.note || "");
    this.said.hidden = !problem && !answer?.note;
    setAttribute(this.said, "data-kind", problem ? "failed" : null);
    if (problem) return; // what matched last stays, until it can be understood
    const matching = answer?.runs ? new Set(answer.runs) : null, before = runs.matching;
    const isSame = matching === before || (matching && before && matching.size === before.size && [...matching].every((name) => before.has(name)));
    runs.matching = matching;
    this.onChange();
    if (!isSame) this.app.tell("selection");
  }

  async complete() {
    this.completing?.abort();
    const completing = (this.completing = new AbortController()), cursor = this.input.selectionStart ?? this.input.value.length;
    /** @type {{from: number, to: number, options: Option[]} | null} */
    const answer = await this.app.api.post("api/query/complete", { query: this.input.value, cursor }, { signal: completing.signal }).catch(() => null);
    if (!answer || completing.signal.aborted || document.activeElement !== this.input) return;
    this.span = { from: answer.from, to: answer.to };
    this.list.fill(answer.options.map(({ text, kind, note }) => ({ value: text, parts: [el("span", {}, text), el("span", { class: "count" }, note || kind)] })));
    this.list.show(answer.options.length > 0 && this.text !== "");
  }

  close() { this.completing?.abort(); this.list.show(false); }

  /** @param {string} text */
  pick(text) {
    const { value } = this.input, { from, to } = this.span, space = /[(]$/.test(text) || value[to] === " " ? "" : " ";
    this.input.value = value.slice(0, from) + text + space + value.slice(to);
    const cursor = from + text.length + space.length;
    this.input.setSelectionRange(cursor, cursor);
    this.changed(true);
  }
}
