/** Takes the graph out of the page: a picture as PNG or SVG, the costs as CSV. */
import { saveBlob } from "../dom.js";
import { costCsv } from "./cost_csv.js";
import { drawGraph } from "./draw.js";
import { SvgPen } from "./svg_pen.js";

/** @import {Picture} from "./draw.js" */
/** @typedef {Omit<Picture, "view" | "screen" | "motion">} Still */

const MARGIN = 24;
const FINEST = 2, LARGEST_SIDE = 8192, LARGEST_AREA = 48e6; // px of a PNG
const SVG_SCALE = 1;

/** @param {Still} still @param {number} scale */
function whole(still, scale) {
  const w = (still.root.width + 2 * MARGIN) * scale, h = (still.root.height + 2 * MARGIN) * scale;
  return { ...still, selected: 0, hovered: 0, motion: null, screen: { w, h }, view: { scale, x: MARGIN * scale, y: MARGIN * scale } };
}

/** The whole graph as it is open now, as fine as a browser can make it. @param {Still} still @returns {Promise<Blob>} */
export async function pngOf(still) {
  const width = still.root.width + 2 * MARGIN, height = still.root.height + 2 * MARGIN;
  const scale = Math.min(FINEST, LARGEST_SIDE / width, LARGEST_SIDE / height, Math.sqrt(LARGEST_AREA / (width * height)));
  const picture = whole(still, scale), canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.screen.w));
  canvas.height = Math.max(1, Math.round(picture.screen.h));
  drawGraph(/** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), picture);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser could not make a picture of this size"))), "image/png"));
}

/** @param {Still} still @param {string} title @returns {Blob} */
export function svgOf(still, title) {
  const measuring = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  const pen = new SvgPen((text, font) => {
    measuring.font = font;
    return measuring.measureText(text).width;
  });
  const picture = whole(still, SVG_SCALE);
  drawGraph(/** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (pen)), picture);
  return new Blob([pen.file(picture.screen.w, picture.screen.h, title)], { type: "image/svg+xml" });
}

/**
 * @param {HTMLElement} root the popover with a button for each format
 * @param {{still: () => Still | null, name: () => string}} page
 * @param {AbortSignal} signal
 */
export function startExports(root, { still, name }, signal) {
  root.addEventListener("click", async (event) => {
    const format = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-export]"))?.dataset.export;
    const picture = still();
    if (!format || !picture) return;
    root.hidePopover();
    const title = name();
    const blob = format === "png" ? await pngOf(picture) : format === "svg" ? svgOf(picture, title) : new Blob([costCsv(picture.hierarchy)], { type: "text/csv" });
    saveBlob(blob, `${title.replace(/[^\p{L}\p{N}._-]+/gu, "_") || "graph"}.${format}`);
  }, { signal });
}
