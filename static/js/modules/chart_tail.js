/** What a chart lacks of curves that grew: it asks for their ends alone, and puts them behind what it has. Pure. */

import { below, curve, union } from "./chart_data.js";

/** @import { ChartChoices, Curve, PixelChartJson, PixelQuestion, Range } from "../types.d.ts" */

const SPARE = 32; // pixel columns beyond those that the end takes
const MOST_POINTS = 3; // a pixel column: of curves that are finer the whole is asked for again
const FAR = 0.08; // of the range: an end that is longer is asked for again, column by column

/**
 * The same questions, for the ends alone; null where the whole is needed.
 * @param {PixelQuestion[]} whole @param {Curve[]} curves that the chart has @param {Map<string, Set<string>>} grown runs by tag @param {{x: Range} | null} view @param {ChartChoices} choices
 * @returns {PixelQuestion[] | null}
 */
export function tailQuestions(whole, curves, grown, view, { smoothing, x }) {
  // A centred window and weights that depend on the last step change what is drawn already.
  if (!view || x === "scalar" || !["none", "ema"].includes(smoothing.kind)) return null;
  const asked = [];
  for (const question of whole) {
    if (question.range || question.groups || question.partition || question.margin) return null;
    const names = grown.get(question.tag);
    if (!names) continue;
    const runs = question.runs.filter((run) => names.has(run)), own = curves.filter((one) => one.tag === question.tag && names.has(one.run));
    if (!runs.length) continue;
    if (own.some((one) => !one.inOrder || !one.x.length || one.x.length > MOST_POINTS * question.width) || new Set(own.map((one) => one.run)).size < runs.length) return null;
    const since = Math.min(...own.map((one) => one.x[one.x.length - 1])), [lo, hi] = view.x;
    asked.push({ ...question, runs, since, width: Math.min(question.width, SPARE + Math.ceil((question.width * Math.max(0, hi - since)) / (hi - lo))) });
  }
  return asked;
}

/**
 * @param {Curve[]} curves @param {PixelQuestion[]} asked @param {PixelChartJson[]} answers @param {string} axis of the chart
 * @returns {Curve[] | null} null where they do not fit: the whole is needed
 */
export function joinedTails(curves, asked, answers, axis) {
  const out = [...curves];
  for (const { id, since, tag } of asked)
    for (const line of answers.find((answer) => answer.id === id)?.lines ?? []) {
      const at = out.findIndex((one) => one.tag === tag && one.run === line.run && one.line === line.line);
      if (at < 0 || since === undefined || !line.in_order || line.axis !== axis) return null;
      const joined = withTail(out[at], curve(line, axis), since);
      if (!joined) return null;
      out[at] = joined;
    }
  return out;
}

/** @param {Curve} old @param {Curve} tail @param {number} since @returns {Curve | null} */
function withTail(old, tail, since) {
  if (tail.total < old.total || tail.xRange[1] - old.xRange[1] > FAR * (old.xRange[1] - old.xRange[0]) || Boolean(old.rawX) !== Boolean(tail.rawX)) return null;
  const [x, y] = behind(old.x, old.y, tail.x, tail.y, since);
  const [rawX, rawY] = old.rawX && old.rawY && tail.rawX && tail.rawY ? behind(old.rawX, old.rawY, tail.rawX, tail.rawY, since) : [null, null];
  return {
    ...old, x, y, rawX, rawY, isExact: old.isExact && tail.isExact, count: tail.total, total: tail.total, last: tail.last, xRange: tail.xRange, restarts: tail.restarts,
    nonfinite: [...old.nonfinite.filter((one) => one.x < since), ...tail.nonfinite.filter((one) => one.x >= since)],
    yRange: union([old.yRange, tail.yRange]), yInner: union([old.yInner, tail.yInner]),
  };
}

/** @param {Float64Array} x @param {Float64Array} y @param {Float64Array} newX @param {Float64Array} newY @param {number} since @returns {[Float64Array, Float64Array]} */
function behind(x, y, newX, newY, since) {
  const kept = below(x, since), first = below(newX, since), n = kept + newX.length - first, outX = new Float64Array(n), outY = new Float64Array(n);
  outX.set(x.subarray(0, kept));
  outY.set(y.subarray(0, kept));
  outX.set(newX.subarray(first), kept);
  outY.set(newY.subarray(first), kept);
  return [outX, outY];
}
