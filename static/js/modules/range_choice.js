/** The stretch of x that a person marked: all charts show it, the table speaks of the chart where it was marked. */

/** @import { Range } from "../types.d.ts" */
/** @import { ViewState } from "../view_state.js" */

export class RangeChoice {
  /** @param {ViewState} view the address keeps it, as `select=lo,hi:tag` */
  constructor(view) {
    this.view = view;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    /** One end, set by key; the other is to come. @type {number | null} */
    this.mark = null;
    /** @type {Range | null} */
    this.range = null;
    this.tag = "";
    this.read();
  }

  read() {
    const kept = this.view.get("select"), [lo, hi] = (kept ?? "").split(":", 1)[0].split(",").map(Number);
    const isWhole = kept !== null && kept.includes(":") && Number.isFinite(lo) && lo < hi;
    this.range = isWhole ? [lo, hi] : null;
    this.tag = isWhole ? kept.slice(kept.indexOf(":") + 1) : "";
  }

  /** The address is another one. */
  follow() {
    this.read();
    for (const listener of this.listeners) listener();
  }

  /** @param {Range | null} range @param {string} [tag] of the chart where it was marked */
  set(range, tag = this.tag) {
    this.range = range && (range[0] <= range[1] ? range : [range[1], range[0]]);
    this.tag = range ? tag : "";
    this.mark = null;
    this.view.set("select", this.range ? `${this.range.map((v) => Number(v.toPrecision(12))).join(",")}:${tag}` : null);
    for (const listener of this.listeners) listener();
  }

  /** The next end of a range, by key: two make one. @param {number} x @param {string} tag */
  markAt(x, tag) {
    if (this.mark !== null && this.mark !== x) { this.set([this.mark, x], tag); return; }
    this.set(null);
    this.mark = x;
    for (const listener of this.listeners) listener();
  }

  /** @param {() => void} listener @param {AbortSignal} signal */
  on(listener, signal) {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }
}
