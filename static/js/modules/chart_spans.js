/** The vertical range of a chart: fixed by a person, shared within its section, or what its curves ask for. Pure. */

import { groupOf } from "./tag_groups.js";

/** @import { Range } from "../types.d.ts" */

/** `yfix=lo,hi:tag` @param {string[]} kept @param {string} tag @returns {Range | null} */
export function readFixed(kept, tag) {
  const found = kept.find((one) => one.slice(one.indexOf(":") + 1) === tag);
  if (!found) return null;
  const [lo, hi] = found.slice(0, found.indexOf(":")).split(",").map(Number);
  return Number.isFinite(lo) && Number.isFinite(hi) && lo < hi ? [lo, hi] : null;
}

/** @param {string[]} kept @param {string} tag @param {Range | null} range */
export function writeFixed(kept, tag, range) {
  const others = kept.filter((one) => one.slice(one.indexOf(":") + 1) !== tag);
  return range ? [...others, `${range.join(",")}:${tag}`] : others;
}

/** The range that holds those of all charts of a section. @param {Iterable<{tag: string, ownY: Range | null}>} charts @param {string} tag of one of them @returns {Range | null} */
export function sharedSpan(charts, tag) {
  const group = groupOf(tag);
  let lo = Infinity, hi = -Infinity;
  for (const { tag: other, ownY } of charts) {
    if (!ownY || groupOf(other) !== group) continue;
    lo = Math.min(lo, ownY[0]);
    hi = Math.max(hi, ownY[1]);
  }
  return lo < hi ? [lo, hi] : null;
}

/**
 * A chart asks for other heights: those of its section that follow are drawn again.
 * @template {{tag: string, ownY: Range | null, redraw: () => void}} Chart
 * @param {Chart} chart @param {Iterable<Chart>} charts @param {Range | null} own
 */
export function shareSpan(chart, charts, own) {
  const all = [...charts], before = String(sharedSpan(all, chart.tag));
  chart.ownY = own;
  if (before === String(sharedSpan(all, chart.tag))) return;
  for (const other of all) if (other !== chart && groupOf(other.tag) === groupOf(chart.tag)) other.redraw();
}

/** What a person typed as the two ends. @param {string} low @param {string} high @returns {{range: Range | null, fault: string}} */
export function typedSpan(low, high) {
  const text = [low, high].map((one) => one.trim().replace("−", "-").replace(",", ".")), [lo, hi] = text.map((one) => (one === "" ? NaN : Number(one)));
  if (!Number.isFinite(lo) || !Number.isFinite(hi)) return { range: null, fault: "Two numbers are needed, such as 0 and 1 or 1e-4 and 0.5." };
  if (!(lo < hi)) return { range: null, fault: "The lower end must lie below the upper one." };
  return { range: [lo, hi], fault: "" };
}
