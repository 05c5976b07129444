/** Where the ticks of an axis stand and what they say. Pure; Plotly only draws them. */

import { value } from "../format.js";
import { scaleOf } from "./chart_scale.js";

/** @import { Range, Ticks, XKind } from "../types.d.ts" */

/** Least of 1, 2, 5 times a power of ten that is not below `raw`. @param {number} raw */
export function niceStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw)), lead = raw / power;
  return (lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 5.0001 ? 5 : 10) * power;
}

/** Distance of about `count` ticks: the finer one where it makes hardly more. @param {Range} range @param {number} count */
function goodStep([lo, hi], count) {
  const raw = (hi - lo) / Math.max(1, count), fine = niceStep(raw / 2);
  return (hi - lo) / fine <= count + 0.6 ? fine : niceStep(raw);
}

/** Multiples of `step` inside the range, counted so that no error adds up. @param {Range} range @param {number} step @param {number} [origin] */
function multiples([lo, hi], step, origin = 0) {
  const out = [], first = Math.ceil((lo - origin) / step - 1e-9), last = Math.floor((hi - origin) / step + 1e-9);
  for (let k = first; k <= last && out.length < 50; k++) out.push(origin + k * step);
  return out;
}

/** Decimals that tell neighbours apart. @param {number} step */
const decimals = (step) => Math.max(0, Math.min(17, -Math.floor(Math.log10(step) + 1e-9)));
/** @param {number} v @param {number} digits after the point */
const fixed = (v, digits) => (Math.abs(v) < 1e-300 ? "0" : v.toFixed(digits).replace("-", "−"));

/** Plain numbers, all with as many digits as the distance of the ticks asks for. @param {Range} range @param {number} count at most @returns {Ticks} */
export function linearTicks(range, count) {
  const step = goodStep(range, count), values = multiples(range, step).map((v) => (Math.abs(v) < step * 1e-9 ? 0 : v));
  const most = Math.max(...range.map(Math.abs));
  if (most < 1e-3 || most >= 1e15) {
    const digits = Math.max(0, Math.floor(Math.log10(most)) - Math.floor(Math.log10(step)));
    return { values, labels: values.map((v) => (v === 0 ? "0" : v.toExponential(Math.min(digits, 10)).replace("e+", "e").replaceAll("-", "−"))) };
  }
  return { values, labels: withUnit(values, step, most) };
}

/** "15k", "1.25M" where two decimals are enough, all digits otherwise. @param {number[]} values @param {number} step @param {number} most */
function withUnit(values, step, most) {
  if (most >= 1e4)
    for (const [size, unit] of /** @type {[number, string][]} */ ([[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]))
      if (most >= size && step >= size / 100) {
        const digits = decimals(step / size);
        return values.map((v) => (v === 0 ? "0" : fixed(v / size, digits) + unit));
      }
  const digits = decimals(step);
  return values.map((v) => (digits || Math.abs(v) < 1e4 ? fixed(v, digits) : fixed(v, 0).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f")));
}

/** @param {Range} range @param {number} count @returns {Ticks} */
export function stepTicks(range, count) {
  const step = Math.max(1, goodStep(range, count)), values = multiples(range, step);
  return { values, labels: withUnit(values, step, Math.max(...range.map(Math.abs))) };
}

/** Powers of ten, with 2 and 5 between where there is room. @param {Range} range both above zero @param {number} count @returns {Ticks} */
export function logTicks(range, count) {
  const lo = Math.log10(range[0]), hi = Math.log10(range[1]), values = [];
  if (hi - lo < 0.3) return linearTicks(range, count);
  const every = Math.max(1, Math.ceil((hi - lo) / count)), parts = hi - lo <= 1.6 ? [1, 2, 5] : [1];
  for (let k = Math.floor(lo); k <= hi; k++)
    if (k % every === 0) for (const part of parts) if (part * 10 ** k >= range[0] * 0.9999 && part * 10 ** k <= range[1] * 1.0001) values.push(part * 10 ** k);
  if (values.length < 3 && hi - lo < 1) return linearTicks(range, count);
  return { values, labels: values.map((v) => (v >= 1e4 || v < 1e-3 ? v.toExponential(0).replace("e+", "e").replace("-", "−") : value(v).replace(/0+$/, (zeros) => (v < 1 ? "" : zeros)))) };
}

/** Powers of ten on both sides of zero, as many as there is room for. @param {Range} range @param {number} count @returns {Ticks} */
export function symlogTicks(range, count) {
  const scale = scaleOf("symlog", range), lo = scale.to(range[0]), hi = scale.to(range[1]);
  if (Math.max(Math.abs(lo), Math.abs(hi)) < 1.2) return linearTicks(range, count);
  const most = Math.max(Math.abs(range[0]), Math.abs(range[1])), every = Math.max(1, Math.ceil((hi - lo) / count)), top = Math.floor(Math.log10(most) + 1e-9);
  const values = [];
  for (let k = top; scale.to(10 ** k) > 0.7 * every; k -= every) for (const v of [10 ** k, -(10 ** k)]) if (v >= range[0] && v <= range[1]) values.push(v);
  if (range[0] <= 0 && range[1] >= 0) values.push(0);
  values.sort((a, b) => a - b);
  if (values.length < 2) return linearTicks(range, count);
  return { values, labels: values.map((v) => (v === 0 ? "0" : Math.abs(v) >= 1e4 || Math.abs(v) < 1e-3 ? v.toExponential(0).replace("e+", "e").replaceAll("-", "−") : trimmed(value(v)))) };
}

/** "1.000" says no more than "1". @param {string} text */
const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** @param {string} kind of the scale @param {Range} range @param {number} count @returns {Ticks} */
export const yTicks = (kind, range, count) => (kind === "log" ? logTicks : kind === "symlog" ? symlogTicks : linearTicks)(range, count);

const SPANS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
/** @param {number} raw seconds */
function timeStep(raw) {
  if (raw < 1) return niceStep(raw);
  return SPANS_S.find((s) => s >= raw) ?? 86400 * niceStep(raw / 86400);
}
const two = (/** @type {number} */ n) => String(Math.floor(n)).padStart(2, "0");

/** Seconds since the start, in the unit that suits the range. @param {Range} range @param {number} count @returns {Ticks} */
export function relativeTicks(range, count) {
  const span = range[1] - range[0], step = timeStep(span / Math.max(1, count)), values = multiples(range, step), most = Math.max(...range.map(Math.abs));
  if (step < 1) return { values, labels: values.map((v) => `${fixed(v, decimals(step))}\u202fs`) };
  const [size, unit] = step >= 43200 ? [86400, "d"] : step >= 900 && most >= 3600 ? [3600, "h"] : step >= 15 && most >= 120 ? [60, "m"] : [1, "s"];
  if (most / step > 40 && most >= 3600 && step < 900)
    return { values, labels: values.map((v) => `${Math.floor(v / 3600)}:${two((v % 3600) / 60)}${step < 60 ? `:${two(v % 60)}` : ""}`) };
  return { values, labels: values.map((v) => (v === 0 ? "0" : `${String(Number((v / size).toFixed(2))).replace("-", "−")}\u202f${unit}`)) };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Local time of day; the date where a day begins. @param {Range} range seconds since the epoch @param {number} count @returns {Ticks} */
export function wallTicks(range, count) {
  const step = timeStep((range[1] - range[0]) / Math.max(1, count)), offset = new Date(range[0] * 1000).getTimezoneOffset() * 60;
  const values = multiples(range, step, step >= 3600 ? offset : 0);
  return {
    values,
    labels: values.map((v) => {
      const t = new Date(v * 1000);
      if (Number.isNaN(t.getTime())) return value(v);
      const date = `${t.getDate()} ${MONTHS[t.getMonth()]}`;
      if (step >= 86400 * 300) return String(t.getFullYear());
      if (step >= 86400 || (step >= 3600 && t.getHours() === 0)) return date;
      const minute = `${two(t.getHours())}:${two(t.getMinutes())}`;
      return step >= 60 ? minute : step >= 1 ? `${minute}:${two(t.getSeconds())}` : `${minute}:${fixed(t.getSeconds() + (v % 1), decimals(step))}`;
    }),
  };
}

/** @param {XKind | "ordinal" | string} kind @param {boolean} isLog @param {Range} range @param {number} count @returns {Ticks} */
export function xTicks(kind, isLog, range, count) {
  if (isLog) return logTicks(range, count);
  return kind === "scalar" ? linearTicks(range, count) : kind === "relative" ? relativeTicks(range, count) : kind === "wall" ? wallTicks(range, count) : stepTicks(range, count);
}
