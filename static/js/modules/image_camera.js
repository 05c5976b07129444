/** Where one looks at the pictures: one zoom and one place for all of them. Pure but for the listeners at its end. */

const MAX_ZOOM = 64;
const DRAG_PX = 4; // less is a click
const STEP = 2; // a click zooms by this much

/**
 * `zoom` 1 shows the whole picture; `x` and `y` are where its left and top edge lie, as parts of the frame: 0 to 1 - zoom.
 * Parts, not pixels: frames of all sizes show the same place.
 * @typedef {{zoom: number, x: number, y: number}} Look
 */

/** @type {Look} */
export const WHOLE = Object.freeze({ zoom: 1, x: 0, y: 0 });

/** @param {Look} look @returns {Look} with no gap between picture and frame */
function clamped({ zoom, x, y }) {
  const z = Math.min(MAX_ZOOM, Math.max(1, zoom)), edge = (/** @type {number} */ v) => Math.min(0, Math.max(1 - z, v));
  return { zoom: z, x: edge(x), y: edge(y) };
}

/** The point under the pointer stays under it. @param {Look} look @param {number} by factor @param {number} u of the frame, 0 to 1 @param {number} v */
export function zoomed({ zoom, x, y }, by, u, v) {
  const next = Math.min(MAX_ZOOM, Math.max(1, zoom * by)), ratio = next / zoom;
  return clamped({ zoom: next, x: u - (u - x) * ratio, y: v - (v - y) * ratio });
}

/** @param {Look} look @param {number} du parts of the frame @param {number} dv */
export const moved = ({ zoom, x, y }, du, dv) => clamped({ zoom, x: x + du, y: y + dv });

/** @param {string | null} text "zoom,x,y" @returns {Look} */
export function parseLook(text) {
  const [zoom, x, y] = (text ?? "").split(",").map(Number);
  return [zoom, x, y].every(Number.isFinite) ? clamped({ zoom, x, y }) : WHOLE;
}

/** @param {Look} look @returns {string | null} null for the whole picture */
export const formatLook = ({ zoom, x, y }) => (zoom === 1 ? null : [zoom, x, y].map((v) => Number(v.toFixed(4))).join(","));

/**
 * The pixel under a point; null where there is none. The picture lies in its box as `object-fit: contain` puts it.
 * @param {{left: number, top: number, width: number, height: number}} box on the screen, zoom included
 * @param {number} width of the picture, pixels @param {number} height @param {number} clientX @param {number} clientY
 */
export function pixelAt(box, width, height, clientX, clientY) {
  const scale = Math.min(box.width / width, box.height / height);
  const x = Math.floor((clientX - box.left - (box.width - width * scale) / 2) / scale);
  const y = Math.floor((clientY - box.top - (box.height - height * scale) / 2) / scale);
  return x >= 0 && y >= 0 && x < width && y < height ? { x, y } : null;
}

/** Hands on the frames: Ctrl and wheel zoom, a drag moves, a click zooms in, two clicks show the whole. */
export class ImageCamera {
  /**
   * @param {HTMLElement} root of all frames @param {Look} look to begin with
   * @param {{onLook: (look: Look) => void, signal: AbortSignal}} options
   */
  constructor(root, look, { onLook, signal }) {
    this.root = root;
    this.look = look;
    this.onLook = onLook;
    /** @type {{spot: Element, x: number, y: number, isMoved: boolean} | null} */
    this.drag = null;
    this.isClickEaten = false;
    root.addEventListener("wheel", (event) => this.onWheel(event), { signal, passive: false });
    root.addEventListener("pointerdown", (event) => this.onDown(event), { signal });
    root.addEventListener("pointermove", (event) => this.onMove(event), { signal });
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) root.addEventListener(name, () => { this.isClickEaten = this.drag?.isMoved ?? false; this.drag = null; }, { signal });
    root.addEventListener("dblclick", (event) => { if (spotOf(event)) this.set(WHOLE); }, { signal });
    root.addEventListener("dragstart", (event) => { if (spotOf(event)) event.preventDefault(); }, { signal });
  }

  /** @param {Look} look */
  set(look) {
    this.look = look;
    this.onLook(look);
  }

  /** @param {number} by factor, at the middle of the frames */
  zoom(by) {
    this.set(zoomed(this.look, by, 0.5, 0.5));
  }

  /** A click of the mouse, if it is one and not the end of a drag. @param {MouseEvent} event @returns {boolean} whether it was taken */
  click(event) {
    const spot = spotOf(event);
    if (!spot || event.detail === 0) return false; // a key: the picture opens large
    if (!this.isClickEaten && event.detail === 1) this.set(zoomed(this.look, event.shiftKey ? 1 / STEP : STEP, ...place(spot, event)));
    this.isClickEaten = false;
    return true;
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    const spot = spotOf(event);
    if (!spot || !(event.ctrlKey || event.metaKey)) return; // else the page scrolls
    event.preventDefault();
    this.set(zoomed(this.look, Math.exp(-event.deltaY / (event.deltaMode ? 10 : 300)), ...place(spot, event)));
  }

  /** @param {PointerEvent} event */
  onDown(event) {
    const spot = spotOf(event);
    if (spot && event.button === 0 && this.look.zoom > 1) this.drag = { spot, x: event.clientX, y: event.clientY, isMoved: false };
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    const { drag } = this;
    if (!drag) return;
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (!drag.isMoved && Math.hypot(dx, dy) < DRAG_PX) return;
    const box = drag.spot.getBoundingClientRect();
    if (!drag.isMoved) this.root.setPointerCapture(event.pointerId);
    this.drag = { ...drag, x: event.clientX, y: event.clientY, isMoved: true };
    this.set(moved(this.look, dx / box.width, dy / box.height));
  }
}

/** @param {Event} event */
const spotOf = (event) => (event.target instanceof Element ? event.target.closest(".image-spot") : null);

/** Where in a frame the pointer is, as parts of it. @param {Element} spot @param {MouseEvent} event @returns {[number, number]} */
function place(spot, event) {
  const box = spot.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}
