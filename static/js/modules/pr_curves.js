/** The PR curves page: every tag with the curves of all runs at one step, their thresholds, and the areas over time. */

import { isTyping, need, setAttribute } from "../dom.js";
import { PrBlock } from "./pr_block.js";
import { decodeAreas, decodeRunCurve, stopsOf } from "./pr_data.js";
import { Scrubber } from "./scrubber.js";
import { TagPage } from "./tag_page.js";

/** @import { App } from "../app.js" */
/** @import { XKind } from "../types.d.ts" */
/** @import { AreaKind, RunAreasJson, RunCurveJson } from "./pr_data.js" */

const MODULE = "pr_curves", AXES = ["step", "relative", "wall"], AREAS = ["average_precision", "trapezoid"];
const WAIT_MS = 40, MOST_BLOCKS = 20;
const MOST_READS = 20_000, MOST_POINTS = 5_000; // areas in one question; of one run
const DEFAULTS = ["step", "average_precision"];

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController();
  const page = new PrCurvesPage(root, app, abort.signal);
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

class PrCurvesPage extends TagPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    super(root, app, signal, { kind: "pr_curve", many: "PR curves", example: "writer.add_pr_curve(\"pr\", labels, predictions, step)" });
    this.timer = 0;
    this.asking = { curves: false, areas: false };
    /** As painted last. */
    this.colours = "";
    /** @type {PrBlock[]} */
    this.blocks = [];
    /** Made once each: what a person opened in one stays open. @type {Map<string, PrBlock>} */
    this.kept = new Map();
    this.scrubber = new Scrubber(need(root, ".scrubber", MODULE), { signal, onStep: (step) => this.goTo(step) });
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), { root: root.closest("main"), rootMargin: "200px" });
    signal.addEventListener("abort", () => { this.clear(); this.filled(); });
    this.paintChoices();
  }

  /** @returns {XKind} */
  get x() { const asked = this.app.view.get("x") ?? ""; return /** @type {XKind} */ (AXES.includes(asked) ? asked : AXES[0]); }

  /** @returns {AreaKind} */
  get area() { const asked = this.app.view.get("area") ?? ""; return /** @type {AreaKind} */ (AREAS.includes(asked) ? asked : AREAS[0]); }

  /** The one that was set for all curves. @returns {number | null} */
  get threshold() {
    const asked = this.app.view.get("threshold"), found = asked === null || asked === "" ? NaN : Number(asked);
    return found >= 0 && found <= 1 ? found : null;
  }

  wire() {
    super.wire();
    const { app, root, signal } = this;
    app.on("theme", () => this.repaint(), { signal });
    app.on("stale", () => this.refresh(), { signal });
    app.on("connection", () => { if (app.connection.state === "live") this.askSoon(); }, { signal });
    app.on("lift", () => { for (const block of this.blocks) if (block.isSeen) block.paintLift(); }, { signal });
    app.on("cursor", () => this.moved(), { signal });
    app.on("navigated", () => { this.paintChoices(); for (const block of this.blocks) block.paintWide(); this.moved(); this.repaint(); }, { signal });
    root.addEventListener("click", (event) => {
      const { choose = "", value = "" } = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("button[data-choose]"))?.dataset ?? {};
      if (!choose) return;
      app.view.set(choose, DEFAULTS.includes(value) ? null : value);
      if (choose === "x") app.view.setAll("areazoom", []);
      this.paintChoices();
      this.repaint();
    }, { signal });
    document.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented || isTyping(event) || event.target instanceof HTMLInputElement) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], isOnControl = event.target instanceof Element && event.target.closest("button, summary, a, select");
      if (by) this.scrubber.move(event.shiftKey ? 10 * by : by);
      else if (event.key === " " && !isOnControl) this.scrubber.toggle();
      else return;
      event.preventDefault();
    }, { signal });
    document.addEventListener("keydown", (event) => { // before the shell, which would clear the step
      if (event.key !== "Escape" || this.threshold === null || isTyping(event) || document.querySelector(":popover-open, dialog[open]")) return;
      this.pin(null);
      event.stopImmediatePropagation();
    }, { signal, capture: true });
  }

  paintChoices() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("button[data-choose]"))) setAttribute(button, "aria-pressed", String(button.dataset.value === (button.dataset.choose === "x" ? this.x : this.area)));
  }

  /** @param {number | null} step null: the newest */
  goTo(step) {
    this.app.setCursor(step, true);
  }

  /** @param {number | null} threshold for all curves */
  pin(threshold) {
    this.app.view.set("threshold", threshold === null ? null : Number(threshold.toFixed(6)));
    this.repaint();
  }

  /** Whether a tag's curves have the whole width. @param {string} tag */
  isWide(tag) { return this.app.view.getAll("wide").includes(tag); }

  /** @param {string} tag */
  toggleWide(tag) {
    const wide = this.app.view.getAll("wide");
    this.app.view.setAll("wide", wide.includes(tag) ? wide.filter((one) => one !== tag) : [...wide, tag]);
  }

  /** The step is another one. */
  moved() {
    const { view, cursor } = this.app;
    view.set("step", cursor.pinned ? cursor.x : null);
    for (const block of this.blocks) block.isDirty = true;
    this.paintStops();
    this.askSoon();
  }

  /** Something was missed. */
  refresh() {
    for (const block of this.blocks) block.isDirty = block.isAreaDirty = true;
    this.askSoon();
  }

  repaint() {
    for (const block of this.blocks) if (block.isSeen) block.repaint();
  }

  /** A live page hears of its runs many times a second: what has its colours already is left alone. */
  restyle() {
    const colours = JSON.stringify(this.app.runs.visible().map((run) => this.app.style(run)));
    if (colours !== this.colours) this.repaint();
    this.colours = colours;
  }

  /** @param {{run: string, tag: string}[]} grown @param {string[]} rebuilt */
  onGrown(grown, rebuilt) {
    for (const block of this.blocks)
      if (grown.some(({ run, tag }) => tag === block.tag && block.runs.includes(run)) || rebuilt.some((run) => block.runs.includes(run))) block.isDirty = block.isAreaDirty = true;
    this.askSoon();
  }

  clear() {
    this.seen.disconnect();
    this.blocks = [];
  }

  filled() {
    for (const block of this.blocks) this.seen.observe(block.root);
    for (const [tag, block] of this.kept) if (!this.blocks.includes(block)) { block.stop(); this.kept.delete(tag); }
    if (!this.blocks.length) this.scrubber.hide();
  }

  /** @param {string} tag @param {string[]} runs */
  block(tag, runs) {
    let block = this.kept.get(tag);
    if (block) block.setRuns(runs);
    else this.kept.set(tag, (block = new PrBlock(this, tag, runs)));
    this.blocks.push(block);
    return block.root;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onSeen(entries) {
    for (const { target, isIntersecting } of entries) {
      const block = this.blocks.find(({ root }) => root === target);
      if (!block) continue;
      if (isIntersecting && !block.isSeen) block.repaint();
      block.isSeen = isIntersecting;
    }
    this.askSoon();
  }

  askSoon() {
    this.timer ||= window.setTimeout(() => { this.timer = 0; void this.askCurves(); void this.askAreas(); }, WAIT_MS);
  }

  /** Curves of what is in sight and out of date, one question at a time; what changes meanwhile is asked next. */
  async askCurves() {
    const { app, asking } = this, due = this.blocks.filter((block) => block.isSeen && block.isDirty && block.runs.length).slice(0, MOST_BLOCKS);
    if (asking.curves || !due.length) return;
    asking.curves = true;
    for (const block of due) block.isDirty = false;
    /** @type {{charts: {id: string, runs: RunCurveJson[]}[]} | null} */
    const answer = await this.post("api/pr_curves", due, { step: app.cursor.pinned ? app.cursor.x : null });
    asking.curves = false;
    if (this.signal.aborted || !answer) return;
    for (const { id, runs } of answer.charts) due[Number(id)].showCurves(runs.map(decodeRunCurve));
    this.askSoon();
  }

  /** Areas at all steps take their time, the first time: curves do not wait for them. */
  async askAreas() {
    const { asking } = this, due = this.blocks.filter((block) => block.isSeen && block.isAreaDirty && block.runs.length).slice(0, MOST_BLOCKS);
    if (asking.areas || !due.length) return;
    asking.areas = true;
    for (const block of due) block.isAreaDirty = false;
    const series = due.reduce((sum, { runs }) => sum + runs.length, 0), points = Math.max(2, Math.min(MOST_POINTS, Math.floor(MOST_READS / series)));
    /** @type {{charts: {id: string, runs: RunAreasJson[]}[]} | null} */
    const answer = await this.post("api/pr_areas", due, { points });
    asking.areas = false;
    if (this.signal.aborted || !answer) return;
    for (const { id, runs } of answer.charts) due[Number(id)].showAreas(runs.map(decodeAreas));
    this.paintStops();
    this.askSoon();
  }

  /** @param {string} path @param {PrBlock[]} blocks @param {object} more @returns {Promise<any>} null: none, and it is said */
  post(path, blocks, more) {
    const charts = blocks.map(({ tag, runs }, i) => ({ id: String(i), tag, runs, ...more }));
    return this.app.api.post(path, { charts }, { signal: this.signal }).catch((error) => this.failed(blocks, error));
  }

  /** The server said no: in its place; away, the banner says it and everything is asked for when it is back. @param {PrBlock[]} blocks @param {Error & {status?: number}} error @returns {null} */
  failed(blocks, error) {
    for (const block of this.signal.aborted ? [] : blocks)
      if (error.status !== 0) block.fail(error.message);
      else block.isDirty = block.isAreaDirty = true;
    return null;
  }

  paintStops() {
    const seen = this.blocks.filter((block) => block.isSeen).flatMap(({ areas }) => areas);
    if (seen.length) this.scrubber.show(stopsOf(seen), this.app.cursor.pinned ? this.app.cursor.x : null);
  }
}
