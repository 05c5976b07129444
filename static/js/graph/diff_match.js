/** Which block and node of one graph is which of another: by name, else by structure. Pure. */
import { attribute } from "./names.js";

/** @import {GraphColumns} from "./graph_types.js" */

/**
 * @typedef {object} Match
 * @property {Int32Array} groups of the new graph's groups: the old one's, -1 for none
 * @property {Int32Array} nodes
 */
/** @typedef {{groups: number[][], nodes: number[][]}} Tree children of each group */

const MOST_CELLS = 250_000; // of the table that aligns two lists of blocks; longer ones go by name, then by structure

/**
 * Pairs groups from the outside in. Inside a pair, blocks that have kept their names and classes keep their places;
 * others are aligned in order, equal structure first: what stands behind an inserted layer is what it was. Nodes of
 * equal name and op belong together, then those of equal structure; a single one left on each side has changed its op.
 *
 * @param {GraphColumns} before
 * @param {GraphColumns} after
 * @returns {Match}
 */
export function matchGraphs(before, after) {
  const old = childrenOf(before), now = childrenOf(after);
  /** @type {Match} */
  const match = { groups: new Int32Array(after.groupCount).fill(-1), nodes: new Int32Array(after.nodeCount).fill(-1) };
  /** @type {Map<string, number>} */
  const known = new Map();
  /** @type {{before: ReturnType<typeof structures>, after: ReturnType<typeof structures>} | null} */
  let shapes = null;
  const structure = () => (shapes ??= { before: structures(before, old, known), after: structures(after, now, known) });

  const nameOf = (/** @type {GraphColumns} */ { strings, groupName }, /** @type {number} */ g) => attribute(strings[groupName[g]]);
  const classOf = (/** @type {GraphColumns} */ { strings, groupClass }, /** @type {number} */ g) => strings[groupClass[g]];
  const isInPlace = (/** @type {number} */ g, /** @type {number} */ k) => nameOf(before, g) === nameOf(after, k) && classOf(before, g) === classOf(after, k);
  const fit = (/** @type {number} */ g, /** @type {number} */ k) => {
    const isNamesake = nameOf(before, g) === nameOf(after, k);
    if (structure().before.groups[g] === structure().after.groups[k]) return isNamesake ? 6 : 5;
    const kind = classOf(before, g), isKin = kind === classOf(after, k);
    return isNamesake ? (isKin ? 3 : 2) : isKin && kind ? 1 : 0;
  };

  match.groups[0] = 0;
  const stack = [0];
  while (stack.length) {
    const group = /** @type {number} */ (stack.pop()), other = match.groups[group];
    const groups = new Pairs(old.groups[other], now.groups[group], match.groups);
    if (!groups.areAll(isInPlace)) groups.align(fit);
    groups.by((g) => nameOf(before, g), (g) => nameOf(after, g));
    if (groups.isOpen) groups.by((g) => structure().before.groups[g], (g) => structure().after.groups[g]);
    if (groups.isOpen && !other) groups.last(); // the model itself was renamed

    const nodes = new Pairs(old.nodes[other], now.nodes[group], match.nodes);
    nodes.by((v) => `${before.strings[before.nodeName[v]]}\n${before.strings[before.nodeOp[v]]}`, (v) => `${after.strings[after.nodeName[v]]}\n${after.strings[after.nodeOp[v]]}`);
    if (nodes.isOpen) nodes.by((v) => structure().before.nodes[v], (v) => structure().after.nodes[v]);
    if (nodes.isOpen) nodes.by((v) => before.strings[before.nodeOp[v]], (v) => after.strings[after.nodeOp[v]]);
    if (nodes.isOpen) nodes.last();
    for (const inner of now.groups[group]) if (match.groups[inner] >= 0) stack.push(inner);
  }
  return match;
}

/** What of two lists belongs together; each round takes out what it paired. */
class Pairs {
  /** @param {number[]} old @param {number[]} now @param {Int32Array} found */
  constructor(old, now, found) {
    this.old = old;
    this.now = now;
    this.found = found;
  }

  get isOpen() { return this.old.length > 0 && this.now.length > 0; }

  /** @param {(i: number) => string | number} keyOld @param {(i: number) => string | number} keyNow */
  by(keyOld, keyNow) {
    /** @type {Map<string | number, number[]>} */
    const waiting = new Map();
    for (const i of this.old) {
      const key = keyOld(i), list = waiting.get(key);
      if (list) list.push(i);
      else waiting.set(key, [i]);
    }
    const taken = new Set();
    this.now = this.now.filter((i) => {
      const partner = waiting.get(keyNow(i))?.shift();
      if (partner === undefined) return true;
      this.found[i] = partner;
      taken.add(partner);
      return false;
    });
    this.old = this.old.filter((i) => !taken.has(i));
  }

  /** @param {(i: number, j: number) => boolean} test */
  areAll(test) { return this.old.length === this.now.length && this.old.every((i, place) => test(i, this.now[place])); }

  /**
   * Pairs that keep the order, with the greatest sum of fits (Needleman and Wunsch's table; a gap costs nothing).
   *
   * @param {(i: number, j: number) => number} fit 0 where two do not belong together
   */
  align(fit) {
    const { old, now, found } = this, width = now.length + 1;
    if (old.length * width > MOST_CELLS) return;
    const fits = new Uint8Array(old.length * width), best = new Int32Array((old.length + 1) * width);
    for (let i = old.length - 1; i >= 0; i--) {
      for (let j = now.length - 1; j >= 0; j--) {
        const at = i * width + j;
        fits[at] = fit(old[i], now[j]);
        best[at] = Math.max(best[at + width], best[at + 1], fits[at] && fits[at] + best[at + width + 1]);
      }
    }
    const taken = new Set();
    for (let i = 0, j = 0; i < old.length && j < now.length;) {
      const at = i * width + j;
      if (fits[at] && best[at] === fits[at] + best[at + width + 1]) taken.add((found[now[j++]] = old[i++]));
      else if (best[at] === best[at + width]) i++;
      else j++;
    }
    this.old = old.filter((i) => !taken.has(i));
    this.now = now.filter((j) => found[j] < 0);
  }

  /** The only one left here is the only one left there. */
  last() {
    if (this.old.length === 1 && this.now.length === 1) this.found[this.now[0]] = this.old[0];
  }
}

/** @param {GraphColumns} columns @returns {Tree} */
function childrenOf({ groupCount, nodeCount, groupParent, nodeGroup }) {
  /** @type {number[][]} */ const groups = Array.from({ length: groupCount }, () => []);
  /** @type {number[][]} */ const nodes = Array.from({ length: groupCount }, () => []);
  for (let g = 1; g < groupCount; g++) groups[groupParent[g]].push(g);
  for (let v = 0; v < nodeCount; v++) nodes[nodeGroup[v]].push(v);
  return { groups, nodes };
}

/** Numbers of structures, the same for the same in both graphs: ops, shapes but for the batch, and classes all the way down. */
function structures(/** @type {GraphColumns} */ columns, /** @type {Tree} */ tree, /** @type {Map<string, number>} */ known) {
  const { strings, groupCount, nodeCount, groupClass, nodeOp, nodeShape, nodeCosts } = columns;
  const number = (/** @type {string} */ text) => {
    let found = known.get(text);
    if (found === undefined) known.set(text, (found = known.size));
    return found;
  };
  const nodes = new Int32Array(nodeCount), groups = new Int32Array(groupCount);
  for (let v = 0; v < nodeCount; v++) nodes[v] = number(`${strings[nodeOp[v]]}|${strings[nodeShape[v]].replace(/^\d+/, "")}|${nodeCosts.params?.[v]}`);
  for (let g = groupCount - 1; g >= 0; g--) groups[g] = number(`${strings[groupClass[g]]}(${tree.groups[g].map((inner) => groups[inner])};${tree.nodes[g].map((v) => nodes[v])})`);
  return { groups, nodes };
}
