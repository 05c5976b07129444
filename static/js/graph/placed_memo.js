/** Laid out groups kept by what they were made of: of a thousand equal blocks one is computed, and its coordinates are shared. */

/** @import {Hierarchy, PlacedEdge, PlacedGroup} from "./graph_types.js" */
/** @import {LocalLinks} from "./arrange.js" */
/** @typedef {{placed: PlacedGroup, from: number[], to: number[]}} Known edges by place in the group, -1 for a port */

const LARGEST = 80; // items; the key of a larger group would cost more than it saves
const MOST = 6000;

export class PlacedMemo {
  /** @type {Map<string, Known>} */
  #known = new Map();

  forget() {
    this.#known.clear();
  }

  /**
   * All that the places in a group depend on; "" for a group that is too large to be remembered.
   *
   * @param {Hierarchy} h
   * @param {number} group
   * @param {{items: number[], w: Float64Array, h: Float64Array, inner: (PlacedGroup | null)[]}} boxes
   * @param {LocalLinks} links
   * @param {number} head width that the group's head needs
   */
  key(h, group, { items, w, h: heights, inner }, links, head) {
    if (items.length > LARGEST) return "";
    let key = group ? `${head}` : "root";
    for (let i = 0; i < items.length; i++) {
      const item = items[i], open = inner[i];
      key += `;${w[i]},${heights[i]}`;
      if (open) key += `,${open.portIn},${open.portOut}`;
      else if (h.repeat[item]) key += "r";
      if (h.entersBy[item] >= 0) key += "i";
      if (h.leavesBy[item] >= 0) key += "o";
    }
    for (let e = 0; e < links.from.length; e++) key += `|${links.from[e]}>${links.to[e]}x${links.count[e]}`;
    return key;
  }

  /** @param {string} key @param {PlacedGroup} placed */
  keep(key, placed) {
    if (!key) return;
    if (this.#known.size >= MOST) this.#known.clear();
    const local = (/** @type {number} */ item) => (item < 0 ? -1 : placed.items.indexOf(item));
    this.#known.set(key, { placed, from: placed.edges.map(({ from }) => local(from)), to: placed.edges.map(({ to }) => local(to)) });
  }

  /**
   * The same places for another group.
   *
   * @param {string} key
   * @param {Hierarchy} h
   * @param {number} group
   * @param {number[]} items
   * @param {(PlacedGroup | null)[]} inner
   * @param {LocalLinks} links
   * @returns {PlacedGroup | null} shares its arrays with others: they are never changed
   */
  find(key, h, group, items, inner, links) {
    const known = key && this.#known.get(key);
    if (!known) return null;
    const { placed, from, to } = known;
    /** @type {PlacedEdge[]} */
    const edges = new Array(placed.edges.length);
    for (let e = 0; e < edges.length; e++) {
      const a = from[e] < 0 ? -1 : items[from[e]], b = to[e] < 0 ? -1 : items[to[e]], { count, points, row } = placed.edges[e];
      edges[e] = { from: a, to: b, edge: a < 0 ? h.entersBy[b] : b < 0 ? h.leavesBy[a] : links.edge[row], count, points, row };
    }
    return { ...placed, group, items, inner, edges };
  }
}
