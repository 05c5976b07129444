/** The tree of blocks that is drawn, made of a graph's columns: folded, in order of execution, repeats stacked, edges lifted. */
import { EMPTY, executionOrder, foldNodes } from "./folding.js";
import { COSTS } from "./costs.js";
import { nodeOf } from "./names.js";
import { stackRepeats } from "./repeats.js";

/** @import {Cost, GraphColumns, Hierarchy, SiblingEdges} from "./graph_types.js" */

const LAST = 0x7fffffff;
const FEW = 24; // edges that are looked through faster than indexed

/**
 * @param {GraphColumns} columns
 * @returns {Hierarchy}
 */
export function buildHierarchy(columns) {
  const { groupCount, nodeCount } = columns;
  const items = groupCount + nodeCount;
  const parent = new Int32Array(items);
  parent.set(columns.groupParent);
  for (let v = 0; v < nodeCount; v++) parent[groupCount + v] = columns.nodeGroup[v];

  const hidden = new Uint8Array(items);
  hidden.set(foldNodes(columns), groupCount);
  const { order, nodes } = orderItems(columns, parent, hidden);
  for (let g = 1; g < groupCount; g++) if (!nodes[g]) hidden[g] = EMPTY;
  /** @type {number[][]} */
  const children = Array.from({ length: items }, () => NONE);
  for (let g = 0; g < groupCount; g++) children[g] = [];
  for (let item = 1; item < items; item++) if (!hidden[item]) children[parent[item]].push(item);
  for (let g = 0; g < groupCount; g++) if (children[g].length > 1) children[g].sort((a, b) => order[a] - order[b] || a - b);

  // a module with one op is drawn as that module
  const single = new Int32Array(items).fill(-1);
  for (let g = 1; g < groupCount; g++) if (children[g].length === 1 && children[g][0] >= groupCount) single[g] = children[g][0];

  const costs = itemCosts(columns, items);
  const { signature, stacks } = stackRepeats(columns, children, single, costs.params);
  const added = stacks.filter(({ group, members }) => group === 0 || members.length < children[group].length);
  const itemCount = items + added.length;
  /** @type {Hierarchy} */
  const hierarchy = {
    columns,
    groupCount,
    nodeCount,
    itemCount,
    parent: grow(parent, itemCount),
    depth: new Int32Array(itemCount),
    children,
    hidden: grow(hidden, itemCount),
    single: grow(single, itemCount, -1),
    repeat: new Int32Array(itemCount),
    signature: grow(signature, itemCount, -1),
    macs: grow(costs.macs, itemCount),
    params: grow(costs.params, itemCount),
    bytes: grow(costs.bytes, itemCount),
    saved: grow(costs.saved, itemCount),
    memory: grow(costs.memory, itemCount),
    forward: grow(costs.forward, itemCount),
    backward: grow(costs.backward, itemCount),
    nodes: grow(nodes, itemCount),
    entersBy: new Int32Array(itemCount).fill(-1),
    leavesBy: new Int32Array(itemCount).fill(-1),
    groupEdgeStart: new Int32Array(itemCount + 1),
    siblingFrom: new Int32Array(0),
    siblingTo: new Int32Array(0),
    siblingEdge: new Int32Array(0),
    gathered: new Map(),
  };
  for (const { group, members } of stacks) if (members.length === children[group].length) hierarchy.repeat[group] = members.length;
  added.forEach((stack, i) => addStack(hierarchy, items + i, stack));
  measureDepth(hierarchy);
  liftEdges(hierarchy);
  findGatherers(hierarchy);
  return hierarchy;
}

/** @type {number[]} */
const NONE = [];

/** Where each item's first shown node comes, and how many shown nodes it holds. */
function orderItems(/** @type {GraphColumns} */ columns, /** @type {Int32Array} */ parent, /** @type {Uint8Array} */ hidden) {
  const { groupCount, nodeCount } = columns;
  const place = executionOrder(columns);
  const order = new Int32Array(groupCount + nodeCount).fill(LAST);
  const nodes = new Int32Array(groupCount + nodeCount);
  for (let v = 0; v < nodeCount; v++) {
    const item = groupCount + v;
    if (hidden[item]) continue;
    order[item] = place[v];
    nodes[item] = 1;
    nodes[parent[item]]++;
    order[parent[item]] = Math.min(order[parent[item]], place[v]);
  }
  for (let g = groupCount - 1; g > 0; g--) {
    nodes[parent[g]] += nodes[g];
    order[parent[g]] = Math.min(order[parent[g]], order[g]);
  }
  return { order, nodes };
}

/** @returns {Record<Cost, Float64Array>} */
function itemCosts(/** @type {GraphColumns} */ { groupCount, costs, nodeCosts }, /** @type {number} */ items) {
  const columns = /** @type {Record<Cost, Float64Array>} */ ({});
  for (const cost of COSTS) {
    const column = (columns[cost] = new Float64Array(items));
    const groups = costs?.group[cost], own = nodeCosts[cost];
    if (groups) column.set(groups);
    if (own) column.set(own, groupCount);
  }
  return columns;
}

/** Puts a stack between a group and the equal blocks that it holds. */
function addStack(/** @type {Hierarchy} */ h, /** @type {number} */ stack, /** @type {{group: number, members: number[]}} */ { group, members }) {
  h.parent[stack] = group;
  h.children[stack] = members;
  h.repeat[stack] = members.length;
  h.signature[stack] = h.signature[members[0]];
  const list = h.children[group];
  list.splice(list.indexOf(members[0]), members.length, stack);
  for (const member of members) {
    h.parent[member] = stack;
    for (const cost of COSTS) h[cost][stack] += h[cost][member];
    h.nodes[stack] += h.nodes[member];
  }
}

function measureDepth(/** @type {Hierarchy} */ h) {
  const stack = [0];
  while (stack.length) {
    const item = /** @type {number} */ (stack.pop());
    for (const child of h.children[item]) {
      h.depth[child] = h.depth[item] + 1;
      stack.push(child);
    }
  }
}

/** Brings every edge up to the two siblings that it runs between, and notes which items it enters and leaves on the way. */
function liftEdges(/** @type {Hierarchy} */ h) {
  const { groupCount, parent, depth, hidden, entersBy, leavesBy, columns } = h;
  const { edgeFrom, edgeTo } = columns;
  const count = edgeFrom.length;
  const from = new Int32Array(count), to = new Int32Array(count), group = new Int32Array(count).fill(-1);
  const start = h.groupEdgeStart;
  for (let e = 0; e < count; e++) {
    let a = groupCount + edgeFrom[e], b = groupCount + edgeTo[e];
    if (hidden[a] || hidden[b]) continue;
    const leave = () => {
      if (leavesBy[a] < 0) leavesBy[a] = e;
      a = parent[a];
    };
    const enter = () => {
      if (entersBy[b] < 0) entersBy[b] = e;
      b = parent[b];
    };
    while (depth[a] > depth[b]) leave();
    while (depth[b] > depth[a]) enter();
    while (parent[a] !== parent[b]) {
      leave();
      enter();
    }
    if (a === b) continue;
    from[e] = a;
    to[e] = b;
    group[e] = parent[a];
    start[group[e] + 1]++;
  }
  for (let g = 0; g < h.itemCount; g++) start[g + 1] += start[g];
  const next = start.slice(0, h.itemCount), total = start[h.itemCount];
  h.siblingFrom = new Int32Array(total);
  h.siblingTo = new Int32Array(total);
  h.siblingEdge = new Int32Array(total);
  for (let e = 0; e < count; e++) {
    if (group[e] < 0) continue;
    const row = next[group[e]]++;
    h.siblingFrom[row] = from[e];
    h.siblingTo[row] = to[e];
    h.siblingEdge[row] = e;
  }
}

/** Ops that gather a whole graph for a session's sake and say nothing of the model: `init`, `Merge`. */
const GATHERERS = new Set(["NoOp", "MergeSummary"]);
const MANY_INPUTS = 4;

/** Finds them: their edges would run from everywhere to one place. */
function findGatherers(/** @type {Hierarchy} */ h) {
  const { nodeOp, strings } = h.columns, isOne = strings.map((op) => GATHERERS.has(op));
  /** @type {Map<number, number>} */
  const inputs = new Map(), leaves = new Uint8Array(h.itemCount);
  for (let e = 0; e < h.siblingTo.length; e++) {
    const to = h.siblingTo[e], from = h.siblingFrom[e];
    const node = nodeOf(h, to);
    if (node >= 0 && isOne[nodeOp[node]]) inputs.set(to, (inputs.get(to) ?? 0) + 1);
    leaves[from] = 1;
  }
  for (const [item, count] of inputs) if (count >= MANY_INPUTS && !leaves[item]) h.gathered.set(item, count);
}

/**
 * The edges between the children of a group, parallel ones joined and those to what only gathers left out; the heaviest of them is kept as an example.
 *
 * @param {Hierarchy} h
 * @param {number} group
 * @param {(edge: number) => number} weight
 * @returns {SiblingEdges}
 */
export function siblingEdges(h, group, weight) {
  const first = h.groupEdgeStart[group], last = h.groupEdgeStart[group + 1];
  /** @type {SiblingEdges} */
  const edges = { from: [], to: [], edge: [], count: [] };
  /** @type {Map<number, number> | null} */
  const rows = last - first > FEW ? new Map() : null;
  for (let i = first; i < last; i++) {
    const from = h.siblingFrom[i], to = h.siblingTo[i];
    if (h.gathered.has(to)) continue;
    let row = -1;
    if (rows) row = rows.get(from * h.itemCount + to) ?? -1;
    else for (let r = 0; r < edges.from.length && row < 0; r++) if (edges.from[r] === from && edges.to[r] === to) row = r;
    if (row < 0) {
      rows?.set(from * h.itemCount + to, edges.from.length);
      edges.from.push(from);
      edges.to.push(to);
      edges.edge.push(h.siblingEdge[i]);
      edges.count.push(1);
    } else {
      edges.count[row]++;
      if (weight(h.siblingEdge[i]) > weight(edges.edge[row])) edges.edge[row] = h.siblingEdge[i];
    }
  }
  return edges;
}

/**
 * @template {Int32Array | Float64Array | Uint8Array} T
 * @param {T} column
 * @param {number} length
 * @param {number} [rest] value of the new entries
 * @returns {T}
 */
function grow(column, length, rest = 0) {
  const longer = /** @type {T} */ (new /** @type {any} */ (column.constructor)(length));
  if (rest) longer.fill(rest);
  longer.set(column);
  return longer;
}
