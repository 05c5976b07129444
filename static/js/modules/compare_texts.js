/** Values, facts and differences of the compare page as people read them. Pure. */

import { clock, duration, signed, value } from "../format.js";
import { asText } from "./run_colouring.js";

/** @import { CellJson, Judgement, Json64, Measure, MetricJson } from "../types.d.ts" */

/** @type {Record<Measure, string>} */
export const MEASURE_NAMES = { best: "best", last: "last", area: "mean over steps" };
/** @type {Record<Judgement, string>} */
const WORDS = { better: "better", worse: "worse", higher: "higher", lower: "lower", unsure: "within noise", untold: "", "": "" };
/** Why there is no interval, in a word or two. @type {Record<string, string>} */
const WHY = { seeds: "one seed", spread: "no spread" };

/** Which measure stands for a metric: of one whose direction nobody knows, the last value in place of the best. @param {MetricJson} metric @param {Measure} asked @returns {Measure} */
export const measureOf = (metric, asked) => (asked === "best" && !metric.direction ? "last" : asked);

/** @param {CellJson} cell @param {CellJson} baseline */
export function judgementText(cell, baseline) {
  const { difference, judgement } = cell;
  if (!difference) return "";
  if (judgement !== "untold") return WORDS[judgement];
  return WHY[difference.why] ?? (notFinite(cell) + notFinite(baseline) ? "not all finite" : "");
}

/** How many of a cell's values are NaN or infinite. @param {CellJson} cell */
export const notFinite = (cell) => cell.values.filter((v) => v !== null && !Number.isFinite(Number(v))).length;

/** What a cell is made of, for its title. @param {CellJson} cell @param {string[]} runs */
export function cellTitle({ values, difference, spread }, runs) {
  const each = values.map((v, i) => `${runs[i]}: ${v === null ? "none" : value(Number(v), 6)}`);
  if (spread !== null && values.length > 1) each.push(`standard deviation ${value(Number(spread), 3)}`);
  if (difference) {
    each.push(`difference to the baseline ${signed(Number(difference.delta), 4)}`);
    if (difference.low !== null) each.push(`95 % interval ${signed(Number(difference.low), 4)} to ${signed(Number(difference.high), 4)} (Welch's t), p = ${value(Number(difference.p), 2)}`);
  }
  return each.join("\n");
}

/** What stands under a metric's name. @param {MetricJson} metric */
export const directionText = ({ direction }) => (direction > 0 ? "higher is better" : direction < 0 ? "lower is better" : "");

/** Half the width that the intervals of a row need on both sides of zero; 0: there is none. @param {CellJson[]} cells */
export function reachOf(cells) {
  const ends = cells.flatMap(({ difference }) => (difference ? [difference.delta, difference.low ?? difference.delta, difference.high ?? difference.delta] : [])).map((v) => Math.abs(Number(v)));
  return Math.max(0, ...ends.filter(Number.isFinite));
}

/** A setting's value; one that a run lacks is a dash. @param {unknown} v */
export const settingText = (v) => (v && typeof v === "object" && "missing" in v ? "–" : v === "" ? "\"\"" : asText(v));

/** Long ones are compared line by line. @param {unknown} v */
export const isLong = (v) => (typeof v === "string" && v.length > 60) || Boolean(v && typeof v === "object" && "text" in v);

/** Rows of facts: what they are called, and how their values read. @type {[string, string, (v: Json64 | boolean) => string][]} */
export const FACTS = [
  ["state", "state", String],
  ["start", "started", (v) => clock(Number(v))],
  ["duration_s", "duration", (v) => duration(Number(v))],
  ["steps", "steps", (v) => value(Number(v), 12)],
  ["steps_per_s", "steps a second", (v) => value(Number(v), 3)],
  ["restarts", "restarts", String],
  ["points", "points", (v) => value(Number(v), 12)],
  ["dropped", "points lost by the writer", String],
  ["host", "machine", String],
  ["system", "system", String],
  ["python", "Python", String],
  ["commit", "commit", (v) => String(v).slice(0, 10)],
  ["is_changed", "changed since", (v) => (v ? "yes" : "no")],
  ["branch", "branch", String],
  ["repository", "repository", String],
  ["command", "command", String],
  ["folder", "folder", String],
];
/** Where every run has its own, as numbers: the least and the greatest say enough of many. */
const SPANS = new Set(["duration_s", "steps_per_s", "start", "points", "steps"]);

/** A fact of the runs of a column. @param {string} key @param {(Json64 | boolean)[]} values @param {(v: Json64 | boolean) => string} text */
export function factText(key, values, text) {
  if (key === "dropped" && values.every((v) => v === 0)) return "";
  if (SPANS.has(key) && values.length > 1) {
    const numbers = values.map(Number).sort((a, b) => a - b), [low, high] = [text(numbers[0]), text(numbers[numbers.length - 1])];
    return low === high ? low : `${low} to ${high}`;
  }
  return [...new Set(values.map(text))].join(", ");
}
