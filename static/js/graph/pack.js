/** Parts of a group that hang together, and their packing into rows, so that no group is one long line of boxes. */

/**
 * Numbers the weakly connected parts of a graph in the order of their first vertices.
 *
 * @param {number} count vertices
 * @param {ArrayLike<number>} from
 * @param {ArrayLike<number>} to
 * @returns {{part: Int32Array, parts: number}}
 */
export function connectedParts(count, from, to) {
  const leader = Int32Array.from({ length: count }, (_, v) => v);
  const find = (/** @type {number} */ v) => {
    while (leader[v] !== v) v = leader[v] = leader[leader[v]];
    return v;
  };
  for (let e = 0; e < from.length; e++) {
    const a = find(from[e]), b = find(to[e]);
    if (a !== b) leader[Math.max(a, b)] = Math.min(a, b);
  }
  const part = new Int32Array(count).fill(-1);
  let parts = 0;
  for (let v = 0; v < count; v++) {
    const first = find(v);
    part[v] = first === v ? parts++ : part[first];
  }
  return { part, parts };
}

/**
 * Packs boxes into rows of about the wanted width, tall ones first; equal heights keep their order.
 *
 * @param {{w: number, h: number}[]} boxes
 * @param {{gap: number, aspect: number, narrowest?: number}} options aspect is width over height of the whole
 * @returns {{x: Float64Array, y: Float64Array, width: number, height: number}} top left corners
 */
export function packRows(boxes, { gap, aspect, narrowest = 0 }) {
  let area = 0, widest = narrowest;
  for (const { w, h } of boxes) {
    area += (w + gap) * (h + gap);
    widest = Math.max(widest, w);
  }
  const wanted = Math.max(widest, Math.sqrt(area * aspect));
  const order = boxes.map((_, i) => i).sort((a, b) => boxes[b].h - boxes[a].h || a - b);
  const x = new Float64Array(boxes.length), y = new Float64Array(boxes.length);
  let left = 0, top = 0, tallest = 0, width = 0;
  for (const i of order) {
    if (left > 0 && left + boxes[i].w > wanted) {
      top += tallest + gap;
      left = tallest = 0;
    }
    x[i] = left;
    y[i] = top;
    left += boxes[i].w + gap;
    tallest = Math.max(tallest, boxes[i].h);
    width = Math.max(width, left - gap);
  }
  return { x, y, width, height: top + tallest };
}
