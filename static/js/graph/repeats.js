/** Finds runs of equal blocks, so that twelve of them are drawn as one stack. */
import { attribute } from "./names.js";

/** @import {GraphColumns} from "./graph_types.js" */

const SHORTEST_RUN = 3;

/**
 * Numbers the structure of every item (equal numbers: equal ops, shapes, classes and parameters all the way down) and
 * finds runs of at least three equal blocks that follow each other and whose names differ in a number only:
 * `q`, `k`, `v` are no run. A run that is all there is in its group needs no stack of its own: the group is one.
 *
 * @param {GraphColumns} columns
 * @param {number[][]} children of each item, in order of execution
 * @param {Int32Array} single
 * @param {Float64Array} params of each item
 * @returns {{signature: Int32Array, stacks: {group: number, members: number[]}[]}}
 *   a stack is made of some children of a group, or of all of them
 */
export function stackRepeats(columns, children, single, params) {
  const { strings, groupCount, nodeCount, groupName, groupClass, nodeOp, nodeShape, groupMark, nodeMark } = columns;
  const signature = new Int32Array(groupCount + nodeCount).fill(-1);
  /** @type {Map<string | number, number>} */
  const known = new Map();
  const number = (/** @type {string | number} */ text) => {
    let found = known.get(text);
    if (found === undefined) known.set(text, (found = known.size));
    return found;
  };
  for (let v = 0; v < nodeCount; v++) signature[groupCount + v] = number((nodeMark ? nodeMark[v] * strings.length ** 2 : 0) + nodeOp[v] * strings.length + nodeShape[v]);

  const countless = strings.map((name) => name.replace(/\d+(?=\D*$)/, "#"));
  /** @type {{group: number, members: number[]}[]} */
  const stacks = [];
  // children have greater numbers than their parents: backwards is bottom up
  for (let g = groupCount - 1; g >= 0; g--) {
    const list = children[g];
    if (!list.length) continue;
    const name = strings[groupClass[g]] || attribute(countless[groupName[g]]);
    let text = `${name}:${single[g] < 0 ? "" : "one"}:${params[g]}:${groupMark ? groupMark[g] : ""}:`;
    for (const child of list) text += signature[child] + ",";
    signature[g] = number(text);
    for (let i = 0; i + SHORTEST_RUN <= list.length; ) {
      let end = i + 1;
      while (end < list.length && isSame(list[i], list[end])) end++;
      if (end - i >= SHORTEST_RUN) stacks.push({ group: g, members: list.slice(i, end) });
      i = end;
    }
  }
  return { signature, stacks };

  function isSame(/** @type {number} */ a, /** @type {number} */ b) {
    return a < groupCount && b < groupCount && signature[a] === signature[b] && countless[groupName[a]] === countless[groupName[b]];
  }
}
