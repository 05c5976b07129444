/** One scalar beside each run: which tag, its last values, and which runs are best by it. */

import { number } from "../api.js";

/** @import { App } from "../app.js" */
/** @import { PixelsAnswer, TagsAnswer } from "../types.d.ts" */

const BEST = 8, MOST_TAGS = 300, APART_MS = 1500;
const LIKELY = [/^(val|valid|validation|test|eval)\b.*acc/i, /acc/i, /^(val|valid|validation|test|eval)\b.*loss/i, /loss/i, /./];
const LESS_IS_BETTER = /loss|err|perplexity|ppl|nll|mse|mae|time|latency|entropy/i;

export class RunMetric {
  /** @param {App} app @param {AbortSignal} signal @param {() => void} onChange */
  constructor(app, signal, onChange) {
    this.app = app;
    this.signal = signal;
    this.onChange = onChange;
    /** @type {string[]} */
    this.tags = [];
    /** The tag shown; "" for none. */
    this.tag = app.view.get("metric") ?? "";
    this.isChosen = app.view.get("metric") !== null;
    /** @type {Map<string, number>} */
    this.last = new Map();
    this.isAsking = false;
    this.isDue = false;
    app.on("delta", (delta) => {
      if (!this.tag && !this.isChosen) this.readTags();
      else if (Object.values(delta.grew ?? {}).some((kinds) => /** @type {Record<string, string[]>} */ (kinds).scalar?.includes(this.tag)) || delta.rebuilt?.length) this.read();
    }, { signal });
    app.on("stale", () => this.readTags(), { signal });
  }

  get isLessBetter() { return LESS_IS_BETTER.test(this.tag); }

  async readTags() {
    /** @type {TagsAnswer | null} */
    const answer = await this.app.tags("scalar").catch(() => null);
    if (!answer || this.signal.aborted) return;
    const names = answer.tags.map((one) => one.tag), most = Math.max(0, ...answer.tags.map((one) => one.runs.length));
    const common = answer.tags.filter((one) => one.runs.length >= most / 2).map((one) => one.tag);
    this.tags = names.slice(0, MOST_TAGS);
    if (!this.isChosen) this.tag = LIKELY.map((pattern) => common.find((tag) => pattern.test(tag))).find(Boolean) ?? "";
    if (this.tag && !this.tags.includes(this.tag)) this.tags.unshift(this.tag);
    this.onChange();
    await this.read();
  }

  /** @param {string} tag "" for none */
  choose(tag) {
    this.isChosen = true;
    this.tag = tag;
    this.last = new Map();
    this.app.view.set("metric", tag);
    this.onChange();
    this.read();
  }

  /** Last value of each run, asked for as a chart of two pixels; at most every second and a half. */
  async read() {
    this.isDue = true;
    if (this.isAsking || !this.tag) return;
    this.isAsking = true;
    while (this.isDue && !this.signal.aborted) {
      this.isDue = false;
      const { tag, app } = this, runs = app.runs.list.map((run) => run.name);
      if (!runs.length || !tag) break;
      const question = { id: "metric", tag, runs, x: "step", range: null, width: 2, smoothing: { kind: "none", amount: 0 }, superseded: false };
      /** @type {PixelsAnswer | null} */
      const answer = await app.api.post("api/pixels", { charts: [question] }, { signal: this.signal }).catch(() => null);
      if (answer && tag === this.tag) {
        this.last = new Map();
        for (const line of answer.charts[0]?.lines ?? []) if (line.last) this.last.set(line.run, number(line.last.value));
        this.onChange();
      }
      await new Promise((resolve) => setTimeout(resolve, APART_MS));
    }
    this.isAsking = false;
  }

  /** Names, best first; runs without a number last. @param {string[]} names */
  ranked(names) {
    const sign = this.isLessBetter ? 1 : -1, of = (/** @type {string} */ name) => { const v = this.last.get(name); return v === undefined || Number.isNaN(v) ? Infinity : sign * v; };
    return [...names].sort((a, b) => { const p = of(a), q = of(b); return p === q ? 0 : p < q ? -1 : 1; });
  }

  /** @param {string[]} names */
  best(names) {
    return this.ranked(names).filter((name) => Number.isFinite(this.last.get(name) ?? NaN)).slice(0, BEST);
  }
}
