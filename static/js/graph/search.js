/** Finds items by name, op, class, shape or source line. */
import { isBlock, title } from "./names.js";

/** @import {Hierarchy} from "./graph_types.js" */

/**
 * Every word must be found in the item or in the name of a block around it, at least one in the item itself.
 * "/" parts words, so that a piece of a path can be pasted. Better matches come first: the title as a whole, then its
 * beginning, then blocks before nodes, then the outer before the inner.
 *
 * @param {Hierarchy} h
 * @param {string} text
 * @param {number} limit
 * @returns {{items: number[], total: number}}
 */
export function findItems(h, text, limit = 50) {
  const words = text.toLowerCase().split(/[\s/]+/).filter(Boolean);
  if (!words.length) return { items: [], total: 0 };
  const { columns, groupCount, nodeCount } = h;
  const lower = columns.strings.map((string) => string.toLowerCase());
  const hits = words.map((word) => {
    const isIn = matcher(word);
    return Uint8Array.from(lower, (string) => (isIn(string) ? 1 : 0));
  });
  const own = (/** @type {number} */ item, /** @type {Uint8Array} */ hit) => {
    if (item < groupCount) return hit[columns.groupName[item]] || hit[columns.groupClass[item]];
    const node = item - groupCount;
    return hit[columns.nodeName[node]] || hit[columns.nodeOp[node]] || hit[columns.nodeShape[node]] || hit[columns.nodeSource[node]];
  };
  // words found in the blocks around, as bits; more than 30 words are not told apart
  const used = hits.slice(0, 30), all = 2 ** used.length - 1;
  const around = new Int32Array(groupCount);
  for (let group = 1; group < groupCount; group++) around[group] = bits(group) | around[columns.groupParent[group]];
  function bits(/** @type {number} */ item) {
    let found = 0;
    for (let w = 0; w < used.length; w++) if (own(item, used[w])) found |= 1 << w;
    return found;
  }

  /** @type {{item: number, rank: number}[]} */
  const found = [];
  for (let item = 1; item < groupCount + nodeCount; item++) {
    if (h.hidden[item]) continue;
    const mine = bits(item) | (h.single[item] >= 0 ? bits(h.single[item]) : 0);
    if (!mine) continue;
    const outer = item < groupCount ? columns.groupParent[item] : columns.nodeGroup[item - groupCount];
    if ((mine | around[outer]) !== all) continue;
    // a module's only node is drawn as the module
    if (item >= groupCount && outer > 0 && h.single[outer] === item) continue;
    found.push({ item, rank: 0 });
  }
  const last = words[words.length - 1];
  for (const match of found) {
    const name = title(h, match.item).toLowerCase();
    match.rank = (name === last ? 0 : name.startsWith(last) ? 1 : name.includes(last) ? 2 : 3) * 1000 + (isBlock(h, match.item) ? 0 : 500) + Math.min(h.depth[match.item], 499);
  }
  found.sort((a, b) => a.rank - b.rank || a.item - b.item);
  return { items: found.slice(0, limit).map(({ item }) => item), total: found.length };
}

/** A number is looked for as a whole: 3 is in "h.3" and "3×224", not in "conv13". @returns {(text: string) => boolean} */
function matcher(/** @type {string} */ word) {
  if (!/^\d+$/.test(word)) return (text) => text.includes(word);
  const whole = new RegExp(`(?<!\\d)${word}(?!\\d)`);
  return (text) => text.includes(word) && whole.test(text);
}
