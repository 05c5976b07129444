/** A chart as a picture to keep: SVG of the very curves, with title, axes, marks and a legend; PNG made of that. */

import { svg } from "../dom.js";
import { token } from "../theme.js";
import { places } from "./chart_layout.js";
import { nameOf } from "./combined.js";

/** @import { Box } from "../types.d.ts" */
/** @import { ScalarChart } from "./scalar_chart.js" */

const SVG = "http://www.w3.org/2000/svg";
const TITLE_PX = 28, ROW_PX = 18, COLUMN_PX = 220, EDGE = 12;
const MOST_NAMED = 100; // runs in a legend; the rest is counted
const MARKS = "text, path, line, circle"; // of the overlay, with the style that the page gives them
const KEPT_STYLE = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font-size", "font-weight", "font-family", "text-anchor", "paint-order", "display"];

/** @param {ScalarChart} chart @returns {SVGSVGElement | null} null where there is nothing to see */
export function chartSvg(chart) {
  const picture = chart.picture();
  if (!picture || !chart.view) return null;
  const traces = /** @type {any[]} */ (picture.traces), layout = /** @type {any} */ (picture.layout), { box } = chart.view, { width, height } = layout;
  const names = legend(chart), columns = Math.max(1, Math.floor((width - EDGE) / COLUMN_PX)), rows = Math.ceil(names.length / columns);
  const total = TITLE_PX + height + (rows ? rows * ROW_PX + EDGE : 0), font = token("--font-ui");
  const root = svg("svg", { xmlns: SVG, width, height: total, viewBox: `0 0 ${width} ${total}`, "font-family": font, "font-size": 11, role: "img" }, svg("title", {}, nameOf(chart.spec)));
  root.append(svg("rect", { width, height: total, fill: token("--color-ground") }), svg("text", { x: EDGE, y: 18, "font-size": 13, "font-weight": 600, fill: token("--color-ink") }, nameOf(chart.spec)));
  const plot = svg("g", { transform: `translate(0 ${TITLE_PX})` }), clip = `plot-${chart.id}`;
  const { toX, toY, toRight } = places(layout, box);
  plot.append(svg("clipPath", { id: clip }, svg("rect", { x: box.x, y: box.y - 1, width: box.w + 2, height: box.h + 2 })), axes(layout, box, toX, toY, toRight));
  const curves = svg("g", { "clip-path": `url(#${clip})`, fill: "none", "stroke-linejoin": "round" });
  for (const trace of traces) {
    const up = trace.yaxis === "y2" ? toRight : toY;
    if (trace.mode === "markers") curves.append(svg("g", { fill: trace.marker.color, opacity: trace.opacity ?? 1 }, ...[...trace.x].map((x, i) => (Number.isFinite(trace.y[i]) ? svg("circle", { cx: round(toX(x)), cy: round(up(trace.y[i])), r: trace.marker.size / 2 }) : null))));
    else if (trace.fill === "toself") curves.append(svg("path", { d: path(trace, toX, up, true), fill: trace.fillcolor, opacity: trace.opacity ?? 1 }));
    else curves.append(svg("path", { d: path(trace, toX, up, false), stroke: trace.line.color, "stroke-width": trace.line.width, "stroke-dasharray": !trace.line.dash || trace.line.dash === "solid" ? null : trace.line.dash.replaceAll("px", ""), opacity: trace.opacity ?? 1 }));
  }
  plot.append(curves, overlay(chart));
  root.append(plot);
  names.forEach(({ name, colour, dash }, i) => {
    const x = EDGE + (i % columns) * COLUMN_PX, y = TITLE_PX + height + Math.floor(i / columns) * ROW_PX + 12;
    if (colour) root.append(svg("line", { x1: x, x2: x + 16, y1: y - 4, y2: y - 4, stroke: colour, "stroke-width": 2, "stroke-dasharray": dash ? "4 2" : null }));
    root.append(svg("text", { x: x + 22, y, fill: token("--color-ink") }, shortened(name)));
  });
  return root;
}

/** Every name once, in the colour of its curve. @param {ScalarChart} chart */
function legend(chart) {
  /** @type {Map<string, {name: string, colour: string, dash: number}>} */
  const found = new Map();
  const tags = new Set(chart.drawn.map(({ curve }) => curve.tag));
  for (const { curve, colour, dash } of chart.drawn) {
    const name = [curve.run, tags.size > 1 ? curve.tag : "", curve.line].filter(Boolean).join(" ");
    if (!found.has(name)) found.set(name, { name, colour, dash });
  }
  const all = [...found.values()];
  return all.length > MOST_NAMED ? [...all.slice(0, MOST_NAMED), { name: `and ${all.length - MOST_NAMED} more`, colour: "", dash: 0 }] : all;
}

/** @param {string} name */
const shortened = (name) => (name.length > 34 ? `…${name.slice(-33)}` : name);
/** @param {number} v */
const round = (v) => Math.round(v * 100) / 100;

/** @param {any} trace @param {(v: number) => number} toX @param {(v: number) => number} toY @param {boolean} isClosed */
function path({ x, y }, toX, toY, isClosed) {
  let text = "", isDown = false;
  for (let i = 0; i < y.length; i++) {
    const px = toX(x[i]), py = toY(y[i]);
    if (!Number.isFinite(px) || !Number.isFinite(py)) { if (isDown && isClosed) text += "Z"; isDown = false; continue; }
    text += `${isDown ? "L" : "M"}${round(px)} ${round(py)}`;
    isDown = true;
  }
  return isDown && isClosed ? `${text}Z` : text;
}

/** @param {any} layout @param {Box} box @param {(v: number) => number} toX @param {(v: number) => number} toY @param {(v: number) => number} toRight */
function axes({ xaxis, yaxis, yaxis2 }, box, toX, toY, toRight) {
  const bottom = box.y + box.h, group = svg("g", { fill: yaxis.tickfont.color });
  yaxis.tickvals.forEach((/** @type {number} */ v, /** @type {number} */ i) => group.append(svg("path", { d: `M${box.x} ${round(toY(v))}h${box.w}`, stroke: yaxis.gridcolor }), svg("text", { x: box.x - 5, y: round(toY(v) + 4), "text-anchor": "end" }, yaxis.ticktext[i])));
  yaxis2?.tickvals.forEach((/** @type {number} */ v, /** @type {number} */ i) => group.append(svg("text", { x: box.x + box.w + 5, y: round(toRight(v) + 4) }, yaxis2.ticktext[i])));
  group.append(svg("path", { d: `M${box.x} ${bottom}h${box.w}`, stroke: xaxis.linecolor }));
  xaxis.tickvals.forEach((/** @type {number} */ v, /** @type {number} */ i) => group.append(svg("path", { d: `M${round(toX(v))} ${bottom}v4`, stroke: xaxis.linecolor }), svg("text", { x: round(toX(v)), y: bottom + 17, "text-anchor": "middle" }, xaxis.ticktext[i])));
  return group;
}

/** Marks and last values, with the look that the style sheet gives them. @param {ScalarChart} chart */
function overlay(chart) {
  const layer = chart.layers.fixed, copy = /** @type {SVGGElement} */ (layer.cloneNode(true)), to = copy.querySelectorAll(MARKS);
  layer.querySelectorAll(MARKS).forEach((element, i) => {
    const look = getComputedStyle(element);
    for (const name of KEPT_STYLE) to[i].setAttribute(name, look.getPropertyValue(name));
    to[i].removeAttribute("class");
  });
  return copy;
}

/** @param {SVGSVGElement} root */
export const svgText = (root) => new XMLSerializer().serializeToString(root);

/** @param {SVGSVGElement} root @param {number} [scale] @returns {Promise<Blob>} */
export async function chartPng(root, scale = 2) {
  const image = new Image(), url = URL.createObjectURL(new Blob([svgText(root)], { type: "image/svg+xml" }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
    canvas.width = Number(root.getAttribute("width")) * scale;
    canvas.height = Number(root.getAttribute("height")) * scale;
    if (!context) throw new Error("this browser has no canvas");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))), "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}
