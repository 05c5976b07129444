/** What is written on the boxes, and how large they must be for it. */
import { className, isBlock, nodeOf, title } from "./names.js";
import { costLine } from "./costs.js";

/** @import {GraphColumns, Hierarchy, Measure} from "./graph_types.js" */

/**
 * @typedef {object} Label
 * @property {string} title
 * @property {string} subtitle the class, beside the title
 * @property {string} costs second line, or right end of an open block's head
 * @property {number} titleWidth px at scale 1
 * @property {number} subtitleWidth
 * @property {number} costsWidth
 * @property {boolean} isOp drawn as a small pill
 * @property {[number, number]} size of the closed box
 */

export const HEAD_HEIGHT = 30;
const BLOCK_HEIGHT = 40, PLAIN_HEIGHT = 28, OP_HEIGHT = 24;
const WIDEST_TITLE = 230, WIDEST_SUBTITLE = 190;

/** Makes each item's label once. */
export class Labels {
  /** @type {Map<number, Label>} */
  #labels = new Map();

  /**
   * @param {Hierarchy} hierarchy
   * @param {Measure} measure
   */
  constructor(hierarchy, measure) {
    this.hierarchy = hierarchy;
    this.measure = measure;
  }

  /** @param {number} item @returns {Label} */
  of(item) {
    const known = this.#labels.get(item);
    if (known) return known;
    const { hierarchy: h, measure } = this;
    const gathered = h.gathered.get(item), isOp = item >= h.groupCount && !isBlock(h, item) && !gathered;
    const text = fit(title(h, item), WIDEST_TITLE, !isOp, measure);
    const subtitle = isOp ? "" : fit(className(h, item), WIDEST_SUBTITLE, false, measure);
    const costs = isOp ? "" : gathered ? `${gathered} inputs, not drawn` : costLine(h, item);
    /** @type {Label} */
    const label = { title: text, subtitle, costs, isOp, titleWidth: measure(text, !isOp), subtitleWidth: measure(subtitle, false), costsWidth: measure(costs, false), size: [0, 0] };
    label.size = this.#size(item, label);
    this.#labels.set(item, label);
    return label;
  }

  /** Size of an item that is closed, or cannot be opened. @param {number} item @returns {[number, number]} */
  closedSize(item) {
    return this.of(item).size;
  }

  /** @returns {[number, number]} */
  #size(/** @type {number} */ item, /** @type {Label} */ label) {
    if (label.isOp) return [Math.ceil(Math.max(48, label.titleWidth + 26)), OP_HEIGHT];
    const line = label.titleWidth + (label.subtitle ? 6 + label.subtitleWidth : 0);
    const mark = isBlock(this.hierarchy, item) ? 38 : 26;
    return [Math.ceil(Math.max(64, Math.max(line, label.costsWidth) + mark)), label.costs ? BLOCK_HEIGHT : PLAIN_HEIGHT];
  }

  /** Width that the head of an open block needs. @param {number} item */
  headWidth(item) {
    const label = this.of(item);
    return label.titleWidth + (label.subtitle ? 6 + label.subtitleWidth : 0) + (label.costs ? 24 + label.costsWidth : 0) + 44;
  }
}

/** Cuts a text in its middle until it fits: names differ at both ends. */
function fit(/** @type {string} */ text, /** @type {number} */ width, /** @type {boolean} */ isStrong, /** @type {Measure} */ measure) {
  if (measure(text, isStrong) <= width) return text;
  let low = 1, high = Math.min(text.length, 400);
  const cut = (/** @type {number} */ kept) => `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(cut(middle), isStrong) <= width) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

/** Type and shape of what a node puts out: "float32 1×64×56×56". @param {GraphColumns} columns @param {number} node */
export function outputText(columns, node) {
  return [columns.strings[columns.nodeDtype[node]], columns.strings[columns.nodeShape[node]]].filter(Boolean).join(" ");
}

/** One sentence about an item, for screen readers. @param {Hierarchy} h @param {number} item @param {boolean} isOpen */
export function spoken(h, item, isOpen) {
  const node = nodeOf(h, item);
  const what = isBlock(h, item) ? `${isOpen ? "open" : "closed"} block, ${h.nodes[item]} nodes` : outputText(h.columns, node);
  return [title(h, item), className(h, item), costLine(h, item), what].filter(Boolean).join(", ");
}
