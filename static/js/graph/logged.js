/** Series of scalars and histograms that are named after the modules of a graph. Pure. */
import { attribute, isStack } from "./names.js";

/** @import {Hierarchy} from "./graph_types.js" */
/** @typedef {{name: string, tags: {tag: string, item: number}[]}} LoggedSeries */

const PARAMETERS = new Set(["weight", "bias"]);
const OF_WEIGHTS = /grad|norm|weight|param|activ|update|hist|bias|saved/i; // "0" is in many tags by accident: only words of these make it a module
const dotted = (/** @type {string} */ path) => path.replaceAll("/", ".");

/**
 * Names under which a training script knows the blocks: the module's qualified name as our writer recorded it, else the
 * attributes on the way to it ("encoder.0"), and the plain path.
 *
 * @param {Hierarchy} h
 * @returns {Map<string, number>} name -> item
 */
export function moduleNames(h) {
  const { strings, groupName, groupParent, costs } = h.columns;
  /** @type {Map<string, number>} */
  const items = new Map();
  const attributes = new Array(h.groupCount).fill(""), paths = new Array(h.groupCount).fill("");
  const add = (/** @type {string} */ name, /** @type {number} */ item) => { if (name && !items.has(name)) items.set(name, item); };
  for (let g = 1; g < h.groupCount; g++) {
    const parent = groupParent[g], raw = strings[groupName[g]], own = attribute(raw);
    const outer = attributes[parent];
    paths[g] = paths[parent] ? `${paths[parent]}.${raw}` : raw;
    // the scope of the model itself has no attribute: it is called by its class
    attributes[g] = own === raw && !parent ? "" : outer ? `${outer}.${own}` : own;
    if (h.hidden[g]) continue;
    add(costs?.blocks.get(g)?.name ?? "", g);
    add(attributes[g], g);
    add(dotted(paths[g]), g);
  }
  return items;
}

/**
 * Sorts tags into series: "grad_norm/encoder.0" and "encoder.0/grad_norm" belong to "grad_norm" at the block encoder.0;
 * what is logged of a parameter, "grad_norm/encoder.0.weight", belongs to its block.
 *
 * @param {Iterable<string>} tags
 * @param {Map<string, number>} modules
 * @returns {LoggedSeries[]} those with at least two blocks, most blocks first
 */
export function loggedSeries(tags, modules) {
  /** @type {Map<string, LoggedSeries>} */
  const found = new Map();
  for (const tag of tags) {
    const place = placeOf(tag, modules);
    if (!place) continue;
    const series = found.get(place.series);
    if (series) series.tags.push({ tag, item: place.item });
    else found.set(place.series, { name: place.series, tags: [{ tag, item: place.item }] });
  }
  const blocks = (/** @type {LoggedSeries} */ { tags: own }) => new Set(own.map(({ item }) => item)).size;
  return [...found.values()].filter((series) => blocks(series) > 1).sort((a, b) => blocks(b) - blocks(a) || (a.name < b.name ? -1 : 1));
}

/**
 * The longest path of a module in a tag, of equal ones the last; what stands before and behind it is the series.
 *
 * @returns {{series: string, item: number} | null}
 */
function placeOf(/** @type {string} */ tag, /** @type {Map<string, number>} */ modules) {
  const parts = tag.split(/([/.])/), words = parts.filter((_, i) => i % 2 === 0); // between the words what parts them
  for (let length = words.length; length > 0; length--) {
    for (let begin = words.length - length; begin >= 0; begin--) {
      const path = words.slice(begin, begin + length), item = modules.get(path.join("."));
      if (item === undefined) continue;
      if (path.every((word) => /^\d+$/.test(word)) && !OF_WEIGHTS.test(tag)) return null;
      const end = 2 * (begin + length), before = parts.slice(0, Math.max(0, 2 * begin - 1)).join(""), behind = parts.slice(end).join("");
      const isParameter = PARAMETERS.has(parts[end]) || (!!before && parts.length === end + 1 && parts[end - 1] === ".");
      return { series: [before, isParameter ? parts.slice(end + 2).join("") : behind].filter(Boolean).join("/") || behind || "value", item };
    }
  }
  return null;
}

/** Tags that are about a module or what it holds. @param {Iterable<string>} tags @param {string} name qualified, "encoder.0" @returns {string[]} */
export function tagsAbout(tags, name) {
  if (!name) return [];
  return [...tags].filter((tag) => `.${dotted(tag)}.`.includes(`.${name}.`));
}

/** The name that a training script would log a block under; "" for stacks, nodes and the model itself. @param {Hierarchy} h @param {number} item @returns {string} */
export function moduleName(h, item) {
  if (item >= h.groupCount || isStack(h, item) || item <= 0) return "";
  const recorded = h.columns.costs?.blocks.get(item)?.name;
  if (recorded !== undefined) return recorded;
  const { strings, groupName, groupParent } = h.columns;
  const parts = [];
  for (let g = item; g > 0; g = groupParent[g]) {
    const raw = strings[groupName[g]], own = attribute(raw);
    if (own !== raw || groupParent[g] > 0) parts.push(own);
    else if (g === item) parts.push(raw);
  }
  return parts.reverse().join(".");
}
