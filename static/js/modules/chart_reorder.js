/** Puts charts elsewhere in their section: drag a title, by mouse, pen or finger; `<` and `>` by keys. */

import { el } from "../dom.js";

const SLACK_PX = 6; // a hand that clicks moves so far
const EDGE_PX = 48, SCROLL_PX = 14; // near the edge of the window the page scrolls along

/** @typedef {{section: HTMLElement, slot: HTMLElement, pointer: number, x: number, y: number, isMoving: boolean, before: string | null | undefined}} Drag */

export class ChartReorder {
  /**
   * @param {HTMLElement} root with sections of slots @param {(key: string, tag: string, before: string | null) => void} move in a section, before another chart or to the end
   * @param {AbortSignal} signal
   */
  constructor(root, move, signal) {
    this.root = root;
    this.move = move;
    /** @type {Drag | null} */
    this.drag = null;
    this.marker = el("div", { class: "drop-marker", "aria-hidden": "true", hidden: true });
    root.append(this.marker);
    root.addEventListener("pointerdown", (event) => this.down(event), { signal });
    root.addEventListener("pointermove", (event) => this.over(event), { signal });
    root.addEventListener("pointerup", (event) => this.up(event), { signal });
    root.addEventListener("pointercancel", () => this.end(), { signal });
    root.addEventListener("lostpointercapture", () => this.end(), { signal });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.drag?.isMoving) return;
      this.end();
      event.preventDefault();
      event.stopImmediatePropagation();
    }, { signal, capture: true });
  }

  /** @param {PointerEvent} event */
  down(event) {
    const title = event.button === 0 && event.target instanceof Element ? event.target.closest(".chart-title") : null;
    const slot = /** @type {HTMLElement | null} */ (title?.closest(".chart-slot") ?? null), section = /** @type {HTMLElement | null} */ (slot?.closest(".section") ?? null);
    if (!slot || !section) return;
    this.drag = { section, slot, pointer: event.pointerId, x: event.clientX, y: event.clientY, isMoving: false, before: undefined };
  }

  /** @param {PointerEvent} event */
  over(event) {
    const { drag } = this;
    if (!drag || event.pointerId !== drag.pointer) return;
    if (!drag.isMoving) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < SLACK_PX) return;
      drag.isMoving = true;
      this.root.setPointerCapture(drag.pointer);
      drag.slot.toggleAttribute("data-dragged", true);
    }
    event.preventDefault();
    this.scroll(event.clientY);
    this.aim(drag, event.clientX, event.clientY);
  }

  /** The slot whose middle is nearest: to its left or to its right. @param {Drag} drag @param {number} x @param {number} y */
  aim(drag, x, y) {
    /** @type {{slot: HTMLElement, box: DOMRect, distance: number} | null} */
    let best = null;
    for (const slot of /** @type {NodeListOf<HTMLElement>} */ (drag.section.querySelectorAll(".chart-slot"))) {
      const box = slot.getBoundingClientRect(), distance = Math.hypot((box.left + box.right) / 2 - x, 2 * ((box.top + box.bottom) / 2 - y));
      if (!best || distance < best.distance) best = { slot, box, distance };
    }
    if (!best) return;
    const isBehind = x > (best.box.left + best.box.right) / 2, slots = /** @type {HTMLElement[]} */ ([...drag.section.querySelectorAll(".chart-slot")]);
    drag.before = isBehind ? (slots[slots.indexOf(best.slot) + 1]?.dataset.tag ?? null) : best.slot.dataset.tag;
    const place = this.root.getBoundingClientRect();
    this.marker.hidden = false;
    Object.assign(this.marker.style, { left: `${(isBehind ? best.box.right + 10 : best.box.left - 12) - place.left}px`, top: `${best.box.top - place.top}px`, height: `${best.box.height}px` });
  }

  /** @param {number} y */
  scroll(y) {
    const main = document.querySelector("main"), box = main?.getBoundingClientRect();
    if (!main || !box) return;
    if (y < box.top + EDGE_PX) main.scrollTop -= SCROLL_PX;
    else if (y > box.bottom - EDGE_PX) main.scrollTop += SCROLL_PX;
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { drag } = this;
    if (!drag || event.pointerId !== drag.pointer) return;
    this.end();
    const tag = drag.slot.dataset.tag ?? "";
    if (drag.isMoving && drag.before !== undefined && drag.before !== tag) this.move(drag.section.dataset.key ?? "", tag, drag.before);
  }

  end() {
    if (!this.drag) return;
    const { slot, pointer } = this.drag;
    this.drag = null;
    this.marker.hidden = true;
    slot.toggleAttribute("data-dragged", false);
    if (this.root.hasPointerCapture(pointer)) this.root.releasePointerCapture(pointer);
  }
}
