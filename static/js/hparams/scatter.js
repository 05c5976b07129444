/** Scatter matrix: every chosen column against every other, with a line and the rank correlation; a rectangle chooses runs. */

import { el } from "../dom.js";
import { plain } from "../format.js";
import { token } from "../theme.js";
import { axisOf } from "./axis.js";
import { line, spearman } from "./trend.js";
import { passes } from "./table_model.js";

/** @import { App } from "../app.js" */
/** @import { Column, Filter } from "./table_model.js" */
/** @typedef {import("./parallel.js").Shown} Shown */

const LEFT = 58, TOP = 8, GAP = 10, FOOT = 34, PAD = 6, NEAR_PX = 8, SPREAD = 0.035;

export class ScatterMatrix {
  /** @param {HTMLElement} root @param {App} app @param {{brush: (filters: [string, Filter | null][]) => void}} actions @param {AbortSignal} signal */
  constructor(root, app, actions, signal) {
    this.root = root;
    this.app = app;
    this.actions = actions;
    this.canvas = el("canvas", { class: "hp-lines", role: "img" });
    this.over = el("canvas", { class: "hp-lines", "aria-hidden": "true" });
    root.replaceChildren(this.canvas, this.over);
    /** @type {Shown | null} */
    this.shown = null;
    /** @type {{x: number, y: number, size: {w: number, h: number}, across: number, up: number}[]} */
    this.cells = [];
    /** By column, where each row stands on its axis. @type {Float32Array[]} */
    this.parts = [];
    /** @type {import("./axis.js").Axis[]} */
    this.axes = [];
    const sizes = new ResizeObserver(() => this.draw());
    sizes.observe(root);
    signal.addEventListener("abort", () => sizes.disconnect());
    for (const topic of /** @type {const} */ (["lift", "style", "theme"])) app.on(topic, () => (topic === "lift" ? this.paintLift() : this.draw()), { signal });
    this.over.addEventListener("pointerdown", (event) => this.#brush(event), { signal });
    this.over.addEventListener("pointermove", (event) => this.#hover(event), { signal });
    this.over.addEventListener("pointerleave", () => app.lift(null), { signal });
  }

  /** @param {Shown} shown */
  show(shown) {
    this.shown = shown;
    this.draw();
  }

  draw() {
    const { shown, root } = this, width = root.clientWidth, height = root.clientHeight;
    if (!shown || !width || !height) return;
    const { columns, runs, rows, filters, scales } = shown, n = columns.length - 1, ratio = devicePixelRatio || 1;
    for (const canvas of [this.canvas, this.over]) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.scale(ratio, ratio);
    if (n < 1) return;
    const axes = (this.axes = columns.map((column) => axisOf(column, scales.get(column.key) ?? null)));
    this.parts = columns.map((column, i) => Float32Array.from(column.numbers, (v, row) => axes[i].at(v) + (axes[i].isCategory ? (((row * 0.618033988749895 * (i + 1)) % 1) * 2 - 1) * SPREAD : 0)));
    const asked = columns.flatMap((column) => { const filter = filters.get(column.key); return filter ? [{ column, filter }] : []; });
    const chosen = Array.from(rows).filter((row) => asked.every(({ column, filter }) => passes(column, filter, row))), isChosen = new Set(chosen), others = Array.from(rows).filter((row) => !isChosen.has(row));
    this.chosen = chosen;
    // The lower triangle: the metric is the last row, each hparam a column.
    const w = (width - LEFT - GAP * n) / n, h = (height - TOP - FOOT - GAP * (n - 1)) / n;
    this.cells = [];
    context.font = `11px ${token("--font-ui")}`;
    for (let up = 1; up <= n; up++) for (let across = 0; across < up; across++) {
      const x = LEFT + across * (w + GAP), y = TOP + (up - 1) * (h + GAP);
      this.cells.push({ x, y, size: { w, h }, across, up });
      context.strokeStyle = token("--color-hairline");
      context.lineWidth = 1;
      context.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, Math.round(w), Math.round(h));
      const last = this.parts[n], isLess = columns[n].isLess ?? false;
      this.#dots(context, { x, y, w, h }, across, up, others, () => token("--chart-muted"), 0.25);
      this.#dots(context, { x, y, w, h }, across, up, chosen, (row) => (Number.isNaN(last[row]) ? token("--chart-muted") : token(`--seq-${Math.min(7, 2 + Math.floor((isLess ? 1 - last[row] : last[row]) * 6))}`)), runs.length > 2000 ? 0.5 : 0.85);
      this.#trend(context, { x, y, w, h }, across, up, chosen);
    }
    this.#labels(context, columns, w, h, n);
    this.canvas.setAttribute("aria-label", `Scatter matrix of ${rows.length} runs over ${columns.map(({ label }) => label).join(", ")}`);
    this.root.dataset.drawn = String(this.cells.length);
    this.paintLift();
  }

  /** @param {CanvasRenderingContext2D} context @param {{x: number, y: number, w: number, h: number}} box @param {number} across @param {number} up @param {number[]} rows @param {(row: number) => string} colour @param {number} alpha */
  #dots(context, box, across, up, rows, colour, alpha) {
    const size = rows.length > 2000 ? 2 : 3;
    context.globalAlpha = alpha;
    for (const row of rows) {
      const { x, y } = this.#place(box, across, up, row);
      if (Number.isNaN(x + y)) continue;
      context.fillStyle = colour(row);
      context.fillRect(x - size / 2, y - size / 2, size, size);
    }
    context.globalAlpha = 1;
  }

  /** @param {{x: number, y: number, w: number, h: number}} box @param {number} across @param {number} up @param {number} row */
  #place({ x, y, w, h }, across, up, row) {
    return { x: x + PAD + this.parts[across][row] * (w - 2 * PAD), y: y + h - PAD - this.parts[up][row] * (h - 2 * PAD) };
  }

  /** The least-squares line on the axes as they are drawn, and Spearman's rho of what is chosen. @param {CanvasRenderingContext2D} context @param {{x: number, y: number, w: number, h: number}} box @param {number} across @param {number} up @param {number[]} rows */
  #trend(context, box, across, up, rows) {
    const { columns } = /** @type {Shown} */ (this.shown), [a, b] = [columns[across], columns[up]];
    if (this.axes[across].isCategory && new Set(a.texts).size > 3) return; // their order says nothing
    const p = rows.map((row) => this.parts[across][row]), q = rows.map((row) => this.parts[up][row]), found = line(p, q), { rho, n } = spearman(a.numbers, b.numbers, rows);
    if (!found || Number.isNaN(rho)) return;
    const { x, y, w, h } = box, at = (/** @type {number} */ part) => y + h - PAD - (found.offset + found.slope * part) * (h - 2 * PAD);
    context.save();
    context.beginPath();
    context.rect(x, y, w, h);
    context.clip();
    context.strokeStyle = token("--color-ink-2");
    context.beginPath();
    context.moveTo(x + PAD, at(0));
    context.lineTo(x + w - PAD, at(1));
    context.stroke();
    context.restore();
    const text = `ρ ${plain(Number(rho.toFixed(2)))}  n ${n}`, wide = context.measureText(text).width;
    context.globalAlpha = 0.8;
    context.fillStyle = token("--color-ground");
    context.fillRect(x + w - wide - 9, y + 2, wide + 7, 15);
    context.globalAlpha = 1;
    context.fillStyle = token("--color-ink-2");
    context.textAlign = "right";
    context.fillText(text, x + w - 5, y + 13);
  }

  /** @param {CanvasRenderingContext2D} context @param {Column[]} columns @param {number} w @param {number} h @param {number} n */
  #labels(context, columns, w, h, n) {
    context.fillStyle = token("--color-ink-3");
    for (let i = 0; i < n; i++) {
      const left = LEFT + i * (w + GAP), bottom = TOP + n * (h + GAP) - GAP;
      context.textAlign = "center";
      for (const { value: v, text } of ends(this.axes[i].ticks)) context.fillText(text, left + PAD + this.axes[i].at(v) * (w - 2 * PAD), bottom + 13, w / 2);
      context.fillStyle = token("--color-ink");
      context.fillText(columns[i].label + (this.axes[i].isLog ? " (log)" : ""), left + w / 2, bottom + 28, w);
      context.fillStyle = token("--color-ink-3");
    }
    for (let up = 1; up <= n; up++) {
      const top = TOP + (up - 1) * (h + GAP), axis = this.axes[up];
      context.textAlign = "right";
      for (const { value: v, text } of ends(axis.ticks)) context.fillText(text, LEFT - 5, top + h - PAD - axis.at(v) * (h - 2 * PAD) + 4, LEFT - 20);
      context.save();
      context.translate(9, top + h / 2);
      context.rotate(-Math.PI / 2);
      context.textAlign = "center";
      context.fillStyle = token("--color-ink");
      context.fillText(columns[up].label, 0, 0, h);
      context.restore();
    }
  }

  paintLift() {
    const context = this.over.getContext("2d"), { shown, app } = this, ratio = devicePixelRatio || 1;
    if (!context || !shown) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.over.width, this.over.height);
    const row = app.lifted === null ? -1 : shown.runs.indexOf(app.lifted);
    if (row < 0) return;
    for (const { x, y, size: { w, h }, across, up } of this.cells) {
      const at = this.#place({ x, y, w, h }, across, up, row);
      context.beginPath();
      context.arc(at.x, at.y, 5, 0, 7);
      context.fillStyle = app.colour(app.lifted ?? "");
      context.strokeStyle = token("--color-ground");
      context.lineWidth = 2;
      context.fill();
      context.stroke();
    }
  }

  /** @param {PointerEvent} event */
  #cellAt(event) {
    const box = this.over.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
    return { px, py, cell: this.cells.find(({ x, y, size: { w, h } }) => px >= x && px <= x + w && py >= y && py <= y + h) };
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const { px, py, cell } = this.#cellAt(event), { shown } = this;
    if (!shown || event.buttons) return;
    let best = -1, least = NEAR_PX;
    if (cell) for (const row of this.chosen ?? []) {
      const at = this.#place({ x: cell.x, y: cell.y, ...cell.size }, cell.across, cell.up, row), far = Math.hypot(at.x - px, at.y - py);
      if (far < least) { least = far; best = row; }
    }
    this.app.lift(best < 0 ? null : shown.runs[best]);
  }

  /** @param {PointerEvent} down */
  #brush(down) {
    const { px, py, cell } = this.#cellAt(down), { shown } = this;
    if (!cell || !shown || down.button) return;
    const ending = new AbortController(), { across, up } = cell, columns = [shown.columns[across], shown.columns[up]];
    this.over.setPointerCapture(down.pointerId);
    addEventListener("pointermove", (event) => {
      const at = this.#cellAt(event), { w, h } = cell.size, part = (/** @type {number} */ v, /** @type {number} */ from, /** @type {number} */ size) => Math.max(-SPREAD, Math.min(1 + SPREAD, (v - from - PAD) / (size - 2 * PAD)));
      const xs = [part(px, cell.x, w), part(at.px, cell.x, w)], ys = [1 - part(py, cell.y, h), 1 - part(at.py, cell.y, h)];
      if (Math.hypot(at.px - px, at.py - py) > 4) this.actions.brush([xs, ys].map(([a, b], i) => [columns[i].key, this.#filter([across, up][i], Math.min(a, b), Math.max(a, b))]));
    }, { signal: ending.signal });
    for (const type of ["pointerup", "pointercancel"]) addEventListener(type, (event) => {
      ending.abort();
      const at = this.#cellAt(/** @type {PointerEvent} */ (event));
      if (Math.hypot(at.px - px, at.py - py) <= 4) this.actions.brush(columns.map(({ key }) => [key, null]));
    }, { signal: ending.signal });
  }

  /** @param {number} i which column @param {number} low parts of the axis @param {number} high @returns {Filter | null} */
  #filter(i, low, high) {
    const { columns } = /** @type {Shown} */ (this.shown), axis = this.axes[i], column = columns[i];
    if (!axis.isCategory) return { kind: "range", low: low <= 0 ? axis.low : Number(axis.back(low).toPrecision(6)), high: high >= 1 ? axis.high : Number(axis.back(high).toPrecision(6)) };
    const names = new Set(/** @type {string[]} */ (column.texts.filter((text, row) => text !== null && this.parts[i][row] >= low && this.parts[i][row] <= high)));
    return names.size ? { kind: "among", names } : null;
  }
}

/** The outer two of some ticks: there is room for no more. @template T @param {T[]} ticks @returns {T[]} */
const ends = (ticks) => (ticks.length > 2 ? [ticks[0], /** @type {T} */ (ticks.at(-1))] : ticks);
