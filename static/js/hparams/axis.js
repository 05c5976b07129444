/** The scale of an axis: numbers linear or logarithmic, categories side by side. Pure. */

import { plain } from "../format.js";
import { categoriesOf } from "./table_model.js";

/** @import { Column } from "./table_model.js" */
/** @typedef {{isLog: boolean, isCategory: boolean, low: number, high: number, at: (v: number) => number, back: (part: number) => number, ticks: {value: number, text: string}[]}} Axis `at`: 0 at the low end, 1 at the high one; NaN where there is no place */

const DECADES = 2; // that a positive column spans before its axis is logarithmic by itself
const FEW = 6; // distinct values that are all named on their axis
const MOST_TICKS = 6;

/** Does a column suit a logarithmic axis: positive, over more than two decades, and more evenly spread on it? @param {Column} column */
export function suitsLog({ isNumber, numbers }) {
  if (!isNumber) return false;
  const [low, high] = ends(numbers);
  if (!(low > 0 && high / low > 10 ** DECADES)) return false;
  const sorted = numbers.filter(Number.isFinite).sort(), middle = sorted[sorted.length >> 1];
  const onLog = Math.log(middle / low) / Math.log(high / low), onLinear = (middle - low) / (high - low);
  return Math.abs(onLog - 0.5) < Math.abs(onLinear - 0.5);
}

/** @param {Column} column @param {"log" | "linear" | null} asked null: as it suits @returns {Axis} */
export function axisOf(column, asked = null) {
  if (!column.isNumber) return categoryAxis(categoriesOf(column.texts));
  let [low, high] = ends(column.numbers);
  if (low > high) return { isLog: false, isCategory: false, low: 0, high: 1, at: () => NaN, back: (part) => part, ticks: [] };
  const isLog = asked === "log" ? low > 0 : asked === null && suitsLog(column);
  if (low === high) [low, high] = isLog ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const to = isLog ? Math.log10 : (/** @type {number} */ v) => v, from = isLog ? (/** @type {number} */ v) => 10 ** v : (/** @type {number} */ v) => v, [a, b] = [to(low), to(high)];
  return { isLog, isCategory: false, low, high, at: (v) => (Number.isFinite(v) ? (to(v) - a) / (b - a) : NaN), back: (part) => from(a + part * (b - a)), ticks: (few(column.numbers) ?? (isLog ? logTicks(low, high) : linearTicks(low, high))).map((v) => ({ value: v, text: plain(v, 3) })) };
}

/** @param {string[]} names @returns {Axis} */
function categoryAxis(names) {
  const last = Math.max(1, names.length - 1), every = Math.ceil(names.length / 12);
  return {
    isLog: false, isCategory: true, low: 0, high: last, at: names.length === 1 ? () => 0.5 : (v) => v / last, back: (part) => part * last,
    ticks: names.flatMap((text, i) => (i % every ? [] : [{ value: i, text: text.length > 18 ? `${text.slice(0, 17)}…` : text }])),
  };
}

/** Least and greatest finite number. @param {Float64Array} numbers @returns {[number, number]} the first greater where there is none */
export function ends(numbers) {
  let low = Infinity, high = -Infinity;
  for (const v of numbers) if (Number.isFinite(v)) { if (v < low) low = v; if (v > high) high = v; }
  return [low, high];
}

/** The values themselves, where they are few. @param {Float64Array} numbers */
function few(numbers) {
  const found = new Set();
  for (const v of numbers) if (Number.isFinite(v) && found.add(v).size > FEW) return null;
  return [...found].sort((a, b) => a - b);
}

/** @param {number} low @param {number} high */
function linearTicks(low, high) {
  const rough = (high - low) / (MOST_TICKS - 1), size = 10 ** Math.floor(Math.log10(rough)), width = [1, 2, 5, 10].map((m) => m * size).find((w) => w >= rough) ?? rough, ticks = [];
  for (let i = Math.ceil(low / width); i * width <= high + width * 1e-9; i++) ticks.push(Number((i * width).toPrecision(12)));
  return ticks;
}

/** @param {number} low @param {number} high */
function logTicks(low, high) {
  const ticks = [], [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)], every = Math.max(1, Math.ceil((last - first + 1) / MOST_TICKS));
  for (let e = first; e <= last; e += every) ticks.push(Number(`1e${e}`));
  return ticks.length >= 2 ? ticks : [low, high];
}
