/** Draws rows of histograms on a canvas: one behind the other, over each other, as a heat map, as percentile bands. */

import { linearTicks, stepTicks } from "./chart_ticks.js";
import { QUANTILES, rowEdges } from "./histogram_data.js";

/** @import { Range } from "../types.d.ts" */
/** @import { HistogramRows } from "./histogram_data.js" */
/** @typedef {{ink: string, words: string, ground: string, axis: string, font: string, scale: string[]}} Inks */
/** @typedef {{x: number, y: number, w: number, h: number}} Box */
/**
 * @typedef {object} Picture
 * @property {CanvasRenderingContext2D} brush
 * @property {Box} box of the data, CSS pixels
 * @property {Float64Array} edges of the bins
 * @property {number} most share of the fullest bin
 * @property {Inks} inks
 */

const RIDGE = 0.34; // of the height: the highest ridge
export const MARGIN = { l: 46, r: 16, t: 6, b: 24 };

/** @param {Picture} picture @param {number} v */
const valueX = ({ box, edges }, v) => box.x + ((v - edges[0]) / (edges[edges.length - 1] - edges[0])) * box.w;
/** @param {Picture} picture @param {number} v */
const valueY = ({ box, edges }, v) => box.y + box.h - ((v - edges[0]) / (edges[edges.length - 1] - edges[0])) * box.h;

/** Where the foot of a ridge lies: the oldest on top, behind all others. @param {Box} box @param {number} row @param {number} rows */
export const ridgeFoot = (box, row, rows) => box.y + box.h * RIDGE + (rows > 1 ? (row / (rows - 1)) * box.h * (1 - RIDGE) : box.h * (1 - RIDGE));

/** The outline of a row as a path. @param {Picture} picture @param {HistogramRows} rows @param {number} row @param {number} foot @param {number} height of a bin that holds `most` */
function outline({ brush, box, edges, most }, rows, row, foot, height) {
  const bins = edges.length - 1, width = box.w / bins, unit = rows.numbers[row] > 0 ? height / (most * rows.numbers[row]) : 0;
  brush.beginPath();
  brush.moveTo(box.x, foot);
  for (let bin = 0; bin < bins; bin++) brush.lineTo(box.x + (bin + 0.5) * width, foot - rows.counts[row * bins + bin] * unit);
  brush.lineTo(box.x + box.w, foot);
}

/** @param {Picture} picture @param {HistogramRows} rows @param {string} colour @param {number} marked row that stands out; -1 for none */
export function drawOffset(picture, rows, colour, marked) {
  const { brush, box, inks } = picture, count = rows.steps.length;
  for (let row = 0; row < count; row++) {
    const foot = ridgeFoot(box, row, count), age = count > 1 ? row / (count - 1) : 1;
    outline(picture, rows, row, foot, box.h * RIDGE);
    brush.fillStyle = inks.ground;
    brush.globalAlpha = 1;
    brush.fill(); // hides what lies behind
    brush.fillStyle = colour;
    brush.globalAlpha = row === marked ? 0.9 : 0.14 + 0.4 * age;
    brush.fill();
    brush.globalAlpha = row === marked ? 1 : 0.75;
    brush.strokeStyle = row === marked ? inks.ink : count > 80 ? colour : inks.ground;
    brush.lineWidth = row === marked ? 1.5 : 0.75;
    brush.stroke();
  }
  brush.globalAlpha = 1;
}

/** @param {Picture} picture @param {HistogramRows} rows @param {string} colour @param {number} marked */
export function drawOverlay(picture, rows, colour, marked) {
  const { brush, box, inks } = picture, count = rows.steps.length;
  const draw = (/** @type {number} */ row) => {
    outline(picture, rows, row, box.y + box.h, box.h);
    brush.strokeStyle = row === marked ? inks.ink : colour;
    brush.globalAlpha = row === marked ? 1 : 0.12 + 0.7 * (count > 1 ? row / (count - 1) : 1) ** 2;
    brush.lineWidth = row === marked ? 2 : 1;
    brush.stroke();
  };
  for (let row = 0; row < count; row++) if (row !== marked) draw(row);
  if (marked >= 0 && marked < count) draw(marked);
  brush.globalAlpha = 1;
}

/** The more of a row's values a bin holds, the farther on the scale: its square root, so that tails are seen. @param {Picture} picture @param {HistogramRows} rows @param {Range} range of x */
export function drawHeat(picture, rows, range) {
  const { brush, box, edges, inks, most } = picture, bins = edges.length - 1, sides = rowEdges(rows.x, range);
  const place = (/** @type {number} */ v) => box.x + ((v - range[0]) / (range[1] - range[0])) * box.w;
  for (let row = 0; row < rows.steps.length; row++) {
    const left = Math.floor(place(sides[row])), right = Math.ceil(place(sides[row + 1]));
    for (let bin = 0; bin < bins; bin++) {
      const part = rows.counts[row * bins + bin] / (rows.numbers[row] || 1);
      if (!part) continue;
      brush.fillStyle = inks.scale[Math.min(inks.scale.length - 1, Math.floor(Math.sqrt(part / most) * inks.scale.length))];
      const low = box.y + box.h - (bin / bins) * box.h, high = box.y + box.h - ((bin + 1) / bins) * box.h;
      brush.fillRect(left, Math.floor(high), right - left, Math.ceil(low) - Math.floor(high));
    }
  }
}

/** Nine percentiles: four bands around the median. @param {Picture} picture @param {HistogramRows} rows @param {string} colour @param {Range} range of x */
export function drawBands(picture, rows, colour, range) {
  const { brush, box } = picture, count = rows.steps.length;
  const place = (/** @type {number} */ row) => box.x + ((rows.x[row] - range[0]) / (range[1] - range[0])) * box.w;
  const at = (/** @type {number} */ row, /** @type {number} */ q) => valueY(picture, rows.quantiles[row * QUANTILES + q]);
  brush.fillStyle = brush.strokeStyle = colour;
  for (let q = 0; q < 4; q++) {
    brush.globalAlpha = 0.13;
    brush.beginPath();
    for (let row = 0; row < count; row++) if (rows.numbers[row]) brush.lineTo(place(row), at(row, q));
    for (let row = count - 1; row >= 0; row--) if (rows.numbers[row]) brush.lineTo(place(row), at(row, QUANTILES - 1 - q));
    brush.fill();
  }
  brush.globalAlpha = 1;
  brush.lineWidth = 1.75;
  brush.beginPath();
  for (let row = 0; row < count; row++) if (rows.numbers[row]) brush.lineTo(place(row), at(row, 4));
  brush.stroke();
}

/** One step of several runs. @param {Picture} picture @param {HistogramRows} rows of one run @param {string} colour @param {boolean} isLifted @param {boolean} isFaint */
export function drawRun(picture, rows, colour, isLifted, isFaint) {
  if (!rows.steps.length) return;
  const { brush, box } = picture;
  outline(picture, rows, 0, box.y + box.h, box.h);
  brush.strokeStyle = brush.fillStyle = colour;
  brush.globalAlpha = isFaint ? 0.05 : 0.1;
  brush.fill();
  brush.globalAlpha = isFaint ? 0.3 : 1;
  brush.lineWidth = isLifted ? 2.5 : 1.5;
  brush.stroke();
  brush.globalAlpha = 1;
}

/** Values from left to right; what stands at the right edge is said by the caller. @param {Picture} picture */
export function drawValueAxis(picture) {
  const { brush, box, edges, inks } = picture, ticks = linearTicks([edges[0], edges[edges.length - 1]], Math.min(8, box.w / 64));
  line(brush, inks.axis, box.x, box.y + box.h + 0.5, box.x + box.w, box.y + box.h + 0.5);
  write(picture, "center", "top");
  ticks.values.forEach((v, i) => {
    const x = Math.round(valueX(picture, v)) + 0.5;
    line(brush, inks.axis, x, box.y + box.h, x, box.y + box.h + 4);
    brush.fillText(ticks.labels[i], x, box.y + box.h + 7);
  });
}

/** Steps or times from left to right, values upwards. @param {Picture} picture @param {Range} range @param {(range: Range, count: number) => {values: number[], labels: string[]}} ticksOf */
export function drawTimeAxis(picture, range, ticksOf = stepTicks) {
  const { brush, box, edges, inks } = picture, across = ticksOf(range, Math.min(8, box.w / 84)), up = linearTicks([edges[0], edges[edges.length - 1]], box.h > 320 ? 7 : 5);
  line(brush, inks.axis, box.x, box.y + box.h + 0.5, box.x + box.w, box.y + box.h + 0.5);
  write(picture, "center", "top");
  across.values.forEach((v, i) => {
    const x = Math.round(box.x + ((v - range[0]) / (range[1] - range[0])) * box.w) + 0.5;
    line(brush, inks.axis, x, box.y + box.h, x, box.y + box.h + 4);
    brush.fillText(across.labels[i], x, box.y + box.h + 7);
  });
  write(picture, "right", "middle");
  up.values.forEach((v, i) => brush.fillText(up.labels[i], box.x - 6, valueY(picture, v)));
}

/** A few of the rows are named beside them. @param {Picture} picture @param {HistogramRows} rows @param {(row: number) => string} label */
export function drawRowNames(picture, rows, label) {
  const { brush, box } = picture, count = rows.steps.length, most = Math.max(2, Math.floor((box.h * (1 - RIDGE)) / 22)), every = Math.max(1, Math.ceil((count - 1) / most));
  write(picture, "right", "middle");
  for (let row = count - 1; row >= 0; row -= every) brush.fillText(label(row), box.x - 6, ridgeFoot(box, row, count) - 3);
}

/** @param {Picture} picture @param {CanvasTextAlign} align @param {CanvasTextBaseline} base */
function write({ brush, inks }, align, base) {
  brush.fillStyle = inks.words;
  brush.font = inks.font;
  brush.textAlign = align;
  brush.textBaseline = base;
}

/** @param {CanvasRenderingContext2D} brush @param {string} colour @param {number} x @param {number} y @param {number} toX @param {number} toY */
function line(brush, colour, x, y, toX, toY) {
  brush.strokeStyle = colour;
  brush.lineWidth = 1;
  brush.beginPath();
  brush.moveTo(x, y);
  brush.lineTo(toX, toY);
  brush.stroke();
}
