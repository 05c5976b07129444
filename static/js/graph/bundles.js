/** Many siblings with the very same neighbours become one box with a grid inside: a fan of 1,000 is no line 95,000 px wide. */
import { packRows } from "./pack.js";

const FEWEST = 13;

/**
 * @typedef {object} Bundle
 * @property {number[]} members
 * @property {{x: Float64Array, y: Float64Array, width: number, height: number}} grid
 */

/**
 * Finds sets of at least 13 vertices that have edges from the same and to the same vertices, at least one in all.
 *
 * @param {number} count
 * @param {ArrayLike<number>} from
 * @param {ArrayLike<number>} to
 * @param {ArrayLike<number>} widths
 * @param {ArrayLike<number>} heights
 * @param {number} [aspect] width over height of a grid
 * @returns {Bundle[]}
 */
export function findBundles(count, from, to, widths, heights, aspect = 2.4) {
  if (count < FEWEST) return [];
  /** @type {string[]} */
  const around = new Array(count).fill("");
  for (let e = 0; e < from.length; e++) {
    around[to[e]] += `${from[e]}>`;
    around[from[e]] += `${to[e]}<`;
  }
  /** @type {Map<string, number[]>} */
  const alike = new Map();
  for (let v = 0; v < count; v++) {
    if (!around[v]) continue;
    const members = alike.get(around[v]);
    if (members) members.push(v);
    else alike.set(around[v], [v]);
  }
  const bundles = [];
  for (const members of alike.values()) {
    if (members.length < FEWEST) continue;
    const boxes = members.map((v) => ({ w: widths[v], h: heights[v] }));
    bundles.push({ members, grid: packRows(boxes, { gap: 12, aspect }) });
  }
  return bundles;
}
