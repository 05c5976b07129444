/** What lies over the curves: marks, last values, the lifted curve, the cursor. Plain SVG, so that a hover never redraws a chart. */

import { svg } from "../dom.js";
import { short, value } from "../format.js";
import { lastFinite, pointAt } from "./chart_data.js";
import { dashOf } from "./chart_layout.js";
import { xLabel } from "./hover_table.js";

/** @import { ChartChoices } from "../types.d.ts" */
/** @import { Drawn } from "./chart_layout.js" */
/** @import { ScalarChart } from "./scalar_chart.js" */
/** @typedef {NonNullable<ScalarChart["view"]>} View */

const CELL = 36, WIDE_CELL = 120; // px: marks closer than this are one; many curves have less room for them
const CLOSE = 0.02; // of the range: so little beyond it needs no mark

/** @param {SVGElement} node @param {number} x @param {number} y */
const at = (node, x, y) => { node.setAttribute("x", x.toFixed(1)); node.setAttribute("y", y.toFixed(1)); return node; };
/** @param {View} view @param {number} x */
const inX = (view, x) => x >= view.x[0] && x <= view.x[1];

/** Restarts, marks and last values: painted with the curves. @param {ScalarChart} chart @param {ChartChoices} choices */
export function fixedLayer(chart, choices) {
  const view = /** @type {View} */ (chart.view), { box } = view, parts = [], n = chart.drawn.length, bottom = box.y + box.h;
  if (n <= 24) for (const x of new Set(chart.drawn.flatMap((one) => one.curve.restarts))) {
    if (!inX(view, x)) continue;
    const px = Math.round(view.px(x)) + 0.5;
    parts.push(svg("line", { class: "event", x1: px, x2: px, y1: box.y, y2: bottom }));
    if (n <= 6) parts.push(at(svg("text", {}, "restart"), px + 4, box.y + 9));
  }
  parts.push(...groupEnds(chart, view));
  if (choices.marks && n <= 24) parts.push(...marks(chart, view));
  if (chart.ends) parts.push(...ends(chart, view));
  return parts;
}

/** An upright tick on the centre of a group where one of its runs ends. @param {ScalarChart} chart @param {View} view */
function groupEnds(chart, view) {
  const { box } = view, parts = [];
  let last = -Infinity;
  for (const one of chart.drawn) for (const end of one.curve.band?.ends ?? []) {
    if (end === one.curve.band?.ends[0]) last = -Infinity;
    const i = pointAt(one.curve, end.x), y = view.py(one.curve.y[i], one.curve.isRight);
    if (!inX(view, end.x) || !(y >= box.y && y <= box.y + box.h)) continue;
    const x = view.px(end.x);
    if (x - last < 3) continue; // one tick for those that end together
    last = x;
    parts.push(svg("path", { class: "group-end", d: `M${x.toFixed(1)} ${(y - 4).toFixed(1)}v8`, stroke: one.colour }));
  }
  return parts;
}

/** Values that are no numbers and values beyond the view: a mark at the edge, never nothing. @param {ScalarChart} chart @param {View} view */
function marks(chart, view) {
  const { box } = view, bottom = box.y + box.h, parts = [];
  /** @type {{x: number, text: string, y: number}[]} */
  const words = [];
  for (const one of chart.drawn) {
    /** @type {{x: number, to: number, count: number, value: number, from: number}[]} */
    const groups = [];
    for (const odd of one.curve.nonfinite) {
      if (!inX(view, odd.x)) continue;
      const x = view.px(odd.x), before = groups[groups.length - 1];
      if (before && x - before.to < 12 && Object.is(before.value, odd.value)) { before.to = x; before.count += odd.count; }
      else groups.push({ x, to: x, count: odd.count, value: odd.value, from: odd.x });
    }
    for (const { x, count, value: v, from } of groups) {
      const isUp = v === -Infinity, y = isUp ? bottom : box.y;
      parts.push(svg("path", { class: "mark-off", "data-mark": value(v), d: isUp ? `M${x - 4.5} ${y}h9l-4.5-7.5z` : `M${x - 4.5} ${y}h9l-4.5 7.5z`, fill: one.colour }));
      words.push({ x, y: isUp ? bottom - 3 : box.y + 9, text: count === 1 ? value(v) : `${value(v)} ×${short(count)} from ${xLabel(chart.axis, from)}` });
    }
  }
  const far = [...beyond(chart, view)], top = Math.max(...far.filter((each) => each.isAbove).map((each) => each.v)), low = Math.min(...far.filter((each) => !each.isAbove).map((each) => each.v));
  for (const { x, v, one, isAbove } of far) {
    parts.push(svg("path", { class: "mark-off", "data-mark": "beyond", d: isAbove ? `M${x - 4.5} ${box.y + 7.5}h9L${x} ${box.y}z` : `M${x - 4.5} ${bottom - 7.5}h9L${x} ${bottom}z`, fill: one.colour }));
    if (v === (isAbove ? top : low)) words.push({ x, y: isAbove ? box.y + 9 : bottom - 2, text: value(v, 3) }); // the farthest speaks for the others
  }
  // words only where there is room for them
  words.sort((a, b) => a.x - b.x || a.y - b.y);
  words.forEach((word, i) => {
    const width = word.text.length * 5.6 + 12, next = words.slice(i + 1).find((other) => Math.abs(other.y - word.y) < 12)?.x ?? Infinity, hasRoom = word.x + width < box.x + box.w;
    const isFree = hasRoom ? word.x + width < next - 6 : words.every((other) => other === word || Math.abs(other.y - word.y) > 12 || Math.abs(other.x - word.x) > width + 6);
    if (!isFree) return;
    const isAlways = chart.isLarge || chart.drawn.length <= 4;
    parts.push(at(svg("text", { class: "mark-text", "data-hover": isAlways ? null : "", "text-anchor": hasRoom ? "start" : "end" }, word.text), word.x + (hasRoom ? 7 : -7), word.y));
  });
  return parts;
}

/** The farthest value beyond the view in each cell of the edge. @param {ScalarChart} chart @param {View} view */
function beyond(chart, view) {
  const cell = chart.drawn.length <= 4 ? CELL : WIDE_CELL;
  /** @type {Map<string, {x: number, v: number, one: Drawn, isAbove: boolean}>} */
  const cells = new Map();
  for (const one of chart.drawn) {
    const { curve } = one, span = view.span(curve.isRight), slack = view.scales.y.kind === "linear" ? CLOSE * (span[1] - span[0]) : 0, low = span[0] - slack, high = span[1] + slack;
    const xs = curve.rawX ?? curve.x, ys = curve.rawY ?? curve.y;
    if (Math.min(curve.yRange[0], curve.rawY ? -Infinity : Infinity) >= low && Math.max(curve.yRange[1], curve.rawY ? Infinity : -Infinity) <= high) continue; // most curves
    for (let i = 0; i < ys.length; i++) {
      const v = ys[i];
      if ((v <= high && v >= low) || !Number.isFinite(v) || !inX(view, xs[i])) continue;
      const x = view.px(xs[i]), isAbove = v > high, key = `${Math.floor(x / cell)} ${isAbove}`, held = cells.get(key);
      if (!held || (isAbove ? v > held.v : v < held.v)) cells.set(key, { x, v, one, isAbove });
    }
  }
  return cells.values();
}

/** The last value of each curve at the right edge, moved apart where they would cover each other. @param {ScalarChart} chart @param {View} view */
function ends(chart, view) {
  const { box } = view, out = [], right = box.x + box.w + 11, lowest = box.y + box.h + 2;
  const items = chart.drawn.flatMap((one) => {
    let i = lastFinite(one.curve.y);
    while (i >= 0 && (one.curve.x[i] > view.x[1] || !Number.isFinite(one.curve.y[i]))) i--;
    if (i < 0 || one.curve.x[i] < view.x[0]) return [];
    const py = view.py(one.curve.y[i], one.curve.isRight), y = Number.isFinite(py) ? Math.max(box.y + 4, Math.min(box.y + box.h, py)) : box.y + box.h;
    return [{ one, x: view.px(one.curve.x[i]), y, v: one.curve.y[i], at: y }];
  }).sort((a, b) => a.y - b.y);
  let last = -99;
  for (const item of items) last = item.at = Math.max(item.y, last + 13);
  for (let k = items.length - 1, limit = lowest; k >= 0 && items[k].at > limit; k--, limit -= 13) items[k].at = limit;
  const isAway = (/** @type {typeof items[number]} */ item) => item.x < box.x + box.w - 6 || Math.abs(item.at - item.y) > 3;
  const isKeyed = items.length > 1 && items.some(isAway); // then a dot before each says whose it is
  for (const item of items) {
    const { one, x, y, v, at: labelY } = item;
    if (isAway(item)) out.push(svg("path", { class: "leader", fill: "none", d: `M${x + 4} ${y}L${right - 8} ${labelY}` }));
    if (isKeyed) out.push(svg("circle", { cx: right - 5, cy: labelY, r: 2, fill: one.colour }));
    out.push(svg("circle", { cx: x, cy: y, r: 2.75, fill: one.colour }), at(svg("text", { class: "end-value" }, value(v, 3)), right, labelY + 4));
  }
  return out;
}

/** @param {View} view @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys @param {boolean} isRight */
function path(view, xs, ys, isRight) {
  let d = "", isDown = false;
  for (let i = 0; i < xs.length; i++) {
    const y = Number.isFinite(ys[i]) ? view.py(ys[i], isRight) : NaN;
    if (!Number.isFinite(y) || !inX(view, xs[i])) { isDown = false; continue; }
    d += `${isDown ? "L" : "M"}${view.px(xs[i]).toFixed(1)} ${Math.max(-1e4, Math.min(1e4, y)).toFixed(1)}`;
    isDown = true;
  }
  return d;
}

/** The run that stands out, over all others. @param {ScalarChart} chart @param {Drawn[]} lifted its curves */
export function liftLayer(chart, lifted) {
  const clip = `url(#clip-${chart.id})`, parts = [], view = /** @type {View} */ (chart.view);
  for (const one of lifted) {
    const { curve } = one, stroke = chart.strong(one), d = path(view, curve.x, curve.y, curve.isRight);
    if (curve.rawX && curve.rawY && chart.page.choices().showRaw) parts.push(svg("path", { class: "raw", d: path(view, curve.rawX, curve.rawY, curve.isRight), "clip-path": clip, stroke }));
    parts.push(svg("path", { class: "halo", d, "clip-path": clip }), svg("path", { class: "lift", d, "clip-path": clip, stroke, "stroke-dasharray": dashOf(one).replaceAll("px", "") || null }));
  }
  return parts;
}

/** @param {ScalarChart} chart */
export function cursorLayer(chart) {
  const view = /** @type {View} */ (chart.view), { box } = view, { x: at_, pinned } = chart.cursor, bottom = box.y + box.h;
  if (at_ === null || !inX(view, at_)) return [];
  /** @type {SVGElement[]} */
  const parts = [], x = Math.round(view.px(at_)) + 0.5;
  parts.push(svg("line", { class: "cursor", "data-pinned": pinned || null, x1: x, x2: x, y1: box.y, y2: bottom }));
  const shown = chart.drawn.length <= 8 ? chart.drawn : chart.drawn.filter((one) => one.names.includes(chart.page.app.lifted ?? ""));
  const slack = (view.x[1] - view.x[0]) * 0.01;
  for (const one of shown) {
    const { curve } = one, i = pointAt(curve, at_);
    if (i < 0 || at_ > curve.x[curve.x.length - 1] + slack || at_ < curve.x[0] - slack || !Number.isFinite(curve.y[i])) continue;
    const y = view.py(curve.y[i], curve.isRight);
    if (y >= box.y && y <= bottom) parts.push(svg("circle", { class: "dot", cx: view.px(curve.x[i]).toFixed(1), cy: y.toFixed(1), r: 3.5, fill: chart.strong(one) }));
  }
  const label = xLabel(chart.axis, at_), width = label.length * 6.2 + 10, left = Math.max(box.x, Math.min(x - width / 2, box.x + box.w - width));
  parts.push(svg("rect", { class: "cursor-chip", x: left, y: bottom + 4, width, height: 15, rx: 3 }), at(svg("text", {}, label), left + width / 2, bottom + 15));
  return parts;
}
