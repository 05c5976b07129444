/** What the marked range holds: min, max, mean, start, end and change of each run, over all of its points. */

import { number } from "../api.js";
import { short, signed, step, value } from "../format.js";
import { perTag } from "./chart_question.js";
import { xLabel } from "./hover_table.js";

/** @import { RangeLine, RangesAnswer } from "../types.d.ts" */
/** @import { ScalarChart } from "./scalar_chart.js" */
/** @import { Row, ValueColumn } from "./value_table.js" */

const DIGITS = 5;

/** @param {"min" | "max" | "start" | "end"} key @param {string} title @returns {ValueColumn[]} */
const pointColumns = (key, title) => [
  { key, title, show: (row) => (row[key] ? value(row[key].value, DIGITS) : "–"), of: (row) => row[key]?.value ?? null },
  { key: `${key}-step`, title: "at step", hint: `Step of the ${title.toLowerCase()}`, show: (row) => (row[key] ? step(row[key].step) : "–"), of: (row) => (row[key] ? Number(row[key].step) : null) },
];

/** @type {ValueColumn[]} */
export const RANGE_COLUMNS = [
  ...pointColumns("min", "Min"), ...pointColumns("max", "Max"),
  { key: "mean", title: "Mean", show: (row) => (row.mean === null ? "–" : value(number(row.mean), DIGITS)), of: (row) => (row.mean === null ? null : number(row.mean)) },
  ...pointColumns("start", "Start"), ...pointColumns("end", "End"),
  { key: "change", title: "Change", show: (row) => (row.change === null ? "–" : signed(number(row.change), DIGITS)), of: (row) => (row.change === null ? null : number(row.change)) },
  { key: "percent", title: "%", hint: "Change in per cent of the start's size", show: (row) => (row.percent === null ? "–" : `${signed(number(row.percent), 3)}\u202f%`), of: (row) => (row.percent === null ? null : number(row.percent)) },
  { key: "count", title: "Points", hint: "Points in range; those that are not finite take no part in the other columns", show: (row) => short(row.count) + (row.nonfinite ? `, ${short(row.nonfinite)} not finite` : ""), of: (row) => row.count },
];

/** Ask for all lines of a chart. @param {ScalarChart} chart @param {AbortSignal} signal @returns {Promise<Row[] | null>} null: there is no range, or no answer */
export async function readRange(chart, signal) {
  const { range } = chart.page.range, { x, xTag } = chart.page.choices();
  if (!range || chart.axis === "ordinal") return null;
  const charts = perTag(chart.spec, chart.page.runsOf, { x, x_tag: xTag, range });
  /** @type {RangesAnswer | null} */
  const answer = await chart.page.app.api.post("api/ranges", { charts }, { signal }).catch(() => null);
  return answer && answer.charts.flatMap(({ id, lines }) => lines.map((/** @type {RangeLine} */ line) => ({ ...line, tag: chart.spec.tags[Number(id)], tagIndex: Number(id) })));
}

/** "steps 100 to 200" @param {ScalarChart} chart */
export function rangeTitle(chart) {
  const { range } = chart.page.range;
  if (!range) return "";
  const [from, to] = range.map((v, i) => xLabel(chart.axis, chart.axis === "step" ? (i ? Math.floor(v) : Math.ceil(v)) : v));
  return chart.axis === "step" ? `Steps ${from} to ${to}` : chart.axis === "scalar" ? `${chart.page.choices().xTag} from ${from} to ${to}` : `From ${from} to ${to}`;
}
