/** The elements of one chart: title, tools, the frame that Plotly draws in, the layers over it. */

import { el, icon, pathName, setAttribute, svg } from "../dom.js";
import { splitName } from "../format.js";
import { TAG_DASHES } from "./combined.js";

/** @import { ChartSpec } from "../types.d.ts" */
/** @import { Page } from "./scalar_chart.js" */

/** @param {{tag: string, id: string, spec: ChartSpec, page: Page, openMenu: (from: HTMLElement) => void}} chart */
export function figure(chart) {
  const { tag, page, id } = chart;
  const tool = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
    el("button", { type: "button", class: "icon-button", "aria-label": `${label}: ${tag}`, title: label, "data-tool": name, onclick }, icon(name));
  const note = el("span", { class: "chart-note" }), pinButton = tool("pin", "Pin", () => page.togglePin(tag)), plot = el("div", { class: "chart-plot" });
  const menuButton = tool("more", "More", () => chart.openMenu(menuButton));
  setAttribute(menuButton, "aria-haspopup", "menu");
  const layers = { range: svg("g"), lift: svg("g"), fixed: svg("g"), cursor: svg("g") }, clip = svg("rect");
  const overlay = svg("svg", { class: "chart-overlay", "aria-hidden": "true" }, svg("clipPath", { id: `clip-${id}` }, clip), ...Object.values(layers));
  const summary = el("p", { class: "visually-hidden", id: `summary-${id}` });
  const frame = el("div", { class: "chart-frame", tabindex: 0, role: "img", "aria-label": tag, "aria-describedby": summary.id }, plot, overlay);
  const title = el("h3", { class: "chart-title" });
  const root = el("figure", { class: "chart", "data-tag": tag },
    el("div", { class: "chart-head" }, title, note, el("div", { class: "chart-tools" }, page.openFull && tool("full", "Full screen", () => page.openFull?.(tag)), page.openFull && pinButton, menuButton)),
    frame, summary);
  paintTitle({ title, spec: chart.spec, tag });
  return { root, title, note, pinButton, frame, plot, layers, clip, summary };
}

/** @param {HTMLElement} button @param {boolean} isPinned */
export function paintPin(button, isPinned) {
  setAttribute(button, "aria-pressed", String(isPinned));
  button.title = isPinned ? "Unpin" : "Pin";
}

/** The chart's own scalar; where there are others, each with its line and its axis. @param {{title: HTMLElement, spec: ChartSpec, tag: string}} chart */
export function paintTitle({ title, spec, tag }) {
  title.title = spec.tags.map((one) => (spec.right.includes(one) ? `${one} (right axis)` : one)).join(", ");
  if (spec.tags.length === 1) { title.replaceChildren(pathName(...splitName(tag))); return; }
  title.replaceChildren(...spec.tags.map((one, i) => el("span", { class: "chart-tag" },
    svg("svg", { class: "chart-tag-line", viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { d: "M0 4h18", "stroke-dasharray": TAG_DASHES[i % TAG_DASHES.length].replaceAll("px", "") || null })),
    pathName(...splitName(one)), spec.right.includes(one) && el("span", { class: "count" }, "\u202f→"))));
}
