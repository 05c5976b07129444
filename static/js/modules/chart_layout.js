/** The recipe of every chart for Plotly: layout, weights, traces. Plotly draws what changes with data and zoom, nothing else. */

import { token } from "../theme.js";
import { isolated, joined } from "./chart_data.js";

/** @import { Curve, Margin, Range, Ticks, Weight } from "../types.d.ts" */
/** @typedef {{curve: Curve, colour: string, dash: 0 | 1, muted: boolean}} Drawn */
/** @typedef {{range: Range, isLog: boolean, ticks: Ticks}} Axis */

export const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false, showAxisDragHandles: false, showTips: false };
const DASH = "4px,2px", SPARSE = 70;

/** Line weight by how many curves there are: few are bold, many are thin. @param {number} n @returns {Weight} */
export const weight = (n) => (n <= 4 ? { line: 2, raw: 0.26, opacity: 1 } : n <= 8 ? { line: 1.75, raw: 0.2, opacity: 1 } : n <= 24 ? { line: 1.4, raw: 0.07, opacity: 0.95 } : { line: 1, raw: 0, opacity: 0.6 });

/** Room around the plot, px; wider on the left only where labels would be cut. @param {{ends: boolean, labels: string[]}} what @returns {Margin} */
export function margins({ ends, labels }) {
  const longest = Math.max(0, ...labels.map((label) => label.length));
  return { l: Math.max(Number(token("--chart-margin-left")), Math.ceil(longest * 6.3) + 9), r: ends ? 64 : Number(token("--chart-margin-right")), t: Number(token("--chart-margin-top")), b: Number(token("--chart-margin-bottom")) };
}

/** @param {number} width @param {number} height @param {Margin} margin @param {Axis} x @param {Axis} y */
export function layout(width, height, margin, x, y) {
  const ground = { zeroline: false, showline: false, ticks: "", tickfont: { size: 11, color: token("--color-ink-3"), family: token("--font-ui") }, fixedrange: false, automargin: false };
  const axis = (/** @type {Axis} */ one) => ({
    type: one.isLog ? "log" : "linear", range: one.isLog ? one.range.map(Math.log10) : one.range, tickmode: "array", tickvals: one.ticks.values, ticktext: one.ticks.labels, tickangle: 0, minor: { ticks: "", showgrid: false },
  });
  return {
    width, height, autosize: false, margin: { ...margin, pad: 0 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: false, dragmode: "zoom",
    font: { family: token("--font-ui"), size: 11 },
    xaxis: { ...ground, showgrid: false, showline: true, linecolor: token("--chart-axis"), linewidth: 1, ticks: "outside", ticklen: 4, tickcolor: token("--chart-axis"), ...axis(x) },
    yaxis: { ...ground, showgrid: true, gridcolor: token("--chart-grid"), gridwidth: 1, ticklabelstandoff: 4, ...axis(y) },
  };
}

/** @param {ArrayLike<number>} x @param {ArrayLike<number>} y @param {object} line @param {number} opacity */
const lines = (x, y, line, opacity) => ({ type: "scatter", mode: "lines", x, y, line, opacity, hoverinfo: "skip", connectgaps: false });

/**
 * Faint things first, the curves on top. More than 24 curves become one trace a colour.
 * @param {Drawn[]} drawn @param {{showRaw: boolean, superseded: boolean}} what
 */
export function traces(drawn, { showRaw, superseded }) {
  const n = drawn.length, muted = drawn.filter((one) => one.muted), plain = drawn.filter((one) => !one.muted), bold = weight(muted.length ? Math.min(8, plain.length || 8) : n);
  const out = [];
  if (muted.length) {
    const { x, y } = joined(muted.map((one) => one.curve));
    out.push(lines(x, y, { color: token("--chart-muted"), width: 1 }, 0.3));
  }
  if (showRaw && bold.raw && !muted.length)
    for (const { curve, colour } of plain) if (curve.rawX && curve.rawY) out.push(lines(curve.rawX, curve.rawY, { color: colour, width: 1 }, bold.raw));
  if (superseded)
    for (const { curve, colour } of plain) if (curve.supersededX && curve.supersededY) out.push(lines(curve.supersededX, curve.supersededY, { color: colour, width: 1.25, dash: "1.5px,2.5px" }, 0.6));
  for (const list of byColour(plain, n > 24)) {
    const { colour, dash } = list[0], { x, y } = list.length > 1 ? joined(list.map((one) => one.curve)) : list[0].curve;
    out.push(lines(x, y, { color: colour, width: bold.line, dash: dash ? DASH : "solid" }, bold.opacity));
  }
  for (const { xs, ys, colour, size, opacity } of dots([...muted, ...plain]))
    out.push({ type: "scatter", mode: "markers", x: xs, y: ys, marker: { size, color: colour, line: { width: 0 } }, opacity, hoverinfo: "skip" });
  return out;
}

/** Every point of short curves, of long ones those that no line reaches; one trace a colour. @param {Drawn[]} drawn */
function dots(drawn) {
  const n = drawn.length;
  /** @type {Map<string, {xs: number[], ys: number[], colour: string, size: number, opacity: number}>} */
  const groups = new Map();
  for (const { curve, colour, muted } of drawn) {
    const isSparse = n <= 4 && curve.x.length <= SPARSE, { xs, ys } = isSparse ? { xs: [...curve.x], ys: [...curve.y] } : isolated(curve.x, curve.y);
    if (!xs.length) continue;
    const size = isSparse && xs.length > 30 ? 4 : n <= 8 ? 5 : 4, key = `${colour} ${size} ${muted}`, group = groups.get(key);
    if (group) { group.xs.push(...xs); group.ys.push(...ys); }
    else groups.set(key, { xs, ys, colour, size, opacity: muted ? 0.5 : 1 });
  }
  return groups.values();
}

/** @param {Drawn[]} drawn @param {boolean} isJoined @returns {Iterable<Drawn[]>} */
function byColour(drawn, isJoined) {
  if (!isJoined) return drawn.map((one) => [one]);
  /** @type {Map<string, Drawn[]>} */
  const groups = new Map();
  for (const one of drawn) {
    const key = `${one.colour} ${one.dash}`, list = groups.get(key);
    if (list) list.push(one);
    else groups.set(key, [one]);
  }
  return groups.values();
}
