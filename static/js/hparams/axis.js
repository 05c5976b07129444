/** The scale of an axis: numbers linear or logarithmic, categories side by side. Pure. */

import { plain } from "../format.js";
import { extent } from "../modules/chart_data.js";
import { scaleOf } from "../modules/chart_scale.js";
import { yTicks } from "../modules/chart_ticks.js";
import { categoriesOf } from "./table_model.js";

/** @import { Column } from "./table_model.js" */
/** @typedef {{isLog: boolean, isCategory: boolean, low: number, high: number, at: (v: number) => number, back: (part: number) => number, ticks: {value: number, text: string}[]}} Axis `at`: 0 at the low end, 1 at the high one; NaN where there is no place */

const DECADES = 2; // that a positive column spans before its axis is logarithmic by itself
const FEW = 6; // distinct values that are all named on their axis
const MOST_TICKS = 6;

/** Does a column suit a logarithmic axis: positive, over more than two decades, and more evenly spread on it? @param {Column} column */
export function suitsLog({ isNumber, numbers }) {
  if (!isNumber) return false;
  const [low, high] = extent(numbers);
  if (!(low > 0 && high / low > 10 ** DECADES)) return false;
  const sorted = numbers.filter(Number.isFinite).sort(), middle = sorted[sorted.length >> 1];
  const onLog = Math.log(middle / low) / Math.log(high / low), onLinear = (middle - low) / (high - low);
  return Math.abs(onLog - 0.5) < Math.abs(onLinear - 0.5);
}

/** @param {Column} column @param {"log" | "linear" | null} asked null: as it suits @returns {Axis} */
export function axisOf(column, asked = null) {
  if (!column.isNumber) return categoryAxis(categoriesOf(column.texts));
  let [low, high] = extent(column.numbers);
  if (Number.isNaN(low)) return { isLog: false, isCategory: false, low: 0, high: 1, at: () => NaN, back: (part) => part, ticks: [] };
  const isLog = asked === "log" ? low > 0 : asked === null && suitsLog(column);
  if (low === high) [low, high] = isLog ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const { to, from } = scaleOf(isLog ? "log" : "linear", [low, high]), [a, b] = [to(low), to(high)];
  return { isLog, isCategory: false, low, high, at: (v) => (Number.isFinite(v) ? (to(v) - a) / (b - a) : NaN), back: (part) => from(a + part * (b - a)), ticks: few(column.numbers) ?? spread(isLog, low, high) };
}

/** @param {string[]} names @returns {Axis} */
function categoryAxis(names) {
  const last = Math.max(1, names.length - 1), every = Math.ceil(names.length / 12);
  return {
    isLog: false, isCategory: true, low: 0, high: last, at: names.length === 1 ? () => 0.5 : (v) => v / last, back: (part) => part * last,
    ticks: names.flatMap((text, i) => (i % every ? [] : [{ value: i, text: text.length > 18 ? `${text.slice(0, 17)}…` : text }])),
  };
}

/** The values themselves, where they are few. @param {Float64Array} numbers */
function few(numbers) {
  const found = new Set();
  for (const v of numbers) if (Number.isFinite(v) && found.add(v).size > FEW) return null;
  return [...found].sort((a, b) => a - b).map((v) => ({ value: v, text: plain(v, 3) }));
}

/** @param {boolean} isLog @param {number} low @param {number} high */
function spread(isLog, low, high) {
  const { values, labels } = yTicks(isLog ? "log" : "linear", [low, high], MOST_TICKS);
  return values.map((v, i) => ({ value: v, text: labels[i] }));
}
