/** The keys of the scalars page, and two fingers: they go to the chart that has the focus, else to the one under the pointer. */

import { isTyping } from "../dom.js";
import { bindPinch } from "./chart_pinch.js";
import { openExport } from "./export_dialog.js";

/** @import { Page, ScalarChart } from "./scalar_chart.js" */
/** @import { ChartSections } from "./chart_sections.js" */
/**
 * @typedef {Page & {
 *   root: HTMLElement, sections: ChartSections,
 *   move: (key: string, tag: string, before: string | null) => void, toggleWide: (tag: string) => void, foldAll: () => void,
 * }} KeyedPage
 */

export class PageKeys {
  /** @param {KeyedPage} page @param {AbortSignal} signal */
  constructor(page, signal) {
    this.page = page;
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    bindPinch(page.root, page.charts, signal);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("input, [popover], dialog")) return;
    const own = this.chartOf(target), chart = own ?? this.chartOf(this.page.root.querySelector(".chart:hover"));
    if (this.ofPage(event)) return;
    if (chart && this.ofChart(event, chart)) return;
    if (chart && !own) chart.hover.key(event); // one that has the focus has heard it already
    else if (!chart && (event.key === "ArrowLeft" || event.key === "ArrowRight") && !(target instanceof HTMLAnchorElement)) {
      const first = [...this.page.charts.values()].find((one) => one.isVisible && one.curves);
      first?.hover.key(event);
    }
  }

  /** @param {Element | null} element @returns {ScalarChart | null} */
  chartOf(element) {
    const figure = element?.closest(".chart");
    return (figure && this.page.charts.get(figure)) ?? null;
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it was meant for the page */
  ofPage(event) {
    if (event.key === "c") this.page.foldAll();
    else if (event.key === "j" || event.key === "k") this.step(event.key === "j" ? 1 : -1);
    else return false;
    event.preventDefault();
    return true;
  }

  /** @param {KeyboardEvent} event @param {ScalarChart} chart @returns {boolean} */
  ofChart(event, chart) {
    if (event.key === "<" || event.key === ">") this.move(chart, event.key === "<" ? -1 : 1);
    else if (event.key === "w") this.page.toggleWide(chart.tag);
    else if (event.key === "e") openExport(this.page, chart);
    else return false;
    event.preventDefault();
    return true;
  }

  /** One place to the left or to the right in its section; the focus stays with it. @param {ScalarChart} chart @param {-1 | 1} by */
  move(chart, by) {
    const place = this.page.sections.placeOf(chart.tag);
    if (!place) return;
    const i = place.at - 1, to = i + by;
    if (to < 0 || to >= place.of) return;
    this.page.move(place.key, chart.tag, (by < 0 ? place.tags[to] : place.tags[to + 1]) ?? null);
  }

  /** The next or previous chart, across sections that are open. @param {-1 | 1} by */
  step(by) {
    const tags = [...document.querySelectorAll("main details.section[open]")].flatMap((one) => this.page.sections.sections.get(/** @type {HTMLElement} */ (one).dataset.key ?? "")?.tags ?? []);
    const now = this.chartOf(document.activeElement), at = now ? tags.indexOf(now.tag) + by : by > 0 ? 0 : tags.length - 1;
    const tag = tags[Math.max(0, Math.min(tags.length - 1, at))];
    if (tag !== undefined) this.page.sections.reveal(tag);
  }
}
