/** The histograms page: every tag with its runs side by side over one scale, or all runs of a tag at one step. */

import { el, isTyping, need, setAttribute } from "../dom.js";
import { splitName } from "../format.js";
import { BlobStore } from "./blob_store.js";
import { HistogramCell } from "./histogram_cell.js";
import { decodeChart } from "./histogram_data.js";
import { allSteps } from "./image_series.js";
import { Scrubber } from "./scrubber.js";
import { TagPage } from "./tag_page.js";

/** @import { App } from "../app.js" */
/** @import { XKind } from "../types.d.ts" */
/** @import { HistogramChartJson, HistogramMode } from "./histogram_data.js" */
/** @typedef {{tag: string, root: HTMLElement, runs: string[], cells: HistogramCell[], isSeen: boolean, isDirty: boolean}} Block */

const MODULE = "histograms";
const MODES = ["offset", "overlay", "heat", "bands", "runs"], AXES = ["step", "relative", "wall"];
const RIDGES = 50, COLUMNS = 160, BINS = 60; // rows of a picture, and what all are binned into
const WAIT_MS = 60;

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController();
  const page = new HistogramsPage(root, app, abort.signal);
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

class HistogramsPage extends TagPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    super(root, app, signal, { kind: "histogram", many: "histograms", example: "writer.add_histogram(\"weights\", values, step)" });
    this.timer = 0;
    /** @type {Block[]} */
    this.blocks = [];
    this.store = new BlobStore(app, "histogram");
    this.tip = need(root, ".histogram-tip", MODULE);
    this.scrubber = new Scrubber(need(root, ".scrubber", MODULE), { signal, onStep: (step) => this.choose(step) });
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), { root: root.closest("main"), rootMargin: "200px" });
    this.sizes = new ResizeObserver(() => this.repaint());
    this.sizes.observe(this.body);
    signal.addEventListener("abort", () => { this.seen.disconnect(); this.sizes.disconnect(); });
    this.paintChoices();
  }

  /** @returns {HistogramMode} */
  get mode() { const asked = this.app.view.get("mode") ?? ""; return /** @type {HistogramMode} */ (MODES.includes(asked) ? asked : MODES[0]); }

  /** @returns {XKind} */
  get x() { const asked = this.app.view.get("x") ?? ""; return /** @type {XKind} */ (AXES.includes(asked) ? asked : AXES[0]); }

  wire() {
    super.wire();
    const { app, root, signal } = this;
    for (const topic of /** @type {const} */ (["style", "lift", "theme"])) app.on(topic, () => this.repaint(), { signal });
    app.on("cursor", () => { if (this.mode === "runs") this.refresh(); else this.repaint(); }, { signal });
    app.on("navigated", () => this.chosen(), { signal });
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("button[data-choose]")) : null;
      const { choose = "", value = "" } = button?.dataset ?? {};
      if (!button) return;
      app.view.set(choose, value === "offset" || value === "step" ? null : value);
      this.chosen();
    }, { signal });
    document.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event)) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by && this.mode === "runs" && !(event.target instanceof HTMLInputElement)) { event.preventDefault(); this.scrubber.move(event.shiftKey ? 10 * by : by); }
      if (event.key === "t") { event.preventDefault(); this.search.input.focus(); }
    }, { signal });
  }

  chosen() {
    this.paintChoices();
    this.paint();
  }

  paintChoices() {
    const { mode, x } = this, buttons = /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("button[data-choose]"));
    for (const button of buttons) setAttribute(button, "aria-pressed", String(button.dataset.value === (button.dataset.choose === "mode" ? mode : x)));
    this.root.dataset.mode = mode;
  }

  /** @param {number | null} step */
  choose(step) {
    this.app.setCursor(step, true);
    this.app.view.set("step", step);
    this.refresh();
  }

  /** @param {{run: string, tag: string}[]} grown @param {string[]} rebuilt */
  onGrown(grown, rebuilt) {
    for (const block of this.blocks) if (grown.some(({ run, tag }) => tag === block.tag && block.runs.includes(run)) || rebuilt.some((run) => block.runs.includes(run))) block.isDirty = true;
    for (const { run, tag } of grown) if (this.store.peek(run, tag)) void this.store.read(run, tag).catch(() => {});
    this.askSoon();
  }

  get look() { return `${this.mode} ${this.x}`; }

  clear() {
    this.seen.disconnect();
    this.blocks = [];
  }

  filled() {
    for (const block of this.blocks) this.seen.observe(block.root);
    if (this.mode !== "runs") this.scrubber.hide();
  }

  /** @param {string} tag @param {string[]} runs */
  block(tag, runs) {
    const isTogether = this.mode === "runs", [head, tail] = splitName(tag);
    const cells = (isTogether ? [null] : runs).map((run) => new HistogramCell(this.app, tag, run, this.tip));
    const root = el("section", { class: "image-tag histogram-tag" }, el("h3", { title: tag }, el("span", {}, head), tail), el("div", { class: "histogram-row" }, ...cells.map((cell) => cell.root)));
    this.blocks.push({ tag, root, runs, cells, isSeen: false, isDirty: true });
    return root;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onSeen(entries) {
    for (const { target, isIntersecting } of entries) {
      const block = this.blocks.find(({ root }) => root === target);
      if (block) block.isSeen = isIntersecting;
    }
    this.askSoon();
  }

  /** Everything in sight anew. */
  refresh() {
    for (const block of this.blocks) block.isDirty = true;
    this.askSoon();
  }

  repaint() {
    for (const block of this.blocks) if (block.isSeen) for (const cell of block.cells) cell.paint();
  }

  askSoon() {
    this.timer ||= window.setTimeout(() => { this.timer = 0; void this.ask(); }, WAIT_MS);
  }

  /** One question for all that is in sight and out of date. */
  async ask() {
    const { app, mode, x } = this, due = this.blocks.filter((block) => block.isSeen && block.isDirty && block.runs.length).slice(0, 50);
    if (mode === "runs") void this.readSteps();
    if (!due.length) return;
    for (const block of due) block.isDirty = false;
    const at = app.cursor.pinned ? app.cursor.x : null, isTimed = mode === "heat" || mode === "bands";
    const charts = due.map(({ tag, runs }, i) => ({
      id: String(i), tag, runs, x: mode === "runs" ? "step" : x, bins: BINS, rows: isTimed ? COLUMNS : RIDGES, merge: isTimed, single: mode === "runs", range: [null, mode === "runs" ? at : null],
    }));
    /** @type {{charts: HistogramChartJson[]} | null} */
    const answer = await app.api.post("api/histogram_rows", { charts }, { signal: this.signal }).catch(() => null);
    if (this.signal.aborted || this.mode !== mode) return;
    for (const chart of answer?.charts ?? []) {
      const { edges, runs } = decodeChart(chart);
      for (const cell of due[Number(chart.id)].cells) cell.show(edges, runs, mode, mode === "runs" ? "step" : x);
    }
    if (this.blocks.some((block) => block.isSeen && block.isDirty)) this.askSoon();
  }

  /** The stops of the slider: every step of the runs of what is in sight. */
  async readSteps() {
    const wanted = this.blocks.filter((block) => block.isSeen).flatMap(({ tag, runs }) => runs.slice(0, 8).map((run) => ({ run, tag })));
    const series = await Promise.all(wanted.map(({ run, tag }) => this.store.get(run, tag).catch(() => null)));
    if (this.mode === "runs") this.scrubber.show(allSteps(series.flatMap((one) => one ?? [])), this.app.cursor.pinned ? this.app.cursor.x : null);
  }
}
