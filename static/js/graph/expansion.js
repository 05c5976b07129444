/** Which blocks are open: the start, depths, and what of it goes into the URL. */
import { fullName, isBlock, nodeOf } from "./names.js";
import { packNames, unpackNames } from "../view_state.js";

/** @import {Hierarchy} from "./graph_types.js" */
/** @import {NameIndex} from "./names.js" */
/** @typedef {number | "all" | "custom"} Depth */

export const DEPTHS = [1, 2, 3];
const LONGEST = 1800; // characters of the list of open blocks in a URL

/**
 * Blocks to open so that the top level is worth a look: while there is only one block, the level is inside it.
 *
 * @param {Hierarchy} h
 * @returns {number[]}
 */
export function topLevel(h) {
  const open = [];
  for (let group = 0; ; ) {
    const scopes = h.children[group].filter((item) => (group ? h.children[item].length : isBlock(h, item)) && !isRim(h, item));
    if (scopes.length !== 1 || !isBlock(h, scopes[0]) || h.repeat[scopes[0]]) return open;
    open.push(scopes[0]);
    group = scopes[0];
  }
}

/** Does a block hold nothing but what goes into the graph or comes out of it? The model's inputs and outputs have scopes of their own in torch's graphs. @param {Hierarchy} h @param {number} item */
function isRim(h, item) {
  const { nodeOp, strings } = h.columns;
  return isBlock(h, item) && h.children[item].every((child) => RIMS.has(strings[nodeOp[nodeOf(h, child)]]));
}
const RIMS = new Set(["Placeholder", "Identity", "IO Node", "prim::Param", "prim::Return"]);

/**
 * @param {Hierarchy} h
 * @param {Depth} depth 1: the top level; 2: the blocks on it opened, and so on, a stack of equal blocks and what holds inputs or outputs one later; all: everything
 * @returns {number[]}
 */
export function opened(h, depth) {
  if (depth === "all") return blocksIn(h, 0);
  const open = topLevel(h), levels = depth === "custom" ? 0 : depth - 1;
  const stack = [{ item: open.at(-1) ?? 0, level: 0 }];
  while (stack.length) {
    const { item, level } = /** @type {{item: number, level: number}} */ (stack.pop());
    for (const child of h.children[item]) {
      const own = level + (h.repeat[child] || isRim(h, child) ? 1 : 0);
      if (!isBlock(h, child) || own >= levels) continue;
      open.push(child);
      stack.push({ item: child, level: own + 1 });
    }
  }
  return open;
}

/** All blocks inside an item. @param {Hierarchy} h @param {number} item @returns {number[]} */
export function blocksIn(h, item) {
  const blocks = [], stack = [item];
  while (stack.length) for (const child of h.children[/** @type {number} */ (stack.pop())]) if (isBlock(h, child)) {
    blocks.push(child);
    stack.push(child);
  }
  return blocks;
}

/**
 * @param {Hierarchy} h
 * @param {Set<number>} open the whole graph, 0, included
 * @param {Depth} [last] what was asked for last: it wins where two depths are the same
 * @returns {Depth}
 */
export function depthOf(h, open, last = 1) {
  if (last === "all" && isAll(h, open)) return "all";
  for (const depth of typeof last === "number" ? [last, ...DEPTHS] : DEPTHS) {
    const items = opened(h, depth);
    if (items.length === open.size - 1 && items.every((item) => open.has(item))) return depth;
  }
  return isAll(h, open) ? "all" : "custom";
}

function isAll(/** @type {Hierarchy} */ h, /** @type {Set<number>} */ open) {
  let blocks = 0;
  for (let item = 1; item < h.itemCount; item++) if (!h.hidden[item] && isBlock(h, item)) blocks++;
  return blocks === open.size - 1;
}

/**
 * Names of the innermost open blocks, packed; those that do not fit into a URL are left out.
 *
 * @param {Hierarchy} h
 * @param {Set<number>} open
 */
export function packOpen(h, open) {
  const around = new Set();
  for (const item of open) if (item > 0) around.add(h.parent[item]);
  const names = [];
  let length = 0;
  for (const item of open) {
    if (item === 0 || around.has(item)) continue;
    const name = fullName(h, item);
    length += name.length + 4;
    if (length > LONGEST) break;
    names.push(name);
  }
  return packNames(names);
}

/**
 * @param {Hierarchy} h
 * @param {NameIndex} index
 * @param {string} text what packOpen made
 * @returns {number[]} the blocks and all around them; names that this graph does not have are left out
 */
export function unpackOpen(h, index, text) {
  const open = new Set();
  for (const name of unpackNames(text)) {
    const found = index.find(name);
    for (let item = found ?? 0; item > 0; item = h.parent[item]) if (isBlock(h, item)) open.add(item);
  }
  return [...open];
}
