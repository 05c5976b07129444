/** Draws what is laid out on a canvas: only what is in sight, and no more detail than can be seen. */
import { drawEdges } from "./draw_edges.js";
import { HEAD_HEIGHT } from "./labels.js";
import { isBlock } from "./names.js";
import { showsInside } from "./scene.js";

/** @import {Hierarchy, Paint, PlacedGroup, Rect, View} from "./graph_types.js" */
/** @import {Labels} from "./labels.js" */
/** @import {Palette} from "./colour.js" */
/** @import {Trace} from "./trace.js" */

/**
 * @typedef {object} Ink colours of the theme
 * @property {string} ground
 * @property {string} box
 * @property {string} boxDeep
 * @property {string} stroke
 * @property {string} strokeStrong
 * @property {string} edge
 * @property {string} accent
 * @property {string} focus
 * @property {string} ink
 * @property {string} inkSoft
 * @property {string} inkFaint
 * @property {string} better added
 * @property {string} worse removed
 * @property {string} font
 */

/**
 * @typedef {object} Picture everything that a frame is drawn from
 * @property {Hierarchy} hierarchy
 * @property {PlacedGroup} root
 * @property {Labels} labels
 * @property {Palette} palette
 * @property {Ink} ink
 * @property {View} view
 * @property {{w: number, h: number}} screen CSS px
 * @property {number} selected item, 0 for none
 * @property {number} hovered
 * @property {boolean} isFocused the canvas has the keyboard
 * @property {Trace | null} trace what is lit while the rest is faint
 * @property {(edge: number) => number} edgeWidth px
 * @property {(edge: number) => string} edgeText shape on an edge
 * @property {{places: Map<number, Rect>, t: number} | null} motion where items were on the screen, and how far the way is done
 */

const TEXT_FROM = 0.62; // below this scale a title has its own size, and only where it fits
const SMALL_TITLE = 10.5; // px on the screen
const SMALLEST = 1.2; // px: lower and narrower boxes are left out
const SPECK = 6; // px high
const DIM = 0.28; // of what is not on the way that is traced
const NOTES_FROM = 0.34; // scale

/**
 * @param {CanvasRenderingContext2D} ctx already scaled to CSS px
 * @param {Picture} picture
 * @returns {number} boxes drawn
 */
export function drawGraph(ctx, picture) {
  const { view, screen, root, ink } = picture;
  ctx.fillStyle = ink.ground;
  ctx.fillRect(0, 0, screen.w, screen.h);
  ctx.textBaseline = "alphabetic";
  const frame = { x: view.x, y: view.y, sx: view.scale, sy: view.scale };
  return drawInside(ctx, picture, root, frame, 0, NOWHERE);
}

/** @typedef {{right: number, bottom: number}} Taken screen px up to which the name of a block around takes the top left corner */
/** @type {Taken} */
const NOWHERE = { right: -Infinity, bottom: -Infinity };

/** @typedef {{x: number, y: number, sx: number, sy: number}} Frame screen px of a group's corner, px per unit (differs across and down while a block opens) */

/** @returns {number} boxes drawn */
function drawInside(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ picture, /** @type {PlacedGroup} */ group, /** @type {Frame} */ frame, /** @type {number} */ depth, /** @type {Taken} */ taken) {
  const { screen, ink } = picture;
  let drawn = 0;
  ctx.strokeStyle = ink.stroke;
  ctx.lineWidth = 1;
  for (const [x, y, w, h] of group.bundles) {
    ctx.setLineDash([3, 3]);
    roundRect(ctx, frame.x + x * frame.sx, frame.y + y * frame.sy, w * frame.sx, h * frame.sy, 8 * frame.sx);
    ctx.stroke();
    ctx.setLineDash([]);
  }
  drawEdges(ctx, picture, group, frame);
  for (let i = 0; i < group.items.length; i++) {
    const item = group.items[i];
    const box = place(picture, item, frame.x + group.x[i] * frame.sx, frame.y + group.y[i] * frame.sy, group.w[i] * frame.sx, group.h[i] * frame.sy);
    if (box.x > screen.w || box.y > screen.h || box.x + box.w < -10 || box.y + box.h < -10 || (box.w < SMALLEST * 3 && box.h < SMALLEST)) continue;
    drawn++;
    const inner = showsInside(box.w, box.h) ? group.inner[i] : null;
    const isDim = picture.trace !== null && !picture.trace.lit[item];
    if (!inner) {
      if (isDim) ctx.globalAlpha = DIM;
      if (box.h < SPECK && item !== picture.selected) drawSpeck(ctx, picture, item, box);
      else drawClosed(ctx, picture, item, box, group.w[i], isDim ? DIM : 1);
      if (isDim) ctx.globalAlpha = 1;
      continue;
    }
    const own = drawOpen(ctx, picture, item, box, inner, depth, taken);
    drawn += drawInside(ctx, picture, inner, { x: box.x, y: box.y, sx: box.w / inner.width, sy: box.h / inner.height }, depth + 1, own);
    if (own !== taken) drawMapLabel(ctx, picture, item, box);
  }
  return drawn;
}

/** Where an item is now, on the screen: between its old and its new place while something opens. @returns {Rect} */
function place(/** @type {Picture} */ { motion }, /** @type {number} */ item, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h) {
  const old = motion?.places.get(item);
  if (!motion || !old) return { x, y, w, h };
  const { t } = motion, rest = 1 - t;
  return { x: old.x * rest + x * t, y: old.y * rest + y * t, w: old.w * rest + w * t, h: old.h * rest + h * t };
}

/** A box too low for letters and round corners. */
function drawSpeck(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ { palette, ink }, /** @type {number} */ item, /** @type {Rect} */ box) {
  ctx.fillStyle = palette.of(item).fill;
  ctx.fillRect(box.x, box.y, Math.max(1, box.w), Math.max(1, box.h));
  if (box.h < 2 || box.w < 2) return;
  ctx.strokeStyle = ink.stroke;
  ctx.lineWidth = 0.5;
  ctx.strokeRect(box.x, box.y, box.w, box.h);
}

function outline(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ { ink, selected, hovered, isFocused }, /** @type {number} */ item) {
  const isSelected = item === selected;
  ctx.strokeStyle = isSelected ? (isFocused ? ink.focus : ink.accent) : item === hovered ? ink.strokeStrong : ink.stroke;
  ctx.lineWidth = isSelected ? 2 : 1;
  ctx.stroke();
}

function drawClosed(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ picture, /** @type {number} */ item, /** @type {Rect} */ box, /** @type {number} */ width, /** @type {number} */ alpha) {
  const { hierarchy: h, labels, palette } = picture;
  const scale = box.w / width, label = labels.of(item), paint = palette.of(item);
  const radius = label.isOp ? box.h / 2 : 6 * scale;
  ctx.fillStyle = paint.fill;
  if (h.repeat[item]) {
    ctx.globalAlpha = 0.6 * alpha;
    for (const offset of [8, 4]) {
      roundRect(ctx, box.x + offset * scale, box.y + offset * scale, box.w, box.h, radius);
      ctx.fill();
      ctx.strokeStyle = picture.ink.stroke;
      ctx.lineWidth = 1;
      if (scale > 0.15) ctx.stroke();
    }
    ctx.globalAlpha = alpha;
  }
  roundRect(ctx, box.x, box.y, box.w, box.h, radius);
  ctx.fill();
  if (paint.stripes) drawStripes(ctx, paint.stripes, box, radius);
  outline(ctx, picture, item);
  const note = scale > NOTES_FROM ? palette.note(item) : "";
  if (note) drawNote(ctx, picture, note, box, scale);
  if (scale < TEXT_FROM) {
    const isNumber = label.subtitle && /^\d+$/.test(label.title); // the class says more
    drawSmallTitle(ctx, picture, isNumber ? label.subtitle : label.title, isNumber ? label.subtitleWidth * 1.15 : label.titleWidth, label.isOp, box, paint);
  } else if (label.isOp) {
    ctx.fillStyle = h.macs[item] ? paint.ink : paint.inkSoft;
    ctx.font = `${11 * scale}px ${picture.ink.font}`;
    ctx.textAlign = "center";
    ctx.fillText(label.title, box.x + box.w / 2, box.y + box.h / 2 + 4 * scale);
  } else {
    const canOpen = isBlock(h, item);
    const left = box.x + (canOpen ? 24 : 12) * scale;
    const line = label.costs ? box.y + 17 * scale : box.y + box.h / 2 + 4 * scale;
    if (canOpen) chevron(ctx, box.x + 13 * scale, line - 4 * scale, scale, false, paint.ink);
    drawTitle(ctx, picture, item, left, line, scale, paint);
    if (label.costs) {
      ctx.fillStyle = paint.inkSoft;
      ctx.fillText(label.costs, left, box.y + 32 * scale);
    }
  }
}

/** A block that holds several: their colours side by side, each as broad as its share. */
function drawStripes(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {{fill: string, share: number}[]} */ stripes, /** @type {Rect} */ box, /** @type {number} */ radius) {
  ctx.save();
  roundRect(ctx, box.x, box.y, box.w, box.h, radius);
  ctx.clip();
  let x = box.x;
  for (const { fill, share } of stripes) {
    ctx.fillStyle = fill;
    ctx.fillRect(x, box.y, box.w * share + 1, box.h);
    x += box.w * share;
  }
  ctx.restore();
  roundRect(ctx, box.x, box.y, box.w, box.h, radius);
}

/** A few words on the upper right edge of a box. */
function drawNote(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ { ink }, /** @type {string} */ text, /** @type {Rect} */ box, /** @type {number} */ scale) {
  const size = Math.max(8.5, 10 * Math.min(1.4, scale));
  ctx.font = `600 ${size}px ${ink.font}`;
  const w = ctx.measureText(text).width + size * 0.9, h = size * 1.45, x = box.x + box.w - w + 4 * scale, y = box.y - h * 0.74;
  if (w > box.w + 40) return;
  ctx.fillStyle = ink.ground;
  ctx.strokeStyle = ink.stroke;
  ctx.lineWidth = 1;
  roundRect(ctx, x, y, w, h, h / 2);
  ctx.fill();
  ctx.stroke();
  ctx.fillStyle = ink.ink;
  ctx.textAlign = "center";
  ctx.fillText(text, x + w / 2, y + h / 2 + size * 0.36);
}

/** Box and head of an open block. @returns {Taken} a new one if its name is to be written over it, once its inside is drawn */
function drawOpen(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ picture, /** @type {number} */ item, /** @type {Rect} */ box, /** @type {PlacedGroup} */ inner, /** @type {number} */ depth, /** @type {Taken} */ taken) {
  const { labels, palette, ink } = picture;
  const scale = box.w / inner.width;
  ctx.fillStyle = palette.open(item) ?? (depth % 2 ? ink.boxDeep : ink.box);
  roundRect(ctx, box.x, box.y, box.w, box.h, Math.min(7, 7 * scale));
  ctx.fill();
  outline(ctx, picture, item);
  if (HEAD_HEIGHT * scale < 12) {
    const width = labels.of(item).titleWidth + 12;
    const hasRoom = box.h > 40 && box.w > width + 4 && (box.y >= taken.bottom || box.x >= taken.right);
    return hasRoom ? { right: Math.max(box.x, 0) + width, bottom: Math.max(box.y, 0) + 18 } : taken;
  }
  const label = labels.of(item);
  chevron(ctx, box.x + 14 * scale, box.y + 15 * scale, scale, true, palette.plain.ink);
  drawTitle(ctx, picture, item, box.x + 26 * scale, box.y + 19 * scale, scale, palette.plain);
  if (label.costs) {
    ctx.textAlign = "right";
    ctx.fillStyle = ink.inkSoft;
    ctx.fillText(label.costs, box.x + box.w - 12 * scale, box.y + 19 * scale);
  }
  const note = palette.note(item);
  if (note) drawNote(ctx, picture, note, box, scale);
  return taken;
}

/** Title, strong, and class beside it; leaves the font of the class. */
function drawTitle(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ picture, /** @type {number} */ item, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ scale, /** @type {Paint} */ paint) {
  const label = picture.labels.of(item);
  ctx.textAlign = "left";
  ctx.fillStyle = paint.ink;
  ctx.font = `600 ${12 * scale}px ${picture.ink.font}`;
  ctx.fillText(label.title, x, y);
  ctx.font = `${11 * scale}px ${picture.ink.font}`;
  if (label.subtitle) {
    ctx.fillStyle = paint.inkSoft;
    ctx.fillText(label.subtitle, x + (label.titleWidth + 6) * scale, y);
  }
}

/** From afar a title keeps its size as long as it fits its box. */
function drawSmallTitle(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ { ink }, /** @type {string} */ text, /** @type {number} */ width, /** @type {boolean} */ isOp, /** @type {Rect} */ box, /** @type {Paint} */ paint) {
  const size = Math.min(SMALL_TITLE, box.h * 0.8), px = (width * size) / (isOp ? 11 : 12);
  if (size < 7.5 || px > box.w - 4) return;
  ctx.fillStyle = isOp ? paint.inkSoft : paint.ink;
  ctx.font = `${isOp ? 400 : 600} ${size}px ${ink.font}`;
  ctx.textAlign = "center";
  ctx.fillText(text, box.x + box.w / 2, box.y + box.h / 2 + size * 0.36);
}

/** Name of a large open block seen from afar, over what is in it. */
function drawMapLabel(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {Picture} */ { ink, labels }, /** @type {number} */ item, /** @type {Rect} */ box) {
  const label = labels.of(item);
  const x = Math.max(box.x, 0) + 5, y = Math.max(box.y, 0) + 2;
  ctx.globalAlpha = 0.88;
  ctx.fillStyle = ink.ground;
  roundRect(ctx, x - 3, y - 1, (label.titleWidth * 10.5) / 12 + 6, 14, 3);
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.fillStyle = ink.ink;
  ctx.textAlign = "left";
  ctx.font = `600 10.5px ${ink.font}`;
  ctx.fillText(label.title, x, y + 10);
}

function chevron(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ scale, /** @type {boolean} */ isDown, /** @type {string} */ colour) {
  const a = 3.5 * scale, b = 1.8 * scale;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4 * Math.min(1.4, scale);
  ctx.beginPath();
  if (isDown) {
    ctx.moveTo(x - a, y - b);
    ctx.lineTo(x, y + b);
    ctx.lineTo(x + a, y - b);
  } else {
    ctx.moveTo(x - b, y - a);
    ctx.lineTo(x + b, y);
    ctx.lineTo(x - b, y + a);
  }
  ctx.stroke();
}

function roundRect(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h, /** @type {number} */ radius) {
  ctx.beginPath();
  ctx.roundRect(x, y, Math.max(0, w), Math.max(0, h), Math.max(0, Math.min(radius, w / 2, h / 2)));
}
