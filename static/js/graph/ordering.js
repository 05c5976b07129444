/** Order inside the layers of a layered layout, so that few edges cross. */
import { adjacency } from "./adjacency.js";

/**
 * Vertices in layers, edges only between neighbouring layers.
 * @typedef {object} Network
 * @property {number} count vertices, those that stand for bends of long edges included
 * @property {number} real vertices below this number are boxes, the others bends
 * @property {number} ranks
 * @property {Int32Array} rank
 * @property {import("./adjacency.js").Adjacency} above
 * @property {import("./adjacency.js").Adjacency} below
 */

/**
 * @typedef {object} Layers
 * @property {Int32Array} start layer r holds sequence[start[r]] .. sequence[start[r + 1] - 1]
 * @property {Int32Array} sequence
 * @property {Int32Array} position of each vertex inside its layer
 * @property {number} crossings
 */

/**
 * Builds a network out of edges that each go from one layer to the next.
 *
 * @param {number} real
 * @param {Int32Array} rank of every vertex
 * @param {number} ranks
 * @param {number[]} upper
 * @param {number[]} lower
 * @returns {Network}
 */
export function network(real, rank, ranks, upper, lower) {
  return { count: rank.length, real, ranks, rank, above: adjacency(rank.length, lower, upper), below: adjacency(rank.length, upper, lower) };
}

const SWEEPS = 8;
const GIVE_UP = 3; // sweeps without fewer crossings

/**
 * Orders every layer: depth first from the sources, then barycentre sweeps down and up; the best order seen is kept.
 *
 * @param {Network} net
 * @param {ArrayLike<number>} sources vertices to start from, in the order that ties keep
 * @returns {Layers}
 */
export function orderLayers(net, sources) {
  const start = new Int32Array(net.ranks + 1);
  for (let v = 0; v < net.count; v++) start[net.rank[v] + 1]++;
  for (let r = 0; r < net.ranks; r++) start[r + 1] += start[r];
  const layers = { start, sequence: new Int32Array(net.count), position: new Int32Array(net.count), crossings: 0 };
  placeDepthFirst(net, layers, sources);

  layers.crossings = countCrossings(net, layers);
  let best = layers.sequence.slice();
  let fewest = layers.crossings;
  for (let sweep = 0, stale = 0; sweep < SWEEPS && fewest > 0 && stale < GIVE_UP; sweep++) {
    const isDown = sweep % 2 === 0;
    for (let i = 0; i < net.ranks; i++) sortLayer(layers, isDown ? i : net.ranks - 1 - i, isDown ? net.above : net.below);
    const crossings = countCrossings(net, layers);
    if (crossings < fewest) {
      fewest = crossings;
      best = layers.sequence.slice();
      stale = 0;
    } else stale++;
  }
  layers.sequence = best;
  layers.crossings = fewest;
  for (let r = 0; r < net.ranks; r++) for (let i = start[r]; i < start[r + 1]; i++) layers.position[best[i]] = i - start[r];
  return layers;
}

function placeDepthFirst(/** @type {Network} */ net, /** @type {Layers} */ layers, /** @type {ArrayLike<number>} */ sources) {
  const { start, sequence, position } = layers;
  const next = start.slice(0, net.ranks);
  const seen = new Uint8Array(net.count);
  const visit = (/** @type {number} */ source) => {
    const stack = [source];
    while (stack.length) {
      const v = /** @type {number} */ (stack.pop());
      if (seen[v]) continue;
      seen[v] = 1;
      const r = net.rank[v];
      position[v] = next[r] - start[r];
      sequence[next[r]++] = v;
      for (let i = net.below.start[v + 1] - 1; i >= net.below.start[v]; i--) if (!seen[net.below.list[i]]) stack.push(net.below.list[i]);
    }
  };
  for (let i = 0; i < sources.length; i++) visit(sources[i]);
  for (let v = 0; v < net.count; v++) if (!seen[v]) visit(v);
}

const centre = { values: new Float64Array(0) };

/** Sorts one layer by the mean position of its neighbours in the layer before; ties keep their order. */
function sortLayer(/** @type {Layers} */ layers, /** @type {number} */ r, /** @type {import("./adjacency.js").Adjacency} */ neighbours) {
  const { start, sequence, position } = layers;
  if (centre.values.length < position.length) centre.values = new Float64Array(position.length);
  const mean = centre.values;
  const layer = Array.from(sequence.subarray(start[r], start[r + 1]));
  for (const v of layer) {
    const first = neighbours.start[v], last = neighbours.start[v + 1];
    let sum = 0;
    for (let i = first; i < last; i++) sum += position[neighbours.list[i]];
    mean[v] = last > first ? sum / (last - first) : position[v];
  }
  layer.sort((a, b) => mean[a] - mean[b] || position[a] - position[b]);
  for (let i = 0; i < layer.length; i++) {
    sequence[start[r] + i] = layer[i];
    position[layer[i]] = i;
  }
}

/**
 * Counts crossings between neighbouring layers with a binary indexed tree, in edges times log of the layer.
 *
 * @param {Network} net
 * @param {Layers} layers
 */
function countCrossings(net, { start, sequence, position }) {
  let crossings = 0;
  for (let r = 0; r + 1 < net.ranks; r++) {
    /** @type {number[]} */
    const ends = [];
    for (let i = start[r]; i < start[r + 1]; i++) {
      const v = sequence[i];
      const own = [];
      for (let j = net.below.start[v]; j < net.below.start[v + 1]; j++) own.push(position[net.below.list[j]]);
      if (own.length > 1) own.sort((a, b) => a - b);
      for (const end of own) ends.push(end);
    }
    const size = start[r + 2] - start[r + 1];
    const tree = new Int32Array(size + 1);
    for (let i = ends.length - 1; i >= 0; i--) {
      for (let k = ends[i]; k > 0; k -= k & -k) crossings += tree[k];
      for (let k = ends[i] + 1; k <= size; k += k & -k) tree[k]++;
    }
  }
  return crossings;
}
