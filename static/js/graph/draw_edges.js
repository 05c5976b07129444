/** Draws the edges of one group: curves from box to box, wide ones for large tensors, with their shapes where there is room. */
import { ADDED, REMOVED } from "./diff_marks.js";
import { touches } from "./scene.js";

/** @import {PlacedEdge, PlacedGroup} from "./graph_types.js" */
/** @import {Frame, Picture} from "./draw.js" */
/** @typedef {{edges: PlacedEdge[], width: number, colour: string, isDashed: boolean, alpha: number}} Strand edges that are drawn alike */

const STRAIGHT_BELOW = 0.3; // scale
const ARROWS_FROM = 0.3;
const ARROW = 5.5;
const SHAPES_FROM = 0.98; // scale
const ASKED_SHAPES_FROM = 0.5;
const MANY = 160; // edges in one group: only those that are asked about get their shapes
const DIM = 0.22;

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Picture} picture
 * @param {PlacedGroup} group
 * @param {Frame} frame
 */
export function drawEdges(ctx, picture, group, frame) {
  const { ink, screen, selected, hovered, motion, hierarchy, trace } = picture;
  const scale = Math.min(frame.sx, frame.sy), { edgeIsControl, edgeMark } = hierarchy.columns;
  const [origin, unit, end, axis] = group.isAcross ? [frame.x, frame.sx, screen.w, 0] : [frame.y, frame.sy, screen.h, 1];
  /** @type {Map<number, Strand>} */
  const strands = new Map();
  /** @type {PlacedEdge[]} */
  const asked = [];
  /** @type {PlacedEdge[]} */
  const inSight = [];
  for (const edge of group.edges) {
    const { points } = edge, last = points.length - 2 + axis;
    const low = origin + Math.min(points[axis], points[last]) * unit, high = origin + Math.max(points[axis], points[last]) * unit;
    if (high < 0 || low > end || high - low < 0.8) continue;
    inSight.push(edge);
    const isLit = !!trace && isOnTheWay(picture, edge);
    const isAsked = (selected > 0 && touches(edge, selected) && (!trace || isLit)) || (hovered > 0 && touches(edge, hovered));
    if (isAsked) {
      asked.push(edge);
      continue;
    }
    const isControl = edge.edge >= 0 && edgeIsControl[edge.edge] > 0, mark = edgeMark && edge.edge >= 0 ? edgeMark[edge.edge] : 0;
    const width = isControl ? 1 : Math.round(picture.edgeWidth(edge.edge) * 2) / 2;
    const key = width * 64 + mark * 8 + (isControl ? 4 : 0) + (isLit ? 2 : trace ? 1 : 0);
    const strand = strands.get(key);
    if (strand) strand.edges.push(edge);
    else strands.set(key, { edges: [edge], width, colour: isLit ? ink.accent : mark === ADDED ? ink.better : mark === REMOVED ? ink.worse : ink.edge, isDashed: isControl || mark === REMOVED, alpha: trace && !isLit ? DIM : 1 });
  }
  ctx.lineJoin = ctx.lineCap = "round";
  const fade = motion && !motion.places.has(group.group) ? motion.t : 1;
  for (const strand of strands.values()) {
    ctx.globalAlpha = fade * strand.alpha;
    if (strand.isDashed) ctx.setLineDash([3 * scale, 3 * scale]);
    strokeEdges(ctx, strand.edges, frame, scale, strand.colour, strand.width, group.isAcross);
    if (strand.isDashed) ctx.setLineDash([]);
  }
  ctx.globalAlpha = fade;
  for (const edge of asked) strokeEdges(ctx, [edge], frame, scale, ink.accent, picture.edgeWidth(edge.edge), group.isAcross);
  ctx.globalAlpha = 1;
  if (motion || scale < ASKED_SHAPES_FROM) return;
  drawShapes(ctx, picture, group, scale < SHAPES_FROM || inSight.length > MANY ? asked : asked.length ? [...asked, ...inSight.filter((edge) => !asked.includes(edge))] : inSight, frame, scale);
}

/** Is the edge part of what is traced? */
function isOnTheWay(/** @type {Picture} */ { trace, hierarchy: h }, /** @type {PlacedEdge} */ { from, to }) {
  if (!trace) return false;
  return from < 0 ? trace.enters.has(to) : to < 0 ? trace.leaves.has(from) : trace.pairs.has(from * h.itemCount + to);
}

function strokeEdges(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {PlacedEdge[]} */ edges, /** @type {Frame} */ frame, /** @type {number} */ scale, /** @type {string} */ colour, /** @type {number} */ width, /** @type {boolean} */ isAcross) {
  const line = Math.max(0.5, width * Math.min(1, scale * 1.2));
  const hasArrows = scale >= ARROWS_FROM;
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = line;
  ctx.beginPath();
  for (const { points, to } of edges) tracePath(ctx, points, frame, scale < STRAIGHT_BELOW, hasArrows && to >= 0 ? ARROW * scale : 0, isAcross);
  ctx.stroke();
  if (!hasArrows) return;
  const half = (3.5 + width / 2) * scale, axis = isAcross ? 0 : 1;
  ctx.beginPath();
  for (const { points, to } of edges) {
    if (to < 0) continue;
    const x = frame.x + points[points.length - 2] * frame.sx, y = frame.y + points[points.length - 1] * frame.sy;
    const isBack = points[points.length - 2 + axis] < points[points.length - 4 + axis];
    const back = (isBack ? 1 : -1) * ARROW * scale;
    if (isAcross) {
      ctx.moveTo(x + back, y - half);
      ctx.lineTo(x + back, y + half);
    } else {
      ctx.moveTo(x - half, y + back);
      ctx.lineTo(x + half, y + back);
    }
    ctx.lineTo(x, y);
    ctx.closePath();
  }
  ctx.fill();
}

/** One edge into the path: level and upright pieces straight, others as an S in the direction of the edges. */
function tracePath(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Float64Array} */ points, /** @type {Frame} */ frame, /** @type {boolean} */ isStraight, /** @type {number} */ arrow, /** @type {boolean} */ isAcross) {
  const last = points.length - 2;
  let x0 = frame.x + points[0] * frame.sx, y0 = frame.y + points[1] * frame.sy;
  ctx.moveTo(x0, y0);
  for (let i = 2; i <= last; i += 2) {
    let x = frame.x + points[i] * frame.sx, y = frame.y + points[i + 1] * frame.sy;
    if (i === last && !isStraight) {
      if (isAcross) x -= tip(x - x0, arrow);
      else y -= tip(y - y0, arrow);
    }
    if (isStraight || Math.abs(x - x0) < 0.5 || Math.abs(y - y0) < 0.5) ctx.lineTo(x, y);
    else if (isAcross) ctx.bezierCurveTo((x0 + x) / 2, y0, (x0 + x) / 2, y, x, y);
    else ctx.bezierCurveTo(x0, (y0 + y) / 2, x, (y0 + y) / 2, x, y);
    x0 = x;
    y0 = y;
  }
}

/** How much of the last piece its arrow covers. */
const tip = (/** @type {number} */ length, /** @type {number} */ arrow) => Math.sign(length) * Math.min(arrow, Math.abs(length) / 2);

/** Shapes beside the edges, near their upper ends, each only where neither a box nor another shape stands. */
function drawShapes(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ { ink, edgeText, screen }, /** @type {PlacedGroup} */ group, /** @type {PlacedEdge[]} */ edges, /** @type {Frame} */ frame, /** @type {number} */ scale) {
  if (!edges.length) return;
  const size = 10 * Math.max(1, scale);
  /** @type {{x: number, y: number, w: number}[]} */
  const taken = [];
  ctx.font = `${size}px ${ink.font}`;
  ctx.textAlign = "left";
  ctx.lineWidth = 3;
  for (const edge of edges) {
    const { points } = edge;
    const x = frame.x + ((points[0] + points[2]) / 2) * frame.sx + (group.isAcross ? -12 * scale : 6), y = frame.y + ((points[1] + points[3]) / 2) * frame.sy + (group.isAcross ? -5 : 3);
    if (x > screen.w || y < 0 || y > screen.h + size) continue;
    const text = edgeText(edge.edge) + (edge.count > 1 ? `  ×${edge.count}` : "");
    if (!text) continue;
    const w = ctx.measureText(text).width;
    if (x + w < 0 || taken.some((other) => Math.abs(other.y - y) < size * 1.2 && x < other.x + other.w && other.x < x + w)) continue;
    if (isOverBox(group, (x - frame.x) / frame.sx, (y - size - frame.y) / frame.sy, w / frame.sx, size / frame.sy)) continue;
    taken.push({ x, y, w });
    ctx.strokeStyle = ink.box;
    ctx.strokeText(text, x, y);
    ctx.fillStyle = ink.inkFaint;
    ctx.fillText(text, x, y);
  }
}

function isOverBox(/** @type {PlacedGroup} */ group, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h) {
  for (let i = 0; i < group.items.length; i++) if (x < group.x[i] + group.w[i] && group.x[i] < x + w && y < group.y[i] + group.h[i] - 1 && group.y[i] + 1 < y + h) return true;
  return x + w > group.width;
}
