/** How values become places along an axis: linear, logarithmic, or logarithmic on both sides of zero. Pure. */

/** @import { Range } from "../types.d.ts" */
/** @typedef {{kind: "linear" | "log" | "symlog", to: (v: number) => number, from: (t: number) => number}} Scale `to` gives what Plotly is told, on a linear axis */

/** @type {Scale} */
export const LINEAR = { kind: "linear", to: (v) => v, from: (t) => t };
/** @type {Scale} */
export const LOG = { kind: "log", to: Math.log10, from: (t) => 10 ** t };

/** Linear up to `knee` from zero, a decade as long as that from there on. @param {number} knee above zero @returns {Scale} */
export const symlog = (knee) => ({
  kind: "symlog",
  to: (v) => Math.sign(v) * Math.log10(1 + Math.abs(v) / knee),
  from: (t) => Math.sign(t) * knee * (10 ** Math.abs(t) - 1),
});

/** Decades between the greatest value and the knee. */
const DECADES = 3;

/** The scale of an axis that shows a range: the knee of a symmetric one is a power of ten three decades below what is farthest from zero. @param {string} kind @param {Range} range @returns {Scale} */
export function scaleOf(kind, [lo, hi]) {
  if (kind === "log") return LOG;
  if (kind !== "symlog") return LINEAR;
  const most = Math.max(Math.abs(lo), Math.abs(hi));
  return symlog(10 ** (Math.floor(Math.log10(most > 0 && Number.isFinite(most) ? most : 1)) - DECADES));
}

/** Where a value lies between the ends of a range: 0 at the low one, 1 at the high one. @param {Scale} scale @param {Range} range @param {number} v */
export const share = (scale, [lo, hi], v) => (scale.to(v) - scale.to(lo)) / (scale.to(hi) - scale.to(lo));

/** The value there, the reverse. @param {Scale} scale @param {Range} range @param {number} t */
export const valueAt = (scale, [lo, hi], t) => scale.from(scale.to(lo) + t * (scale.to(hi) - scale.to(lo)));

/** A column as Plotly takes it on a linear axis. @param {Scale} scale @param {Float64Array} column @returns {Float64Array} itself where nothing is to be done */
export function scaled(scale, column) {
  if (scale.kind === "linear") return column;
  const out = new Float64Array(column.length);
  for (let i = 0; i < out.length; i++) { const t = scale.to(column[i]); out[i] = Number.isFinite(t) ? t : NaN; }
  return out;
}
