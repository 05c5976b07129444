/** The table of the marked range, at the foot of the page: there while a range is marked, out of the way of the rest. */

import { el, icon, setText } from "../dom.js";
import { RANGE_COLUMNS, rangeTitle, readRange } from "./range_table.js";
import { fillTable } from "./value_table.js";

/** @import { Page, ScalarChart } from "./scalar_chart.js" */
/** @import { Sorting } from "./value_table.js" */

const WAIT_MS = 80;

export class RangePanel {
  /** @param {HTMLElement} home @param {Page} page @param {AbortSignal} signal */
  constructor(home, page, signal) {
    this.page = page;
    this.signal = signal;
    this.title = el("h2", {});
    this.body = el("div", { class: "range-body", tabindex: 0, role: "region", "aria-label": "Statistics of the marked range by run" });
    this.root = el("section", { class: "range-panel", hidden: true, "aria-label": "Marked range" },
      el("header", {}, this.title, el("span", { class: "chart-note" }, "raw values, all points"), el("button", { type: "button", class: "icon-button", "aria-label": "Clear the range", onclick: () => page.range.set(null) }, icon("close"))),
      this.body);
    home.append(this.root);
    /** @type {Sorting} */
    this.sorting = { key: "run", down: false };
    this.timer = 0;
    page.range.on(() => this.later(), signal);
    for (const topic of /** @type {const} */ (["delta", "selection", "stale"])) page.app.on(topic, () => this.later(), { signal });
    this.later();
  }

  later() {
    const { range } = this.page.range;
    this.root.hidden = !range;
    clearTimeout(this.timer);
    if (range) this.timer = window.setTimeout(() => this.fill(), WAIT_MS);
  }

  /** The chart that the range was marked on. @returns {ScalarChart | undefined} */
  get chart() { return [...this.page.charts.values()].find((one) => one.tag === this.page.range.tag && one.root.isConnected); }

  async fill() {
    const { chart } = this;
    if (!chart?.curves) { if (this.page.range.range) this.timer = window.setTimeout(() => this.fill(), 300); return; } // not drawn yet
    const rows = await readRange(chart, this.signal);
    if (!rows || !this.page.range.range) return;
    setText(this.title, `${chart.spec.tags.join(", ")} · ${rangeTitle(chart)}`);
    fillTable(this.body, this.page.app, RANGE_COLUMNS, rows, this.sorting);
  }
}
