/** Hands on a scene: a drag turns it, with Shift or the other button moves it, the wheel and two fingers zoom, keys do all three. */

import { HOME, moved, turned, zoomed } from "./camera.js";

/** @import { Eye } from "./camera.js" */
/**
 * @typedef {object} Gestures
 * @property {(element: Element) => Eye} eye of one scene
 * @property {(element: Element, eye: Eye) => void} look
 * @property {() => boolean} isFlat a drag moves then
 * @property {boolean} isWheelShared the page scrolls by the wheel; with Ctrl the wheel zooms
 * @property {(element: Element, x: number, y: number, event: PointerEvent) => void} [click] px in the element
 * @property {(element: Element, event: PointerEvent) => boolean} [take] whether somebody else wants the drag
 */

const STILL_PX = 4, WHEEL = 0.0015, PINCH = 0.01, LINE_PX = 16;
const TURN = 0.05, STEP = 0.08, NEARER = 1.25; // a key

/** @param {HTMLElement} root @param {string} selector of the scenes in it @param {Gestures} gestures @param {AbortSignal} signal */
export function listenToHand(root, selector, gestures, signal) {
  /** @type {Map<number, {x: number, y: number}>} */
  const down = new Map();
  /** @type {HTMLElement | null} */
  let scene = null;
  let travelled = 0;
  const sceneOf = (/** @type {Event} */ event) => /** @type {HTMLElement | null} */ (event.target instanceof Element ? event.target.closest(selector) : null);
  const centre = () => {
    let x = 0, y = 0;
    for (const one of down.values()) { x += one.x / down.size; y += one.y / down.size; }
    let spread = 0;
    for (const one of down.values()) spread += Math.hypot(one.x - x, one.y - y);
    return { x, y, spread };
  };
  root.addEventListener("pointerdown", (event) => {
    const found = sceneOf(event);
    if (!found || event.button > 2 || gestures.take?.(found, event)) return;
    if (!down.size) { scene = found; travelled = 0; }
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }, { signal });
  root.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last || !scene) return;
    const before = centre();
    travelled += Math.hypot(event.clientX - last.x, event.clientY - last.y);
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (travelled < STILL_PX) return;
    if (!scene.hasPointerCapture(event.pointerId)) { scene.setPointerCapture(event.pointerId); scene.toggleAttribute("data-dragging", true); }
    const now = centre(), box = scene.getBoundingClientRect(), du = (now.x - before.x) / box.height, dv = (now.y - before.y) / box.height, isFlat = gestures.isFlat();
    let eye = gestures.eye(scene);
    if (isFlat || down.size > 1 || event.shiftKey || event.altKey || event.buttons & 6) eye = moved(eye, du, dv, isFlat);
    else eye = turned(eye, du, dv);
    if (down.size > 1 && before.spread > 1) eye = zoomed(eye, now.spread / before.spread, ...offCentre(box, now.x, now.y), isFlat);
    gestures.look(scene, eye);
  }, { signal });
  const up = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId) || !scene || down.size) return;
    const box = scene.getBoundingClientRect();
    scene.removeAttribute("data-dragging");
    if (event.type === "pointerup" && travelled < STILL_PX && event.button === 0) gestures.click?.(scene, event.clientX - box.left, event.clientY - box.top, event);
    scene = null;
  };
  root.addEventListener("pointerup", up, { signal });
  root.addEventListener("pointercancel", up, { signal });
  root.addEventListener("contextmenu", (event) => { if (sceneOf(event)) event.preventDefault(); }, { signal });
  root.addEventListener("dblclick", (event) => { const found = sceneOf(event); if (found) gestures.look(found, HOME); }, { signal });
  root.addEventListener("wheel", (event) => {
    const found = sceneOf(event), isZoom = event.ctrlKey || event.metaKey;
    if (!found || (gestures.isWheelShared && !isZoom)) return;
    event.preventDefault();
    const delta = event.deltaY * (event.deltaMode === 1 ? LINE_PX : 1), box = found.getBoundingClientRect();
    gestures.look(found, zoomed(gestures.eye(found), Math.exp(-delta * (isZoom && Math.abs(delta) < 50 ? PINCH : WHEEL)), ...offCentre(box, event.clientX, event.clientY), gestures.isFlat()));
  }, { signal, passive: false });
  root.addEventListener("keydown", (event) => {
    const found = sceneOf(event);
    if (!found || event.ctrlKey || event.metaKey || event.altKey) return;
    const eye = keyed(gestures.eye(found), event, gestures.isFlat());
    if (!eye) return;
    event.preventDefault();
    event.stopPropagation();
    gestures.look(found, eye);
  }, { signal });
}

/** @param {Eye} eye @param {{key: string, shiftKey: boolean}} event @param {boolean} isFlat @returns {Eye | null} null for other keys */
export function keyed(eye, { key, shiftKey }, isFlat) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key], zoom = { "+": NEARER, "=": NEARER, "-": 1 / NEARER }[key];
  if (way) return isFlat || shiftKey ? moved(eye, way[0] * STEP, way[1] * STEP, isFlat) : turned(eye, way[0] * TURN, way[1] * TURN);
  if (zoom) return zoomed(eye, zoom, 0, 0, isFlat);
  return key === "0" ? HOME : null;
}

/** @param {DOMRect} box @param {number} x @param {number} y @returns {[number, number]} parts of the height */
const offCentre = (box, x, y) => [(x - box.left - box.width / 2) / box.height, (y - box.top - box.height / 2) / box.height];
