/** The one hover table of the page: beside the pointer, flipped and clamped, it never leaves the screen and never catches the pointer. */

import { el, pathName } from "../dom.js";
import { clock, duration, fileTail, splitName, step, value } from "../format.js";

/** @import { ChartChoices, Notice } from "../types.d.ts" */
/**
 * @typedef {{
 *   run: string, line: string, colour: string, dash: 0 | 1, raw: number, smooth: number, at: number, distance: number,
 *   step: string, wallTime: number, relative: number, isExact: boolean, tag: string, far: number, band: {low: number, high: number, runs: number, members: number} | null, isRight: boolean, names: string[], margin: {low: number, high: number} | null,
 * }} HoverRow `distance` up or down, `far` in all directions, px; `step` and times are empty and NaN until the server has said them
 */

const GAP = 18, EDGE = 8, ROW = 21, MOST = 12;

/** Made on first use, at the end of the page or of the open dialog (which lies above all else). */
function table() {
  const home = document.querySelector("dialog[open]") ?? document.body;
  let box = /** @type {HTMLElement | null} */ (home.querySelector(":scope > .hover-table"));
  if (!box) home.append((box = el("div", { class: "hover-table", hidden: true })));
  return box;
}

export function hideHover() {
  for (const box of document.querySelectorAll(".hover-table")) /** @type {HTMLElement} */ (box).hidden = true;
}

/** How many rows fit. */
export const rowLimit = () => Math.max(3, Math.min(MOST, Math.floor((innerHeight - 90) / ROW)));

/** x as the axis has it. @param {string} axis @param {number} x */
export const xLabel = (axis, x) => (axis === "relative" ? duration(x) : axis === "wall" ? clock(x).slice(5) : axis === "scalar" ? value(x, 5) : step(x));

/** @type {Record<ChartChoices["hoverOrder"], (a: HoverRow, b: HoverRow) => number>} */
const ORDERS = {
  nearest: (a, b) => a.far - b.far,
  y: (a, b) => a.distance - b.distance,
  highest: (a, b) => (Number.isFinite(b.smooth) ? b.smooth : -Infinity) - (Number.isFinite(a.smooth) ? a.smooth : -Infinity),
  lowest: (a, b) => (Number.isFinite(a.smooth) ? a.smooth : Infinity) - (Number.isFinite(b.smooth) ? b.smooth : Infinity),
  name: (a, b) => a.run.localeCompare(b.run, undefined, { numeric: true }),
};

/** @param {HoverRow} first @param {string} axis @param {string | null} xTag */
function title(first, axis, xTag) {
  if (axis === "scalar") return [`${splitName(xTag ?? "")[1]} ${value(first.at, 5)}`, first.step && `step ${step(first.step)}`].filter(Boolean).join(", ");
  if (axis === "ordinal") return `point ${step(first.at)}`;
  const at = first.step ? step(first.step) : axis === "step" ? step(first.at) : "";
  const after = Number.isFinite(first.relative) ? first.relative : axis === "relative" ? first.at : NaN;
  return [at && `step ${at}`, Number.isFinite(after) && `after ${duration(after)}`, axis === "wall" && clock(Number.isFinite(first.wallTime) ? first.wallTime : first.at)].filter(Boolean).join(", ");
}

/**
 * @param {{x: number, y: number}} pointer @param {HoverRow[]} rows
 * @param {{axis: string, xTag: string | null, order: ChartChoices["hoverOrder"], isSmoothed: boolean, notice: Notice | null, nameParts: (run: string) => [string, string]}} how `nameParts`: what a run is called
 */
export function showHover(pointer, rows, { axis, xTag, order, isSmoothed, notice, nameParts }) {
  const nearest = rows[0], shown = rows.slice(0, rowLimit()).sort(ORDERS[order]), hasBands = shown.some((row) => row.band), hasTags = new Set(rows.map((row) => row.tag)).size > 1, hasMargins = shown.some((row) => row.margin);
  const isUneven = (axis === "step" || axis === "scalar") && !hasBands && shown.some((row) => (row.step || String(row.at)) !== (nearest.step || String(nearest.at)));
  const isTimed = axis !== "ordinal" && !hasBands && shown.some((row) => Number.isFinite(row.wallTime)) && innerWidth > 700;
  const isSpread = isTimed && new Set(shown.map((row) => Math.round(row.relative))).size > 1;
  const head = el("tr", {}, el("th"), el("th", {}, title(nearest, axis, xTag)), isSmoothed && !hasBands && el("th", {}, "smoothed"), el("th", {}, hasBands ? "centre" : "value"),
    hasMargins && el("th", {}, "lower"), hasMargins && el("th", {}, "upper"), hasBands && el("th", {}, "low"), hasBands && el("th", {}, "high"), hasBands && el("th", {}, "runs"), isUneven && el("th", {}, "step"), isTimed && el("th", {}, "time"), isSpread && el("th", {}, "after"));
  const body = shown.map((row) => {
    const name = pathName(...nameParts(row.run));
    if (hasTags) name.append(el("span", { class: "count" }, `\u2002${row.tag}${row.isRight ? "\u202f→" : ""}`));
    if (row.line) name.append(el("span", { class: "count" }, `\u2002${fileTail(row.line)}`));
    return el("tr", { "data-nearest": row === nearest || null, "data-exact": row.isExact || null },
      el("td", {}, el("span", { class: "chip", "data-on": true, "data-shape": row.dash ? null : "dot", "data-dash": row.dash || null, vars: { "--run": row.colour } })),
      el("td", {}, name),
      isSmoothed && !hasBands && el("td", { class: "number" }, value(row.smooth, 5)),
      el("td", { class: Number.isFinite(row.raw) ? (isSmoothed && !hasBands ? "number quiet" : "number") : "number flag" }, value(row.raw, 5)),
      hasMargins && el("td", { class: "number quiet" }, row.margin ? value(row.margin.low, 5) : ""),
      hasMargins && el("td", { class: "number quiet" }, row.margin ? value(row.margin.high, 5) : ""),
      hasBands && el("td", { class: "number quiet" }, row.band ? value(row.band.low, 5) : ""),
      hasBands && el("td", { class: "number quiet" }, row.band ? value(row.band.high, 5) : ""),
      hasBands && el("td", { class: "number quiet" }, row.band ? `${row.band.runs} of ${row.band.members}` : ""),
      isUneven && el("td", { class: "number quiet" }, step(row.step || row.at)),
      isTimed && el("td", { class: "number quiet" }, Number.isFinite(row.wallTime) ? clock(row.wallTime).slice(5) : ""),
      isSpread && el("td", { class: "number quiet" }, Number.isFinite(row.relative) ? duration(row.relative) : ""));
  });
  const more = rows.length - shown.length;
  placeHover(pointer, el("table", {}, el("thead", {}, head), el("tbody", {}, ...body),
    more > 0 && el("tfoot", {}, el("tr", {}, el("td", { colspan: 11 }, `${more} more, the nearest are shown`)))),
  ...(notice ? [el("p", { class: "hover-notice" }, el("strong", {}, notice.title), ` ${notice.message}`, el("span", {}, notice.text))] : []));
}

/** Show something beside the pointer, inside the window. @param {{x: number, y: number}} pointer @param {...Node} content */
export function placeHover(pointer, ...content) {
  const box = table();
  box.replaceChildren(...content);
  box.hidden = false;
  const w = box.offsetWidth, h = box.offsetHeight;
  let x = pointer.x + GAP;
  if (x + w > innerWidth - EDGE) x = pointer.x - GAP - w;
  x = Math.max(EDGE, Math.min(x, innerWidth - w - EDGE));
  const y = Math.max(EDGE, Math.min(pointer.y - 28, innerHeight - h - EDGE));
  box.style.left = `${x}px`;
  box.style.top = `${y}px`;
}
