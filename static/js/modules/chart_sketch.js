/** A chart's first picture: the same curves on a canvas, there before Plotly has its turn, and while the page is scrolled. */

import { el } from "../dom.js";

/** @import { Box, Range } from "../types.d.ts" */
/** @typedef {{box: Box, x: Range, y: Range, logX: boolean, logY: boolean}} View */

const LABEL_BELOW = 17, LABEL_BESIDE = 5, TICK = 4; // px, where Plotly has them

/**
 * @param {any[]} traces as Plotly takes them @param {any} layout as Plotly takes it @param {View} view
 * @returns {HTMLCanvasElement}
 */
export function sketch(traces, layout, view) {
  const ratio = devicePixelRatio || 1, { width, height } = layout, { box } = view;
  const canvas = el("canvas", { class: "chart-sketch", "aria-hidden": "true", width: Math.round(width * ratio), height: Math.round(height * ratio) });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.scale(ratio, ratio);
  const place = (/** @type {Range} */ [lo, hi], /** @type {boolean} */ isLog, /** @type {number} */ from, /** @type {number} */ length) =>
    isLog ? (/** @type {number} */ v) => from + (length * Math.log(v / lo)) / Math.log(hi / lo) : (/** @type {number} */ v) => from + (length * (v - lo)) / (hi - lo);
  const toX = place(view.x, view.logX, box.x, box.w), toY = place(view.y, view.logY, box.y + box.h, -box.h);
  axes(context, layout, box, toX, toY);
  context.beginPath();
  context.rect(box.x, box.y, box.w, box.h);
  context.clip();
  for (const trace of traces) {
    context.globalAlpha = trace.opacity ?? 1;
    if (trace.mode === "lines") line(context, trace, toX, toY);
    else if (trace.mode === "markers") dots(context, trace, toX, toY);
  }
  return canvas;
}

/** @param {CanvasRenderingContext2D} context @param {any} layout @param {Box} box @param {(v: number) => number} toX @param {(v: number) => number} toY */
function axes(context, { xaxis, yaxis, font }, box, toX, toY) {
  const crisp = (/** @type {number} */ v) => Math.round(v) + 0.5, value = (/** @type {any} */ axis, /** @type {number} */ v) => (axis.type === "log" ? Number(v) : v);
  context.font = `${font.size}px ${font.family}`;
  context.fillStyle = yaxis.tickfont.color;
  context.lineWidth = 1;
  context.strokeStyle = yaxis.gridcolor;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.beginPath();
  yaxis.tickvals.forEach((/** @type {number} */ v, /** @type {number} */ i) => {
    const y = toY(value(yaxis, v));
    context.moveTo(box.x, crisp(y));
    context.lineTo(box.x + box.w, crisp(y));
    context.fillText(yaxis.ticktext[i], box.x - LABEL_BESIDE, y);
  });
  context.stroke();
  context.strokeStyle = xaxis.linecolor;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.beginPath();
  context.moveTo(box.x, crisp(box.y + box.h));
  context.lineTo(box.x + box.w, crisp(box.y + box.h));
  xaxis.tickvals.forEach((/** @type {number} */ v, /** @type {number} */ i) => {
    const x = toX(value(xaxis, v));
    context.moveTo(crisp(x), box.y + box.h);
    context.lineTo(crisp(x), box.y + box.h + TICK);
    context.fillText(xaxis.ticktext[i], x, box.y + box.h + LABEL_BELOW);
  });
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {any} trace @param {(v: number) => number} toX @param {(v: number) => number} toY */
function line(context, { x, y, line: { color, width, dash } }, toX, toY) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(!dash || dash === "solid" ? [] : dash.split(",").map(parseFloat));
  context.beginPath();
  let isDown = false;
  for (let i = 0; i < y.length; i++) {
    const px = toX(x[i]), py = toY(y[i]);
    if (!Number.isFinite(py) || !Number.isFinite(px)) isDown = false;
    else if (isDown) context.lineTo(px, py);
    else { context.moveTo(px, py); isDown = true; }
  }
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {any} trace @param {(v: number) => number} toX @param {(v: number) => number} toY */
function dots(context, { x, y, marker: { size, color } }, toX, toY) {
  context.fillStyle = color;
  for (let i = 0; i < y.length; i++) {
    context.beginPath();
    context.arc(toX(x[i]), toY(y[i]), size / 2, 0, 2 * Math.PI);
    context.fill();
  }
}
