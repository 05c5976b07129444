/** Makes one graph of two that were matched: all of the new one, and what of the old one is gone. Pure. */
import { ADDED, REMOVED, SAME, spread } from "./diff_marks.js";

/** @import {Cost, GraphColumns} from "./graph_types.js" */
/** @import {Marks} from "./diff_marks.js" */
/** @import {Match} from "./diff_match.js" */

/**
 * @typedef {object} Merged
 * @property {GraphColumns} columns with marks
 * @property {Int32Array} oldGroups of each merged group: the old graph's, -1 for none
 * @property {Int32Array} oldNodes
 * @property {number} afterGroups merged groups below this number are the new graph's own
 * @property {number} afterNodes
 */

/**
 * @param {GraphColumns} before
 * @param {GraphColumns} after
 * @param {Match} match
 * @param {Marks} marks of the new graph
 * @returns {Merged}
 */
export function mergeGraphs(before, after, match, marks) {
  const words = after.strings.length, strings = after.strings.concat(before.strings);
  const goneGroups = places(before.groupCount, match.groups), goneNodes = places(before.nodeCount, match.nodes);
  // the old graph's groups and nodes -> merged ones
  const group = new Int32Array(before.groupCount), node = new Int32Array(before.nodeCount);
  match.groups.forEach((old, g) => { if (old >= 0) group[old] = g; });
  match.nodes.forEach((old, v) => { if (old >= 0) node[old] = v; });
  goneGroups.forEach((old, i) => { group[old] = after.groupCount + i; });
  goneNodes.forEach((old, i) => { node[old] = after.nodeCount + i; });
  const joined = (/** @type {Int32Array} */ now, /** @type {Int32Array} */ then, /** @type {Int32Array} */ gone, /** @type {(value: number) => number} */ moved) => {
    const column = new Int32Array(now.length + gone.length);
    column.set(now);
    gone.forEach((old, i) => { column[now.length + i] = moved(then[old]); });
    return column;
  };
  const word = (/** @type {number} */ text) => text + words, inGroup = (/** @type {number} */ g) => group[g];
  const groupCount = after.groupCount + goneGroups.length, nodeCount = after.nodeCount + goneNodes.length;
  const edges = mergeEdges(before, after, match, node, word);
  const nodeGroup = joined(after.nodeGroup, before.nodeGroup, goneNodes, inGroup), groupParent = joined(after.groupParent, before.groupParent, goneGroups, inGroup);
  const all = { group: marked(marks.group, goneGroups.length), node: marked(marks.node, goneNodes.length) };
  spread({ groupCount, nodeCount, groupParent, nodeGroup }, all);
  return {
    columns: {
      strings,
      groupCount,
      nodeCount,
      groupName: joined(after.groupName, before.groupName, goneGroups, word),
      groupParent,
      groupClass: joined(after.groupClass, before.groupClass, goneGroups, word),
      nodeName: joined(after.nodeName, before.nodeName, goneNodes, word),
      nodeGroup,
      nodeOp: joined(after.nodeOp, before.nodeOp, goneNodes, word),
      nodeShape: joined(after.nodeShape, before.nodeShape, goneNodes, word),
      nodeDtype: joined(after.nodeDtype, before.nodeDtype, goneNodes, word),
      nodeSource: joined(after.nodeSource, before.nodeSource, goneNodes, word),
      nodeDevice: joined(after.nodeDevice, before.nodeDevice, goneNodes, word),
      nodeCosts: joinCosts(after.nodeCosts, before.nodeCosts, after.nodeCount, goneNodes),
      ...edges,
      groupMark: all.group,
      nodeMark: all.node,
      missingInputs: after.missingInputs,
      costs: after.costs && {
        ...after.costs,
        group: joinCosts(after.costs.group, before.costs?.group ?? {}, after.groupCount, goneGroups),
        blocks: new Map([...after.costs.blocks, ...[...(before.costs?.blocks ?? [])].filter(([g]) => group[g] >= after.groupCount).map(([g, block]) => /** @type {const} */ ([group[g], block]))]),
      },
    },
    oldGroups: withOld(match.groups, goneGroups),
    oldNodes: withOld(match.nodes, goneNodes),
    afterGroups: after.groupCount,
    afterNodes: after.nodeCount,
  };
}

/** Numbers below `count` that are no partner of anything. */
function places(/** @type {number} */ count, /** @type {Int32Array} */ partners) {
  const has = new Uint8Array(count);
  for (const old of partners) if (old >= 0) has[old] = 1;
  const gone = [];
  for (let i = 0; i < count; i++) if (!has[i]) gone.push(i);
  return Int32Array.from(gone);
}

function withOld(/** @type {Int32Array} */ matched, /** @type {Int32Array} */ gone) {
  const column = new Int32Array(matched.length + gone.length);
  column.set(matched);
  column.set(gone, matched.length);
  return column;
}

function marked(/** @type {Uint8Array} */ marks, /** @type {number} */ gone) {
  const column = new Uint8Array(marks.length + gone).fill(REMOVED);
  column.set(marks);
  return column;
}

/** @returns {Partial<Record<Cost, Float64Array>>} */
function joinCosts(/** @type {Partial<Record<Cost, Float64Array>>} */ now, /** @type {Partial<Record<Cost, Float64Array>>} */ then, /** @type {number} */ length, /** @type {Int32Array} */ gone) {
  /** @type {Partial<Record<Cost, Float64Array>>} */
  const joined = {};
  for (const cost of /** @type {Cost[]} */ (Object.keys({ ...now, ...then }))) {
    const column = new Float64Array(length + gone.length), old = then[cost];
    const own = now[cost];
    if (own) column.set(own);
    if (old) gone.forEach((place, i) => { column[length + i] = old[place]; });
    joined[cost] = column;
  }
  return joined;
}

/** The new graph's edges, those that the old one did not have marked, and behind them the old one's that are gone. */
function mergeEdges(/** @type {GraphColumns} */ before, /** @type {GraphColumns} */ after, /** @type {Match} */ match, /** @type {Int32Array} */ node, /** @type {(text: number) => number} */ word) {
  const key = (/** @type {number} */ a, /** @type {number} */ b) => a * 2 ** 26 + b;
  const had = new Set(), has = new Set();
  before.edgeFrom.forEach((from, e) => had.add(key(node[from], node[before.edgeTo[e]])));
  after.edgeFrom.forEach((from, e) => has.add(key(from, after.edgeTo[e])));
  const gone = [];
  for (let e = 0; e < before.edgeFrom.length; e++) if (!has.has(key(node[before.edgeFrom[e]], node[before.edgeTo[e]]))) gone.push(e);
  const count = after.edgeFrom.length, all = count + gone.length;
  const edgeFrom = new Int32Array(all), edgeTo = new Int32Array(all), edgeShape = new Int32Array(all), edgeIsControl = new Uint8Array(all), edgeMark = new Uint8Array(all).fill(REMOVED);
  edgeFrom.set(after.edgeFrom);
  edgeTo.set(after.edgeTo);
  edgeShape.set(after.edgeShape);
  edgeIsControl.set(after.edgeIsControl);
  for (let e = 0; e < count; e++) edgeMark[e] = had.has(key(after.edgeFrom[e], after.edgeTo[e])) ? SAME : ADDED;
  gone.forEach((old, i) => {
    edgeFrom[count + i] = node[before.edgeFrom[old]];
    edgeTo[count + i] = node[before.edgeTo[old]];
    edgeShape[count + i] = word(before.edgeShape[old]);
    edgeIsControl[count + i] = before.edgeIsControl[old];
  });
  return { edgeFrom, edgeTo, edgeShape, edgeIsControl, edgeMark };
}
