/** What the items of a graph are called: full names as the file has them, titles and classes as people say them. */
import { edgesOf } from "./adjacency.js";

/** @import {GraphColumns, Hierarchy} from "./graph_types.js" */
/** @typedef {ReturnType<typeof edgesOf>} Adjacency */

const SCOPE = /^(.*?)\[(.+)\](#\d+)?$/s; // torch's manner: Class[attribute]

/** "GPT2Block[h.0]" -> "h.0"; a name that is no such scope stays. @param {string} name */
export function attribute(name) {
  const found = SCOPE.exec(name);
  return found ? found[2] + (found[3] ?? "") : name;
}

/** "aten::conv2d" -> "conv2d" @param {string} op */
export const shortOp = (op) => (op.includes("::") ? op.slice(op.lastIndexOf("::") + 2) : op);

/** @param {Hierarchy} h @param {number} item */
export const isGroup = (h, item) => item < h.groupCount && h.single[item] < 0;
/** @param {Hierarchy} h @param {number} item */
export const isStack = (h, item) => item >= h.groupCount + h.nodeCount;
/** Can it be opened? @param {Hierarchy} h @param {number} item */
export const isBlock = (h, item) => isGroup(h, item) || isStack(h, item);

/**
 * The node that an item is or, drawn as a module, stands for; -1 for blocks.
 * @param {Hierarchy} h @param {number} item
 */
export function nodeOf(h, item) {
  if (item >= h.groupCount && item < h.groupCount + h.nodeCount) return item - h.groupCount;
  return item < h.groupCount && h.single[item] >= 0 ? h.single[item] - h.groupCount : -1;
}

/**
 * @param {Hierarchy} h
 * @param {number} item
 * @returns {string}
 */
export function title(h, item) {
  const { strings, groupName, nodeName, nodeOp } = h.columns;
  if (item < h.groupCount) return item ? attribute(strings[groupName[item]]) : "the whole graph";
  if (isStack(h, item)) return stackTitle(title(h, h.children[item][0]), title(h, /** @type {number} */ (h.children[item].at(-1))));
  const op = strings[nodeOp[item - h.groupCount]];
  // a node of torch's own trace is called by its number: its op says more
  return op.includes("::") ? shortOp(op) : strings[nodeName[item - h.groupCount]] || "(no name)";
}

/** ("h.0", "h.11") -> "h.0–11" */
function stackTitle(/** @type {string} */ first, /** @type {string} */ last) {
  const digits = /\d+(?=\D*$)/.exec(last);
  if (!digits) return first;
  const before = /^(.*?)(\d+)(\D*)$/s.exec(first);
  return before ? `${before[1]}${before[2]}–${digits[0]}${before[3]}` : first;
}

/**
 * The class of a block ("GPT2Block ×12" where there is nothing but those), or the op of a node where its title does not say it.
 * @param {Hierarchy} h
 * @param {number} item
 * @returns {string}
 */
export function className(h, item) {
  const { strings, groupClass, nodeOp } = h.columns;
  if (h.repeat[item]) return `${className(h, h.children[item][0])} ×${h.repeat[item]}`.trim();
  const known = item < h.groupCount ? strings[groupClass[item]] : "";
  const node = nodeOf(h, item);
  if (known === title(h, item)) return "";
  if (known || node < 0) return known;
  const op = shortOp(strings[nodeOp[node]]);
  const bare = title(h, item).replace(/^\((.*)\)$/s, "$1").replace(/_\d+$/, "");
  return bare.toLowerCase() === op.toLowerCase() ? "" : op;
}

/**
 * Full name as the file has it; that of a stack is its first member's with "×n" behind.
 * @param {Hierarchy} h
 * @param {number} item
 * @returns {string}
 */
export function fullName(h, item) {
  if (isStack(h, item)) return `${fullName(h, h.children[item][0])}×${h.children[item].length}`;
  const { strings, groupName, groupParent, nodeName, nodeGroup } = h.columns;
  const parts = [];
  let group = item;
  if (item >= h.groupCount) {
    const leaf = strings[nodeName[item - h.groupCount]];
    group = nodeGroup[item - h.groupCount];
    // a node named like the scope around it was put inside, in brackets
    if (!group || leaf !== `(${strings[groupName[group]]})`) parts.push(leaf);
  }
  for (; group > 0; group = groupParent[group]) parts.push(strings[groupName[group]]);
  return parts.reverse().join("/");
}

/** Finds items by full name: names are compared a level at a time, so that nothing has to be made of a million of them. */
export class NameIndex {
  /** @param {Hierarchy} hierarchy */
  constructor(hierarchy) {
    this.hierarchy = hierarchy;
    /** What lies in each group, folded nodes too. @type {{groups: Adjacency, nodes: Adjacency} | null} */
    this.inside = null;
  }

  /** @param {string} name @returns {number | undefined} the item; of a node and a scope of one name, the scope */
  find(name) {
    const stack = /^(.*)×(\d+)$/s.exec(name);
    if (stack) {
      const member = this.find(stack[1]), around = member === undefined ? 0 : this.hierarchy.parent[member];
      if (around && isStack(this.hierarchy, around) && fullName(this.hierarchy, around) === name) return around;
    }
    const parts = name.split("/");
    let groups = [0];
    for (let p = 0; p < parts.length; p++) {
      const here = groups.flatMap((group) => this.#inside(group, parts[p], p === parts.length - 1));
      if (p === parts.length - 1) {
        if (here.length) return Math.min(...here);
        break;
      }
      groups = here.filter((item) => item < this.hierarchy.groupCount);
      if (!groups.length) return undefined;
    }
    return undefined;
  }

  /** Items of a name in a group. @returns {number[]} */
  #inside(/** @type {number} */ group, /** @type {string} */ name, /** @type {boolean} */ withNodes) {
    const h = this.hierarchy, { strings, groupName, groupParent, nodeName, nodeGroup } = h.columns;
    this.inside ??= { groups: edgesOf(h.groupCount, groupParent.subarray(1)), nodes: edgesOf(h.groupCount, nodeGroup) };
    const { groups, nodes } = this.inside, found = [];
    for (let i = groups.start[group]; i < groups.start[group + 1]; i++) {
      const g = groups.list[i] + 1;
      if (strings[groupName[g]] !== name) continue;
      found.push(g);
      // a node named like a scope was put inside it, in brackets
      if (withNodes) for (let k = nodes.start[g]; k < nodes.start[g + 1]; k++) if (strings[nodeName[nodes.list[k]]] === `(${name})`) found.push(h.groupCount + nodes.list[k]);
    }
    if (withNodes) for (let i = nodes.start[group]; i < nodes.start[group + 1]; i++) if (strings[nodeName[nodes.list[i]]] === name) found.push(h.groupCount + nodes.list[i]);
    return found;
  }
}
