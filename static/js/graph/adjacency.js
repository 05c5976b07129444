/** Neighbours of every vertex in two flat arrays. */

/**
 * @typedef {{start: Int32Array, list: Int32Array}} Adjacency  neighbours of v: list[start[v]] .. list[start[v + 1] - 1]
 */

/**
 * Lists, for every vertex, the `to` ends of the edges that leave it, in the order of the edges.
 *
 * @param {number} count vertices
 * @param {ArrayLike<number>} from
 * @param {ArrayLike<number>} to
 * @param {number} [length] edges that count, from the first
 * @returns {Adjacency}
 */
export function adjacency(count, from, to, length = from.length) {
  const start = new Int32Array(count + 1);
  for (let e = 0; e < length; e++) start[from[e] + 1]++;
  for (let v = 0; v < count; v++) start[v + 1] += start[v];
  const next = start.slice(0, count);
  const list = new Int32Array(length);
  for (let e = 0; e < length; e++) list[next[from[e]]++] = to[e];
  return { start, list };
}

/**
 * Lists, for every vertex, the numbers of the edges that leave it.
 *
 * @param {number} count
 * @param {ArrayLike<number>} from
 * @returns {Adjacency}
 */
export function edgesOf(count, from) {
  return adjacency(count, from, Int32Array.from({ length: from.length }, (_, e) => e));
}
