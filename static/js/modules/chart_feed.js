/** Charts ask together: what is visible and out of date goes into one question; answers are drawn one chart a frame. */

import { el } from "../dom.js";

/** @import { App } from "../app.js" */
/** @import { PixelChartJson, PixelQuestion, PixelsAnswer } from "../types.d.ts" */
/** @typedef {{questions: (() => PixelQuestion[]), answer: (charts: PixelChartJson[]) => void, fail: (message: string) => void, draw: () => void, drawLive: () => void, isLive: (now: number) => boolean, sketch: () => void, isVisible: boolean, isBusy: boolean, needsData: boolean}} Chart */

const MOST_CURVES = 200; // in one question: the first charts are drawn while the server works on the next ones
const REST_MS = 90; // after the last scroll, before new charts are drawn
const MOST_QUESTIONS = 100; // the server takes no more at once
const PATIENCE_MS = 1000; // while runs are being read, before Plotly is started all the same
const SKETCH_MS = 8; // of a frame, for first pictures
const SETTLE_MS = 500; // between two looks at what has come to rest
const APART_MS = 50; // between two questions: at most twenty a second

export class ChartFeed {
  /** @param {App} app @param {AbortSignal} signal */
  constructor(app, signal) {
    this.app = app;
    this.signal = signal;
    /** Out of date, in the order they were asked for. @type {Set<Chart>} */
    this.dirty = new Set();
    /** Answered, not yet drawn. @type {Set<Chart>} */
    this.drawing = new Set();
    /** Drawn fast, with the time. @type {Map<Chart, number>} */
    this.resting = new Map();
    this.timer = 0;
    /** @type {(() => void) | null} */
    this.whenDrawn = null;
    this.isAsking = false;
    /** Whether a chart may wait for its first picture. */
    this.hasNew = false;
    this.frame = 0;
    this.scrolledAt = 0;
    this.isStarting = false;
    this.canDraw = typeof Plotly !== "undefined";
    const main = document.querySelector("main");
    main?.addEventListener("scroll", () => { this.scrolledAt = performance.now(); }, { passive: true, signal });
  }

  /** @param {Chart} chart whose curves are out of date */
  ask(chart) {
    this.dirty.add(chart);
    if (!this.isAsking) {
      this.isAsking = true;
      queueMicrotask(() => this.run());
    }
  }

  /** @param {Chart} chart whose look is out of date */
  draw(chart) {
    this.drawing.add(chart);
    this.hasNew = true;
    this.wake();
  }

  /**
   * Plotly takes half a second to start, in which nothing else happens: it does so once the first pictures are there,
   * and the runs are read, though a long reading is not waited for.
   */
  startPlotly() {
    if (this.canDraw || this.isStarting) return;
    const wait = this.app.answer?.loading ? PATIENCE_MS : 0;
    this.isStarting = true;
    const seen = () => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => this.loadPlotly()))); // the last of them, too
    setTimeout(seen, wait);
  }

  loadPlotly() {
    const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[data-plotly]"));
    if (this.canDraw || !link || document.querySelector("script[data-plotly]")) return;
    const script = el("script", { src: link.href, "data-plotly": true, onload: () => { this.canDraw = true; this.wake(); } });
    document.head.append(script);
  }

  wake() {
    if (this.drawing.size && (this.canDraw || this.hasNew)) this.frame ||= requestAnimationFrame((now) => this.drawNext(now));
  }

  /** @param {Chart} chart that is no more */
  forget(chart) {
    this.dirty.delete(chart);
    this.drawing.delete(chart);
    this.resting.delete(chart);
  }

  /** One question at a time; what changes meanwhile is asked next, so that the latest is always on its way. */
  async run() {
    let failures = 0;
    while (!this.signal.aborted) {
      const asked = this.next();
      if (!asked.size) break;
      const began = performance.now();
      try {
        /** @type {PixelsAnswer} */
        const answer = await this.app.api.post("api/pixels", { charts: [...asked.values()].flat() }, { signal: this.signal });
        failures = 0;
        this.app.becomeCalm();
        const answers = new Map(answer.charts.map((one) => [one.id, one]));
        for (const [chart, questions] of asked) {
          const own = questions.flatMap(({ id }) => answers.get(id) ?? []), failed = own.find((one) => one.error);
          if (failed?.error) chart.fail(failed.error);
          else if (own.length) chart.answer(own);
        }
      } catch (error) {
        if (this.signal.aborted) return;
        const isAway = /** @type {{status?: number}} */ (error).status === 0; // the banner says it; asked again when the stream is back
        for (const chart of asked.keys()) {
          chart.needsData = true;
          if (!isAway) chart.fail(error instanceof Error ? error.message : String(error));
        }
        if (isAway || ++failures > 3) break;
      }
      if (!this.canDraw) continue; // first pictures are drawn while the server works on the next ones
      // What has come is drawn first, and half of the time is left for all else.
      if (this.drawing.size) await new Promise((resolve) => { this.whenDrawn = () => resolve(null); setTimeout(resolve, PATIENCE_MS / 2); });
      const rest = Math.max(APART_MS - (performance.now() - began), Math.min(performance.now() - began, PATIENCE_MS));
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
    this.isAsking = false;
    this.startPlotly();
  }

  /** @returns {Map<Chart, PixelQuestion[]>} */
  next() {
    const asked = new Map();
    let curves = 0, count = 0;
    for (const chart of this.dirty) {
      if (!chart.isVisible) { this.dirty.delete(chart); continue; } // asks when it comes into view
      const questions = chart.questions(), own = questions.reduce((sum, { runs, groups }) => sum + runs.length + (groups ?? []).reduce((all, group) => all + group.runs.length, 0), 0);
      if (!questions.length) { this.dirty.delete(chart); continue; }
      if (asked.size && (curves + own > MOST_CURVES || count + questions.length > MOST_QUESTIONS)) break;
      curves += own;
      count += questions.length;
      this.dirty.delete(chart);
      asked.set(chart, questions);
    }
    return asked;
  }

  /** @param {number} now */
  drawNext(now) {
    this.frame = 0;
    this.sketchAll();
    if (this.canDraw) {
      const began = performance.now();
      let isDrawn = false;
      for (const chart of this.drawing) {
        if (chart.isBusy || (chart.isVisible && now - this.scrolledAt < REST_MS)) continue;
        if (!chart.isVisible) { this.drawing.delete(chart); continue; }
        if (chart.isLive(began)) {
          if (performance.now() - began > SKETCH_MS) break;
          this.drawing.delete(chart);
          chart.drawLive();
          this.resting.set(chart, began);
        } else if (!isDrawn) { // at most one a frame
          this.drawing.delete(chart);
          this.resting.delete(chart);
          chart.draw();
          isDrawn = true;
        }
      }
      this.settle(began);
    }
    if (!this.drawing.size) { this.whenDrawn?.(); this.whenDrawn = null; }
    this.wake();
  }

  /** Charts that were drawn fast and have come to rest are Plotly's again. @param {number} now */
  settle(now) {
    for (const chart of this.resting.keys()) if (!chart.isLive(now)) { this.resting.delete(chart); this.drawing.add(chart); }
    clearTimeout(this.timer);
    if (this.resting.size) this.timer = window.setTimeout(() => { this.settle(performance.now()); this.wake(); }, SETTLE_MS);
  }

  /** Charts that nobody has seen yet get a first picture, as many as a frame has time for. */
  sketchAll() {
    const began = performance.now();
    this.hasNew = false;
    for (const chart of this.drawing) {
      if (!chart.isVisible) continue;
      if (performance.now() - began > SKETCH_MS) { this.hasNew = true; break; }
      chart.sketch();
    }
  }
}
