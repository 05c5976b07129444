/** What part of a chart is shown: by a drag, by the wheel, in the address. Pure. */

/** @import { Range, Zoom } from "../types.d.ts" */
/** @typedef {{x: Range, logX: boolean, logY: boolean}} Shown */

/** Plotly's box zoom in our words. @param {Record<string, any>} change as it tells it @param {Shown | null} view @param {Zoom | null} before @returns {Zoom | null} null: no zoom was drawn */
export function draggedZoom(change, view, before) {
  const axis = (/** @type {string} */ name, /** @type {boolean} */ isLog) => {
    const pair = change[`${name}.range`] ?? [change[`${name}.range[0]`], change[`${name}.range[1]`]];
    if (pair[0] === undefined) return null;
    return /** @type {Range} */ (isLog ? [10 ** pair[0], 10 ** pair[1]] : [Number(pair[0]), Number(pair[1])]);
  };
  const x = axis("xaxis", view?.logX ?? false), y = axis("yaxis", view?.logY ?? false);
  return x || y ? { x: x ?? before?.x ?? null, y: y ?? (x ? null : before?.y ?? null) } : null;
}

/** @param {Shown} view @param {Range} full what there is @param {number} x that stays where it is @param {number} factor below 1 shows less @param {Zoom | null} before @returns {Zoom | null} null: everything */
export function zoomedAt({ x: shown, logX }, full, x, factor, before) {
  const to = (/** @type {number} */ v) => (logX ? Math.log(v) : v), from = (/** @type {number} */ v) => (logX ? Math.exp(v) : v), at = to(x);
  const next = shown.map((v) => from(at + (to(v) - at) * factor));
  const isAll = next[0] <= full[0] && next[1] >= full[1];
  return isAll ? null : { x: [Math.max(next[0], full[0]), Math.min(next[1], full[1])], y: before?.y ?? null };
}

/** `zoom=x0,x1,y0,y1:tag`, an axis that is not zoomed left empty. @param {string[]} kept @param {string} tag @returns {Zoom | null} */
export function readZoom(kept, tag) {
  const found = kept.find((one) => one.slice(one.indexOf(":") + 1) === tag);
  if (!found) return null;
  const n = found.slice(0, found.indexOf(":")).split(",").map((text) => (text === "" ? NaN : Number(text)));
  const x = n[0] < n[1] ? /** @type {[number, number]} */ ([n[0], n[1]]) : null, y = n[2] < n[3] ? /** @type {[number, number]} */ ([n[2], n[3]]) : null;
  return x || y ? { x, y } : null;
}

/** @param {string[]} kept @param {string} tag @param {Zoom | null} zoom */
export function writeZoom(kept, tag, zoom) {
  const others = kept.filter((one) => one.slice(one.indexOf(":") + 1) !== tag), pair = (/** @type {[number, number] | null | undefined} */ r) => (r ? r.map((v) => Number(v.toPrecision(9))).join(",") : ",");
  return zoom ? [...others, `${pair(zoom.x)},${pair(zoom.y)}:${tag}`] : others;
}
