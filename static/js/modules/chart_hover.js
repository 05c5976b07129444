/** The pointer and the keys over one chart: nearest curves, the exact values behind them, the cursor. */

import { number } from "../api.js";
import { nearestIndex, nearestOnPath, pointAt } from "./chart_data.js";
import { noticeAt } from "./chart_notices.js";
import { perTag } from "./chart_question.js";
import { hideHover, rowLimit, showHover } from "./hover_table.js";

/** @import { Curve, NearestAnswer } from "../types.d.ts" */
/** @import { HoverRow } from "./hover_table.js" */
/** @import { ScalarChart } from "./scalar_chart.js" */

const LIFT_PX = 40, REACH_PX = 5, SLACK_PX = 8;
const FEW = 24; // curves: of more, only the x of the pointer counts

export class ChartHover {
  /** @param {ScalarChart} chart */
  constructor(chart) {
    this.chart = chart;
    this.ending = new AbortController();
    const signal = this.ending.signal, { frame, page } = chart;
    /** @type {[number, number] | null} */
    this.down = null;
    /** The cursor before the last click. @type {import("../types.d.ts").Cursor} */
    this.before = { x: null, pinned: false };
    /** Where the pointer is, px of the window; null: elsewhere. @type {{x: number, y: number} | null} */
    this.pointer = null;
    this.frameId = 0;
    this.isAsking = false;
    /** @type {{x: number, points: Map<string, {step: string, raw: number, smooth: number, wallTime: number, relative: number}>} | null} */
    this.exact = null;
    frame.addEventListener("pointerdown", (event) => {
      if (chart.canvas) chart.draw();
      this.down = [event.clientX, event.clientY];
      chart.isBusy = true;
      hideHover();
    }, { signal });
    addEventListener("pointerup", () => { if (this.down) chart.isBusy = false; }, { signal });
    addEventListener("pointercancel", () => { this.down = null; chart.isBusy = false; }, { signal });
    frame.addEventListener("pointermove", (event) => {
      if (event.buttons) return;
      if (chart.canvas) chart.draw(); // the hand works on Plotly's picture
      this.pointer = { x: event.clientX, y: event.clientY };
      this.frameId ||= requestAnimationFrame(() => { this.frameId = 0; this.look(); });
    }, { signal });
    frame.addEventListener("pointerleave", () => {
      this.pointer = null;
      hideHover();
      page.app.lift(null);
      if (!chart.cursor.pinned) chart.setCursor(null, false);
    }, { signal });
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return; // the page scrolls
      event.preventDefault();
      chart.zoomAt(event.clientX - frame.getBoundingClientRect().left, Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 200));
    }, { signal, passive: false });
    frame.addEventListener("click", (event) => this.click(event), { signal });
    frame.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  stop() {
    this.ending.abort();
    cancelAnimationFrame(this.frameId);
    if (this.pointer) hideHover();
  }

  /** A click that is no drag pins the cursor where the nearest curve has a point. @param {MouseEvent} event */
  click(event) {
    const { chart, down } = this;
    this.down = null;
    chart.isBusy = false;
    if (!down || Math.hypot(event.clientX - down[0], event.clientY - down[1]) > 4 || !chart.view) return;
    if (event.detail > 1) { chart.setCursor(this.before.x, this.before.pinned); return; } // a double click resets the zoom: its first half pinned nothing
    this.before = chart.cursor;
    this.pointer = { x: event.clientX, y: event.clientY };
    const rows = this.rows();
    if (rows.length) chart.setCursor(rows[0].at, true);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { chart } = this, { app } = chart.page, by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], to = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by) this.moveCursor(by * (event.shiftKey ? 10 : 1));
    else if (to) {
      const names = [...new Set(chart.drawn.map((one) => one.names[0]))], i = names.indexOf(app.lifted ?? "");
      app.lift(names[(i + to + names.length) % names.length] ?? null);
    } else if (event.key === "0") chart.setZoom(null);
    else if (event.key === "f") chart.page.openFull?.(chart.tag);
    else if (event.key === "p") chart.page.togglePin(chart.tag);
    else if (event.key === "m") chart.openMenu(chart.frame);
    else if (event.key === "r" && chart.cursor.x !== null && chart.axis !== "ordinal") chart.page.range.markAt(chart.cursor.x, chart.tag);
    else return;
    event.preventDefault();
  }

  /** Move the cursor over the points of the lifted, else the first curve. @param {number} by points */
  moveCursor(by) {
    const { chart } = this, c = chart.curves?.find((one) => one.run === chart.page.app.lifted) ?? chart.curves?.[0];
    if (!c?.x.length) return;
    const at = chart.cursor.x ?? c.x[c.x.length - 1], i = (c.rises ? nearestIndex : nearestOnPath)(c.x, at);
    let k = Math.max(0, Math.min(c.x.length - 1, i + by));
    while (Math.abs(by) === 1 && k > 0 && k < c.x.length - 1 && c.x[k] === c.x[i]) k += by; // two points of one column
    chart.setCursor(c.x[k], true);
  }

  /** One row a curve that has a point near the pointer's x, the nearest first. @returns {HoverRow[]} */
  rows() {
    const { chart, pointer } = this, { view } = chart;
    if (!pointer || !view) return [];
    const place = chart.frame.getBoundingClientRect(), px = pointer.x - place.left, py = pointer.y - place.top, { box } = view;
    if (px < box.x - 4 || px > box.x + box.w + 4) return [];
    const x = view.toX(px), isFew = chart.drawn.length <= FEW;
    const height = (/** @type {Curve} */ curve, /** @type {number} */ i) => { const y = Number.isFinite(curve.y[i]) ? view.py(curve.y[i], curve.isRight) : box.y; return Math.max(box.y, Math.min(box.y + box.h, Number.isFinite(y) ? y : box.y + box.h)); };
    const isY = chart.page.choices().hoverOrder === "y";
    const near = chart.drawn.flatMap((one) => {
      const { curve } = one;
      if (!curve.x.length || px > view.px(curve.xRange[1]) + SLACK_PX || px < view.px(curve.xRange[0]) - SLACK_PX) return [];
      const i = isFew || !curve.rises ? this.pointNear(curve, x, px, py, height) : pointAt(curve, x), distance = Math.abs(height(curve, i) - py);
      return [{ one, i, distance, far: Math.hypot(distance, view.px(curve.x[i]) - px) }];
    }).sort((a, b) => (isY ? a.distance - b.distance : a.far - b.far || a.distance - b.distance));
    if (!near.length) return [];
    const at = near[0].one.curve.x[near[0].i];
    return near.map(({ one, i: found, distance, far }, rank) => {
      const { curve } = one, { band } = curve, i = rank && curve.rises ? pointAt(curve, at) : found, k = curve.rawX ? (curve.rises ? nearestIndex(curve.rawX, curve.x[i]) : nearestOnPath(curve.rawX, curve.x[i])) : i;
      return {
        run: curve.run, line: curve.line, tag: curve.tag, isRight: curve.isRight, names: one.names, colour: one.colour, dash: one.dash, raw: curve.rawY ? curve.rawY[k] : curve.y[i], smooth: curve.y[i], at: curve.x[i],
        distance, far, step: curve.steps ? String(curve.steps[i]) : "", wallTime: NaN, relative: NaN, isExact: false, margin: this.marginAt(curve, curve.x[i]), band: band && { low: band.low[i], high: band.high[i], runs: band.runs[i], members: band.members },
      };
    });
  }

  /** The bounds that are drawn there. @param {Curve} curve @param {number} x */
  marginAt({ margin }, x) {
    const { view } = this.chart, i = margin ? nearestIndex(margin.x, x) : -1;
    return margin && view && i >= 0 && Math.abs(view.px(margin.x[i]) - view.px(x)) <= 1.5 ? { low: margin.low[i], high: margin.high[i] } : null;
  }

  /**
   * The point under the hand: of those a few pixels around, the nearest on the screen, so that the tip of a spike can be pointed at.
   * @param {Curve} curve @param {number} x @param {number} px @param {number} py @param {(curve: Curve, i: number) => number} height
   */
  pointNear(curve, x, px, py, height) {
    const view = /** @type {NonNullable<ScalarChart["view"]>} */ (this.chart.view), middle = pointAt(curve, x);
    let best = middle, least = Infinity;
    const weigh = (/** @type {number} */ i) => {
      const dx = view.px(curve.x[i]) - px;
      if (Math.abs(dx) > REACH_PX) return false;
      const dy = height(curve, i) - py, far = 4 * dx * dx + dy * dy;
      if (far < least && Number.isFinite(curve.y[i])) { least = far; best = i; }
      return true;
    };
    if (!curve.rises) for (let i = 0; i < curve.x.length; i++) weigh(i);
    else for (const by of [-1, 1]) for (let i = by < 0 ? middle : middle + 1; i >= 0 && i < curve.x.length && weigh(i); i += by);
    return best;
  }

  /** Show what is under the pointer. */
  look() {
    const { chart, pointer } = this, { app } = chart.page;
    if (!pointer || chart.isBusy) return;
    const rows = this.rows();
    if (!rows.length) {
      hideHover();
      app.lift(null);
      if (!chart.cursor.pinned) chart.setCursor(null, false);
      return;
    }
    if (!chart.cursor.pinned) chart.setCursor(rows[0].at, false);
    app.lift(chart.drawn.length > 1 && rows[0].far < LIFT_PX ? (rows[0].names[0] ?? null) : null);
    this.show(rows);
    this.askExact(rows);
  }

  /** @param {HoverRow[]} rows nearest first */
  show(rows) {
    const { chart, pointer, exact } = this;
    if (!pointer) return;
    if (exact && exact.x === rows[0].at)
      for (const row of rows) {
        const point = exact.points.get(`${row.tag}\n${row.run}\n${row.line}`);
        if (point) Object.assign(row, point, { isExact: true });
      }
    const { hoverOrder: order, smoothing, xTag } = chart.page.choices(), place = chart.frame.getBoundingClientRect();
    showHover(pointer, rows, { nameParts: (run) => chart.page.app.nameParts(run), axis: chart.axis, xTag, order, isSmoothed: smoothing.kind !== "none", notice: noticeAt(chart, pointer.x - place.left, pointer.y - place.top) });
  }

  /** Pixels are few, points may be many: the server says what exactly lies there. One question at a time, the latest last. @param {HoverRow[]} rows */
  async askExact(rows) {
    const { chart } = this, at = rows[0].at;
    if (this.isAsking || this.exact?.x === at || rows[0].band) return;
    this.isAsking = true;
    const { x: kind, xTag, smoothing, partition } = chart.page.choices(), asked = rows.slice(0, rowLimit()), path = chart.curves?.some((one) => !one.rises);
    // Where x goes back and forth, the step says which of the points it is.
    const where = path && rows[0].step ? { x: "step", x_tag: null, at: Number(rows[0].step) } : { x: kind, x_tag: xTag, at };
    const charts = perTag(chart.spec, (tag) => [...new Set(asked.filter((row) => row.tag === tag).map((row) => row.run))], { ...where, smoothing, partition });
    try {
      /** @type {NearestAnswer} */
      const answer = await chart.page.app.api.post("api/nearest", { charts }, { signal: this.ending.signal });
      const points = new Map(answer.charts.flatMap(({ id, points: found }) => found.map((point) => /** @type {const} */ ([`${chart.spec.tags[Number(id)]}\n${point.run}\n${point.line}`, {
        step: point.step, raw: number(point.value), smooth: number(point.smoothed), wallTime: number(point.wall_time), relative: number(point.relative),
      }]))));
      this.exact = { x: at, points };
    } catch {
      return; // gone or away: what the pixels say stays
    } finally {
      this.isAsking = false;
    }
    const now = this.rows();
    if (!now.length || !this.pointer) return;
    this.show(now);
    if (now[0].at !== at) this.askExact(now);
  }
}
