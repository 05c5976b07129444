/** One picture of histograms: of one run over its steps, or of all runs at one step; it says what is under the pointer. */

import { el, setAttribute, setText } from "../dom.js";
import { clock, counted, duration, step as stepText, value } from "../format.js";
import { token } from "../theme.js";
import { runName } from "../run_name.js";
import { xTicks } from "./chart_ticks.js";
import { QUANTILES, PERCENTILES, greatestShare, nearestRow, xRange } from "./histogram_data.js";
import { MARGIN, drawBands, drawHeat, drawOffset, drawOverlay, drawRowNames, drawRun, drawTimeAxis, drawValueAxis, ridgeFoot } from "./histogram_draw.js";

/** @import { App } from "../app.js" */
/** @import { XKind } from "../types.d.ts" */
/** @import { HistogramMode, HistogramRows } from "./histogram_data.js" */
/** @typedef {{row: number, bin: number, rows: HistogramRows}} Under what is pointed at */

export class HistogramCell {
  /** @param {App} app @param {string} tag @param {string | null} run null: all runs at one step @param {HTMLElement} tip shared by the page */
  constructor(app, tag, run, tip) {
    this.app = app;
    this.tag = tag;
    this.run = run;
    this.tip = tip;
    /** @type {HistogramMode} */
    this.mode = "offset";
    /** @type {XKind} */
    this.x = "step";
    /** @type {Float64Array} */
    this.edges = new Float64Array();
    /** @type {HistogramRows[]} */
    this.runs = [];
    /** Of all runs of the tag: their pictures have one scale. */
    this.most = 0;
    /** @type {[number, number]} */
    this.range = [0, 1];
    /** @type {Under | null} */
    this.under = null;
    this.canvas = el("canvas", { role: "img", tabindex: "0" });
    this.chip = el("span", { class: "chip", "data-on": true });
    this.note = el("span", { class: "chart-note" });
    this.root = el("figure", { class: "histogram-cell" },
      el("div", { class: "image-run", title: run ?? tag }, ...(run === null ? [] : [this.chip, runName(app, run)]), this.note), this.canvas);
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => this.leave());
  }

  /** @param {Float64Array} edges @param {HistogramRows[]} all runs of the tag @param {HistogramMode} mode @param {XKind} x */
  show(edges, all, mode, x) {
    this.edges = edges;
    this.runs = this.run === null ? all : all.filter(({ run }) => run === this.run);
    this.most = greatestShare(all, edges.length - 1);
    this.range = xRange(all);
    this.mode = mode;
    this.x = x;
    this.paint();
  }

  paint() {
    const { app, canvas, edges, mode, runs } = this, brush = canvas.getContext("2d"), ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight, [rows] = runs;
    if (this.run !== null) { this.chip.style.setProperty("--run", app.style(this.run).colour); this.chip.dataset.dash = String(app.style(this.run).dash); }
    this.say();
    if (!brush || !width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (!rows || edges.length < 2) return;
    const box = { x: MARGIN.l, y: MARGIN.t, w: width - MARGIN.l - MARGIN.r, h: height - MARGIN.t - MARGIN.b };
    const inks = {
      ink: token("--color-ink"), words: token("--color-ink-3"), ground: token("--color-ground"), axis: token("--chart-axis"),
      font: `11px ${token("--font-ui")}`, scale: [1, 2, 3, 4, 5, 6, 7].map((i) => token(`--seq-${i}`)),
    };
    const picture = { brush, box, edges, most: this.most || 1, inks }, colour = app.colour(rows.run), marked = this.marked(rows);
    const ticks = (/** @type {[number, number]} */ range, /** @type {number} */ count) => xTicks(this.x, false, range, count);
    if (mode === "runs") for (const one of runs) drawRun(picture, one, app.colour(one.run), one.run === app.lifted, app.lifted !== null && one.run !== app.lifted);
    else if (mode === "offset") drawOffset(picture, rows, colour, marked);
    else if (mode === "overlay") drawOverlay(picture, rows, colour, marked);
    else if (mode === "heat") drawHeat(picture, rows, this.range);
    else drawBands(picture, rows, colour, this.range);
    if (mode === "heat" || mode === "bands") drawTimeAxis(picture, this.range, ticks);
    else drawValueAxis(picture);
    if (mode === "offset") drawRowNames(picture, rows, (row) => this.place(rows, row, true));
    if ((mode === "heat" || mode === "bands") && marked >= 0) {
      const x = Math.round(box.x + ((rows.x[marked] - this.range[0]) / (this.range[1] - this.range[0])) * box.w) + 0.5;
      brush.strokeStyle = inks.ink;
      brush.beginPath();
      brush.moveTo(x, box.y);
      brush.lineTo(x, box.y + box.h);
      brush.stroke();
    }
  }

  /** The row that stands out: the one under the pointer, else that of the step cursor. @param {HistogramRows} rows */
  marked(rows) {
    if (this.under) return this.under.row;
    const { cursor } = this.app;
    return cursor.x !== null && this.x === "step" && this.mode !== "runs" ? nearestRow(rows.x, cursor.x) : -1;
  }

  /** @param {HistogramRows} rows @param {number} row @param {boolean} [isShort] */
  place(rows, row, isShort = false) {
    const x = rows.x[row];
    return this.x === "step" ? (isShort ? stepText(rows.steps[row]) : `step ${stepText(rows.steps[row])}`) : this.x === "relative" ? duration(x) : isShort ? clock(x).slice(11) : clock(x);
  }

  /** What a reader who sees no picture hears, and how much stands behind it. */
  say() {
    const { runs, edges } = this, [rows] = runs, last = rows ? rows.steps.length - 1 : -1;
    const merged = rows?.merged.reduce((sum, n) => sum + n, 0) ?? 0, unreadable = runs.reduce((sum, one) => sum + one.unreadable, 0);
    setText(this.note, unreadable ? `${counted(unreadable, "histogram")} cannot be read` : !rows ? "" : this.run === null ? `${counted(runs.filter((one) => one.steps.length).length, "run")}` : merged < rows.total ? `${last + 1} of ${counted(rows.total, "step")}` : counted(rows.total, "step"));
    this.note.toggleAttribute("data-kind", unreadable > 0);
    const median = last >= 0 ? value(rows.quantiles[last * QUANTILES + 4]) : "none";
    setAttribute(this.canvas, "aria-label", edges.length < 2 || last < 0 ? `Histograms of ${this.tag}: nothing was counted`
      : `Histograms of ${this.tag}${this.run === null ? "" : ` of ${this.run}`}: ${counted(last + 1, "step")} from ${stepText(rows.steps[0])} to ${stepText(rows.steps[last])}, values from ${value(edges[0])} to ${value(edges[edges.length - 1])}, median of the last ${median}`);
  }

  /** @param {PointerEvent} event */
  point(event) {
    const { edges, mode, runs } = this, [rows] = runs, at = this.canvas.getBoundingClientRect();
    if (!rows || edges.length < 2 || !rows.steps.length) return;
    const box = { x: MARGIN.l, y: MARGIN.t, w: at.width - MARGIN.l - MARGIN.r, h: at.height - MARGIN.t - MARGIN.b };
    const u = (event.clientX - at.left - box.x) / box.w, v = (event.clientY - at.top - box.y) / box.h, bins = edges.length - 1;
    if (u < 0 || u > 1 || v < -0.05 || v > 1) { this.leave(); return; }
    const isTimed = mode === "heat" || mode === "bands", bin = Math.max(0, Math.min(bins - 1, Math.floor((isTimed ? 1 - v : u) * bins)));
    let row = 0, found = rows;
    if (isTimed) row = nearestRow(rows.x, this.range[0] + u * (this.range[1] - this.range[0]));
    else if (mode === "offset") { const y = event.clientY - at.top; while (row < rows.steps.length - 1 && ridgeFoot(box, row, rows.steps.length) < y) row++; }
    else if (mode === "overlay") row = nearestShare(rows, bin, bins, (1 - v) * this.most);
    else found = runs.filter((one) => one.steps.length).reduce((best, one) => (gap(one, bin, (1 - v) * this.most) < gap(best, bin, (1 - v) * this.most) ? one : best), rows);
    this.under = { row, bin, rows: found };
    if (mode === "runs") this.app.lift(found.run);
    this.paint();
    this.showTip(event);
  }

  leave() {
    if (!this.under) return;
    this.under = null;
    this.tip.hidden = true;
    if (this.mode === "runs") this.app.lift(null);
    this.paint();
  }

  /** @param {PointerEvent} event */
  showTip(event) {
    const { under, edges, tip } = this;
    if (!under) return;
    const { rows, row, bin } = under, bins = edges.length - 1, count = rows.counts[row * bins + bin], numbers = rows.numbers[row];
    const lines = [
      `${this.place(rows, row)}${rows.merged[row] > 1 ? `, ${rows.merged[row]} steps added up` : ""}`,
      this.mode === "bands"
        ? [4, 3, 5, 0, 8].map((q) => `${PERCENTILES[q] === 50 ? "median" : q === 0 ? "least" : q === 8 ? "greatest" : `${PERCENTILES[q]}\u202f%`} ${value(rows.quantiles[row * QUANTILES + q])}`).join(" · ")
        : `${value(edges[bin])} to ${value(edges[bin + 1])}: ${value(count)} of ${value(numbers)} (${(numbers ? (100 * count) / numbers : 0).toPrecision(2)}\u202f%)`,
    ];
    tip.replaceChildren(el("strong", {}, runName(this.app, rows.run)), ...lines.map((text) => el("span", {}, text)));
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect(), gapPx = 18, edge = 8;
    const left = event.clientX + gapPx + width > innerWidth - edge ? event.clientX - gapPx - width : event.clientX + gapPx;
    tip.style.left = `${Math.max(edge, left)}px`;
    tip.style.top = `${Math.max(edge, Math.min(event.clientY + gapPx, innerHeight - height - edge))}px`;
  }
}

/** @param {HistogramRows} rows @param {number} bin @param {number} share */
const gap = (rows, bin, share) => (rows.numbers[0] ? Math.abs(rows.counts[bin] / rows.numbers[0] - share) : Infinity);

/** @param {HistogramRows} rows @param {number} bin @param {number} bins @param {number} share */
function nearestShare({ counts, numbers }, bin, bins, share) {
  let best = 0, least = Infinity;
  for (let row = 0; row < numbers.length; row++) {
    const off = numbers[row] ? Math.abs(counts[row * bins + bin] / numbers[row] - share) : Infinity;
    if (off < least) { least = off; best = row; }
  }
  return best;
}
