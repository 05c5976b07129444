/** What a chart says in words: its note, its label, and a summary of its curves for who cannot see them. Pure. */

import { counted, duration, short, splitName, step, value } from "../format.js";
import { MOST_MARGINS, lastFinite } from "./chart_data.js";

/** @import { ChartChoices, Curve, Range } from "../types.d.ts" */

const MOST_RUNS = 8; // told one by one
const STEADY = 0.05; // of a curve's height: less is no trend

/** @param {Curve[]} curves */
const runsOf = (curves) => new Set(curves.map((one) => one.run)).size;

/** How many points stand behind the curves. @param {Curve[]} curves */
export function pointCount(curves) {
  const total = curves.reduce((sum, one) => sum + one.total, 0);
  return `${short(total)} ${total === 1 ? "point" : "points"}`;
}

const SPREADS = { none: "", minmax: "min to max", std: "± standard deviation", stderr: "± standard error", bootstrap: "95 % bootstrap band" };
const CENTRES = { mean: "mean", median: "median", iqm: "interquartile mean" };

/** @param {Curve[]} curves @param {string} axis @param {ChartChoices} choices */
export function note(curves, axis, { centre, spread, xTag }) {
  const bands = curves.filter((one) => one.band), runs = runsOf(curves), points = pointCount(curves), unplaced = curves.reduce((sum, one) => sum + one.unplaced, 0);
  const isOrdinal = axis === "ordinal" && curves.some((one) => one.total > 1);
  const members = bands.reduce((sum, one) => sum + (one.band?.members ?? 0), 0);
  const who = bands.length ? `${[CENTRES[centre], SPREADS[spread]].filter(Boolean).join(", ")} of ${counted(members, "run")}` : runs > 1 ? `${counted(runs, "run")}, ${points}` : points;
  return [
    who + (curves.every((one) => one.isExact || one.band) ? "" : ", min and max of each pixel"),
    isOrdinal ? "in the order logged: all have one step" : "",
    ...marginNotes(curves),
    unplaced ? `${short(unplaced)} without ${splitName(xTag ?? "")[1]}` : "",
  ].filter(Boolean).join(" · ");
}

/** What of the bands around curves is missing. @param {Curve[]} curves */
export function marginNotes(curves) {
  const asked = curves.filter((one) => one.margin !== undefined), without = runsOf(asked.filter((one) => !one.margin?.joined)), left = asked.reduce((sum, { margin }) => sum + (margin?.joined ? margin.leftOut : 0), 0);
  return [
    without ? `${counted(without, "run")} without both bounds` : "", left ? `${counted(left, "step")} without both bounds` : "",
    asked.length && curves.length > MOST_MARGINS ? `bands of at most ${MOST_MARGINS} coloured runs` : "",
  ].filter(Boolean);
}

/** One sentence: what, of whom, from where to where. @param {string} tag @param {Curve[]} curves @param {string} axis @param {Range} x */
export function label(tag, curves, axis, x) {
  const runs = runsOf(curves), first = curves[0], last = lastFinite(first.y);
  const who = runs > 1 ? counted(runs, "run") : splitName(first.run).join("");
  const where = axis === "step" ? `steps ${step(Math.ceil(x[0]))} to ${step(Math.floor(x[1]))}` : axis === "relative" ? `${duration(Math.max(0, x[0]))} to ${duration(x[1])}` : `by ${axis} time`;
  return `${tag}, ${who}, ${where}, ${pointCount(curves)}, last ${last < 0 ? "NaN" : value(first.y[last])}. Arrow keys move the step cursor.`;
}

/** A sentence a run: first, last, least and greatest value of what is in view, and where it goes. @param {Curve[]} curves */
export function summary(curves) {
  const told = curves.slice(0, MOST_RUNS).map((one) => {
    const first = one.y.findIndex(Number.isFinite), last = lastFinite(one.y), name = splitName(one.run).join("");
    if (last < 0) return `${name}: no finite value.`;
    const odd = one.nonfinite.reduce((sum, mark) => sum + mark.count, 0);
    const [least, greatest] = Number.isFinite(one.yRange[0]) ? one.yRange : [one.y[last], one.y[last]];
    return `${name}: first ${value(one.y[first])}, last ${value(one.y[last])}, least ${value(least)}, greatest ${value(greatest)}, ${trend(one.y)}${odd ? `, ${counted(odd, "value")} not finite` : ""}.`;
  });
  if (curves.length > MOST_RUNS) told.push(`And ${counted(curves.length - MOST_RUNS, "more curve")}.`);
  return told.join(" ");
}

/** Whether the last third lies above the first one. @param {ArrayLike<number>} y @returns {"rising" | "falling" | "level" | "one value"} */
export function trend(y) {
  const finite = Array.from(y).filter(Number.isFinite), n = Math.max(1, Math.floor(finite.length / 3));
  if (finite.length < 2) return "one value";
  const mean = (/** @type {number[]} */ part) => part.reduce((sum, v) => sum + v / part.length, 0);
  const change = mean(finite.slice(-n)) - mean(finite.slice(0, n));
  const height = finite.reduce((most, v) => Math.max(most, v), -Infinity) - finite.reduce((least, v) => Math.min(least, v), Infinity);
  return Math.abs(change) <= STEADY * height ? "level" : change > 0 ? "rising" : "falling";
}
