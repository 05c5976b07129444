/** How a chart follows runs that grow: which of its curves did, and how fast answers come. */

/** @import { PixelQuestion } from "../types.d.ts" */

const WHOLE_MS = 10_000; // so often the whole is asked for, while ends are put behind it
const LIVE_MS = 3_000; // after its curves grew, a chart is live

export class ChartGrowth {
  constructor() {
    /** Runs that grew since the last question, by tag; null: the whole is needed. @type {Map<string, Set<string>> | null} */
    this.grown = null;
    /** The ends that are on their way; null: the whole is. @type {PixelQuestion[] | null} */
    this.asked = null;
    this.wholeAt = -Infinity;
    this.grewAt = -Infinity;
    this.hasGrown = false;
  }

  /** The whole is out of date. */
  reset() { this.grown = null; }

  /** @param {string} tag @param {Iterable<string>} runs @param {boolean} isAlone nothing else is out of date */
  add(tag, runs, isAlone) {
    this.hasGrown = true;
    if (isAlone && !this.grown) this.grown = new Map();
    if (!this.grown) return;
    const held = this.grown.get(tag) ?? new Set();
    for (const run of runs) held.add(run);
    this.grown.set(tag, held);
  }

  /** Whether ends are enough now. @param {number} now ms */
  isDue(now) { return this.grown !== null && now - this.wholeAt < WHOLE_MS; }

  /** @param {number} now ms @param {boolean} isWhole */
  answered(now, isWhole) {
    if (this.hasGrown) this.grewAt = now;
    this.hasGrown = false;
    if (isWhole) this.wholeAt = now;
  }

  /** @param {number} now ms */
  isLive(now) { return now - this.grewAt < LIVE_MS; }
}
