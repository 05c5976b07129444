/** x of every vertex of a layered layout: Brandes and Köpf's four alignments ("Fast and simple horizontal coordinate assignment", 2001). */
import { adjacency } from "./adjacency.js";

/** @import {Network, Layers} from "./ordering.js" */

/**
 * Gives every vertex an x such that neighbours in a layer keep their order and distance and long edges run straight.
 *
 * @param {Network} net
 * @param {Layers} layers
 * @param {Float64Array} widths of all vertices, bends included
 * @param {number} gap between two boxes; less beside a bend
 * @returns {Float64Array} centres
 */
export function horizontalCoordinates(net, layers, widths, gap) {
  const conflicts = findConflicts(net, layers);
  const candidates = [];
  for (const isUpward of [false, true]) {
    for (const isLeftward of [false, true]) {
      const { root } = alignVertically(net, layers, conflicts, isUpward, isLeftward);
      candidates.push(compact(net, layers, root, widths, gap, isLeftward));
    }
  }
  return balance(candidates, widths);
}

const BEND_GAP = 0.6; // share of the gap that a bend keeps from its neighbours

/** Edges that cross a long edge's straight part: the straight part wins. Keys are upper * count + lower. */
function findConflicts(/** @type {Network} */ net, /** @type {Layers} */ { start, sequence, position }) {
  /** @type {Set<number>} */
  const conflicts = new Set();
  for (let r = 1; r + 1 < net.ranks; r++) {
    const first = start[r + 1], end = start[r + 2];
    let low = 0, checked = first;
    for (let i = first; i < end; i++) {
      const v = sequence[i];
      const inner = v >= net.real ? net.above.list[net.above.start[v]] : -1;
      const isInner = inner >= net.real;
      if (!isInner && i < end - 1) continue;
      const high = isInner ? position[inner] : start[r + 1] - start[r] - 1;
      for (; checked <= i; checked++) {
        const w = sequence[checked];
        for (let j = net.above.start[w]; j < net.above.start[w + 1]; j++) {
          const u = net.above.list[j];
          if ((position[u] < low || position[u] > high) && !(w >= net.real && u >= net.real)) conflicts.add(u * net.count + w);
        }
      }
      low = high;
    }
  }
  return conflicts;
}

/** Ties each vertex to a median neighbour in the layer before, as far as no two ties cross: columns of vertices with one x. */
function alignVertically(/** @type {Network} */ net, /** @type {Layers} */ { start, sequence, position }, /** @type {Set<number>} */ conflicts, /** @type {boolean} */ isUpward, /** @type {boolean} */ isLeftward) {
  const neighbours = isUpward ? net.below : net.above;
  const root = Int32Array.from({ length: net.count }, (_, v) => v);
  const tied = root.slice();
  const place = (/** @type {number} */ v) => (isLeftward ? start[net.rank[v] + 1] - start[net.rank[v]] - 1 - position[v] : position[v]);
  for (let i = 0; i < net.ranks; i++) {
    const r = isUpward ? net.ranks - 1 - i : i;
    let taken = -1;
    for (let s = 0; s < start[r + 1] - start[r]; s++) {
      const v = sequence[isLeftward ? start[r + 1] - 1 - s : start[r] + s];
      const degree = neighbours.start[v + 1] - neighbours.start[v];
      if (!degree) continue;
      const first = neighbours.start[v];
      const around = degree > 1 ? Array.from(neighbours.list.subarray(first, first + degree)).sort((a, b) => place(a) - place(b)) : null;
      for (let m = (degree - 1) >> 1; m <= degree >> 1 && tied[v] === v; m++) {
        const u = around ? around[m] : neighbours.list[first];
        const key = isUpward ? v * net.count + u : u * net.count + v;
        if (taken < place(u) && !conflicts.has(key)) {
          tied[u] = v;
          root[v] = root[u];
          tied[v] = root[v];
          taken = place(u);
        }
      }
    }
  }
  return { root };
}

/** Packs the columns towards one side: longest paths over "is left of", then slack taken out from the other side. */
function compact(/** @type {Network} */ net, /** @type {Layers} */ { start, sequence }, /** @type {Int32Array} */ root, /** @type {Float64Array} */ widths, /** @type {number} */ gap, /** @type {boolean} */ isLeftward) {
  /** @type {number[]} */ const before = [];
  /** @type {number[]} */ const after = [];
  /** @type {number[]} */ const distance = [];
  for (let r = 0; r < net.ranks; r++) {
    for (let s = 1; s < start[r + 1] - start[r]; s++) {
      const a = sequence[isLeftward ? start[r + 1] - s : start[r] + s - 1];
      const b = sequence[isLeftward ? start[r + 1] - 1 - s : start[r] + s];
      before.push(root[a]);
      after.push(root[b]);
      distance.push((widths[a] + widths[b]) / 2 + gap * (a >= net.real || b >= net.real ? BEND_GAP : 1));
    }
  }
  const right = adjacency(net.count, before, Int32Array.from(before, (_, k) => k));
  const waiting = new Int32Array(net.count);
  for (const v of after) waiting[v]++;
  const ready = [];
  for (let v = 0; v < net.count; v++) if (root[v] === v && !waiting[v]) ready.push(v);
  const x = new Float64Array(net.count);
  const sorted = [];
  while (ready.length) {
    const v = /** @type {number} */ (ready.pop());
    sorted.push(v);
    for (let i = right.start[v]; i < right.start[v + 1]; i++) {
      const k = right.list[i];
      x[after[k]] = Math.max(x[after[k]], x[v] + distance[k]);
      if (!--waiting[after[k]]) ready.push(after[k]);
    }
  }
  for (let i = sorted.length - 1; i >= 0; i--) {
    const v = sorted[i];
    let room = Infinity;
    for (let j = right.start[v]; j < right.start[v + 1]; j++) room = Math.min(room, x[after[right.list[j]]] - distance[right.list[j]]);
    if (room < Infinity && room > x[v]) x[v] = room;
  }
  for (let v = 0; v < net.count; v++) x[v] = x[root[v]];
  if (isLeftward) for (let v = 0; v < net.count; v++) x[v] = -x[v];
  return x;
}

/** Lines the four candidates up with the narrowest and takes the mean of the middle two: order and distances hold in it too. */
function balance(/** @type {Float64Array[]} */ candidates, /** @type {Float64Array} */ widths) {
  const spans = candidates.map((x) => {
    let left = Infinity, right = -Infinity;
    for (let v = 0; v < x.length; v++) {
      left = Math.min(left, x[v] - widths[v] / 2);
      right = Math.max(right, x[v] + widths[v] / 2);
    }
    return { left, right };
  });
  let narrowest = spans[0];
  for (const span of spans) if (span.right - span.left < narrowest.right - narrowest.left) narrowest = span;
  const shift = spans.map((span, i) => (i % 2 ? narrowest.right - span.right : narrowest.left - span.left));
  const four = new Float64Array(4);
  return Float64Array.from(candidates[0], (_, v) => {
    for (let i = 0; i < 4; i++) four[i] = candidates[i][v] + shift[i];
    four.sort();
    return (four[1] + four[2]) / 2;
  });
}
