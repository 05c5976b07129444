/** Two fingers on a chart zoom its horizontal axis; one finger scrolls the page, as everywhere. */

/** @import { ScalarChart } from "./scalar_chart.js" */

const LEAST_PX = 24; // between two fingers: closer ones say nothing

/** @param {HTMLElement} root with charts @param {Map<Element, ScalarChart>} charts @param {AbortSignal} signal */
export function bindPinch(root, charts, signal) {
  /** Where the fingers on one chart are. @type {Map<number, number>} */
  const fingers = new Map();
  /** @type {ScalarChart | null} */
  let chart = null;
  let apart = 0;
  root.addEventListener("pointerdown", (event) => {
    const figure = event.pointerType === "touch" && event.target instanceof Element ? event.target.closest(".chart-frame")?.closest(".chart") : null;
    const found = (figure && charts.get(figure)) ?? null;
    if (!found) return;
    if (found !== chart) fingers.clear();
    chart = found;
    fingers.set(event.pointerId, event.clientX);
    apart = width();
  }, { signal });
  root.addEventListener("pointermove", (event) => {
    if (!chart || !fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size !== 2) return;
    const now = width(), [a, b] = [...fingers.values()];
    if (apart >= LEAST_PX && now >= LEAST_PX) chart.zoomAt((a + b) / 2 - chart.frame.getBoundingClientRect().left, apart / now);
    apart = now;
  }, { signal });
  const lift = (/** @type {PointerEvent} */ event) => { if (fingers.delete(event.pointerId) && !fingers.size) chart = null; };
  addEventListener("pointerup", lift, { signal });
  addEventListener("pointercancel", lift, { signal });

  function width() {
    const [a, b] = [...fingers.values()];
    return fingers.size === 2 ? Math.abs(a - b) : 0;
  }
}
