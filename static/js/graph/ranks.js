/** Layers of a layered layout: cycles broken, every edge made to point down, every vertex given a rank. */
import { adjacency, edgesOf } from "./adjacency.js";

/**
 * Breaks cycles and assigns ranks: longest path from the sources, then vertices pulled down to their successors
 * where that shortens edges. Self-loops are left out. Deterministic; linear in edges but for the last step.
 *
 * @param {number} count vertices
 * @param {Int32Array} from
 * @param {Int32Array} to
 * @returns {{rank: Int32Array, tail: Int32Array, head: Int32Array, isReversed: Uint8Array, topological: Int32Array, ranks: number}}
 *   tail[e] and head[e] are the ends of edge e so that rank[tail] < rank[head], but for self-loops
 */
export function assignRanks(count, from, to) {
  const isReversed = findBackEdges(count, from, to);
  const tail = from.slice(), head = to.slice();
  for (let e = 0; e < from.length; e++) if (isReversed[e]) { tail[e] = to[e]; head[e] = from[e]; }

  const kept = [], keptTo = [];
  const waiting = new Int32Array(count);
  for (let e = 0; e < tail.length; e++) {
    if (tail[e] === head[e]) continue;
    kept.push(tail[e]);
    keptTo.push(head[e]);
    waiting[head[e]]++;
  }
  const below = adjacency(count, kept, keptTo);
  const inDegree = waiting.slice();
  const rank = new Int32Array(count);
  const topological = new Int32Array(count);
  let reached = 0;
  for (let v = 0; v < count; v++) if (!waiting[v]) topological[reached++] = v;
  for (let done = 0; done < reached; done++) {
    const v = topological[done];
    for (let i = below.start[v]; i < below.start[v + 1]; i++) {
      const w = below.list[i];
      if (rank[w] < rank[v] + 1) rank[w] = rank[v] + 1;
      if (!--waiting[w]) topological[reached++] = w;
    }
  }
  pullDown(rank, topological, below, inDegree);
  let ranks = 0;
  for (let v = 0; v < count; v++) ranks = Math.max(ranks, rank[v] + 1);
  return { rank, tail, head, isReversed, topological, ranks };
}

/** Marks the edges that an iterative depth-first search finds to close a cycle. */
function findBackEdges(/** @type {number} */ count, /** @type {Int32Array} */ from, /** @type {Int32Array} */ to) {
  const out = edgesOf(count, from);
  const next = out.start.slice();
  const state = new Uint8Array(count); // 0 unseen, 1 on the stack, 2 done
  const isReversed = new Uint8Array(from.length);
  /** @type {number[]} */
  const stack = [];
  for (let source = 0; source < count; source++) {
    if (state[source]) continue;
    stack.push(source);
    state[source] = 1;
    while (stack.length) {
      const v = stack[stack.length - 1];
      if (next[v] === out.start[v + 1]) {
        state[v] = 2;
        stack.pop();
        continue;
      }
      const e = out.list[next[v]++];
      const w = to[e];
      if (state[w] === 1 && w !== v) isReversed[e] = 1;
      else if (!state[w]) {
        state[w] = 1;
        stack.push(w);
      }
    }
  }
  return isReversed;
}

/** A vertex with more edges below than above sits right above its nearest successor. */
function pullDown(/** @type {Int32Array} */ rank, /** @type {Int32Array} */ topological, /** @type {import("./adjacency.js").Adjacency} */ below, /** @type {Int32Array} */ inDegree) {
  for (let i = topological.length - 1; i >= 0; i--) {
    const v = topological[i];
    const out = below.start[v + 1] - below.start[v];
    if (!out || (inDegree[v] && inDegree[v] >= out)) continue;
    let nearest = Infinity;
    for (let j = below.start[v]; j < below.start[v + 1]; j++) nearest = Math.min(nearest, rank[below.list[j]]);
    rank[v] = nearest - 1;
  }
}
