/** One tag of the PR curves page: the curves of all runs at a step, what they do at a threshold, the areas under them over time. */

import { el, icon, pathName, saveBlob, setAttribute, setText, svg } from "../dom.js";
import { counted, fileName, splitName, step as stepText } from "../format.js";
import { runName } from "../run_name.js";
import { readZoom, writeZoom } from "./chart_zoom.js";
import { rowLimit } from "./hover_table.js";
import { LineChart } from "./line_chart.js";
import { POINT_KEYS, areaRange, bestF1, curvesCsv, isoF1, pointOf, thresholdAt } from "./pr_data.js";
import { ThresholdTable, TITLES, cellText } from "./pr_thresholds.js";
import { faults, shareText, stepsNote, when } from "./pr_words.js";
import { fillTable } from "./value_table.js";

/** @import { App } from "../app.js" */
/** @import { Range, XKind } from "../types.d.ts" */
/** @import { Hit } from "./line_chart.js" */
/** @import { AreaKind, PrCurve, RunAreas, RunCurve } from "./pr_data.js" */
/** @import { Sorting, ValueColumn } from "./value_table.js" */
/** @typedef {{app: App, area: AreaKind, x: XKind, threshold: number | null, goTo: (step: number) => void, pin: (threshold: number | null) => void, isWide: (tag: string) => boolean, toggleWide: (tag: string) => void}} PrPage what the page's choices are, and who makes them */

const ISO = [0.2, 0.4, 0.6, 0.8], UNIT = /** @type {Range} */ ([-0.02, 1.02]);
/** @type {Record<AreaKind, string>} */
export const AREA_NAMES = { average_precision: "average precision", trapezoid: "area under the curve (trapezoids)" };

export class PrBlock {
  /** @param {PrPage} page @param {string} tag @param {string[]} runs */
  constructor(page, tag, runs) {
    this.page = page;
    this.tag = tag;
    this.runs = runs;
    this.isSeen = false;
    /** Whether the curves, and the areas, are to be asked for again. */
    this.isDirty = true;
    this.isAreaDirty = true;
    /** @type {RunCurve[]} */
    this.curves = [];
    /** @type {RunAreas[]} */
    this.areas = [];
    /** @type {Sorting} */
    this.sorting = { key: "run", down: false };
    /** Whose thresholds are listed; null: the first run's. @type {string | null} */
    this.listed = null;
    const { app } = page, zoom = (/** @type {string} */ key) => ({
      zoomOf: () => readZoom(app.view.getAll(key), tag),
      setZoom: (/** @type {import("../types.d.ts").Zoom | null} */ to) => { app.view.setAll(key, writeZoom(app.view.getAll(key), tag, to)); this.repaint(); },
    });
    this.chart = new LineChart(app, {
      xTitle: "recall →", yTitle: "↑ precision", tell: (hits) => this.tellPoints(hits), ...zoom("zoom"), key: (event) => this.key(event),
      pick: ({ line, i }) => { const curve = this.curveOf(line.run); if (curve) page.pin(curve.threshold[i]); },
    });
    this.areaChart = new LineChart(app, {
      xTitle: "", yTitle: "", tell: (hits) => this.tellAreas(hits), ...zoom("areazoom"), key: () => false,
      pick: ({ line, i }) => { const found = this.areas.find(({ run }) => run === line.run); if (found) page.goTo(found.numbers[i]); },
    });
    this.note = el("span", { class: "chart-note" });
    this.faults = el("ul", { class: "pr-faults" });
    this.areaNote = el("span", { class: "chart-note" });
    this.table = el("div", { class: "pr-table", tabindex: 0, role: "region", "aria-label": `Runs of ${tag}` });
    this.tableNote = el("p", { class: "chart-note" });
    this.thresholds = new ThresholdTable((threshold) => page.pin(threshold));
    this.choice = el("select", { "aria-label": `Run whose thresholds are listed, ${tag}`, onchange: () => { this.listed = this.choice.value; this.fillThresholds(); } });
    this.details = el("details", { class: "pr-all", ontoggle: () => this.fillThresholds() }, el("summary", {}, "All thresholds"),
      el("div", { class: "pr-all-head" }, el("label", { class: "choice" }, "of ", this.choice), el("button", { type: "button", class: "button", onclick: () => this.saveCsv() }, "CSV of all runs")), this.thresholds.root);
    const [head, tail] = splitName(tag);
    this.areaHead = el("h4", { class: "chart-title" });
    this.wide = el("button", { type: "button", class: "icon-button", "aria-label": `Large: ${tag}`, title: "Large", onclick: () => { page.toggleWide(tag); this.paintWide(); } }, icon("full"));
    this.root = el("section", { class: "pr-tag" },
      el("div", { class: "pr-charts" },
        el("figure", {}, el("div", { class: "chart-head" }, el("h3", { class: "chart-title", title: tag }, pathName(head, tail)), this.note, this.wide), this.chart.frame),
        el("figure", {}, el("div", { class: "chart-head" }, this.areaHead, this.areaNote), this.areaChart.frame)),
      this.faults, this.tableNote, this.table, this.details);
    this.paintWide();
  }

  paintWide() {
    const isWide = this.page.isWide(this.tag);
    this.root.toggleAttribute("data-wide", isWide);
    setAttribute(this.wide, "aria-pressed", String(isWide));
  }

  stop() {
    this.chart.stop();
    this.areaChart.stop();
  }

  /** Other runs: those that go are gone at once, those that come are asked for. @param {string[]} runs */
  setRuns(runs) {
    if (JSON.stringify(runs) === JSON.stringify(this.runs)) return;
    this.runs = runs;
    this.isDirty = this.isAreaDirty = true;
    this.curves = this.curves.filter(({ run }) => runs.includes(run));
    this.areas = this.areas.filter(({ run }) => runs.includes(run));
    this.repaint();
  }

  /** @param {string} run @returns {PrCurve | null} */
  curveOf(run) { return this.curves.find((one) => one.run === run)?.curve ?? null; }

  /** Where a run's curve stands at the pinned threshold; without one where its F1 is best. @param {PrCurve} curve */
  indexOf(curve) { return this.page.threshold === null ? bestF1(curve) : thresholdAt(curve, this.page.threshold); }

  /** @param {RunCurve[]} curves */
  showCurves(curves) {
    this.curves = curves;
    this.paintCurves();
    this.areaChart.paintOver();
    this.fillTable();
    this.fillThresholds();
  }

  /** @param {RunAreas[]} areas */
  showAreas(areas) {
    this.areas = areas;
    this.paintAreas();
  }

  repaint() {
    this.paintCurves();
    this.paintAreas();
    this.fillTable();
    this.fillThresholds();
  }

  /** @param {string} message */
  fail(message) { this.faults.replaceChildren(el("li", {}, message)); }

  paintLift() {
    this.chart.paintLift();
    this.areaChart.paintLift();
  }

  paintCurves() {
    const { curves, tag } = this, drawn = curves.flatMap(({ run, curve }) => (curve ? [{ run, curve }] : []));
    setText(this.note, stepsNote(curves));
    this.faults.replaceChildren(...faults(curves).map((text) => el("li", {}, text)));
    this.chart.show({
      lines: drawn.map(({ run, curve }) => ({ run, x: curve.recall.subarray(0, curve.drawn), y: curve.precision.subarray(0, curve.drawn) })), x: UNIT, y: UNIT, xKind: "scalar",
      label: `Precision over recall of ${tag}, ${counted(drawn.length, "run")}${drawn.length ? `, ${stepsNote(curves)}` : ""}. Up and down move the threshold.`,
      under: (view) => ISO.flatMap((value) => {
        const { x, y } = isoF1(value), end = x.length - 1;
        return [svg("path", { class: "iso", d: `M${Array.from(x, (v, i) => `${view.px(v).toFixed(1)} ${view.py(y[i]).toFixed(1)}`).join("L")}` }), svg("text", { class: "iso-name", x: view.px(1) - 4, y: view.py(y[end]) - 4, "text-anchor": "end" }, `F1 ${value}`)];
      }),
      over: (view) => this.greyFirst(drawn).flatMap(({ run, curve }) => {
        const i = this.indexOf(curve), { precision, recall } = pointOf(curve, i);
        const style = this.page.app.style(run), isSeen = this.page.threshold !== null || drawn.length <= 8, x = view.px(recall), y = view.py(precision), { box } = view;
        return isSeen && Number.isFinite(x + y) && x >= box.x - 1 && x <= box.x + box.w + 1 && y >= box.y - 1 && y <= box.y + box.h + 1 ? [svg("circle", { class: "dot", "data-run": run, cx: x.toFixed(1), cy: y.toFixed(1), r: style.muted ? 2.5 : 4, fill: style.colour })] : [];
      }),
    });
  }

  /** @template {{run: string}} T @param {T[]} all @returns {T[]} those that stand out last, so that they lie on top */
  greyFirst(all) {
    const rank = (/** @type {T} */ { run }) => Number(!this.page.app.style(run).muted);
    return [...all].sort((a, b) => rank(a) - rank(b));
  }

  paintAreas() {
    const { areas, page: { area, x: kind, app }, tag } = this, told = AREA_NAMES[area];
    this.areaHead.textContent = `${told[0].toUpperCase()}${told.slice(1)}`;
    const lines = areas.map(({ run, numbers, wallTimes, areas: own }) => ({ run, y: own[area], x: kind === "step" ? numbers : kind === "wall" ? wallTimes : wallTimes.map((t) => t - wallTimes[0]) }));
    let lo = Infinity, hi = -Infinity;
    for (const { x } of lines) for (const v of x) { lo = Math.min(lo, v); hi = Math.max(hi, v); }
    const pad = (hi - lo) * 0.02 || 0.5, shown = areas.reduce((sum, one) => sum + one.steps.length, 0), total = areas.reduce((sum, one) => sum + one.total, 0), unreadable = areas.reduce((sum, one) => sum + one.unreadable, 0);
    setText(this.areaNote, [shown + unreadable < total ? `${shown} of ${counted(total, "curve")}, picked evenly` : counted(total, "curve"), unreadable ? `${unreadable} unreadable` : ""].filter(Boolean).join(" · "));
    this.areaChart.show({
      lines, x: lo <= hi ? [lo - pad, hi + pad] : [0, 1], y: areaRange(areas, area), xKind: kind,
      label: `${told} of ${tag} over ${kind === "step" ? "steps" : `${kind} time`}, ${counted(areas.length, "run")}${this.lastAreas()}. A click goes to a step.`,
      over: (view) => { const at = app.cursor.pinned ? app.cursor.x : null; return at !== null && kind === "step" && at >= view.x[0] && at <= view.x[1] ? [svg("line", { class: "cursor", x1: view.px(at), x2: view.px(at), y1: view.box.y, y2: view.box.y + view.box.h })] : []; },
    });
  }

  /** For who cannot see it. */
  lastAreas() {
    const told = this.areas.slice(0, 4).flatMap(({ run, areas, steps }) => (steps.length ? [`${run} ${shareText(areas[this.page.area][steps.length - 1])} at step ${steps[steps.length - 1]}`] : []));
    return told.length ? `: ${told.join(", ")}` : "";
  }

  fillTable() {
    const { app, x, threshold } = this.page;
    const rows = this.curves.map(({ run, curve, step, wallTime, relative }) => ({ run, line: "", tag: this.tag, tagIndex: 0, step, wallTime, relative, areas: curve?.areas ?? null, ...(curve ? pointOf(curve, this.indexOf(curve)) : {}) }));
    /** @type {ValueColumn[]} */
    const columns = [
      { key: "step", title: x === "step" ? "Step" : x === "wall" ? "Time" : "Relative", show: (row) => when(/** @type {any} */ (row), x), of: (row) => (row.step === null ? null : x === "step" ? Number(row.step) : x === "wall" ? row.wallTime : row.relative) },
      { key: "ap", title: "Average precision", hint: "The area under the steps: nothing is interpolated", show: (row) => shareText(row.areas?.average_precision ?? NaN), of: (row) => row.areas?.average_precision ?? null },
      { key: "auc", title: "Trapezoids", hint: "The area under straight lines between the points, mostly a little too large", show: (row) => shareText(row.areas?.trapezoid ?? NaN), of: (row) => row.areas?.trapezoid ?? null },
      ...POINT_KEYS.map((key) => ({ key, title: TITLES[key], show: (/** @type {any} */ row) => (row[key] === undefined ? "–" : cellText(row, key)), of: (/** @type {any} */ row) => row[key] ?? null })),
    ];
    this.tableNote.replaceChildren(threshold === null ? "Each run at the threshold of its best F1. Click a curve to set one for all." : `At threshold ${shareText(threshold)}, or the nearest that a run has. `,
      ...(threshold === null ? [] : [el("button", { type: "button", class: "pr-unpin", onclick: () => this.page.pin(null) }, "Back to the best F1")]));
    fillTable(this.table, app, columns, rows, this.sorting);
  }

  fillThresholds() {
    const names = this.curves.filter(({ curve }) => curve).map(({ run }) => run), listed = this.listed !== null && names.includes(this.listed) ? this.listed : names[0];
    this.details.hidden = !names.length;
    if (!this.details.open || listed === undefined) return;
    if (names.length !== this.choice.length || names.some((name, i) => this.choice.options[i].value !== name)) this.choice.replaceChildren(...names.map((name) => el("option", { value: name }, name)));
    this.choice.value = listed;
    const curve = this.curveOf(listed);
    this.thresholds.show(curve, curve && curve.threshold[this.indexOf(curve)]);
  }

  saveCsv() {
    saveBlob(new Blob([curvesCsv(this.curves)], { type: "text/csv" }), `${fileName(this.tag)}.csv`);
  }

  /** Up and down: the next threshold, beginning at the first run's. @param {KeyboardEvent} event */
  key(event) {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key], curve = this.curves.find((one) => one.curve)?.curve;
    if (!by || !curve) return false;
    const i = Math.max(0, Math.min(curve.threshold.length - 1, this.indexOf(curve) + by * (event.shiftKey ? 10 : 1)));
    this.page.pin(curve.threshold[i]);
    this.page.app.say(`threshold ${shareText(curve.threshold[i])}, precision ${shareText(pointOf(curve, i).precision)}, recall ${shareText(curve.recall[i])}`);
    return true;
  }

  /** @param {Hit[]} hits */
  tellPoints(hits) {
    return this.hover(hits, ["", "Run", ...POINT_KEYS.map((key) => TITLES[key])], ({ line, i }) => {
      const curve = this.curveOf(line.run);
      return curve ? POINT_KEYS.map((key) => cellText(pointOf(curve, i), key)) : [];
    });
  }

  /** @param {Hit[]} hits */
  tellAreas(hits) {
    const byRun = new Map(this.areas.map((one) => [one.run, one]));
    return this.hover(hits, ["", "Run", AREA_NAMES[this.page.area], "step"], ({ line, i }) => [shareText(line.y[i]), stepText(byRun.get(line.run)?.steps[i] ?? "")]);
  }

  /** @param {Hit[]} hits nearest first @param {string[]} heads @param {(hit: Hit) => string[]} cells */
  hover(hits, heads, cells) {
    const { app } = this.page, shown = hits.slice(0, rowLimit()), more = hits.length - shown.length;
    return el("table", {}, el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", {}, head)))),
      el("tbody", {}, ...shown.map((hit) => {
        const { colour, dash } = app.style(hit.line.run);
        return el("tr", {}, el("td", {}, el("span", { class: "chip", "data-on": true, "data-shape": dash ? null : "dot", "data-dash": dash || null, vars: { "--run": colour } })), el("td", {}, runName(app, hit.line.run)), ...cells(hit).map((text) => el("td", { class: "number" }, text)));
      })), more > 0 && el("tfoot", {}, el("tr", {}, el("td", { colspan: heads.length }, `${more} more, the nearest are shown`))));
  }
}
