/** What part of a chart is shown: by a drag, by the wheel, in the address. Pure. */

import { share, valueAt } from "./chart_scale.js";

/** @import { Range, Zoom } from "../types.d.ts" */
/** @import { Scale } from "./chart_scale.js" */
/** @import { View } from "./chart_view.js" */

/** Plotly's box zoom in our words. @param {Record<string, any>} change as it tells it @param {View | null} view @param {Zoom | null} before @returns {Zoom | null} null: no zoom was drawn */
export function draggedZoom(change, view, before) {
  const axis = (/** @type {string} */ name, /** @type {Scale | undefined} */ scale) => {
    const pair = change[`${name}.range`] ?? [change[`${name}.range[0]`], change[`${name}.range[1]`]];
    if (pair[0] === undefined || !scale) return null;
    return /** @type {Range} */ (pair.map((/** @type {any} */ t) => scale.from(Number(t))));
  };
  const x = axis("xaxis", view?.scales.x), y = axis("yaxis", view?.scales.y), right = view?.right ? axis("yaxis2", view.scales.right) : null;
  if (!x && !y) return null;
  const kept = x && !y ? null : before; // a new stretch of x asks for its own heights
  return { x: x ?? before?.x ?? null, y: y ?? kept?.y ?? null, right: right ?? kept?.right ?? null };
}

/** @param {View} view @param {Range} full what there is @param {number} x that stays where it is @param {number} factor below 1 shows less @param {Zoom | null} before @returns {Zoom | null} null: everything */
export function zoomedAt(view, full, x, factor, before) {
  const { x: scale } = view.scales, at = share(scale, view.x, x);
  const next = [0, 1].map((end) => valueAt(scale, view.x, at + (end - at) * factor));
  const isAll = next[0] <= full[0] && next[1] >= full[1];
  return isAll ? null : { x: [Math.max(next[0], full[0]), Math.min(next[1], full[1])], y: before?.y ?? null, right: before?.right ?? null };
}

/** `zoom=x0,x1,y0,y1[,right0,right1]:tag`, an axis that is not zoomed left empty. @param {string[]} kept @param {string} tag @returns {Zoom | null} */
export function readZoom(kept, tag) {
  const found = kept.find((one) => one.slice(one.indexOf(":") + 1) === tag);
  if (!found) return null;
  const n = found.slice(0, found.indexOf(":")).split(",").map((text) => (text === "" ? NaN : Number(text)));
  const pair = (/** @type {number} */ i) => (n[i] < n[i + 1] ? /** @type {Range} */ ([n[i], n[i + 1]]) : null);
  const x = pair(0), y = pair(2), right = pair(4);
  return x || y || right ? { x, y, right } : null;
}

/** @param {string[]} kept @param {string} tag @param {Zoom | null} zoom */
export function writeZoom(kept, tag, zoom) {
  const others = kept.filter((one) => one.slice(one.indexOf(":") + 1) !== tag), pair = (/** @type {[number, number] | null | undefined} */ r) => (r ? r.map((v) => Number(v.toPrecision(9))).join(",") : ",");
  return zoom ? [...others, `${pair(zoom.x)},${pair(zoom.y)}${zoom.right ? `,${pair(zoom.right)}` : ""}:${tag}`] : others;
}
