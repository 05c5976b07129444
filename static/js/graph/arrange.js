/** Places the items of one group: bundles first, then each part that hangs together, then the parts in rows. */
import { findBundles } from "./bundles.js";
import { layered } from "./layered.js";
import { connectedParts, packRows } from "./pack.js";
import { wrapTall } from "./wrap.js";

/** @import {Hierarchy, PlacedEdge, PlacedGroup} from "./graph_types.js" */
/** @typedef {{from: number[], to: number[], edge: number[], count: number[]}} LocalLinks edges between the items of a group, by their places in it */

const GAPS = { nodeGap: 22, rankGap: 26 };
const PART_GAP = 28, BUNDLE_PAD = 12;
const MANY_LINKS = 3; // a port with more links keeps only those that the group would not show otherwise
const TOO_MANY_LINKS = 24; // and with more than these, none
const STACK_SHADOW = 8;
const PORT = -1;

/**
 * Lays the items of one group out: bundles first, then each part that hangs together, the ports with the parts that they
 * link, at last the parts in rows. Coordinates are those of the content.
 *
 * @param {Hierarchy} h
 * @param {number} group
 * @param {{items: number[], w: Float64Array, h: Float64Array, inner: (PlacedGroup | null)[]}} boxes
 * @param {LocalLinks} links
 * @param {boolean} isTurned widths and heights are exchanged, and will be exchanged back
 */
export function arrange(h, group, { items, w, h: hgt, inner }, links, isTurned) {
  const aspect = (/** @type {number} */ ratio) => (isTurned ? 1 / ratio : ratio);
  const n = items.length;
  const from = [...links.from], to = [...links.to], edge = [...links.edge], count = [...links.count];

  const inPort = n, outPort = n + 1; // vertices beside the items; bundles come behind them
  for (const i of linked(items, h.entersBy, to, group)) addLink(inPort, i, h.entersBy[items[i]]);
  for (const i of linked(items, h.leavesBy, from, group)) addLink(i, outPort, h.leavesBy[items[i]]);
  function addLink(/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ e) {
    from.push(a);
    to.push(b);
    edge.push(e);
    count.push(1);
  }
  const hasIn = from.includes(inPort), hasOut = to.includes(outPort);

  const bundles = findBundles(n, from, to, w, hgt, aspect(2.4));
  const standsFor = Int32Array.from({ length: n + 2 }, (_, v) => v);
  bundles.forEach(({ members }, b) => { for (const v of members) standsFor[v] = n + 2 + b; });
  const vertices = n + 2 + bundles.length;
  const widths = new Float64Array(vertices), heights = new Float64Array(vertices);
  for (let v = 0; v < n; v++) {
    const isStacked = h.repeat[items[v]] > 0 && !inner[v];
    widths[v] = w[v] + (isStacked ? STACK_SHADOW : 0);
    heights[v] = hgt[v] + (isStacked ? STACK_SHADOW : 0);
  }
  widths[inPort] = widths[outPort] = 4;
  bundles.forEach(({ grid }, b) => {
    widths[n + 2 + b] = grid.width + 2 * BUNDLE_PAD;
    heights[n + 2 + b] = grid.height + 2 * BUNDLE_PAD;
  });

  // edges between what the bundles leave, each pair once
  /** @type {Map<number, number>} */
  const rows = new Map();
  /** @type {{a: number, b: number, row: number, count: number}[]} */
  const kept = [];
  for (let e = 0; e < from.length; e++) {
    const a = standsFor[from[e]], b = standsFor[to[e]], known = rows.get(a * vertices + b);
    if (known === undefined) {
      rows.set(a * vertices + b, kept.length);
      kept.push({ a, b, row: e, count: count[e] });
    } else kept[known].count += count[e];
  }

  /** @type {number[]} */
  const present = [];
  for (let v = 0; v < vertices; v++) if (v < n ? standsFor[v] === v : v === inPort ? hasIn : v === outPort ? hasOut : true) present.push(v);
  const local = new Map(present.map((v, i) => [v, i]));
  const a = kept.map((link) => /** @type {number} */ (local.get(link.a))), b = kept.map((link) => /** @type {number} */ (local.get(link.b)));
  const { part, parts } = connectedParts(present.length, a, b);

  /** @type {number[][]} */ const members = Array.from({ length: parts }, () => []);
  present.forEach((_, i) => members[part[i]].push(i));
  /** @type {number[][]} */ const edgesIn = Array.from({ length: parts }, () => []);
  kept.forEach((_, e) => edgesIn[part[a[e]]].push(e));

  const cx = new Float64Array(vertices), cy = new Float64Array(vertices); // centres
  /** @type {PlacedEdge[]} */
  const edges = [];
  const slot = new Int32Array(present.length);
  const laidOut = members.map((list, p) => {
    list.forEach((i, s) => { slot[i] = s; });
    const graph = {
      count: list.length,
      widths: Float64Array.from(list, (i) => widths[present[i]]),
      heights: Float64Array.from(list, (i) => heights[present[i]]),
      from: Int32Array.from(edgesIn[p], (e) => slot[a[e]]),
      to: Int32Array.from(edgesIn[p], (e) => slot[b[e]]),
    };
    const result = wrapTall(graph, layered(graph, GAPS));
    return { list, result, rows: edgesIn[p] };
  });
  const packed = packRows(laidOut.map(({ result }) => ({ w: result.width, h: result.height })), { gap: PART_GAP, aspect: aspect(1.5) });
  laidOut.forEach(({ list, result, rows: own }, p) => {
    const dx = packed.x[p], dy = packed.y[p];
    list.forEach((i, s) => {
      cx[present[i]] = result.x[s] + dx;
      cy[present[i]] = result.y[s] + dy;
    });
    own.forEach((e, s) => {
      const points = result.points[s], link = kept[e];
      if (!points.length) return;
      shift(points, dx, dy);
      meetPorts(points, inner[link.a] ?? null, inner[link.b] ?? null, w, link);
      if (link.b === outPort) points[points.length - 1] = packed.height;
      const name = (/** @type {number} */ v, /** @type {number} */ exact) => (v < n ? items[v] : v < n + 2 ? PORT : items[exact]);
      edges.push({ from: name(link.a, from[link.row]), to: name(link.b, to[link.row]), edge: edge[link.row], count: link.count, points, row: link.row });
    });
  });

  const x = new Float64Array(n), y = new Float64Array(n);
  for (let v = 0; v < n; v++) {
    x[v] = cx[v] - widths[v] / 2;
    y[v] = cy[v] - heights[v] / 2;
  }
  const frames = bundles.map(({ members: list, grid }, i) => {
    const v = n + 2 + i, left = cx[v] - widths[v] / 2, top = cy[v] - heights[v] / 2;
    list.forEach((member, k) => {
      x[member] = left + BUNDLE_PAD + grid.x[k];
      y[member] = top + BUNDLE_PAD + grid.y[k];
    });
    return Float64Array.of(left, top, widths[v], heights[v]);
  });
  return { x, y, edges, bundles: frames, width: packed.width, height: packed.height, portIn: hasIn ? cx[inPort] : -1, portOut: hasOut ? cx[outPort] : -1 };
}

/** Items that a port is linked with. A fan of links is tamed: then only items without an edge of their own on that side keep theirs. */
function linked(/** @type {number[]} */ items, /** @type {Int32Array} */ crosses, /** @type {number[]} */ busy, /** @type {number} */ group) {
  if (!group) return [];
  const crossing = [];
  for (let i = 0; i < items.length; i++) if (crosses[items[i]] >= 0) crossing.push(i);
  if (crossing.length <= MANY_LINKS) return crossing;
  const isBusy = new Set(busy);
  const rest = crossing.filter((i) => !isBusy.has(i));
  return rest.length > TOO_MANY_LINKS ? [] : rest;
}

/** An edge of an open block ends where the lines inside it begin. */
function meetPorts(/** @type {Float64Array} */ points, /** @type {PlacedGroup | null} */ source, /** @type {PlacedGroup | null} */ target, /** @type {Float64Array} */ w, /** @type {{a: number, b: number}} */ link) {
  if (source && source.portOut >= 0) points[0] += source.portOut - w[link.a] / 2;
  if (target && target.portIn >= 0) points[points.length - 2] += target.portIn - w[link.b] / 2;
}

export function shift(/** @type {Float64Array} */ pairs, /** @type {number} */ dx, /** @type {number} */ dy) {
  for (let i = 0; i < pairs.length; i += 2) {
    pairs[i] += dx;
    pairs[i + 1] += dy;
  }
}
