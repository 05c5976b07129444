/** Marks a range on a chart: Shift and drag makes one, either of its handles changes it. */

import { svg } from "../dom.js";
import { hideHover } from "./hover_table.js";
import { panHand } from "./pan_hand.js";

/** @import { Range } from "../types.d.ts" */
/** @import { ScalarChart } from "./scalar_chart.js" */

const LEAST_PX = 4, HANDLE_PX = 9;

export class RangeHand {
  /** @param {ScalarChart} chart */
  constructor(chart) {
    this.chart = chart;
    this.ending = new AbortController();
    panHand(chart, this.ending.signal);
    // Before Plotly and the hover hear of it: a drag that marks is no zoom.
    chart.frame.addEventListener("pointerdown", (event) => this.down(event), { capture: true, signal: this.ending.signal });
  }

  stop() { this.ending.abort(); }

  /** @param {PointerEvent} event */
  down(event) {
    const { chart } = this, { range: choice } = chart.page, handle = event.target instanceof Element ? event.target.closest("[data-handle]") : null;
    if (event.button !== 0 || event.altKey || !chart.view || (!handle && !event.shiftKey) || chart.axis === "ordinal") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hideHover();
    chart.isBusy = true;
    chart.frame.focus({ preventScroll: true });
    const place = () => chart.frame.getBoundingClientRect().left, at = (/** @type {number} */ x) => { const { box } = /** @type {NonNullable<ScalarChart["view"]>} */ (chart.view); return chart.view?.toX(Math.max(box.x, Math.min(box.x + box.w, x - place()))) ?? 0; };
    const other = handle && choice.range ? choice.range[handle.getAttribute("data-handle") === "0" ? 1 : 0] : at(event.clientX), from = event.clientX;
    const tag = handle ? choice.tag : chart.tag, dragging = new AbortController(), { signal } = dragging;
    /** @type {Range | null} */
    let next = choice.range, frame = 0;
    addEventListener("pointermove", (move) => {
      next = [other, at(move.clientX)];
      frame ||= requestAnimationFrame(() => { frame = 0; if (next && next[0] !== next[1]) choice.set(next, tag); });
    }, { signal });
    const end = (/** @type {PointerEvent} */ last) => {
      dragging.abort();
      cancelAnimationFrame(frame);
      chart.isBusy = false;
      if (!handle && Math.abs(last.clientX - from) < LEAST_PX) choice.set(null);
      else if (next && next[0] !== next[1]) choice.set(next, tag);
    };
    addEventListener("pointerup", end, { signal });
    addEventListener("pointercancel", end, { signal });
  }
}

/** The marked stretch, with a handle at each end. @param {ScalarChart} chart */
export function rangeLayer(chart) {
  const { view } = chart, { range, mark } = chart.page.range, parts = [];
  if (!view || chart.axis === "ordinal") return [];
  const { box } = view, clamp = (/** @type {number} */ v) => Math.max(box.x, Math.min(box.x + box.w, view.px(v)));
  const inside = (/** @type {number} */ v) => v >= view.x[0] && v <= view.x[1];
  if (mark !== null && inside(mark)) parts.push(svg("line", { class: "range-edge", x1: view.px(mark), x2: view.px(mark), y1: box.y, y2: box.y + box.h }));
  if (!range || range[0] > view.x[1] || range[1] < view.x[0]) return parts;
  const [from, to] = range.map(clamp);
  parts.push(svg("rect", { class: "range-band", x: from, y: box.y, width: Math.max(1, to - from), height: box.h }));
  range.forEach((v, i) => {
    if (!inside(v)) return;
    const x = Math.round(view.px(v)) + 0.5;
    parts.push(svg("line", { class: "range-edge", x1: x, x2: x, y1: box.y, y2: box.y + box.h }),
      svg("rect", { class: "range-handle", "data-handle": i, x: x - HANDLE_PX / 2, y: box.y + box.h / 2 - 9, width: HANDLE_PX, height: 18, rx: 3 }));
  });
  return parts;
}
