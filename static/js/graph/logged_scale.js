/** Colours of logged values on blocks: a logarithmic scale from the least to the greatest, and what is dead or broken. Pure. */
import { value as valueText } from "../format.js";
import { STEPS } from "./colour.js";

/** @import {Hierarchy} from "./graph_types.js" */

const DECADES = 8; // below the greatest: what is smaller is dead
/** @typedef {{low: number, high: number, isLog: boolean}} Scale */

/** @param {Iterable<number>} values all that the series ever had @returns {Scale | null} null where none is finite */
export function scaleOf(values) {
  let high = -Infinity, low = Infinity, least = Infinity;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    high = Math.max(high, v);
    least = Math.min(least, v);
    if (v > 0) low = Math.min(low, v);
  }
  if (high === -Infinity) return null;
  if (least < 0 || high <= 0) return { low: least, high: high > least ? high : least + 1, isLog: false };
  low = Math.max(low, high / 10 ** DECADES);
  return { low: low < high ? low : high / 10, high, isLog: true };
}

/** @param {Scale} scale @param {number} v @returns {number | "dead" | "broken"} step of the scale */
export function stepOf({ low, high, isLog }, v) {
  if (!Number.isFinite(v)) return "broken";
  if (isLog && v < high / 10 ** DECADES) return "dead";
  const share = isLog ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low);
  return Math.max(0, Math.min(STEPS - 1, Math.round(share * (STEPS - 1))));
}

/**
 * Value of every block that has one, its own or, for a block without, the greatest inside.
 *
 * @param {Hierarchy} h
 * @param {Map<number, number>} own
 * @returns {Map<number, number>}
 */
export function spreadValues(h, own) {
  const values = new Map(own);
  for (const [item, v] of own) {
    for (let outer = h.parent[item]; outer > 0; outer = h.parent[outer]) {
      if (own.has(outer)) break;
      const before = values.get(outer);
      if (before === undefined || Number.isNaN(v) || v > before) values.set(outer, v);
    }
  }
  return values;
}

/** @param {number} v */
export const noteText = (v) => valueText(v, 3);
