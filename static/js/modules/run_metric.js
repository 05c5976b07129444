/** One scalar beside each run: which tag, its last or best values, and which runs are best by it. */

import { number } from "../api.js";

/** @import { App } from "../app.js" */
/** @import { TagsAnswer } from "../types.d.ts" */

const BEST = 8, MOST_TAGS = 300, APART_MS = 1500;
const LIKELY = [/^(val|valid|validation|test|eval)\b.*acc/i, /acc/i, /^(val|valid|validation|test|eval)\b.*loss/i, /loss/i, /./];
export const OF = ["last", "best", "min", "max"];

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
    /** By run: the value that is shown. @type {Map<string, number>} */
    this.last = new Map();
    /** By its name, as the server judges. */
    this.isLessBetter = false;
    this.isAsking = false;
    this.isDue = false;
    app.on("delta", (delta) => {
      if (!this.tag && !this.isChosen) this.readTags();
      else if (Object.values(delta.grew ?? {}).some((kinds) => /** @type {Record<string, string[]>} */ (kinds).scalar?.includes(this.tag)) || delta.rebuilt?.length) this.read();
    }, { signal });
    app.on("stale", () => this.readTags(), { signal });
    app.on("navigated", () => {
      const tag = app.view.get("metric");
      this.isChosen = tag !== null;
      if (tag !== null) this.tag = tag;
      this.read();
    }, { signal });
  }

  /** Which of a run's values: its last, or its best, least or greatest. */
  get of() { const of = this.app.view.get("of") ?? "last"; return OF.includes(of) ? of : "last"; }

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

  /** @param {string} of */
  chooseOf(of) {
    this.app.view.set("of", of === "last" ? null : of);
    this.read();
  }

  /** The value of each run; at most every second and a half. */
  async read() {
    this.isDue = true;
    if (this.isAsking || !this.tag) return;
    this.isAsking = true;
    while (this.isDue && !this.signal.aborted) {
      this.isDue = false;
      const { tag, of, app } = this;
      if (!tag) break;
      /** @type {{runs: string[], values: (number | string)[], less_is_better: boolean} | null} */
      const answer = await app.api.get("api/metric", { tag, of }, { signal: this.signal }).catch(() => null);
      if (answer && tag === this.tag && of === this.of) {
        this.last = new Map(answer.runs.map((run, i) => [run, number(answer.values[i])]));
        this.isLessBetter = answer.less_is_better;
        this.onChange();
      }
      for (let waited = 0; waited < APART_MS && tag === this.tag && of === this.of; waited += 100) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.isAsking = false;
  }

  /** Names, best first; runs without a number last. @param {string[]} names */
  ranked(names) {
    const isLess = this.of === "min" || (this.of !== "max" && this.isLessBetter), sign = isLess ? 1 : -1;
    const of = (/** @type {string} */ name) => { const v = this.last.get(name); return v === undefined || Number.isNaN(v) ? Infinity : sign * v; };
    return [...names].sort((a, b) => { const p = of(a), q = of(b); return p === q ? 0 : p < q ? -1 : 1; });
  }

  /** @param {string[]} names */
  best(names) {
    return this.ranked(names).filter((name) => Number.isFinite(this.last.get(name) ?? NaN)).slice(0, BEST);
  }
}
