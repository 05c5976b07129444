/** A chart's first picture: the same curves on a canvas, there before Plotly has its turn, and while the page is scrolled. */

import { el } from "../dom.js";
import { places } from "./chart_layout.js";

/** @import { Box } from "../types.d.ts" */
/** @import { View } from "./chart_view.js" */

const LABEL_BELOW = 17, LABEL_BESIDE = 5, TICK = 4; // px, where Plotly has them

/**
 * @param {any[]} traces as Plotly takes them @param {any} layout as Plotly takes it @param {View} view @param {HTMLCanvasElement | null} [old] drawn on again if it is of that size
 * @returns {HTMLCanvasElement}
 */
export function sketch(traces, layout, { box }, old = null) {
  const ratio = devicePixelRatio || 1, { width, height } = layout, [w, h] = [width, height].map((px) => Math.round(px * ratio));
  const canvas = old && old.width === w && old.height === h ? old : el("canvas", { class: "chart-sketch", "aria-hidden": "true", width: w, height: h });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.reset();
  context.scale(ratio, ratio);
  const { toX, toY, toRight } = places(layout, box);
  axes(context, layout, box, toX, toY, toRight);
  context.beginPath();
  context.rect(box.x, box.y, box.w, box.h);
  context.clip();
  for (const trace of traces) {
    context.globalAlpha = trace.opacity ?? 1;
    const up = trace.yaxis === "y2" ? toRight : toY;
    if (trace.fill === "toself") area(context, trace, toX, up);
    else if (trace.mode === "lines") line(context, trace, toX, up);
    else if (trace.mode === "markers") dots(context, trace, toX, up);
  }
  return canvas;
}

/** @param {CanvasRenderingContext2D} context @param {any} layout @param {Box} box @param {(v: number) => number} toX @param {(v: number) => number} toY @param {(v: number) => number} toRight */
function axes(context, { xaxis, yaxis, yaxis2, font }, box, toX, toY, toRight) {
  const crisp = (/** @type {number} */ v) => Math.round(v) + 0.5;
  context.font = `${font.size}px ${font.family}`;
  context.fillStyle = yaxis.tickfont.color;
  context.lineWidth = 1;
  context.strokeStyle = yaxis.gridcolor;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.beginPath();
  yaxis.tickvals.forEach((/** @type {number} */ v, /** @type {number} */ i) => {
    const y = toY(v);
    context.moveTo(box.x, crisp(y));
    context.lineTo(box.x + box.w, crisp(y));
    context.fillText(yaxis.ticktext[i], box.x - LABEL_BESIDE, y);
  });
  context.stroke();
  context.textAlign = "left";
  yaxis2?.tickvals.forEach((/** @type {number} */ v, /** @type {number} */ i) => context.fillText(yaxis2.ticktext[i], box.x + box.w + LABEL_BESIDE, toRight(v)));
  context.strokeStyle = xaxis.linecolor;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.beginPath();
  context.moveTo(box.x, crisp(box.y + box.h));
  context.lineTo(box.x + box.w, crisp(box.y + box.h));
  xaxis.tickvals.forEach((/** @type {number} */ v, /** @type {number} */ i) => {
    const x = toX(v);
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

/** Closed shapes, a gap between them. @param {CanvasRenderingContext2D} context @param {any} trace @param {(v: number) => number} toX @param {(v: number) => number} toY */
function area(context, { x, y, fillcolor }, toX, toY) {
  context.fillStyle = fillcolor;
  context.beginPath();
  let isDown = false;
  for (let i = 0; i < y.length; i++) {
    if (!Number.isFinite(y[i])) { context.closePath(); isDown = false; continue; }
    if (isDown) context.lineTo(toX(x[i]), toY(y[i]));
    else context.moveTo(toX(x[i]), toY(y[i]));
    isDown = true;
  }
  context.fill();
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
