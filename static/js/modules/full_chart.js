/** One chart over the whole window, with the numbers behind it in a table. */

import { api, number } from "../api.js";
import { el, need, setText } from "../dom.js";
import { clock, duration, short, splitName, step, value } from "../format.js";
import { perTag } from "./chart_question.js";
import { RANGE_COLUMNS, rangeTitle, readRange } from "./range_table.js";
import { ScalarChart } from "./scalar_chart.js";
import { fillTable } from "./value_table.js";

/** @import { NearestAnswer } from "../types.d.ts" */
/** @import { Page } from "./scalar_chart.js" */
/** @import { Row, Sorting, ValueColumn } from "./value_table.js" */

/** @type {ValueColumn[]} */
const STEP_COLUMNS = [
  { key: "smoothed", title: "Smoothed", show: (row) => shown(row.smoothed), of: (row) => row.smoothed },
  { key: "value", title: "Value", show: (row) => shown(row.value), of: (row) => row.value },
  { key: "step", title: "Step", show: (row) => (row.step === null ? "–" : step(row.step)), of: (row) => (row.step === null ? null : Number(row.step)) },
  { key: "relative", title: "Relative", hint: "Since the run's first point", show: (row) => (row.relative === null ? "–" : duration(row.relative)), of: (row) => row.relative },
  { key: "time", title: "Time", show: (row) => (row.time === null ? "–" : clock(row.time)), of: (row) => row.time },
  { key: "min", title: "Min", hint: "Of what is in view, smoothed as it is drawn", show: (row) => shown(row.min), of: (row) => row.min },
  { key: "max", title: "Max", hint: "Of what is in view, smoothed as it is drawn", show: (row) => shown(row.max), of: (row) => row.max },
  { key: "points", title: "Points", show: (row) => short(row.points), of: (row) => row.points },
  { key: "csv", title: "", show: (row) => el("a", { href: api.url("api/scalars.csv", { run: row.run, tag: row.tag }), download: "", "aria-label": `CSV of ${row.tag} of ${row.run}` }, "CSV"), of: () => null },
];
/** @param {number | null} v */
const shown = (v) => (v === null ? "–" : value(v, 6));

export class FullChart {
  /** @param {HTMLDialogElement} dialog @param {Page} page @param {AbortSignal} signal */
  constructor(dialog, page, signal) {
    this.dialog = dialog;
    this.page = { ...page, openFull: null, observer: new IntersectionObserver(() => {}) }; // always in view: it lies above the page
    this.signal = signal;
    /** @type {ScalarChart | null} */
    this.chart = null;
    this.body = need(dialog, ".full-body", "full_chart");
    this.table = need(dialog, ".full-table", "full_chart");
    this.timer = 0;
    /** @type {Sorting} */
    this.sorting = { key: "run", down: false };
    dialog.addEventListener("close", () => this.close(), { signal });
    need(dialog, "[data-action=close]", "full_chart").addEventListener("click", () => dialog.close(), { signal });
    page.app.on("cursor", () => this.later(), { signal });
    page.range.on(() => { this.chart?.paintRange(); this.later(); }, signal);
  }

  /** As the person asks: the back button closes it again. @param {string} tag */
  open(tag) {
    this.page.app.view.set("full", tag, { isStep: true });
    this.show(tag);
  }

  /** As the address has it. */
  follow() {
    const tag = this.page.app.view.get("full");
    if (tag === (this.chart?.tag ?? null)) return;
    if (tag === null) this.hide();
    else this.show(tag);
  }

  /** @param {string} tag */
  show(tag) {
    this.hide();
    const { layout } = this.page.specOf(tag), [head, last] = layout ? ["", layout.title] : splitName(tag);
    need(this.dialog, "h2", "full_chart").replaceChildren(el("span", { class: "run-name-head" }, head), last);
    this.dialog.showModal();
    this.chart = new ScalarChart(this.page, tag);
    this.body.replaceChildren(this.chart.root);
    this.chart.setVisible(true);
    this.chart.frame.focus();
    const chart = this.chart, answer = chart.answer.bind(chart);
    chart.answer = (answers) => { answer(answers); this.later(); };
  }

  /** What opened it is undone, if it was a step of this visit; else it is no more in the address. */
  close() {
    if (!this.chart) return;
    this.hide();
    if (history.state?.isStep && this.page.app.view.get("full") !== null) history.back();
    else this.page.app.view.set("full", null);
  }

  hide() {
    if (!this.chart) return;
    const { tag } = this.chart;
    this.chart.stop();
    this.chart = null;
    for (const chart of this.page.charts.values()) if (chart.tag === tag) chart.adoptZoom();
    this.table.replaceChildren();
    if (this.dialog.open) this.dialog.close();
  }

  later() {
    if (!this.chart) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.fill(), 80);
  }

  /** The marked range; else the exact points at the cursor, at the end of each run where there is none. */
  async fill() {
    const { chart, page } = this;
    if (!chart?.curves?.length || chart.axis === "ordinal") return;
    const rows = page.range.range ? await readRange(chart, this.signal) : await this.points(chart);
    if (!rows || this.chart !== chart) return;
    const isRange = page.range.range !== null;
    setText(need(this.dialog, ".full-note", "full_chart"), isRange ? `${rangeTitle(chart)}: raw values, all points.` : page.app.cursor.x === null ? "Last point of each run; set the step cursor for another one, Shift and drag for a range." : "The point nearest to the step cursor; Shift and drag for a range.");
    fillTable(this.table, page.app, isRange ? RANGE_COLUMNS : STEP_COLUMNS, rows, this.sorting);
  }

  /** @param {ScalarChart} chart @returns {Promise<Row[] | null>} */
  async points(chart) {
    const { x, xTag, smoothing, partition } = this.page.choices(), at = this.page.app.cursor.x ?? Number.MAX_SAFE_INTEGER;
    const charts = perTag(chart.spec, this.page.runsOf, { x, x_tag: xTag, at, smoothing, partition });
    /** @type {NearestAnswer | null} */
    const answer = await api.post("api/nearest", { charts }, { signal: this.signal }).catch(() => null);
    return answer && answer.charts.flatMap(({ id, points }) => points.map((point) => {
      const tag = chart.spec.tags[Number(id)], curve = chart.curves?.find((one) => one.tag === tag && one.run === point.run && one.line === point.line);
      return {
        run: point.run, line: point.line, tag, tagIndex: Number(id), smoothed: number(point.smoothed), value: number(point.value), step: point.step, relative: number(point.relative), time: number(point.wall_time),
        min: curve?.yRange[0] ?? null, max: curve?.yRange[1] ?? null, points: curve?.total ?? 0,
      };
    }));
  }
}
