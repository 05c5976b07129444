/** What an item is made of and where it goes, any number of nodes away: the part of the drawing that is lit. Pure. */
import { drawnAs } from "./links.js";

/** @import {Hierarchy} from "./graph_types.js" */
/** @import {Links} from "./links.js" */
/** @typedef {"in" | "out" | "both"} Direction */
/** @typedef {{direction: Direction, depth: number}} TraceQuestion depth in nodes; Infinity for all */

/**
 * @typedef {object} Trace
 * @property {Uint8Array} lit 1 for every item that is on the way, blocks around included
 * @property {Set<number>} pairs edges on the way: from * itemCount + to, siblings each
 * @property {Set<number>} enters items that the way enters from outside their block
 * @property {Set<number>} leaves
 * @property {number} inputs nodes found upstream
 * @property {number} outputs nodes found downstream
 */

/**
 * Follows edges from a node, or from all nodes in a block, against and along their direction.
 *
 * @param {Hierarchy} h
 * @param {Links} links
 * @param {number} item
 * @param {TraceQuestion} question
 * @returns {Trace}
 */
export function traceFrom(h, links, item, { direction, depth }) {
  /** @type {Trace} */
  const trace = { lit: new Uint8Array(h.itemCount), pairs: new Set(), enters: new Set(), leaves: new Set(), inputs: 0, outputs: 0 };
  light(h, trace.lit, item);
  const start = nodesIn(h, item);
  for (const node of start) light(h, trace.lit, drawnAs(h, h.groupCount + node));
  if (direction !== "out") trace.inputs = follow(h, links, start, true, depth, trace);
  if (direction !== "in") trace.outputs = follow(h, links, start, false, depth, trace);
  return trace;
}

/** @returns {number} nodes found */
function follow(/** @type {Hierarchy} */ h, /** @type {Links} */ links, /** @type {number[]} */ start, /** @type {boolean} */ isUp, /** @type {number} */ depth, /** @type {Trace} */ trace) {
  const { edgeFrom, edgeTo } = h.columns, list = isUp ? links.into : links.outOf, far = isUp ? edgeFrom : edgeTo;
  const seen = new Uint8Array(h.nodeCount);
  for (const node of start) seen[node] = 1;
  let frontier = start, found = 0;
  for (let hop = 0; hop < depth && frontier.length; hop++) {
    /** @type {number[]} */
    const next = [];
    for (const node of frontier) {
      for (let i = list.start[node]; i < list.start[node + 1]; i++) {
        const edge = list.list[i], other = far[edge];
        if (h.hidden[h.groupCount + other] || h.hidden[h.groupCount + node]) continue;
        lightEdge(h, trace, edge);
        if (seen[other]) continue;
        seen[other] = 1;
        found++;
        light(h, trace.lit, drawnAs(h, h.groupCount + other));
        next.push(other);
      }
    }
    frontier = next;
  }
  return found;
}

/** An item and all blocks around it. */
function light(/** @type {Hierarchy} */ h, /** @type {Uint8Array} */ lit, /** @type {number} */ item) {
  for (let i = item; i > 0 && !lit[i]; i = h.parent[i]) lit[i] = 1;
}

/** An edge of the file as it is drawn: out of blocks, between two siblings, into blocks. */
function lightEdge(/** @type {Hierarchy} */ h, /** @type {Trace} */ trace, /** @type {number} */ edge) {
  const { parent, depth } = h;
  let a = h.groupCount + h.columns.edgeFrom[edge], b = h.groupCount + h.columns.edgeTo[edge];
  while (a !== b && (depth[a] !== depth[b] || parent[a] !== parent[b])) {
    const isDeeper = depth[a] - depth[b];
    if (isDeeper >= 0) {
      trace.leaves.add(a);
      a = parent[a];
    }
    if (isDeeper <= 0) {
      trace.enters.add(b);
      b = parent[b];
    }
  }
  if (a !== b) trace.pairs.add(a * h.itemCount + b);
}

/** Numbers of the shown nodes in an item. @param {Hierarchy} h @param {number} item @returns {number[]} */
export function nodesIn(h, item) {
  const nodes = [], stack = [item];
  while (stack.length) {
    const inner = /** @type {number} */ (stack.pop());
    if (inner >= h.groupCount && inner < h.groupCount + h.nodeCount) nodes.push(inner - h.groupCount);
    else for (const child of h.children[inner]) stack.push(child);
  }
  return nodes;
}

/** "in.2", "out.all" @param {TraceQuestion | null} question @returns {string | null} */
export const packTrace = (question) => question && `${question.direction}.${Number.isFinite(question.depth) ? question.depth : "all"}`;

/** @param {string | null} text what packTrace made @returns {TraceQuestion | null} null for anything else */
export function unpackTrace(text) {
  const found = /^(in|out|both)\.(all|[1-9]\d{0,5})$/.exec(text ?? "");
  return found && { direction: /** @type {Direction} */ (found[1]), depth: found[2] === "all" ? Infinity : Number(found[2]) };
}
