/** Layered layout of one flat graph: boxes in rows, edges downwards, few crossings. Pure and deterministic. */
import { assignRanks } from "./ranks.js";
import { network, orderLayers } from "./ordering.js";
import { horizontalCoordinates } from "./coordinates.js";

/** @import {LayeredInput, LayeredOptions, LayeredResult} from "./graph_types.js" */

const BEND_WIDTH = 6;
const SIDEWAYS_FREE = 150, SIDEWAYS_SHARE = 0.07, MOST_EXTRA = 60; // px
const SHORT = 2; // px that an edge may bend inside a row
const LANE = 9; // between two edges that run beside the graph

/**
 * Lays out a directed graph, cycles and parallel edges included.
 *
 * @param {LayeredInput} graph
 * @param {LayeredOptions} [options]
 * @returns {LayeredResult}
 */
export function layered(graph, { nodeGap = 20, rankGap = 30, maxSpan = 100 } = {}) {
  const { count, widths, heights, from, to } = graph;
  const { rank, tail, head, isReversed, topological, ranks } = assignRanks(count, from, to);

  // Long edges bend once a layer; very long ones would need thousands of bends and run beside the graph instead.
  const edges = from.length;
  const firstBend = new Int32Array(edges).fill(-1);
  const span = (/** @type {number} */ e) => rank[head[e]] - rank[tail[e]];
  const isBeside = (/** @type {number} */ e) => span(e) > maxSpan;
  let vertices = count;
  for (let e = 0; e < edges; e++) if (span(e) > 1 && !isBeside(e)) vertices += span(e) - 1;
  const layer = new Int32Array(vertices);
  layer.set(rank);
  const breadth = new Float64Array(vertices).fill(BEND_WIDTH);
  breadth.set(widths.subarray(0, count));
  /** @type {number[]} */ const upper = [];
  /** @type {number[]} */ const lower = [];
  let bend = count;
  for (let e = 0; e < edges; e++) {
    if (tail[e] === head[e] || isBeside(e)) continue;
    let above = tail[e];
    if (span(e) > 1) firstBend[e] = bend;
    for (let r = rank[tail[e]] + 1; r < rank[head[e]]; r++) {
      layer[bend] = r;
      upper.push(above);
      lower.push(bend);
      above = bend++;
    }
    upper.push(above);
    lower.push(head[e]);
  }

  const net = network(count, layer, ranks, upper, lower);
  const layers = orderLayers(net, topological);
  const x = horizontalCoordinates(net, layers, breadth, nodeGap);
  const rows = stackRows(ranks, rank, heights, gapsBetween(ranks, rankGap, layer, x, upper, lower));

  let left = Infinity, right = -Infinity;
  for (let v = 0; v < vertices; v++) {
    left = Math.min(left, x[v] - breadth[v] / 2);
    right = Math.max(right, x[v] + breadth[v] / 2);
  }
  for (let v = 0; v < vertices; v++) x[v] -= left;
  let width = count ? right - left : 0;

  /** @type {Float64Array[]} */
  const points = [];
  for (let e = 0; e < edges; e++) {
    const a = tail[e], b = head[e];
    if (a === b) {
      points.push(new Float64Array(0));
      continue;
    }
    const line = [x[a], rows.centre[rank[a]] + heights[a] / 2];
    const foot = rows.bottom[rank[a]], crown = rows.top[rank[b]];
    if (foot > line[1] + SHORT) line.push(x[a], foot);
    if (isBeside(e)) {
      width += LANE;
      const under = foot + rankGap / 2, over = crown - rankGap / 2; // the gap may be wider, never narrower
      line.push(x[a], under, width, under, width, over, x[b], over);
    } else if (firstBend[e] >= 0) {
      for (let v = firstBend[e]; v < firstBend[e] + span(e) - 1; v++) {
        // straight past the whole height of the row, so that the curve does not cut a tall neighbour's corner
        line.push(x[v], rows.top[layer[v]], x[v], rows.bottom[layer[v]]);
      }
    }
    const end = rows.centre[rank[b]] - heights[b] / 2;
    if (crown < end - SHORT) line.push(x[b], crown);
    line.push(x[b], end);
    points.push(Float64Array.from(isReversed[e] ? reversePairs(line) : line));
  }
  return {
    x: x.subarray(0, count),
    y: Float64Array.from(rank, (r) => rows.centre[r]),
    rank,
    width,
    height: ranks ? rows.bottom[ranks - 1] : 0,
    points,
    isReversed,
    crossings: layers.crossings,
  };
}

/** Room between rows: more of it where edges go far to the side, so that none lies almost flat. */
function gapsBetween(/** @type {number} */ ranks, /** @type {number} */ rankGap, /** @type {Int32Array} */ layer, /** @type {Float64Array} */ x, /** @type {number[]} */ upper, /** @type {number[]} */ lower) {
  const gaps = new Float64Array(ranks).fill(rankGap);
  for (let e = 0; e < upper.length; e++) {
    const aside = Math.abs(x[upper[e]] - x[lower[e]]) - SIDEWAYS_FREE;
    if (aside > 0) gaps[layer[upper[e]]] = Math.max(gaps[layer[upper[e]]], rankGap + Math.min(MOST_EXTRA, aside * SIDEWAYS_SHARE));
  }
  return gaps;
}

/** Heights of the rows, each as tall as its tallest box. */
function stackRows(/** @type {number} */ ranks, /** @type {Int32Array} */ rank, /** @type {Float64Array} */ heights, /** @type {Float64Array} */ gaps) {
  const tallest = new Float64Array(ranks);
  for (let v = 0; v < rank.length; v++) tallest[rank[v]] = Math.max(tallest[rank[v]], heights[v]);
  const top = new Float64Array(ranks), centre = new Float64Array(ranks), bottom = new Float64Array(ranks);
  let y = 0;
  for (let r = 0; r < ranks; r++) {
    top[r] = y;
    centre[r] = y + tallest[r] / 2;
    bottom[r] = y + tallest[r];
    y = bottom[r] + gaps[r];
  }
  return { top, centre, bottom };
}

function reversePairs(/** @type {number[]} */ line) {
  const turned = [];
  for (let i = line.length - 2; i >= 0; i -= 2) turned.push(line[i], line[i + 1]);
  return turned;
}
