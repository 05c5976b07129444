/** Paints what lies over a chart's curves, says it in words, and hears what the hand does with Plotly's picture. */

import { setAttribute, setText } from "../dom.js";
import { noticeLayer } from "./chart_notices.js";
import { cursorLayer, fixedLayer, liftLayer } from "./chart_overlay.js";
import { label, marginNotes, note, summary } from "./chart_summary.js";
import { paintKey } from "./chart_figure.js";
import { draggedZoom } from "./chart_zoom.js";
import { nameOf } from "./combined.js";
import { rangeLayer } from "./range_hand.js";

/** @import { PlotElement } from "../types.d.ts" */
/** @import { ScalarChart } from "./scalar_chart.js" */

/** All layers, and what is said of the curves. @param {ScalarChart} chart */
export function decorate(chart) {
  const { curves, view, axis } = chart;
  if (!curves || !view) return;
  const { box, x } = view;
  for (const [name, v] of Object.entries({ x: box.x, y: box.y - 1, width: box.w + 2, height: box.h + 2 })) setAttribute(chart.clip, name, String(v));
  setAttribute(chart.frame, "data-upto", String(Math.max(...curves.map((one) => one.xRange[1]).filter(Number.isFinite))));
  setText(chart.note, note(curves, axis, chart.page.choices()));
  chart.note.title = chart.note.textContent ?? "";
  chart.note.toggleAttribute("data-quiet", curves.length > 1 && axis !== "ordinal" && !curves.some((one) => one.band || one.unplaced) && !marginNotes(curves).length);
  setAttribute(chart.frame, "aria-label", label(chart.spec.layout ? `${nameOf(chart.spec)}: ${chart.spec.tags.join(" and ")}` : chart.spec.tags.join(" and "), curves, axis, x));
  setText(chart.summary, summary(curves));
  paintKey(chart);
  for (const paint of [paintFixed, paintLift, paintCursor, paintRange]) paint(chart);
}

/** @param {ScalarChart} chart */
export function paintFixed(chart) { chart.layers.fixed.replaceChildren(...(chart.view ? [...fixedLayer(chart, chart.page.choices()), ...noticeLayer(chart)] : [])); }

/** @param {ScalarChart} chart */
export function paintLift(chart) {
  const name = chart.page.app.lifted, lifted = name !== null && chart.drawn.length > 1 ? chart.drawn.filter((one) => one.names.includes(name)) : [];
  chart.root.toggleAttribute("data-lifted", lifted.length > 0);
  chart.layers.lift.replaceChildren(...(chart.view && lifted.length ? liftLayer(chart, lifted) : []));
}

/** @param {ScalarChart} chart */
export function paintCursor(chart) { chart.layers.cursor.replaceChildren(...(chart.view ? cursorLayer(chart) : [])); }

/** @param {ScalarChart} chart */
export function paintRange(chart) { chart.layers.range.replaceChildren(...(chart.view ? rangeLayer(chart) : [])); }

/** Plotly's box zoom, told in our words; it has drawn the coarse pixels already, the fine ones are asked for. @param {ScalarChart} chart */
export function wire(chart) {
  const plot = /** @type {PlotElement} */ (/** @type {unknown} */ (chart.plot));
  plot.on("plotly_relayout", (/** @type {Record<string, any>} */ change) => {
    const zoom = draggedZoom(change, chart.view, chart.zoom);
    if (zoom) chart.setZoom(zoom);
  });
  plot.on("plotly_doubleclick", () => { chart.setZoom(null); return false; });
}
