/** The recipe of every chart for Plotly: layout, weights, traces. Plotly draws what changes with data and zoom, nothing else. */

import { token } from "../theme.js";
import { MOST_MARGINS, isolated, joined } from "./chart_data.js";
import { scaled } from "./chart_scale.js";
import { TAG_DASHES } from "./combined.js";

/** @import { Box, Curve, Margin, Range, Ticks, Weight } from "../types.d.ts" */
/** @import { View } from "./chart_view.js" */
/** @typedef {{curve: Curve, colour: string, dash: 0 | 1, muted: boolean, names: string[], isByTag?: boolean}} Drawn `names`: the runs behind it; `isByTag`: colours tell scalars apart, not runs */

export const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false, showAxisDragHandles: false, showTips: false };
const DASH = "4px,2px", SPARSE = 70;

/** Line weight by how many curves there are: few are bold, many are thin. @param {number} n @returns {Weight} */
export const weight = (n) => (n <= 4 ? { line: 2, raw: 0.26, opacity: 1 } : n <= 8 ? { line: 1.75, raw: 0.2, opacity: 1 } : n <= 24 ? { line: 1.4, raw: 0.07, opacity: 0.95 } : { line: 1, raw: 0, opacity: 0.6 });

/** Room around the plot, px; wider only where labels would be cut. @param {{ends: boolean, labels: string[], right: string[] | null}} what @returns {Margin} */
export function margins({ ends, labels, right }) {
  const room = (/** @type {string[]} */ texts) => Math.ceil(Math.max(0, ...texts.map((text) => text.length)) * 6.3) + 9;
  return {
    l: Math.max(Number(token("--chart-margin-left")), room(labels)), r: right ? Math.max(Number(token("--chart-margin-left")), room(right)) : ends ? 64 : Number(token("--chart-margin-right")),
    t: Number(token("--chart-margin-top")), b: Number(token("--chart-margin-bottom")),
  };
}

/** Plotly's axes are linear, always: scales are ours. @param {number} width @param {number} height @param {Margin} margin @param {View} view @param {{x: Ticks, y: Ticks, right: Ticks | null}} ticks */
export function layout(width, height, margin, view, ticks) {
  const ground = { type: "linear", zeroline: false, showline: false, ticks: "", tickfont: { size: 11, color: token("--color-ink-3"), family: token("--font-ui") }, fixedrange: false, automargin: false, tickmode: "array", tickangle: 0, minor: { ticks: "", showgrid: false } };
  const axis = (/** @type {"x" | "y" | "right"} */ name, /** @type {Range} */ range, /** @type {Ticks} */ { values, labels }) => ({ range: range.map(view.scales[name].to), tickvals: values.map(view.scales[name].to), ticktext: labels });
  return {
    width, height, autosize: false, margin: { ...margin, pad: 0 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, hovermode: false, dragmode: "zoom",
    font: { family: token("--font-ui"), size: 11 },
    xaxis: { ...ground, showgrid: false, showline: true, linecolor: token("--chart-axis"), linewidth: 1, ticks: "outside", ticklen: 4, tickcolor: token("--chart-axis"), ...axis("x", view.x, ticks.x) },
    yaxis: { ...ground, showgrid: true, gridcolor: token("--chart-grid"), gridwidth: 1, ticklabelstandoff: 4, ...axis("y", view.y, ticks.y) },
    ...(view.right && ticks.right ? { yaxis2: { ...ground, overlaying: "y", side: "right", showgrid: false, ticklabelstandoff: 4, ...axis("right", view.right, ticks.right) } } : {}),
  };
}

/** Where Plotly has the values of traces, px of the frame, for those who draw the same without it. @param {any} layout @param {Box} box */
export function places({ xaxis, yaxis, yaxis2 }, box) {
  const place = (/** @type {Range} */ [lo, hi], /** @type {number} */ from, /** @type {number} */ length) => (/** @type {number} */ v) => from + (length * (v - lo)) / (hi - lo);
  const toX = place(xaxis.range, box.x, box.w), toY = place(yaxis.range, box.y + box.h, -box.h);
  return { toX, toY, toRight: yaxis2 ? place(yaxis2.range, box.y + box.h, -box.h) : toY };
}

/** @param {ArrayLike<number>} x @param {ArrayLike<number>} y @param {object} line @param {number} opacity @param {boolean} isRight */
const lines = (x, y, line, opacity, isRight) => ({ type: "scatter", mode: "lines", x, y, line, opacity, hoverinfo: "skip", connectgaps: false, ...(isRight ? { yaxis: "y2" } : {}) });

/** "#rrggbb" with an opacity. @param {string} colour @param {number} alpha */
const faint = (colour, alpha) => {
  const n = parseInt(colour.slice(1), 16);
  return `rgba(${n >> 16},${(n >> 8) & 255},${n & 255},${alpha})`;
};

/**
 * Faint things first, the curves on top. More than 24 curves become one trace a colour.
 * @param {Drawn[]} drawn @param {View} view @param {{showRaw: boolean, superseded: boolean}} what
 */
export function traces(drawn, view, { showRaw, superseded }) {
  const n = drawn.length, muted = drawn.filter((one) => one.muted), plain = drawn.filter((one) => !one.muted), bold = weight(muted.length ? Math.min(8, plain.length || 8) : n);
  const out = [];
  const xs = (/** @type {Float64Array} */ column) => scaled(view.scales.x, column);
  const ys = (/** @type {Float64Array} */ column, /** @type {Curve} */ { isRight }) => scaled(isRight ? view.scales.right : view.scales.y, column);
  const both = (/** @type {Drawn} */ { curve }) => ({ x: xs(curve.x), y: ys(curve.y, curve) });
  if (muted.length) for (const isRight of new Set(muted.map((one) => one.curve.isRight))) {
    const { x, y } = joined(muted.filter((one) => one.curve.isRight === isRight).map(both));
    out.push(lines(x, y, { color: token("--chart-muted"), width: 1 }, 0.3, isRight));
  }
  for (const { curve, colour } of plain) {
    const filled = curve.band ? { x: curve.x, ...curve.band } : plain.length <= MOST_MARGINS ? curve.margin : null;
    if (!filled) continue;
    const { x, y } = outline(xs(filled.x), ys(filled.low, curve), ys(filled.high, curve));
    out.push({ ...lines(x, y, { width: 0, color: colour }, 1, curve.isRight), fill: "toself", fillcolor: faint(colour, 0.15) });
  }
  if (showRaw && bold.raw && !muted.length)
    for (const { curve, colour } of plain) if (curve.rawX && curve.rawY) out.push(lines(xs(curve.rawX), ys(curve.rawY, curve), { color: colour, width: 1 }, bold.raw, curve.isRight));
  if (superseded)
    for (const { curve, colour } of plain) if (curve.supersededX && curve.supersededY) out.push(lines(xs(curve.supersededX), ys(curve.supersededY, curve), { color: colour, width: 1.25, dash: "1.5px,2.5px" }, 0.6, curve.isRight));
  for (const list of byColour(plain, n > 24)) {
    const { x, y } = list.length > 1 ? joined(list.map(both)) : both(list[0]);
    out.push(lines(x, y, { color: list[0].colour, width: bold.line, dash: dashOf(list[0]) || "solid" }, bold.opacity, list[0].curve.isRight));
  }
  for (const { points, colour, size, opacity, isRight } of dots([...muted, ...plain]))
    out.push({ type: "scatter", mode: "markers", x: xs(Float64Array.from(points.xs)), y: scaled(isRight ? view.scales.right : view.scales.y, Float64Array.from(points.ys)), marker: { size, color: colour, line: { width: 0 } }, opacity, hoverinfo: "skip", ...(isRight ? { yaxis: "y2" } : {}) });
  return out;
}

/** The 25th run on is dashed; where a chart has several scalars, dashes tell these apart instead. @param {Drawn} one */
export const dashOf = ({ curve, dash, isByTag }) => (!isByTag && TAG_DASHES[curve.tagIndex % TAG_DASHES.length]) || (dash ? DASH : "");

/** The shapes between two curves, one for each stretch without a gap. @param {Float64Array} x @param {Float64Array} low @param {Float64Array} high */
function outline(x, low, high) {
  /** @type {number[]} */
  const xs = [], /** @type {number[]} */ ys = [];
  for (let i = 0; i < x.length; i++) {
    const first = i;
    while (i < x.length && Number.isFinite(low[i]) && Number.isFinite(high[i])) i++;
    if (i - first < 2) continue;
    for (let k = first; k < i; k++) { xs.push(x[k]); ys.push(high[k]); }
    for (let k = i - 1; k >= first; k--) { xs.push(x[k]); ys.push(low[k]); }
    xs.push(x[first], x[first]);
    ys.push(high[first], NaN);
  }
  return { x: Float64Array.from(xs), y: Float64Array.from(ys) };
}

/** Every point of short curves, of long ones those that no line reaches; one trace a colour. @param {Drawn[]} drawn */
function dots(drawn) {
  const n = drawn.length;
  /** @type {Map<string, {points: {xs: number[], ys: number[]}, colour: string, size: number, opacity: number, isRight: boolean}>} */
  const groups = new Map();
  for (const { curve, colour, muted } of drawn) {
    const isSparse = n <= 4 && curve.x.length <= SPARSE && !curve.band, points = isSparse ? { xs: [...curve.x], ys: [...curve.y] } : isolated(curve.x, curve.y);
    if (!points.xs.length) continue;
    const size = isSparse && points.xs.length > 30 ? 4 : n <= 8 ? 5 : 4, key = `${colour} ${size} ${muted} ${curve.isRight}`, group = groups.get(key);
    if (group) { group.points.xs.push(...points.xs); group.points.ys.push(...points.ys); }
    else groups.set(key, { points, colour, size, opacity: muted ? 0.5 : 1, isRight: curve.isRight });
  }
  return groups.values();
}

/** @param {Drawn[]} drawn @param {boolean} isJoined @returns {Iterable<Drawn[]>} */
function byColour(drawn, isJoined) {
  if (!isJoined) return drawn.map((one) => [one]);
  /** @type {Map<string, Drawn[]>} */
  const groups = new Map();
  for (const one of drawn) {
    const key = `${one.colour} ${dashOf(one)} ${one.curve.isRight}`, list = groups.get(key);
    if (list) list.push(one);
    else groups.set(key, [one]);
  }
  return groups.values();
}
