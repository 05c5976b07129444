/** A piece of a tensor as a picture, one square a number: light to dark, or by sign where there are both. */

import { el } from "../dom.js";
import { token } from "../theme.js";
import { heatAt, heatScale } from "./tensor_numbers.js";

/** @import { HeatScale } from "./tensor_numbers.js" */

const SEQUENTIAL = 8, DIVERGING = 7;

/** @param {string} colour "#rrggbb" */
const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)).map((v) => (Number.isNaN(v) ? 128 : v));

/** 256 colours of a scale. @param {boolean} isSigned */
function ramp(isSigned) {
  const names = isSigned ? Array.from({ length: DIVERGING }, (_, i) => `--div-${i}`) : Array.from({ length: SEQUENTIAL }, (_, i) => `--seq-${i}`);
  const stops = names.map((name) => rgb(token(name)));
  return Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(at));
    return stops[k].map((v, c) => Math.round(v + (stops[k + 1][c] - v) * (at - k)));
  });
}

/** @param {HTMLCanvasElement} canvas @param {Float64Array} values row by row @param {number} width of the piece @param {number} height */
export function drawHeat(canvas, values, width, height) {
  const scale = heatScale(values), colours = ramp(scale.isSigned), none = rgb(token("--color-failed"));
  canvas.width = width;
  canvas.height = height;
  const brush = canvas.getContext("2d"), image = brush?.createImageData(width, height);
  if (!brush || !image) return;
  for (let i = 0; i < width * height; i++) {
    const at = heatAt(scale, values[i]), [r, g, b] = Number.isNaN(at) ? none : colours[Math.round(255 * Math.max(0, Math.min(1, at)))];
    image.data.set([r, g, b, 255], 4 * i);
  }
  brush.putImageData(image, 0, 0);
}

/** The key below a picture. @param {HeatScale} scale @param {(v: number) => string} show */
export const heatKey = (scale, show) => el("span", { class: "heat-key" }, show(scale.low), el("span", { class: "heat-ramp", "data-signed": scale.isSigned }), show(scale.high));
