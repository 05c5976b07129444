/** What a chart holds: curves out of the server's answer, and the arithmetic on their columns. Pure. */

import { column, number } from "../api.js";
import { scaleOf } from "./chart_scale.js";

/** @import { BandJson, ChartSpec, Curve, Group, MarginJson, PixelChartJson, PixelLineJson, Range } from "../types.d.ts" */

const FEW_POINTS = 40; // of fewer, none is an outlier
/** Coloured curves that have their bands drawn: those of more would be one fog. */
export const MOST_MARGINS = 24;

/** @param {[number | string, number | string] | null | undefined} pair @returns {Range} */
const range = (pair) => (pair ? [number(pair[0]), number(pair[1])] : [NaN, NaN]);

/**
 * @param {PixelLineJson} line @param {string} axis of the chart; a line whose points have one step only comes by their order, and stands at that step where the others have more
 * @returns {Curve}
 */
export function curve(line, axis) {
  const out = decoded(line);
  if (line.axis !== "ordinal" || axis === "ordinal" || !out.last) return out;
  const x = axis === "step" ? Number(out.last.step) : axis === "wall" ? out.last.wallTime : 0;
  out.x.fill(x);
  out.rawX?.fill(x);
  out.supersededX?.fill(x);
  return { ...out, nonfinite: out.nonfinite.map((one) => ({ ...one, x })), xRange: [x, x], restarts: [] };
}

/**
 * A group of runs as one curve.
 * @param {BandJson} json @param {Group | undefined} group @returns {Curve}
 */
export function bandCurve(json, group) {
  const y = column(json.centre), low = column(json.low), high = column(json.high), [least, greatest] = [extent(low)[0], extent(high)[1]];
  return {
    run: json.group, line: "", x: column(json.x), y, rawX: null, rawY: null, isExact: json.exact, count: json.count, total: json.total, nonfinite: [],
    xRange: range(json.x_range), yRange: [least, greatest], yInner: union([bulk(low, 0.05), bulk(high, 0.05)]), supersededX: null, supersededY: null, last: null, restarts: [],
    rises: true, steps: null, unplaced: 0, inOrder: false, ...OF_ONE,
    band: { low, high, runs: column(json.runs), ends: json.ends.map((end) => ({ x: number(end.x), run: end.run })), members: json.members, names: group?.runs ?? [], colour: group?.colour ?? 0, style: group?.style },
  };
}

/**
 * All curves of a chart, scalar by scalar.
 * @param {PixelChartJson[]} answers whose ids end in the number of the scalar @param {ChartSpec} spec @param {string} axis @param {Group[] | null} groups @returns {Curve[]}
 */
export function curvesOf(answers, spec, axis, groups) {
  const byName = new Map(groups?.map((group) => [group.name, group]));
  return answers.flatMap(({ id, lines, bands, margins }) => {
    const tagIndex = Number(id.slice(id.indexOf("/") + 1)), tag = spec.tags[tagIndex] ?? spec.id, isRight = spec.right.includes(tag);
    const around = margins && new Map(margins.map((one) => [`${one.run}\n${one.line}`, decodedMargin(one)]));
    return [...lines.map((line) => ({ ...curve(line, axis), ...(around ? { margin: around.get(`${line.run}\n${line.line}`) ?? null } : {}) })), ...(bands ?? []).map((band) => bandCurve(band, byName.get(band.group)))].map((one) => ({ ...one, tag, tagIndex, isRight }));
  });
}

/** @param {MarginJson} json */
const decodedMargin = ({ x, low, high, joined, left_out }) => ({ x: column(x), low: column(low), high: column(high), joined, leftOut: left_out });

/** Of the chart's own tag, on the left axis. */
const OF_ONE = { tag: "", tagIndex: 0, isRight: false };

/** @param {PixelLineJson} line @returns {Curve} */
function decoded(line) {
  const maybe = (/** @type {import("../types.d.ts").Column | null | undefined} */ one) => (one ? column(one) : null);
  return {
    run: line.run, line: line.line, x: column(line.x), y: column(line.y), rawX: maybe(line.raw_x), rawY: maybe(line.raw_y), isExact: line.exact, count: line.count, total: line.total,
    nonfinite: line.nonfinite.map((one) => ({ x: number(one.x), value: number(one.value), count: one.count })),
    xRange: range(line.x_range), yRange: range(line.y_range), yInner: range(line.y_inner),
    supersededX: maybe(line.superseded_x), supersededY: maybe(line.superseded_y), restarts: line.restarts.map(number),
    rises: line.rising ?? true, steps: maybe(line.steps), unplaced: line.unplaced ?? 0, inOrder: line.in_order ?? false, ...OF_ONE, band: null,
    last: line.last && { step: line.last.step, wallTime: number(line.last.wall_time), value: number(line.last.value) },
  };
}

/** How many of a rising column lie below v. @param {ArrayLike<number>} column @param {number} v */
export function below(column, v) {
  let lo = 0, hi = column.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (column[middle] < v) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

/** Index of the value nearest to v in a rising column; -1 where it is empty. @param {ArrayLike<number>} column @param {number} v */
export function nearestIndex(column, v) {
  const hi = Math.min(column.length - 1, Math.max(1, below(column, v)));
  return Math.abs(column[hi - 1] - v) <= Math.abs(column[hi] - v) ? hi - 1 : hi;
}

/** The same in a column that goes back and forth; the last of several. @param {ArrayLike<number>} column @param {number} v */
export function nearestOnPath(column, v) {
  let best = -1, least = Infinity;
  for (let i = 0; i < column.length; i++) { const far = Math.abs(column[i] - v); if (far <= least) { least = far; best = i; } }
  return best;
}

/** Where a curve has a point at x: the nearest one that is a number, among the neighbours too. @param {Curve} curve @param {number} x */
export function pointAt(curve, x) {
  const i = curve.rises ? nearestIndex(curve.x, x) : nearestOnPath(curve.x, x);
  for (const k of [i, i - 1, i + 1]) if (Number.isFinite(curve.y[k]) && Math.abs(curve.x[k] - curve.x[i]) <= Math.abs(curve.x[i] - x) + 1e-9 * Math.abs(x)) return k;
  return i;
}

/** Last index that is a number; -1 where there is none. @param {Float64Array} y */
export function lastFinite(y) {
  let i = y.length - 1;
  while (i >= 0 && !Number.isFinite(y[i])) i--;
  return i;
}

/** Points that no line reaches, alone between gaps: they get a dot. @param {Float64Array} x @param {Float64Array} y */
export function isolated(x, y) {
  const xs = [], ys = [];
  for (let i = 0; i < y.length; i++)
    if (Number.isFinite(y[i]) && !Number.isFinite(y[i - 1] ?? NaN) && !Number.isFinite(y[i + 1] ?? NaN)) { xs.push(x[i]); ys.push(y[i]); }
  return { xs, ys };
}

/** Several lines as one, a gap between them. @param {{x: Float64Array, y: Float64Array}[]} lines */
export function joined(lines) {
  const n = lines.reduce((sum, line) => sum + line.x.length + 1, 0), x = new Float64Array(n), y = new Float64Array(n);
  let at = 0;
  for (const line of lines) {
    x.set(line.x, at);
    y.set(line.y, at);
    at += line.x.length;
    x[at] = line.x[line.x.length - 1] ?? 0;
    y[at++] = NaN;
  }
  return { x, y };
}

/** @param {ArrayLike<number>} column @param {(v: number) => boolean} [keep] @returns {Range} NaN where nothing is kept */
export function extent(column, keep = Number.isFinite) {
  let lo = Infinity, hi = -Infinity;
  for (let i = 0; i < column.length; i++) if (keep(column[i])) { if (column[i] < lo) lo = column[i]; if (column[i] > hi) hi = column[i]; }
  return lo <= hi ? [lo, hi] : [NaN, NaN];
}

/** All but the few farthest values; all of a short column. @param {Float64Array} column @param {number} [cut] share on each side @returns {Range} */
function bulk(column, cut = 0.02) {
  const sorted = column.filter(Number.isFinite).sort(), n = sorted.length;
  return n < FEW_POINTS ? extent(sorted) : [sorted[Math.ceil((n - 1) * cut)], sorted[Math.floor((n - 1) * (1 - cut))]];
}

/** @param {Range[]} ranges @returns {Range} */
export function union(ranges) {
  const ok = ranges.filter(([lo, hi]) => Number.isFinite(lo) && Number.isFinite(hi));
  return ok.length ? [Math.min(...ok.map((r) => r[0])), Math.max(...ok.map((r) => r[1]))] : [NaN, NaN];
}

/** The x that a chart shows when nobody zoomed. @param {Curve[]} curves @param {string} axis @param {boolean} isLog @returns {Range} */
export function fullX(curves, axis, isLog) {
  let [lo, hi] = union(curves.map((c) => c.xRange));
  if (isLog) {
    const low = Math.min(...curves.map((c) => extent(c.x, (v) => v > 0 && Number.isFinite(v))[0]).filter(Number.isFinite));
    lo = lo > 0 ? lo : low;
    if (!(lo > 0) || !(hi > 0)) return [1, 10];
    return lo < hi ? [lo, hi * 1.02] : [lo / 2, hi * 2];
  }
  if (!Number.isFinite(lo)) return [0, 1];
  if (axis !== "wall" && axis !== "scalar" && lo > 0 && lo < 0.1 * hi) lo = 0;
  if (lo === hi) return [lo - (Math.abs(lo) * 0.01 || 1), hi + (Math.abs(hi) * 0.01 || 1)];
  return [lo, hi + (hi - lo) * 0.005];
}

/**
 * The y that a chart shows when nobody zoomed: without outliers by default (from the 5th to the 95th percentile of each curve, as the server counts them; all of a short one),
 * widened by up to 30 % on each side, so that what is cut is truly far. Padding 5 % of what is seen.
 * @param {Curve[]} curves @param {{all: boolean, kind: "linear" | "log" | "symlog", withRaw: boolean}} how `withRaw`: the raw curves are drawn too @returns {Range}
 */
export function fullY(curves, { all, kind, withRaw }) {
  const isLog = kind === "log";
  const positive = isLog ? union(curves.map((c) => extent(c.band ? c.band.low : c.y, (v) => v > 0 && Number.isFinite(v)))) : /** @type {Range} */ ([0, 0]);
  if (isLog && !Number.isFinite(positive[0])) return [0.1, 1];
  const raw = withRaw ? curves.map((c) => (c.rawY ? (all ? extent(c.rawY) : bulk(c.rawY)) : /** @type {Range} */ ([NaN, NaN]))) : [];
  const around = curves.flatMap(({ margin }) => (margin ? [extent(margin.low), extent(margin.high)] : [])).filter(([low]) => !isLog || low > 0);
  const full = union([...curves.map((c) => c.yRange), ...raw, ...around]);
  if (!Number.isFinite(full[0])) return [0, 1];
  const cut = curves.flatMap(({ margin }) => (margin ? [bulk(margin.low, 0.05), bulk(margin.high, 0.05)] : [])).filter(([low]) => !isLog || low > 0);
  let inner = all ? full : union([...curves.map((c) => (c.count < FEW_POINTS ? c.yRange : c.yInner)), ...cut]);
  if (!Number.isFinite(inner[0])) inner = full;
  const scale = scaleOf(kind, full), to = (/** @type {Range} */ pair) => /** @type {Range} */ ((isLog ? [pair[0] > 0 ? pair[0] : positive[0], pair[1] > 0 ? pair[1] : positive[1]] : pair).map(scale.to));
  const [least, most] = to(full);
  let [lo, hi] = to(inner);
  const more = 0.3 * (hi - lo);
  [lo, hi] = union([[Math.max(least, lo - more), Math.min(most, hi + more)], ...raw.filter(([from]) => Number.isFinite(from) && (!isLog || from > 0)).map(to)]);
  const pad = (hi - lo) * 0.05 || (kind === "linear" ? Math.abs(hi) * 0.05 || 0.5 : 0.1);
  return [scale.from(lo - pad), scale.from(hi + pad)];
}
