/** Places of everything that is visible: one open group at a time, from the inside out, each kept until it changes. */
import { arrange, shift } from "./arrange.js";
import { siblingEdges } from "./hierarchy.js";
import { HEAD_HEIGHT } from "./labels.js";
import { isBlock } from "./names.js";
import { PlacedMemo } from "./placed_memo.js";

/** @import {Hierarchy, PlacedGroup, SiblingEdges} from "./graph_types.js" */
/** @import {LocalLinks} from "./arrange.js" */
/** @import {Labels} from "./labels.js" */

const PAD = 16;

/** Which blocks are open, and where everything visible is. */
export class Layout {
  /** @type {Map<number, PlacedGroup>} */
  #placed = new Map();
  #memo = new PlacedMemo();
  /** Sizes of the items of the group in hand: most groups are known already, and need no arrays of their own. */
  #w = new Float64Array(64);
  #h = new Float64Array(64);

  /**
   * @param {Hierarchy} hierarchy
   * @param {Labels} labels
   * @param {(edge: number) => number} weight of an edge of the file; the heaviest stands for its parallels
   */
  constructor(hierarchy, labels, weight) {
    this.hierarchy = hierarchy;
    this.labels = labels;
    this.weight = weight;
    /** @type {Set<number>} */
    this.open = new Set([0]);
    /** Edges run from left to right instead of from top to bottom. */
    this.isAcross = false;
  }

  /** @param {boolean} isAcross */
  turn(isAcross) {
    if (this.isAcross === isAcross) return;
    this.isAcross = isAcross;
    this.#memo.forget();
    this.forget();
  }

  /** @param {number} item */
  isOpen(item) {
    return this.open.has(item);
  }

  /** The whole graph as it is open now. @returns {PlacedGroup} */
  root() {
    return this.#place(0);
  }

  /** Opens or closes a block; nothing happens to other items. @param {number} item @param {boolean} isOpen */
  setOpen(item, isOpen) {
    if (!isBlock(this.hierarchy, item) || item === 0 || this.open.has(item) === isOpen) return;
    if (isOpen) this.open.add(item);
    else this.open.delete(item);
    for (let g = item; g >= 0; g = this.hierarchy.parent[g]) this.#placed.delete(g);
  }

  /** Opens exactly these blocks. @param {Iterable<number>} items */
  setAllOpen(items) {
    this.open = new Set([0]);
    for (const item of items) if (isBlock(this.hierarchy, item)) this.open.add(item);
    this.#placed.clear();
  }

  /** Opens everything around an item, so that it is visible. @param {number} item */
  reveal(item) {
    for (let g = this.hierarchy.parent[item]; g > 0; g = this.hierarchy.parent[g]) this.setOpen(g, true);
  }

  /** Is it drawn now? @param {number} item */
  isVisible(item) {
    for (let g = this.hierarchy.parent[item]; g > 0; g = this.hierarchy.parent[g]) if (!this.open.has(g)) return false;
    return !this.hierarchy.hidden[item];
  }

  /** Forgets all places, for example because the font changed. */
  forget() {
    this.#placed.clear();
  }

  /** @param {number} group @returns {PlacedGroup} */
  #place(group) {
    let placed = this.#placed.get(group);
    if (!placed) {
      placed = this.#layOut(group);
      this.#placed.set(group, placed);
    }
    return placed;
  }

  /** @param {number} group @returns {PlacedGroup} */
  #layOut(group) {
    const { hierarchy: h } = this;
    const items = h.children[group];
    const inner = items.map((item) => (this.open.has(item) && isBlock(h, item) ? this.#place(item) : null));
    if (this.#w.length < items.length) [this.#w, this.#h] = [new Float64Array(2 * items.length), new Float64Array(2 * items.length)];
    for (let i = 0; i < items.length; i++) {
      const placed = inner[i], size = placed ? null : this.labels.closedSize(items[i]);
      this.#w[i] = placed ? placed.width : /** @type {number[]} */ (size)[0];
      this.#h[i] = placed ? placed.height : /** @type {number[]} */ (size)[1];
    }
    const links = localLinks(items, siblingEdges(h, group, this.weight)), { isAcross } = this;
    const key = this.#memo.key(h, group, { items, w: this.#w, h: this.#h, inner }, links, group ? this.labels.headWidth(group) : 0);
    const known = this.#memo.find(key, h, group, items, inner, links);
    if (known) return known;
    const w = this.#w.slice(0, items.length), hgt = this.#h.slice(0, items.length), boxes = { items, w, h: hgt, inner };
    const content = arrange(h, group, { items, w: isAcross ? hgt : w, h: isAcross ? w : hgt, inner }, links, isAcross);
    const placed = isAcross ? this.#frameAcross(group, boxes, content) : this.#frameDown(group, boxes, content);
    this.#memo.keep(key, placed);
    return placed;
  }

  /** Puts head and margins around what was arranged from top to bottom. @returns {PlacedGroup} */
  #frameDown(/** @type {number} */ group, /** @type {Boxes} */ boxes, /** @type {Content} */ content) {
    const { items, h } = boxes;
    let first = content.height, last = 0;
    for (let i = 0; i < items.length; i++) {
      first = Math.min(first, content.y[i]);
      last = Math.max(last, content.y[i] + h[i]);
    }
    // a port has a row of its own: part of it may lie on the edge of the head, or of the box
    const top = group ? HEAD_HEIGHT + Math.max(-2, 8 - first) : PAD;
    const width = Math.max(content.width + 2 * PAD, group ? this.labels.headWidth(group) : 0);
    const left = (width - content.width) / 2;
    move(content, left, top);
    return framed(group, boxes, content, { width, height: top + Math.max(content.height, last + PAD), ports: left, isAcross: false });
  }

  /** The same for what was arranged turned by a quarter. @returns {PlacedGroup} */
  #frameAcross(/** @type {number} */ group, /** @type {Boxes} */ boxes, /** @type {Content} */ content) {
    const { items, w } = boxes;
    turnBack(content);
    let first = content.width, last = 0;
    for (let i = 0; i < items.length; i++) {
      first = Math.min(first, content.x[i]);
      last = Math.max(last, content.x[i] + w[i]);
    }
    const before = group ? Math.max(0, PAD - first) : PAD, inside = before + Math.max(content.width, last + PAD);
    const width = Math.max(inside, group ? this.labels.headWidth(group) : 0);
    const left = before + (width - inside) / 2, top = group ? HEAD_HEIGHT + 6 : PAD;
    move(content, left, top);
    // lines from and to outside begin and end at the very edge of the box
    for (const { from, to, points } of content.edges) {
      if (from < 0) points[0] = 0;
      if (to < 0) points[points.length - 2] = width;
    }
    return framed(group, boxes, content, { width, height: top + content.height + PAD, ports: top, isAcross: true });
  }
}

const FEW = 16; // items that are looked through faster than indexed

/** Ends of edges by their places among the items. @returns {LocalLinks} */
function localLinks(/** @type {number[]} */ items, /** @type {SiblingEdges} */ { from, to, edge, count }) {
  if (items.length <= FEW) return { from: from.map((item) => items.indexOf(item)), to: to.map((item) => items.indexOf(item)), edge, count };
  const at = new Map(items.map((item, i) => [item, i])), place = (/** @type {number} */ item) => /** @type {number} */ (at.get(item));
  return { from: from.map(place), to: to.map(place), edge, count };
}

/** @typedef {ReturnType<typeof arrange>} Content */
/** @typedef {{items: number[], w: Float64Array, h: Float64Array, inner: (PlacedGroup | null)[]}} Boxes */

/** What was moved to its place, with the size of its frame. @returns {PlacedGroup} */
function framed(/** @type {number} */ group, /** @type {Boxes} */ { items, w, h, inner }, /** @type {Content} */ { x, y, edges, portIn, portOut, bundles }, /** @type {{width: number, height: number, ports: number, isAcross: boolean}} */ { width, height, ports, isAcross }) {
  const port = (/** @type {number} */ at) => (at >= 0 ? at + ports : -1);
  return { group, width, height, items, x, y, w, h, inner, edges, portIn: port(portIn), portOut: port(portOut), bundles, isAcross };
}

function move(/** @type {Content} */ content, /** @type {number} */ left, /** @type {number} */ top) {
  for (let i = 0; i < content.x.length; i++) {
    content.x[i] += left;
    content.y[i] += top;
  }
  for (const { points } of content.edges) shift(points, left, top);
  for (const bundle of content.bundles) shift(bundle.subarray(0, 2), left, top);
}

/** Exchanges x and y of everything. */
function turnBack(/** @type {Content} */ content) {
  [content.x, content.y] = [content.y, content.x];
  [content.width, content.height] = [content.height, content.width];
  for (const { points } of content.edges) for (let i = 0; i < points.length; i += 2) [points[i], points[i + 1]] = [points[i + 1], points[i]];
  for (const bundle of content.bundles) bundle.set([bundle[1], bundle[0], bundle[3], bundle[2]]);
}
