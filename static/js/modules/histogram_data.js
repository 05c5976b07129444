/** Rows of histograms out of the server's answer, and where on a picture they lie. Pure. */

import { column } from "../api.js";

/** @import { Column, Range } from "../types.d.ts" */
/** @typedef {"offset" | "overlay" | "heat" | "bands" | "runs"} HistogramMode */
/** @typedef {{run: string, total: number, steps: string[], wall_times: (number | string)[], x: Column, merged: Column, numbers: Column, counts: Column, quantiles: Column, unreadable: number}} RowsJson */
/** @typedef {{id: string, edges: Column, runs: RowsJson[], error: string | null}} HistogramChartJson */

/** Parts of the values below each of the nine quantiles, as the server counts them. */
export const PERCENTILES = [0, 6.68, 15.87, 30.85, 50, 69.15, 84.13, 93.32, 100];
export const QUANTILES = PERCENTILES.length;

/**
 * @typedef {object} HistogramRows
 * @property {string} run
 * @property {number} total histograms that the run has logged
 * @property {string[]} steps of each row's last histogram
 * @property {Float64Array} x
 * @property {Float64Array} merged histograms in each row
 * @property {Float64Array} numbers values in each row
 * @property {Float64Array} counts rows by bins
 * @property {Float64Array} quantiles rows by nine
 * @property {number} unreadable
 */

/** @param {HistogramChartJson} json @returns {{edges: Float64Array, runs: HistogramRows[]}} */
export function decodeChart({ edges, runs }) {
  return {
    edges: column(edges),
    runs: runs.map((run) => ({
      run: run.run, total: run.total, steps: run.steps, unreadable: run.unreadable,
      x: column(run.x), merged: column(run.merged), numbers: column(run.numbers), counts: column(run.counts), quantiles: column(run.quantiles),
    })),
  };
}

/** The greatest share of its values that any bin of any row holds: rows of runs of other sizes have one scale. @param {HistogramRows[]} runs @param {number} bins */
export function greatestShare(runs, bins) {
  let most = 0;
  for (const { counts, numbers } of runs) for (let row = 0; row < numbers.length; row++) {
    if (numbers[row] > 0) for (let bin = row * bins; bin < (row + 1) * bins; bin++) most = Math.max(most, counts[bin] / numbers[row]);
  }
  return most;
}

/** Least and greatest x of all runs; one place is given room. @param {HistogramRows[]} runs @returns {Range} */
export function xRange(runs) {
  let lo = Infinity, hi = -Infinity;
  for (const { x } of runs) if (x.length) { lo = Math.min(lo, x[0]); hi = Math.max(hi, x[x.length - 1]); }
  if (lo > hi) return [0, 1];
  return lo === hi ? [lo - 0.5, hi + 0.5] : [lo, hi];
}

/** Where each row of a heat map begins and ends: half way to its neighbours. @param {Float64Array} x rising @param {Range} range */
export function rowEdges(x, [lo, hi]) {
  const edges = new Float64Array(x.length + 1);
  for (let row = 1; row < x.length; row++) edges[row] = (x[row - 1] + x[row]) / 2;
  edges[0] = lo;
  edges[x.length] = hi;
  return edges;
}

/** Index of the row whose x is nearest; -1 where there is none. @param {Float64Array} x rising @param {number} at */
export function nearestRow(x, at) {
  let low = 0, high = x.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle;
    else high = middle;
  }
  return Math.abs(x[low] - at) <= Math.abs(x[high] - at) ? low : high;
}
