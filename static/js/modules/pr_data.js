/** Precision-recall curves out of the server's answer, and the arithmetic on them. Pure. */

import { column, number } from "../api.js";

/** @import { Column, Json64, Range } from "../types.d.ts" */
/**
 * @typedef {{
 *   threshold: Column, true_positives: Column, false_positives: Column, true_negatives: Column, false_negatives: Column, precision: Column, recall: Column,
 *   drawn: number, average_precision: number | null, trapezoid: number | null, problem: string | null,
 * }} PrCurveJson
 * @typedef {{run: string, total: number, first_step: string, step: string | null, wall_time: Json64, relative: Json64, error: string | null, curve: PrCurveJson | null}} RunCurveJson
 * @typedef {{
 *   threshold: Float64Array, tp: Float64Array, fp: Float64Array, tn: Float64Array, fn: Float64Array, precision: Float64Array, recall: Float64Array,
 *   drawn: number, areas: Record<AreaKind, number>, problem: string | null,
 * }} PrCurve by rising threshold; the first `drawn` of them have a point
 * @typedef {{run: string, total: number, firstStep: string, step: string | null, wallTime: number, relative: number, error: string | null, curve: PrCurve | null}} RunCurve
 * @typedef {"average_precision" | "trapezoid"} AreaKind
 * @typedef {{run: string, total: number, steps: string[], wall_times: Column, average_precision: Column, trapezoid: Column, logged: Column | null, unreadable: number}} RunAreasJson
 * @typedef {{run: string, total: number, steps: string[], numbers: Float64Array, wallTimes: Float64Array, areas: Record<AreaKind, Float64Array>, logged: Float64Array, unreadable: number}} RunAreas `logged`: every step of the run
 * @typedef {{threshold: number, precision: number, recall: number, f1: number, tp: number, fp: number, tn: number, fn: number}} Point
 */

export const POINT_KEYS = /** @type {const} */ (["threshold", "precision", "recall", "f1", "tp", "fp", "tn", "fn"]);

/** @param {RunCurveJson} json @returns {RunCurve} */
export function decodeRunCurve({ run, total, first_step, step, wall_time, relative, error, curve: json }) {
  return { run, total, firstStep: first_step, step, wallTime: number(wall_time), relative: number(relative), error, curve: json && decodeCurve(json) };
}

/** @param {PrCurveJson} json @returns {PrCurve} */
function decodeCurve(json) {
  return {
    threshold: column(json.threshold), tp: column(json.true_positives), fp: column(json.false_positives), tn: column(json.true_negatives), fn: column(json.false_negatives),
    precision: column(json.precision), recall: column(json.recall), drawn: json.drawn, areas: { average_precision: json.average_precision ?? NaN, trapezoid: json.trapezoid ?? NaN }, problem: json.problem,
  };
}

/** @param {RunAreasJson} json @returns {RunAreas} */
export function decodeAreas(json) {
  const numbers = Float64Array.from(json.steps, Number);
  return {
    run: json.run, total: json.total, steps: json.steps, numbers, wallTimes: column(json.wall_times), unreadable: json.unreadable,
    areas: { average_precision: column(json.average_precision), trapezoid: column(json.trapezoid) }, logged: json.logged ? column(json.logged) : numbers,
  };
}

/** The harmonic mean of both; 0 where both are. @param {number} precision @param {number} recall */
export const f1 = (precision, recall) => (precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall));

/** @param {PrCurve} curve @param {number} i of a threshold @returns {Point} behind the curve's end there is no precision */
export function pointOf(curve, i) {
  const precision = i < curve.drawn ? curve.precision[i] : NaN, recall = curve.recall[i];
  return { threshold: curve.threshold[i], precision, recall, f1: f1(precision, recall), tp: curve.tp[i], fp: curve.fp[i], tn: curve.tn[i], fn: curve.fn[i] };
}

/** Every threshold. @param {PrCurve} curve */
export const pointsOf = (curve) => Array.from(curve.threshold, (_, i) => pointOf(curve, i));

/** Where precision and recall are best balanced; the first of several. @param {PrCurve} curve */
export function bestF1(curve) {
  let best = 0, most = -1;
  for (let i = 0; i < curve.drawn; i++) {
    const found = f1(curve.precision[i], curve.recall[i]);
    if (found > most) { most = found; best = i; }
  }
  return best;
}

/** The threshold nearest to a value; they stand at equal distances. @param {PrCurve} curve @param {number} value */
export const thresholdAt = ({ threshold }, value) => Math.max(0, Math.min(threshold.length - 1, Math.round(value * (threshold.length - 1))));

/** The curve of all points of one F1 inside the unit square, by rising recall. @param {number} value of F1, above 0 @param {number} [count] of points @returns {{x: Float64Array, y: Float64Array}} */
export function isoF1(value, count = 40) {
  const least = value / (2 - value), x = new Float64Array(count), y = new Float64Array(count); // where precision is 1
  for (let i = 0; i < count; i++) {
    x[i] = least + ((1 - least) * i) / (count - 1);
    y[i] = (value * x[i]) / (2 * x[i] - value);
  }
  return { x, y };
}

/** A range for areas: all of them with a little room, never beyond 0 and 1 by much. @param {RunAreas[]} runs @param {AreaKind} kind @returns {Range} */
export function areaRange(runs, kind) {
  let lo = Infinity, hi = -Infinity;
  for (const { areas } of runs) for (const v of areas[kind]) if (Number.isFinite(v)) { lo = Math.min(lo, v); hi = Math.max(hi, v); }
  if (!(lo <= hi)) return [0, 1];
  const pad = Math.max((hi - lo) * 0.08, 0.01);
  return [lo - pad, hi + pad];
}

/** Every step of these runs, rising, each once. @param {Iterable<RunAreas>} all */
export function stopsOf(all) {
  /** @type {Map<number, string>} */
  const found = new Map();
  for (const { logged, numbers, steps } of all) {
    for (const n of logged) if (!found.has(n)) found.set(n, String(n));
    numbers.forEach((n, i) => found.set(n, steps[i]));
  }
  const numbers = Float64Array.from(found.keys()).sort();
  return { numbers, steps: Array.from(numbers, (n) => found.get(n) ?? String(n)) };
}

/** All thresholds of all runs at their steps, for a spreadsheet. A name that a spreadsheet would take for a formula gets a quote before it. @param {RunCurve[]} runs */
export function curvesCsv(runs) {
  const quoted = (/** @type {string} */ text) => `"${(/^[=+\-@\t\r]/.test(text) ? "'" : "") + text.replaceAll('"', '""')}"`;
  const lines = runs.flatMap(({ run, step, curve }) => (curve ? pointsOf(curve).map((point) => [quoted(run), step, ...POINT_KEYS.map((key) => point[key])].join(",")) : []));
  return `${["run", "step", ...POINT_KEYS].join(",")}\r\n${lines.map((line) => `${line}\r\n`).join("")}`;
}
