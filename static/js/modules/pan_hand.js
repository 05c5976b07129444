/** Alt and drag, or the middle button, moves what is seen of x. */

import { valueAt } from "./chart_scale.js";
import { hideHover } from "./hover_table.js";

/** @import { Range } from "../types.d.ts" */
/** @import { ScalarChart } from "./scalar_chart.js" */

const MIDDLE = 1;

/** @param {ScalarChart} chart @param {AbortSignal} signal */
export function panHand(chart, signal) {
  chart.frame.addEventListener("pointerdown", (event) => {
    const { view, zoom } = chart;
    if (!view || !(event.button === MIDDLE || (event.button === 0 && event.altKey))) return;
    // Before Plotly and the hover hear of it: a drag that moves is no zoom.
    event.preventDefault();
    event.stopImmediatePropagation();
    hideHover();
    const dragging = new AbortController(), from = event.clientX;
    let frame = 0, by = 0;
    const move = () => {
      frame = 0;
      const x = /** @type {Range} */ ([0, 1].map((end) => valueAt(view.scales.x, view.x, end - by / view.box.w)));
      chart.setZoom({ x, y: zoom?.y ?? null, right: zoom?.right ?? null });
    };
    addEventListener("pointermove", (next) => { by = next.clientX - from; frame ||= requestAnimationFrame(move); }, { signal: dragging.signal });
    const end = () => { dragging.abort(); if (frame) { cancelAnimationFrame(frame); move(); } };
    addEventListener("pointerup", end, { signal: dragging.signal });
    addEventListener("pointercancel", end, { signal: dragging.signal });
  }, { capture: true, signal });
}
