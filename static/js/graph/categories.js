/** Classes, devices and element types of a graph, the frequent ones first, and which of them an item is or holds. Pure. */
import { isBlock, nodeOf, shortOp } from "./names.js";

/** @import {Hierarchy} from "./graph_types.js" */
/** @typedef {"class" | "device" | "dtype"} CategoryBy */

export const MOST_CATEGORIES = 12; // the others share one colour

/** "/job:worker/task:0/device:GPU:1" -> "GPU:1" @param {string} device */
export const deviceName = (device) => /device:(.+)$/i.exec(device)?.[1] ?? device.replace(/^\//, "");

export class Categories {
  /** @type {Map<number, {category: number, share: number}[]>} */
  #shares = new Map();

  /** @param {Hierarchy} hierarchy @param {CategoryBy} by */
  constructor(hierarchy, by) {
    const { columns, nodeCount, groupCount, hidden } = hierarchy;
    this.hierarchy = hierarchy;
    this.by = by;
    this.column = by === "class" ? columns.nodeOp : by === "device" ? columns.nodeDevice : columns.nodeDtype;
    /** @type {Map<string, number>} */
    const counts = new Map();
    const count = (/** @type {string} */ name) => { if (name) counts.set(name, (counts.get(name) ?? 0) + 1); };
    for (let v = 0; v < nodeCount; v++) if (!hidden[groupCount + v]) count(this.#nameOfNode(v));
    if (by === "class") for (let g = 1; g < groupCount; g++) if (!hidden[g]) count(columns.strings[columns.groupClass[g]]);
    const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
    this.more = Math.max(0, ranked.length - MOST_CATEGORIES);
    /** Names, the most frequent first. */
    this.names = ranked.slice(0, MOST_CATEGORIES);
    this.place = new Map(ranked.map((name, i) => [name, Math.min(i, MOST_CATEGORIES)]));
  }

  #nameOfNode(/** @type {number} */ node) {
    const { columns, single, groupCount } = this.hierarchy;
    const text = columns.strings[this.column[node]];
    if (this.by === "device") return deviceName(text);
    if (this.by === "dtype") return text;
    const around = columns.nodeGroup[node]; // a module's only op is drawn as the module
    return single[around] === groupCount + node ? "" : shortOp(text);
  }

  /** What an item is made of, the greatest part first; nothing where it is not known. A class is never mixed. @param {number} item */
  shares(item) {
    let found = this.#shares.get(item);
    if (!found) this.#shares.set(item, (found = this.#count(item)));
    return found;
  }

  #count(/** @type {number} */ item) {
    const { hierarchy: h, place } = this, { strings, groupClass } = h.columns;
    if (this.by === "class") {
      let inner = item;
      while (h.repeat[inner]) inner = h.children[inner][0]; // a stack is of the class of its blocks
      const name = inner < h.groupCount ? strings[groupClass[inner]] || this.#ofNode(inner) : this.#ofNode(inner);
      const category = place.get(name);
      return category === undefined ? [] : [{ category, share: 1 }];
    }
    const counts = new Map(), stack = [item];
    let all = 0;
    while (stack.length) {
      const inner = /** @type {number} */ (stack.pop()), node = nodeOf(h, inner);
      if (node < 0) {
        for (const child of h.children[inner]) stack.push(child);
        continue;
      }
      const category = place.get(this.#nameOfNode(node));
      if (category === undefined) continue;
      counts.set(category, (counts.get(category) ?? 0) + 1);
      all++;
    }
    return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([category, count]) => ({ category, share: count / all }));
  }

  #ofNode(/** @type {number} */ item) {
    const { hierarchy: h } = this, node = nodeOf(h, item);
    return node < 0 || isBlock(h, item) ? "" : shortOp(h.columns.strings[h.columns.nodeOp[node]]);
  }
}
