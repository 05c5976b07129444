/** Draws the edges of one group: curves from box to box, wide ones for large tensors, the shape on those that are asked about. */
import { touches } from "./scene.js";

/** @import {PlacedEdge, PlacedGroup} from "./graph_types.js" */
/** @import {Frame, Picture} from "./draw.js" */

const STRAIGHT_BELOW = 0.3; // scale
const ARROWS_FROM = 0.3;
const ARROW = 5.5;

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Picture} picture
 * @param {PlacedGroup} group
 * @param {Frame} frame
 */
export function drawEdges(ctx, picture, group, frame) {
  const { ink, screen, selected, hovered, motion, hierarchy } = picture;
  const scale = Math.min(frame.sx, frame.sy);
  /** @type {Map<number, PlacedEdge[]>} */
  const byWidth = new Map();
  /** @type {PlacedEdge[]} */
  const traced = [];
  for (const edge of group.edges) {
    const { points } = edge, last = points.length - 1;
    const top = frame.y + Math.min(points[1], points[last]) * frame.sy, bottom = frame.y + Math.max(points[1], points[last]) * frame.sy;
    if (bottom < 0 || top > screen.h || bottom - top < 0.8) continue;
    if ((selected && touches(edge, selected)) || (hovered && touches(edge, hovered))) {
      traced.push(edge);
      continue;
    }
    const isControl = edge.edge >= 0 && hierarchy.columns.edgeIsControl[edge.edge];
    const width = isControl ? -1 : Math.round(picture.edgeWidth(edge.edge) * 2) / 2;
    const same = byWidth.get(width);
    if (same) same.push(edge);
    else byWidth.set(width, [edge]);
  }
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.globalAlpha = motion && !motion.places.has(group.group) ? motion.t : 1;
  for (const [width, edges] of byWidth) {
    if (width < 0) ctx.setLineDash([3 * scale, 3 * scale]);
    strokeEdges(ctx, edges, frame, scale, ink.edge, Math.abs(width));
    ctx.setLineDash([]);
  }
  for (const edge of traced) strokeEdges(ctx, [edge], frame, scale, ink.accent, picture.edgeWidth(edge.edge));
  ctx.globalAlpha = 1;
  if (scale > 0.5 && !motion) drawShapes(ctx, picture, traced, frame, scale);
}

function strokeEdges(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {PlacedEdge[]} */ edges, /** @type {Frame} */ frame, /** @type {number} */ scale, /** @type {string} */ colour, /** @type {number} */ width) {
  const line = Math.max(0.5, width * Math.min(1, scale * 1.2));
  const hasArrows = scale >= ARROWS_FROM;
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = line;
  ctx.beginPath();
  for (const { points, to } of edges) trace(ctx, points, frame, scale < STRAIGHT_BELOW, hasArrows && to >= 0 ? ARROW * scale : 0);
  ctx.stroke();
  if (!hasArrows) return;
  const half = (3.5 + width / 2) * scale;
  ctx.beginPath();
  for (const { points, to } of edges) {
    if (to < 0) continue;
    const x = frame.x + points[points.length - 2] * frame.sx, y = frame.y + points[points.length - 1] * frame.sy;
    const isUp = points[points.length - 1] < points[points.length - 3];
    const back = (isUp ? 1 : -1) * ARROW * scale;
    ctx.moveTo(x - half, y + back);
    ctx.lineTo(x + half, y + back);
    ctx.lineTo(x, y);
    ctx.closePath();
  }
  ctx.fill();
}

/** One edge into the path: level and upright pieces straight, others as an S. */
function trace(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Float64Array} */ points, /** @type {Frame} */ frame, /** @type {boolean} */ isStraight, /** @type {number} */ arrow) {
  const last = points.length - 2;
  let x0 = frame.x + points[0] * frame.sx, y0 = frame.y + points[1] * frame.sy;
  ctx.moveTo(x0, y0);
  if (isStraight) {
    for (let i = 2; i <= last; i += 2) ctx.lineTo(frame.x + points[i] * frame.sx, frame.y + points[i + 1] * frame.sy);
    return;
  }
  for (let i = 2; i <= last; i += 2) {
    const x = frame.x + points[i] * frame.sx;
    let y = frame.y + points[i + 1] * frame.sy;
    if (i === last) y -= Math.sign(y - y0) * Math.min(arrow, Math.abs(y - y0) / 2);
    if (Math.abs(x - x0) < 0.5 || Math.abs(y - y0) < 0.5) ctx.lineTo(x, y);
    else {
      const middle = (y0 + y) / 2;
      ctx.bezierCurveTo(x0, middle, x, middle, x, y);
    }
    x0 = x;
    y0 = y;
  }
}

/** Shapes beside the traced edges, near their upper ends, each only where no other stands. */
function drawShapes(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ { ink, edgeText }, /** @type {PlacedEdge[]} */ edges, /** @type {Frame} */ frame, /** @type {number} */ scale) {
  /** @type {{x: number, y: number, w: number}[]} */
  const taken = [];
  ctx.font = `${10 * Math.max(1, scale)}px ${ink.font}`;
  ctx.textAlign = "left";
  ctx.lineWidth = 3;
  for (const edge of edges) {
    const text = edgeText(edge.edge) + (edge.count > 1 ? `  ×${edge.count}` : "");
    if (!text) continue;
    const { points } = edge, w = ctx.measureText(text).width;
    const x = frame.x + ((points[0] + points[2]) / 2) * frame.sx + 7, y = frame.y + ((points[1] + points[3]) / 2) * frame.sy + 3;
    if (taken.some((other) => Math.abs(other.y - y) < 12 && x < other.x + other.w && other.x < x + w)) continue;
    taken.push({ x, y, w });
    ctx.strokeStyle = ink.box;
    ctx.strokeText(text, x, y);
    ctx.fillStyle = ink.inkFaint;
    ctx.fillText(text, x, y);
  }
}
