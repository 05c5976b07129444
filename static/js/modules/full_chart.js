/** One chart over the whole window, with the numbers behind it in a table. */

import { api, number } from "../api.js";
import { el, need, pathName, setText } from "../dom.js";
import { clock, fileTail, short, splitName, step, value } from "../format.js";
import { ScalarChart } from "./scalar_chart.js";

/** @import { NearestAnswer, NearestPoint } from "../types.d.ts" */
/** @import { Page } from "./scalar_chart.js" */

const COLUMNS = ["Run", "Smoothed", "Value", "Step", "Time", "Min", "Max", "Points", ""];
const MOST_ROWS = 500;

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
    dialog.addEventListener("close", () => this.close(), { signal });
    need(dialog, "[data-action=close]", "full_chart").addEventListener("click", () => dialog.close(), { signal });
    page.app.on("cursor", () => this.later(), { signal });
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
    const [head, last] = splitName(tag);
    need(this.dialog, "h2", "full_chart").replaceChildren(el("span", { class: "run-name-head" }, head), last);
    this.dialog.showModal();
    this.chart = new ScalarChart(this.page, tag);
    this.body.replaceChildren(this.chart.root);
    this.chart.setVisible(true);
    this.chart.frame.focus();
    const chart = this.chart, answer = chart.answer.bind(chart);
    chart.answer = (json) => { answer(json); this.later(); };
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

  /** The exact points at the cursor; at the end of each run where there is none. */
  async fill() {
    const { chart, page } = this;
    if (!chart?.curves?.length || chart.axis === "ordinal") return;
    const curves = chart.curves.slice(0, MOST_ROWS), { x, smoothing } = page.choices(), at = page.app.cursor.x;
    const charts = [{ id: "full", tag: chart.tag, runs: [...new Set(curves.map((one) => one.run))], x, at: at ?? Number.MAX_SAFE_INTEGER, smoothing }];
    /** @type {NearestAnswer | null} */
    const answer = await api.post("api/nearest", { charts }, { signal: this.signal }).catch(() => null);
    if (!answer || this.chart !== chart) return;
    const points = new Map(answer.charts[0].points.map((point) => [`${point.run}\n${point.line}`, point]));
    setText(need(this.dialog, ".full-note", "full_chart"), at === null ? "Last point of each run; set the step cursor for another one." : "The point nearest to the step cursor.");
    this.table.replaceChildren(el("table", { class: "data-table" },
      el("thead", {}, el("tr", {}, ...COLUMNS.map((name, i) => el("th", { class: i ? "number" : null, scope: "col" }, name)))),
      el("tbody", {}, ...curves.map((one) => this.row(one, points.get(`${one.run}\n${one.line}`))))));
  }

  /** @param {import("../types.d.ts").Curve} one @param {NearestPoint | undefined} point */
  row(one, point) {
    const { app } = this.page, [head, last] = splitName(one.run), style = app.style(one.run), name = pathName(head, last);
    name.prepend(el("span", { class: "chip", "data-on": true, "data-dash": style.dash || null, vars: { "--run": style.colour } }));
    if (one.line) name.append(el("span", { class: "count", title: one.line }, `\u2002${fileTail(one.line)}`));
    const cell = (/** @type {string} */ text) => el("td", { class: "number" }, text), of = (/** @type {number | string | undefined} */ v) => (v === undefined ? "–" : value(number(v), 6));
    return el("tr", {}, el("td", {}, name), cell(of(point?.smoothed)), cell(of(point?.value)), cell(point ? step(point.step) : "–"), cell(point ? clock(number(point.wall_time)) : "–"),
      cell(of(one.yRange[0])), cell(of(one.yRange[1])), cell(short(one.total)),
      el("td", { class: "number" }, el("a", { href: api.url("api/scalars.csv", { run: one.run, tag: this.chart?.tag }), download: "", "aria-label": `CSV of ${one.run}` }, "CSV")));
  }
}
