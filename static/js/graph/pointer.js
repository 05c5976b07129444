/** Mouse, pen and fingers on the canvas: pan, zoom, pick. */
import { zoomAt } from "./camera.js";

/** @import {View} from "./graph_types.js" */

/**
 * @typedef {object} Gestures
 * @property {() => View} view
 * @property {(view: View) => void} look
 * @property {(x: number, y: number) => void} click px in the canvas
 * @property {(x: number, y: number) => void} doubleClick
 * @property {(x: number | null, y: number) => void} hover null: the pointer left
 */

const STILL = 4; // px that a click may move
const LINE = 16; // px of a line, where the wheel counts lines
const WHEEL = 0.0015, PINCH = 0.01; // zoom a px

/**
 * @param {HTMLElement} element
 * @param {Gestures} gestures
 * @param {AbortSignal} signal
 */
export function listenToPointer(element, gestures, signal) {
  /** @type {Map<number, {x: number, y: number}>} */
  const down = new Map();
  let moved = 0;
  const at = (/** @type {MouseEvent} */ event) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const middle = () => {
    let x = 0, y = 0;
    for (const point of down.values()) {
      x += point.x / down.size;
      y += point.y / down.size;
    }
    let spread = 0;
    for (const point of down.values()) spread += Math.hypot(point.x - x, point.y - y);
    return { x, y, spread };
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (!down.size) moved = 0;
    down.set(event.pointerId, at(event));
    element.setPointerCapture(event.pointerId);
  }, { signal });

  element.addEventListener("pointermove", (event) => {
    const point = at(event);
    if (!down.has(event.pointerId)) return gestures.hover(point.x, point.y);
    const before = middle();
    down.set(event.pointerId, point);
    const after = middle();
    moved += Math.hypot(after.x - before.x, after.y - before.y);
    if (moved < STILL && down.size === 1) return;
    let view = gestures.view();
    view = { scale: view.scale, x: view.x + after.x - before.x, y: view.y + after.y - before.y };
    if (down.size > 1 && before.spread > 0) {
      moved = STILL;
      view = zoomAt(view, after.spread / before.spread, after.x, after.y);
    }
    element.dataset.dragging = "";
    gestures.look(view);
  }, { signal });

  const release = (/** @type {PointerEvent} */ event) => {
    down.delete(event.pointerId);
    if (!down.size) delete element.dataset.dragging;
  };
  element.addEventListener("pointerup", release, { signal });
  element.addEventListener("pointercancel", release, { signal });
  element.addEventListener("pointerleave", () => { if (!down.size) gestures.hover(null, 0); }, { signal });

  element.addEventListener("click", (event) => {
    if (moved >= STILL) return;
    const point = at(event);
    // the second click of a double click must not undo the first
    if (event.detail > 1) gestures.doubleClick(point.x, point.y);
    else gestures.click(point.x, point.y);
  }, { signal });

  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    const point = at(event);
    const delta = event.deltaY * (event.deltaMode ? LINE : 1);
    gestures.look(zoomAt(gestures.view(), Math.exp(-delta * (event.ctrlKey ? PINCH : WHEEL)), point.x, point.y));
  }, { signal, passive: false });
}
