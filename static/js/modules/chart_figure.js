/** The elements of one chart: title, tools, the frame that Plotly draws in, the layers over it. */

import { el, icon, pathName, setAttribute, svg } from "../dom.js";
import { splitName } from "../format.js";
import { dashOf } from "./chart_layout.js";
import { TAG_DASHES, nameOf } from "./combined.js";

/** @import { ChartSpec } from "../types.d.ts" */
/** @import { Page, ScalarChart } from "./scalar_chart.js" */

/** @param {{tag: string, id: string, spec: ChartSpec, page: Page, openMenu: (from: HTMLElement) => void}} chart */
export function figure(chart) {
  const { page, id, spec } = chart, tag = nameOf(spec);
  const tool = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
    el("button", { type: "button", class: "icon-button", "aria-label": `${label}: ${tag}`, title: label, "data-tool": name, onclick }, icon(name));
  const note = el("span", { class: "chart-note" }), pinButton = tool("pin", "Pin", () => page.togglePin(tag)), plot = el("div", { class: "chart-plot" });
  const menuButton = tool("more", "More", () => chart.openMenu(menuButton));
  setAttribute(menuButton, "aria-haspopup", "menu");
  const layers = { range: svg("g"), lift: svg("g"), fixed: svg("g"), cursor: svg("g") }, clip = svg("rect");
  const overlay = svg("svg", { class: "chart-overlay", "aria-hidden": "true" }, svg("clipPath", { id: `clip-${id}` }, clip), ...Object.values(layers));
  const summary = el("p", { class: "visually-hidden", id: `summary-${id}` });
  const frame = el("div", { class: "chart-frame", tabindex: 0, role: "img", "aria-label": tag, "aria-describedby": summary.id }, plot, overlay);
  const title = el("h3", { class: "chart-title" }), key = el("ul", { class: "chart-key" }), faults = el("p", { class: "chart-faults" });
  const root = el("figure", { class: "chart", "data-tag": chart.tag },
    el("div", { class: "chart-head" }, title, note, el("div", { class: "chart-tools" }, page.openFull && tool("full", "Full screen", () => page.openFull?.(tag)), page.openFull && pinButton, menuButton)),
    spec.layout && key, frame, spec.layout && faults, summary);
  paintTitle({ title, faults, spec, tag: chart.tag });
  return { root, title, key, faults, note, pinButton, frame, plot, layers, clip, summary };
}

/** @param {HTMLElement} button @param {boolean} isPinned */
export function paintPin(button, isPinned) {
  setAttribute(button, "aria-pressed", String(isPinned));
  button.title = isPinned ? "Unpin" : "Pin";
}

/** Which line is which scalar, where a chart that was laid out has several. @param {ScalarChart} chart */
export function paintKey({ key, spec, drawn }) {
  if (!spec.layout) return;
  const first = new Map([...drawn].reverse().map((one) => [one.curve.tag, one]));
  key.title = spec.tags.join(", ");
  key.replaceChildren(...(spec.tags.length < 2 ? [] : spec.tags.flatMap((tag) => {
    const one = first.get(tag);
    return one ? [el("li", { class: "chart-tag" }, tagLine(dashOf(one).replaceAll("px", ""), one.isByTag ? one.colour : null), pathName(...splitName(tag)))] : [];
  })));
}

/** @param {string} dashes @param {string | null} colour null: ink */
const tagLine = (dashes, colour) => svg("svg", { class: "chart-tag-line", viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { d: "M0 4h18", "stroke-dasharray": dashes || null, stroke: colour }));

/** The chart's own scalar; where there are others, each with its line and its axis. @param {{title: HTMLElement, faults: HTMLElement, spec: ChartSpec, tag: string}} chart */
export function paintTitle({ title, faults, spec, tag }) {
  if (spec.layout) {
    title.textContent = title.title = nameOf(spec);
    faults.replaceChildren(...spec.layout.faults.map((text) => el("span", {}, text)));
    return;
  }
  title.title = spec.tags.map((one) => (spec.right.includes(one) ? `${one} (right axis)` : one)).join(", ");
  if (spec.tags.length === 1) { title.replaceChildren(pathName(...splitName(tag))); return; }
  title.replaceChildren(...spec.tags.map((one, i) => el("span", { class: "chart-tag" },
    tagLine(TAG_DASHES[i % TAG_DASHES.length].replaceAll("px", ""), null),
    pathName(...splitName(one)), spec.right.includes(one) && el("span", { class: "count" }, "\u202f→"))));
}
