/** Where one looks at the graph: scale and offset, moved at once or smoothly. */

/** @import {Rect, View} from "./graph_types.js" */

export const MIN_SCALE = 0.002, MAX_SCALE = 4;
const READABLE = 0.75; // below this scale the smaller letters can no longer be read
const LARGEST = 1.1;
const MARGIN = 30;
const COARSEST = 0.085; // scale at which the names of larger blocks still find room
const TOP = 44; // room for the breadcrumb

/** @param {number} scale */
const clamped = (scale) => Math.max(MIN_SCALE, Math.min(MAX_SCALE, scale));

/** Whole graph in sight. @param {Rect} rect @param {{w: number, h: number}} screen @returns {View} */
export function fitView(rect, screen) {
  const scale = clamped(Math.min(LARGEST, (screen.w - 2 * MARGIN) / rect.w, (screen.h - TOP - MARGIN) / rect.h));
  return { scale, x: screen.w / 2 - (rect.x + rect.w / 2) * scale, y: TOP + Math.max(0, (screen.h - TOP - MARGIN - rect.h * scale) / 2) - rect.y * scale };
}

/**
 * As much in sight as can be read: a long graph starts at its top, a wide one in its middle.
 * @param {Rect} rect @param {{w: number, h: number}} screen @param {boolean} [isAcross] @returns {View}
 */
export function readableView(rect, screen, isAcross = false) {
  const fitted = fitView(rect, screen);
  if (fitted.scale >= READABLE) return fitted;
  if (isAcross) {
    const scale = Math.max(READABLE, Math.min(1, (screen.h - TOP - MARGIN) / rect.h)), isTall = rect.h * scale > screen.h - TOP;
    return { scale, x: MARGIN - rect.x * scale, y: isTall ? TOP - rect.y * scale : (screen.h - rect.h * scale) / 2 - rect.y * scale };
  }
  const scale = Math.max(READABLE, Math.min(1, (screen.w - 2 * MARGIN) / rect.w));
  return { scale, x: screen.w / 2 - (rect.x + rect.w / 2) * scale, y: rect.h * scale > screen.h - TOP ? TOP - rect.y * scale : fitted.y };
}

/** The whole graph, as long as its larger blocks can be told apart; else its upper left part at that scale. @param {Rect} rect @param {{w: number, h: number}} screen @returns {View} */
export function overviewOf(rect, screen) {
  const fitted = fitView(rect, screen);
  if (fitted.scale >= COARSEST) return fitted;
  const across = (screen.w - 2 * MARGIN) / rect.w, down = (screen.h - TOP - MARGIN) / rect.h;
  const scale = Math.max(Math.min(COARSEST, Math.max(across, down)), fitted.scale);
  return { scale, x: across < down ? MARGIN - rect.x * scale : screen.w / 2 - (rect.x + rect.w / 2) * scale, y: TOP - rect.y * scale };
}

/** "120.5,-30,0.75": the place of the graph in the middle of the canvas, and the scale. @param {View} view @param {{w: number, h: number}} screen */
export function packLook({ scale, x, y }, screen) {
  const round = (/** @type {number} */ v) => Number(v.toPrecision(6));
  return [(screen.w / 2 - x) / scale, (screen.h / 2 - y) / scale, scale].map(round).join(",");
}

/** @param {string | null} text what packLook made @param {{w: number, h: number}} screen @returns {View | null} */
export function unpackLook(text, screen) {
  const numbers = (text ?? "").split(",").map(Number), [x, y, scale] = numbers;
  if (numbers.length !== 3 || !numbers.every(Number.isFinite) || scale < MIN_SCALE || scale > MAX_SCALE) return null;
  return { scale, x: screen.w / 2 - x * scale, y: screen.h / 2 - y * scale };
}

/** Moves the view no more than needed so that a rectangle is in sight, its top left part where it is too large. @param {View} view @param {Rect} rect @param {{w: number, h: number}} screen @returns {View} */
export function showRect(view, rect, screen) {
  const nudge = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ from, /** @type {number} */ to) => (high > to ? Math.max(to - high, from - low) : low < from ? from - low : 0);
  const scale = view.scale;
  const left = rect.x * scale + view.x, top = rect.y * scale + view.y;
  const dx = nudge(left, left + rect.w * scale, MARGIN, screen.w - MARGIN);
  const dy = nudge(top, top + Math.min(rect.h * scale, screen.h), TOP, screen.h - MARGIN);
  const isBelow = top + rect.h * scale > screen.h && top < TOP;
  return { scale, x: view.x + (left < MARGIN && left + rect.w * scale > screen.w ? 0 : dx), y: view.y + (isBelow ? 0 : dy) };
}

/** @param {View} view @param {number} factor @param {number} px on the screen, stays where it is @param {number} py @returns {View} */
export function zoomAt(view, factor, px, py) {
  const scale = clamped(view.scale * factor), ratio = scale / view.scale;
  return { scale, x: px - (px - view.x) * ratio, y: py - (py - view.y) * ratio };
}

/** @param {View} a @param {View} b @param {number} t 0..1; the scale goes by ratio, so that zooming is even @returns {View} */
export function between(a, b, t) {
  if (a.scale === b.scale) return { scale: a.scale, x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t };
  const scale = a.scale * (b.scale / a.scale) ** t;
  // the point that keeps its place on the screen while a becomes b also keeps it on the way
  const share = (scale - a.scale) / (b.scale - a.scale);
  return { scale, x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}

/** cubic-bezier(.2, 0, 0, 1) is close to this; no need to solve a cubic a frame. @param {number} t */
export const ease = (t) => 1 - (1 - t) ** 3;
