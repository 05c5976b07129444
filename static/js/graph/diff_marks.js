/** What became of every block, node and edge between two graphs that were matched. Pure. */
import { short } from "../format.js";
import { isStack, nodeOf } from "./names.js";

/** @import {Cost, GraphColumns, Hierarchy} from "./graph_types.js" */
/** @import {Match} from "./diff_match.js" */

export const SAME = 0, INSIDE = 1, CHANGED = 2, ADDED = 3, REMOVED = 4;
export const MARK_NAMES = ["the same", "changed inside", "changed", "added", "removed"];
/** @typedef {{group: Uint8Array, node: Uint8Array}} Marks */
/** @typedef {{what: string, from: string, to: string}} Change */

/** @typedef {[number, number] | null} Batch its sizes, where the first inputs of two graphs differ in nothing else */

/** @param {GraphColumns} before @param {GraphColumns} after @returns {Batch} */
export function batchOf(before, after) {
  const [old, now] = [before, after].map(({ strings, nodeOp, nodeShape }) => /^([1-9]\d*)(.*)$/.exec(strings[nodeShape[nodeOp.findIndex((op) => strings[op] === "Placeholder")]] ?? ""));
  return old && now && old[1] !== now[1] && old[2] === now[2] ? [Number(old[1]), Number(now[1])] : null;
}

/** Are all of a node's outputs the same, but for the batch in the first size? @param {string} from @param {string} to @param {Batch} batch */
function isSameShape(from, to, batch) {
  if (from === to || !batch) return from === to;
  const old = from.split(", "), now = to.split(", ");
  return old.length === now.length && old.every((shape, i) => shape === now[i] || (parseInt(shape, 10) * batch[1] === parseInt(now[i], 10) * batch[0] && shape.replace(/^\d+/, "") === now[i].replace(/^\d+/, "")));
}

/**
 * Marks of both graphs. A block is changed where its class is, or the parameters that are its own; changed inside where
 * anything in it is. Another size of the batch is no change.
 *
 * @param {GraphColumns} before
 * @param {GraphColumns} after
 * @param {Match} match
 * @param {Batch} batch
 * @returns {{before: Marks, after: Marks}}
 */
export function markGraphs(before, after, match, batch) {
  const old = { group: new Uint8Array(before.groupCount).fill(REMOVED), node: new Uint8Array(before.nodeCount).fill(REMOVED) };
  const now = { group: new Uint8Array(after.groupCount).fill(ADDED), node: new Uint8Array(after.nodeCount).fill(ADDED) };
  match.groups.forEach((other, g) => {
    if (other >= 0) old.group[other] = now.group[g] = before.strings[before.groupClass[other]] === after.strings[after.groupClass[g]] ? SAME : CHANGED;
  });
  match.nodes.forEach((other, v) => {
    if (other < 0) return;
    const isParameter = PARAMETERS.has(after.strings[after.nodeOp[v]]);
    const isSame = NODE_FACTS.every(([, column]) => {
      const from = before.strings[before[column][other]], to = after.strings[after[column][v]];
      return column === "nodeShape" && !isParameter ? isSameShape(from, to, batch) : from === to;
    });
    old.node[other] = now.node[v] = isSame ? SAME : CHANGED;
    if (!isSame && isParameter) { // no box of its own: its block says it
      old.group[before.nodeGroup[other]] = Math.max(CHANGED, old.group[before.nodeGroup[other]]);
      now.group[after.nodeGroup[v]] = Math.max(CHANGED, now.group[after.nodeGroup[v]]);
    }
  });
  spread(before, old);
  spread(after, now);
  return { before: old, after: now };
}

const PARAMETERS = new Set(["Const", "HostConst"]);
/** @type {[string, "nodeOp" | "nodeShape" | "nodeDtype"][]} */
const NODE_FACTS = [["op", "nodeOp"], ["output", "nodeShape"], ["type", "nodeDtype"]];

/** Blocks around what is not the same are changed inside. @param {Pick<GraphColumns, "groupCount" | "nodeCount" | "groupParent" | "nodeGroup">} columns @param {Marks} marks */
export function spread({ groupCount, nodeCount, groupParent, nodeGroup }, marks) {
  for (let v = 0; v < nodeCount; v++) if (marks.node[v] !== SAME && marks.group[nodeGroup[v]] === SAME) marks.group[nodeGroup[v]] = INSIDE;
  for (let g = groupCount - 1; g > 0; g--) if (marks.group[g] !== SAME && marks.group[groupParent[g]] === SAME) marks.group[groupParent[g]] = INSIDE;
}

/** Mark of an item that is drawn: of a module with one op the stronger of both, of a stack what all its blocks are. @param {Hierarchy} h @param {Marks} marks @param {number} item @returns {number} */
export function markOf(h, marks, item) {
  if (isStack(h, item)) {
    const inside = h.children[item].map((child) => markOf(h, marks, child));
    return inside.every((mark) => mark === inside[0]) ? inside[0] : INSIDE;
  }
  if (item >= h.groupCount) return marks.node[item - h.groupCount];
  const own = marks.group[item], node = nodeOf(h, item);
  return node >= 0 && own <= INSIDE ? Math.max(own === INSIDE ? CHANGED : own, marks.node[node]) : own;
}

/**
 * What differs between an item and its partner in the other graph.
 *
 * @param {Hierarchy} before
 * @param {number} old item there, 0 for none
 * @param {Hierarchy} after
 * @param {number} now item here
 * @returns {Change[]}
 */
export function changesOf(before, old, after, now) {
  /** @type {Change[]} */
  const changes = [];
  const compare = (/** @type {string} */ what, /** @type {string} */ from, /** @type {string} */ to) => { if (from !== to) changes.push({ what, from: from || "–", to: to || "–" }); };
  const text = (/** @type {Hierarchy} */ h, /** @type {number} */ item, /** @type {"nodeOp" | "nodeShape" | "nodeDtype"} */ column) => {
    const node = nodeOf(h, item);
    return node < 0 ? "" : h.columns.strings[h.columns[column][node]];
  };
  const kind = (/** @type {Hierarchy} */ h, /** @type {number} */ item) => (item < h.groupCount ? h.columns.strings[h.columns.groupClass[item]] : "");
  compare("class", kind(before, old), kind(after, now));
  for (const [what, column] of NODE_FACTS) compare(what, text(before, old, column), text(after, now, column));
  for (const [cost, what] of /** @type {[Cost, string][]} */ ([["params", "parameters"], ["macs", "multiply-adds"]])) {
    if (before[cost][old] !== after[cost][now]) changes.push({ what, from: short(before[cost][old]), to: short(after[cost][now]) });
  }
  return changes;
}
