/** The curves of the scalars that columns share, overlaid; each is made when it comes near the window. */

import { el } from "../dom.js";
import { ChartFeed } from "./chart_feed.js";
import { ChartSections } from "./chart_sections.js";
import { readZoom, writeZoom } from "./chart_zoom.js";
import { sectionHead } from "./compare_table.js";
import { RangeChoice } from "./range_choice.js";
import { applySizes, readChoices } from "./settings.js";

/** @import { App } from "../app.js" */
/** @import { CompareAnswer, DeltaEvent, Zoom } from "../types.d.ts" */
/** @import { ScalarChart } from "./scalar_chart.js" */

const KEY = "curves"; // in the address: "all" are shown
const FEW = 6;

export class CompareCurves {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    this.root = root;
    this.app = app;
    this.body = el("div", { class: "compare-curves" });
    /** @type {CompareAnswer | null} */
    this.answer = null;
    /** Scalars of each run. @type {Map<string, Set<string>>} */
    this.runs = new Map();
    /** @type {Map<Element, ScalarChart>} */
    this.charts = new Map();
    const feed = new ChartFeed(app, signal), charts = this.charts;
    const observer = new IntersectionObserver((entries) => { for (const entry of entries) charts.get(entry.target)?.setVisible(entry.isIntersecting); }, { root: document.querySelector("main"), rootMargin: "160px 0px" });
    const range = new RangeChoice(app.view);
    const tags = () => this.answer?.tags ?? [];
    const page = {
      app, feed, observer, charts, range, openFull: null, isPinned: () => false, togglePin: () => {}, tagNames: tags, shownTags: () => this.tags,
      choices: () => readChoices(app.view), specOf: (/** @type {string} */ tag) => ({ id: tag, tags: [tag], right: [] }), runsOf: (/** @type {string} */ tag) => this.runsOf(tag),
      zoomOf: (/** @type {string} */ tag) => readZoom(app.view.getAll("zoom"), tag),
      setZoom: (/** @type {string} */ tag, /** @type {Zoom | null} */ zoom) => app.view.setAll("zoom", writeZoom(app.view.getAll("zoom"), tag, zoom)),
    };
    this.sections = new ChartSections(this.body, page, { isClosed: () => false, setClosed: () => {}, isWide: () => false });
    applySizes(root, page.choices());
    const options = { signal };
    app.on("theme", () => this.each((chart) => chart.redraw()), options);
    app.on("style", () => this.each((chart) => chart.refresh()), options);
    app.on("lift", () => this.each((chart) => { if (chart.isVisible) chart.paintLift(); }), options);
    app.on("cursor", () => this.each((chart) => { if (chart.isVisible) chart.paintCursor(); }), options);
    app.on("navigated", () => this.each((chart) => { chart.adoptZoom(); chart.redraw(); }), options);
    app.on("stale", () => this.each((chart) => chart.refresh()), options);
    app.on("connection", () => { if (app.connection.state === "live") this.each((chart) => { if (chart.needsData && chart.isVisible) feed.ask(chart); }); }, options);
    range.on(() => this.each((chart) => { if (chart.isVisible) chart.paintRange(); }), signal);
    signal.addEventListener("abort", () => { observer.disconnect(); this.sections.stop(); });
  }

  get isAll() { return this.app.view.get(KEY) === "all"; }

  get tags() {
    const { tags = [], judge = null } = this.answer ?? {}, ordered = judge ? [judge, ...tags.filter((tag) => tag !== judge)] : tags;
    return this.isAll ? ordered : ordered.slice(0, FEW);
  }

  /** @param {(chart: ScalarChart) => void} act */
  each(act) {
    for (const chart of this.charts.values()) act(chart);
  }

  /** Runs of the columns that have a scalar. @param {string} tag */
  runsOf(tag) {
    const having = this.runs.get(tag);
    return (this.answer?.columns ?? []).flatMap(({ runs }) => runs).filter((run) => having?.has(run));
  }

  /** @param {CompareAnswer} answer */
  async read(answer) {
    const isOther = JSON.stringify(answer.columns) !== JSON.stringify(this.answer?.columns);
    this.answer = answer;
    const found = await this.app.tags("scalar").catch(() => null);
    if (found) this.runs = new Map(found.tags.map(({ tag, runs }) => [tag, new Set(runs.map((i) => found.runs[i]))]));
    this.paint();
    if (isOther) this.each((chart) => chart.refresh());
  }

  paint() {
    const { answer } = this, many = answer?.tags.length ?? 0;
    this.root.hidden = !many;
    const isGrouped = answer?.columns.some(({ runs }) => runs.length > 1);
    const more = many > FEW && el("button", { type: "button", "aria-expanded": String(this.isAll), onclick: () => { this.app.view.set(KEY, this.isAll ? null : "all"); this.paint(); this.root.querySelector("button")?.focus(); } }, this.isAll ? `show ${FEW}` : `show all ${many}`);
    const head = sectionHead("Curves", el("span", { class: "count" }, isGrouped ? "mean of each column, from the least to the greatest of its seeds" : ""), more);
    this.root.querySelector("h2")?.remove();
    this.root.prepend(head);
    if (!this.body.isConnected) this.root.append(this.body);
    this.sections.render(many ? [{ key: "curves", title: "Curves", tags: this.tags, isPinned: false }] : []);
  }

  /** @param {DeltaEvent} delta */
  onDelta(delta) {
    const anew = new Set([...(delta.rebuilt ?? []), ...(delta.removed ?? [])]);
    this.each((chart) => {
      if (anew.size && this.runsOf(chart.tag).some((run) => anew.has(run))) { chart.refresh(); return; }
      const grown = Object.entries(delta.grew ?? {}).filter(([run, kinds]) => kinds.scalar?.includes(chart.tag) && this.runsOf(chart.tag).includes(run)).map(([run]) => run);
      if (grown.length) chart.grow(chart.tag, new Set(grown));
    });
  }
}
