/** The menu of a chart: its scalars, its axes, what can be taken away. */

import { el } from "../dom.js";
import { splitName } from "../format.js";
import { readFixed, writeFixed } from "./chart_spans.js";
import { nameOf, withTag, withoutTag, writeCombined } from "./combined.js";
import { openExport } from "./export_dialog.js";
import { askSpan } from "./span_form.js";
import { chooseTag } from "./tag_chooser.js";

/** @import { ChartSpec } from "../types.d.ts" */
/** @import { ScalarChart } from "./scalar_chart.js" */
/** @typedef {{label: string, act: () => void, keys?: string, isOn?: boolean}} Entry */

const EDGE = 8;

/** @param {ScalarChart} chart @param {ChartSpec} spec */
function show(chart, spec) {
  const { view } = chart.page.app;
  view.setAll("combine", writeCombined(view.getAll("combine"), spec));
  for (const other of chart.page.charts.values()) if (other.tag === chart.tag) other.adoptSpec();
}

/** @param {ScalarChart} chart @param {import("../types.d.ts").Range | null} range */
function fix(chart, range) {
  const { view } = chart.page.app;
  view.setAll("yfix", writeFixed(view.getAll("yfix"), chart.tag, range));
  if (chart.zoom?.y) chart.setZoom(chart.zoom.x ? { x: chart.zoom.x, y: null } : null);
  for (const other of chart.page.charts.values()) if (other.tag === chart.tag) other.redraw();
}

/** @param {ScalarChart} chart @returns {Entry[]} */
function entries(chart) {
  const { spec, page } = chart, fixed = readFixed(page.app.view.getAll("yfix"), chart.tag);
  const short = (/** @type {string} */ tag) => splitName(tag)[1];
  return [
    ...(spec.layout ? [] : [{ label: "Add a scalar to this chart…", act: async () => {
      const tag = await chooseTag(page.tagNames().filter((one) => !spec.tags.includes(one)), `Add a scalar to ${chart.tag}`);
      if (tag) show(chart, withTag(spec, tag, isFar(chart, tag)));
    } }]),
    ...spec.tags.filter((tag) => tag !== spec.id && !spec.layout).flatMap((tag) => {
      const isRight = spec.right.includes(tag);
      return [{ label: `${short(tag)} on the ${isRight ? "left" : "right"} axis`, act: () => show(chart, withTag(spec, tag, !isRight)) }, { label: `Remove ${short(tag)}`, act: () => show(chart, withoutTag(spec, tag)) }];
    }),
    { label: "Fix the vertical range…", isOn: fixed !== null, act: async () => {
      const range = await askSpan(nameOf(spec), fixed ?? chart.view?.y ?? [0, 1]);
      if (range) fix(chart, range);
    } },
    ...(fixed ? [{ label: "Back to the automatic range", act: () => fix(chart, null) }] : []),
    ...(chart.zoom ? [{ label: "Reset the zoom", keys: "0", act: () => chart.setZoom(null) }] : []),
    ...(page.openFull ? [{ label: "Full screen", keys: "f", act: () => page.openFull?.(chart.tag) }] : []),
    { label: "Export…", keys: "e", act: () => openExport(page, chart) },
  ];
}

/** A scalar of quite another size gets the right axis at first. @param {ScalarChart} chart @param {string} tag */
function isFar(chart, tag) {
  const other = [...chart.page.charts.values()].find((one) => one.tag === tag)?.view?.y, own = chart.view?.y;
  if (!other || !own) return false;
  const [a, b] = [own[1] - own[0], other[1] - other[0]], apart = Math.max(own[0], other[0]) - Math.min(own[1], other[1]);
  return a > 8 * b || b > 8 * a || apart > Math.max(a, b);
}

/** @param {ScalarChart} chart @param {HTMLElement} from where it opens, and where the focus goes back to */
export function openMenu(chart, from) {
  const home = chart.root.closest("dialog") ?? document.body, ending = new AbortController(), { signal } = ending;
  for (const open of document.querySelectorAll(".chart-menu")) open.remove();
  const close = (/** @type {boolean} */ isBack) => { ending.abort(); menu.remove(); if (isBack) from.focus({ preventScroll: true }); };
  const items = entries(chart).map(({ label, act, keys, isOn }) => el("button", {
    type: "button", role: isOn === undefined ? "menuitem" : "menuitemcheckbox", "aria-checked": isOn === undefined ? null : String(isOn), tabindex: -1, onclick: () => { close(true); act(); },
  }, el("span", {}, label), keys && el("kbd", {}, keys)));
  const menu = el("div", { class: "popover chart-menu", role: "menu", "aria-label": `Chart of ${nameOf(chart.spec)}` }, ...items);
  home.append(menu);
  const place = from.getBoundingClientRect(), isFrame = from === chart.frame;
  menu.style.left = `${Math.max(EDGE, Math.min((isFrame ? place.left + 48 : place.right - menu.offsetWidth), innerWidth - menu.offsetWidth - EDGE))}px`;
  menu.style.top = `${Math.max(EDGE, Math.min(isFrame ? place.top + 12 : place.bottom + 4, innerHeight - menu.offsetHeight - EDGE))}px`;
  items[0]?.focus();
  menu.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key], at = items.findIndex((item) => item === document.activeElement);
    if (by) items[(at + by + items.length) % items.length].focus();
    else if (event.key === "Home" || event.key === "End") items[event.key === "Home" ? 0 : items.length - 1].focus();
    else if (event.key === "Escape" || event.key === "Tab") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
  addEventListener("pointerdown", (event) => { if (!(event.target instanceof Node && menu.contains(event.target))) close(false); }, { signal, capture: true });
  document.querySelector("main")?.addEventListener("scroll", () => close(false), { signal });
}
