/** What feeds an item and what it feeds: of nodes and of whole blocks. */
import { edgesOf } from "./adjacency.js";
import { CONSTANT } from "./folding.js";
import { nodeOf } from "./names.js";

/** @import {Hierarchy} from "./graph_types.js" */
/** @typedef {{item: number, edge: number}} Link the item at the other end, and the edge of the file */

export class Links {
  /** @param {Hierarchy} hierarchy */
  constructor(hierarchy) {
    const { edgeFrom, edgeTo, nodeCount } = hierarchy.columns;
    this.hierarchy = hierarchy;
    this.into = edgesOf(nodeCount, edgeTo);
    this.outOf = edgesOf(nodeCount, edgeFrom);
    // a block is the stretch of numbers between its first and last descendant in a walk through the tree
    this.first = new Int32Array(hierarchy.itemCount).fill(-1);
    this.last = new Int32Array(hierarchy.itemCount).fill(-1);
    let count = 0;
    const stack = [0];
    while (stack.length) {
      const item = /** @type {number} */ (stack.pop());
      if (item < 0) {
        this.last[~item] = count;
        continue;
      }
      this.first[item] = count++;
      stack.push(~item);
      for (const child of hierarchy.children[item]) stack.push(child);
    }
  }

  /** Is the item the block itself or inside it? @param {number} item @param {number} block */
  isInside(item, block) {
    return this.first[item] >= this.first[block] && this.first[item] < this.last[block];
  }

  /** What an item takes, constants left out. @param {number} item @returns {Link[]} each source once */
  inputs(item) {
    return this.#outside(item, true);
  }

  /** Who takes what an item puts out. @param {number} item @returns {Link[]} each taker once */
  outputs(item) {
    return this.#outside(item, false);
  }

  /** Constants and parameters that a node takes: their numbers. @param {number} item @returns {number[]} */
  constants(item) {
    const { hierarchy: h } = this, node = nodeOf(h, item);
    if (node < 0) return [];
    const found = new Set();
    for (let i = this.into.start[node]; i < this.into.start[node + 1]; i++) {
      const from = h.columns.edgeFrom[this.into.list[i]];
      if (h.hidden[h.groupCount + from] === CONSTANT) found.add(from);
    }
    return [...found];
  }

  /** @param {number} item @param {boolean} isInput @returns {Link[]} */
  #outside(item, isInput) {
    const { hierarchy: h } = this, { edgeFrom, edgeTo } = h.columns;
    const own = isInput ? edgeTo : edgeFrom, other = isInput ? edgeFrom : edgeTo;
    /** @type {Map<number, number>} */
    const found = new Map();
    const consider = (/** @type {number} */ e) => {
      const far = h.groupCount + other[e];
      if (!h.hidden[far] && !this.isInside(far, item) && !found.has(far)) found.set(far, e);
    };
    const node = nodeOf(h, item);
    if (node >= 0) {
      const list = isInput ? this.into : this.outOf;
      for (let i = list.start[node]; i < list.start[node + 1]; i++) consider(list.list[i]);
    } else {
      for (let e = 0; e < own.length; e++) {
        const near = h.groupCount + own[e];
        if (!h.hidden[near] && this.isInside(near, item)) consider(e);
      }
    }
    return [...found].map(([far, edge]) => ({ item: drawnAs(h, far), edge }));
  }
}

/** A module's only node is drawn as the module. @param {Hierarchy} h @param {number} item */
export function drawnAs(h, item) {
  return h.parent[item] > 0 && h.single[h.parent[item]] === item ? h.parent[item] : item;
}
