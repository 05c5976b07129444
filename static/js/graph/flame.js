/** One cost by block, in the order of execution: where each block lies on the strip under the graph. Pure. */
import { isBlock, isStack } from "./names.js";

/** @import {Cost, Hierarchy} from "./graph_types.js" */
/** @typedef {{item: number, row: number, left: number, width: number, share: number}} FlameBox left and width as shares of the strip; share of the graph's whole cost */

/**
 * What is in the innermost block that holds the whole cost is the first row, what is in that the second, and so on. Where the parts
 * of a block add up to more than the block (a module that was called twice counts twice in its parts) they are made
 * narrower; where they add up to less, the rest stays empty.
 *
 * @param {Hierarchy} h
 * @param {Cost} cost
 * @param {{rows: number, narrowest: number}} limits rows at most; boxes of a smaller share are left out
 * @returns {FlameBox[]} outer ones before inner ones
 */
export function flameBoxes(h, cost, { rows, narrowest }) {
  const values = h[cost], whole = values[0];
  if (!(whole > 0)) return [];
  /** @type {FlameBox[]} */
  const boxes = [];
  const stack = [{ item: flameRoot(h, cost), row: -1, left: 0, width: 1 }];
  while (stack.length) {
    const { item, row, left, width } = /** @type {{item: number, row: number, left: number, width: number}} */ (stack.pop());
    if (row >= 0) boxes.push({ item, row, left, width, share: values[item] / whole });
    if (row + 1 >= rows || (item && !isBlock(h, item))) continue;
    // a stack of equal blocks is no row of its own: its blocks follow each other
    const inside = h.children[item].flatMap((child) => (isStack(h, child) ? h.children[child] : child));
    let sum = 0;
    for (const child of inside) sum += values[child];
    const unit = width / Math.max(sum, values[item]);
    let at = left;
    for (const child of inside) {
      const wide = values[child] * unit;
      if (wide >= narrowest) stack.push({ item: child, row: row + 1, left: at, width: wide });
      at += wide;
    }
  }
  return boxes.sort((a, b) => a.row - b.row || a.left - b.left);
}

/** The block that holds (nearly) all of the cost and is worth a look inside. @param {Hierarchy} h @param {Cost} cost @returns {number} */
export function flameRoot(h, cost) {
  let root = 0;
  for (;;) {
    const main = h.children[root].find((child) => isBlock(h, child) && h[cost][child] >= 0.999 * h[cost][0]);
    if (main === undefined) return root;
    root = main;
  }
}
