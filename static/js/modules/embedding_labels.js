/** What is written over points: the one under the pointer, the chosen one, its neighbours, matches, or as many as there is room for. */

import { token } from "../theme.js";

/** @import { EmbeddingView } from "./embedding_view.js" */

const MOST = 400, SOME = 60; // labels at once: of all points, of matches
const LINE_PX = 14, CELL_PX = 12;
const MAX_LETTERS = 40;

/** Rings around what is chosen and pointed at. @param {CanvasRenderingContext2D} ctx in CSS px @param {EmbeddingView} view @param {number} scale px a unit of size at distance 1 */
export function drawRings(ctx, view, scale) {
  const { look: { chosen }, hovered, frame } = view, screen = view.projected();
  for (const [point, colour] of /** @type {[number | null, string][]} */ ([[hovered, token("--color-ink")], [chosen, token("--color-accent")]])) {
    if (point === null || !view.sizes[point] || !(screen[3 * point] === screen[3 * point])) continue;
    const r = Math.max(4, (view.sizes[point] * scale) / screen[3 * point + 2] / 2) + 3;
    ctx.beginPath();
    ctx.arc(screen[3 * point], screen[3 * point + 1], r, 0, 2 * Math.PI);
    ctx.lineWidth = 4;
    ctx.strokeStyle = token("--color-ground");
    ctx.stroke();
    ctx.lineWidth = 2;
    ctx.strokeStyle = colour;
    ctx.stroke();
  }
  if (!frame) return;
  ctx.strokeStyle = token("--chart-zoom");
  ctx.lineWidth = 1;
  ctx.strokeRect(frame.x + 0.5, frame.y + 0.5, frame.w, frame.h);
}

/** The first ones of the list win the room. @param {CanvasRenderingContext2D} ctx @param {EmbeddingView} view */
export function drawLabels(ctx, view) {
  const { look: { chosen, near, hits, labels, isolated }, hovered } = view, screen = view.projected();
  const wanted = [hovered, chosen, ...near.slice(0, SOME), ...[...hits ?? isolated ?? []].slice(0, SOME)].filter((one) => one !== null);
  if (labels) for (let i = 0, by = Math.max(1, Math.floor(view.count / 4000)); i < view.count; i += by) wanted.push(i);
  const { width, height } = { width: view.canvas.clientWidth, height: view.canvas.clientHeight };
  /** Cells of the canvas that are written on. */
  const taken = new Set();
  const seen = new Set();
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  for (const point of wanted) {
    if (seen.has(point)) continue;
    seen.add(point);
    const x = screen[3 * point], y = screen[3 * point + 1], isStrong = point === hovered || point === chosen;
    if (!view.sizes[point] || !(x >= 0 && x < width && y >= 0 && y < height)) continue;
    const text = short(view.label(point));
    if (!text) continue;
    ctx.font = `${isStrong ? 600 : 400} 11px ${token("--font-ui")}`;
    const wide = ctx.measureText(text).width, gap = isStrong ? 13 : 8, left = x + gap + wide > width ? x - gap - wide : x + gap;
    const cells = cellsOf(left, y - LINE_PX / 2, wide, LINE_PX);
    if (!isStrong && cells.some((cell) => taken.has(cell))) continue;
    for (const cell of cells) taken.add(cell);
    ctx.lineWidth = 3.5;
    ctx.strokeStyle = token("--color-ground");
    ctx.strokeText(text, left, y);
    ctx.fillStyle = token(isStrong ? "--color-ink" : "--color-ink-2");
    ctx.fillText(text, left, y);
    if (seen.size > MOST * 10 || taken.size > MOST * 20) break;
  }
}

/** @param {string} text */
const short = (text) => (text.length > MAX_LETTERS ? `${text.slice(0, MAX_LETTERS - 1)}…` : text);

/** @param {number} x @param {number} y @param {number} w @param {number} h */
function cellsOf(x, y, w, h) {
  const found = [];
  for (let i = Math.floor(x / CELL_PX); i <= Math.floor((x + w) / CELL_PX); i++)
    for (let j = Math.floor(y / CELL_PX); j <= Math.floor((y + h) / CELL_PX); j++) found.push(i * 4096 + j);
  return found;
}
