/** Parallel coordinates: a line for every run through its hparams to the metric; brushes on the axes choose runs. */

import { el, svg } from "../dom.js";
import { token } from "../theme.js";
import { axisOf } from "./axis.js";
import { passes } from "./table_model.js";

/** @import { App } from "../app.js" */
/** @import { Axis } from "./axis.js" */
/** @import { Column, Filter } from "./table_model.js" */
/** @typedef {{runs: string[], columns: Column[], rows: Uint32Array, filters: Map<string, Filter>, scales: Map<string, "log" | "linear">, flipped: Set<string>}} Shown the last column is the metric; `rows`: those that the query leaves */
/** @typedef {{brush: (key: string, filter: Filter | null) => void, move: (key: string, before: string | null) => void, menu: (key: string, head: HTMLElement) => void}} Actions */

const TOP = 40, BOTTOM = 26, SIDE = 14, RIGHT = 64; // px
const HAND_PX = 12, SPREAD_PX = 9, FEW = 12; // values of an axis that is spread so that lines can be told apart
const CURVED = 1500; // lines up to which they are curves
const LEVELS = 7, LEAST_SHADE = 3, STRESS = 1.8; // shades, the first that stands off the page, and how much of the scale the best take
const DENSE = 8.5, MOST_ALPHA = 0.9; // the more lines, the fainter; a few are all plain
const CHUNK = 1200; // lines in one go: a frame stays a frame
const NEAR_PX = 12;

export class Parallel {
  /** @param {HTMLElement} root @param {App} app @param {Actions} actions @param {AbortSignal} signal */
  constructor(root, app, actions, signal) {
    this.root = root;
    this.app = app;
    this.actions = actions;
    this.canvas = el("canvas", { class: "hp-lines", "aria-hidden": "true" });
    this.over = el("canvas", { class: "hp-lines", "aria-hidden": "true" });
    this.axes = svg("svg", { class: "hp-axes", role: "img" });
    this.heads = el("div", { class: "hp-axis-heads" });
    root.replaceChildren(this.canvas, this.over, this.axes, this.heads);
    /** @type {Shown | null} */
    this.shown = null;
    /** @type {{axis: Axis, x: number, column: Column, isFlipped: boolean, jitter: number}[]} */
    this.places = [];
    /** By row, one after the other, the heights on all axes; NaN where a run has none. */
    this.heights = new Float32Array(0);
    /** @type {Uint8Array} */
    this.isIn = new Uint8Array(0);
    this.frame = 0;
    const sizes = new ResizeObserver(() => this.draw());
    sizes.observe(root);
    signal.addEventListener("abort", () => { sizes.disconnect(); cancelAnimationFrame(this.frame); });
    for (const topic of /** @type {const} */ (["lift", "style", "theme"])) app.on(topic, () => (topic === "lift" ? this.paintLift() : this.draw()), { signal });
    this.axes.addEventListener("pointerdown", (event) => this.#brush(event), { signal });
    root.addEventListener("pointermove", (event) => this.#hover(event), { signal });
    root.addEventListener("pointerleave", () => this.app.lift(null), { signal });
  }

  /** @param {Shown} shown */
  show(shown) {
    this.shown = shown;
    this.draw();
  }

  draw() {
    const { shown, root } = this, width = root.clientWidth, height = root.clientHeight;
    cancelAnimationFrame(this.frame);
    if (!shown || !width || !height) return;
    const { columns, flipped, scales, filters, runs } = shown, inner = height - TOP - BOTTOM, gap = (width - SIDE - RIGHT) / Math.max(1, columns.length - 1);
    this.places = columns.map((column, i) => {
      const axis = axisOf(column, scales.get(column.key) ?? null), isFew = axis.isCategory || new Set(column.numbers.slice(0, 2000)).size <= FEW;
      return { axis, column, x: columns.length === 1 ? width / 2 : SIDE + i * gap, isFlipped: flipped.has(column.key), jitter: isFew ? SPREAD_PX : 0 };
    });
    const n = this.places.length, heights = new Float32Array(runs.length * n), isIn = (this.isIn = new Uint8Array(runs.length));
    for (const row of shown.rows) isIn[row] = 1;
    const asked = columns.flatMap((column) => { const filter = filters.get(column.key); return filter ? [{ column, filter }] : []; });
    for (let row = 0; row < runs.length; row++) {
      if (isIn[row] && !asked.every(({ column, filter }) => passes(column, filter, row))) isIn[row] = 2;
      const spread = ((row * 0.618033988749895) % 1) * 2 - 1; // evenly, and the same each time
      for (let i = 0; i < n; i++) {
        const { axis, column, isFlipped, jitter } = this.places[i], part = axis.at(column.numbers[row]);
        heights[row * n + i] = TOP + (isFlipped ? part : 1 - part) * inner + spread * jitter;
      }
    }
    this.heights = heights;
    this.none = height - 9;
    this.#paintAxes(inner, width, height);
    const ratio = devicePixelRatio || 1;
    for (const canvas of [this.canvas, this.over]) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.scale(ratio, ratio);
    const batches = this.#batches();
    let at = 0;
    const next = () => {
      for (let drawn = 0; at < batches.length && drawn < CHUNK; at++) {
        const { rows, colour, width: px, alpha } = batches[at];
        context.strokeStyle = colour;
        context.lineWidth = px;
        context.globalAlpha = alpha;
        context.beginPath();
        for (const row of rows) this.#trace(context, row, runs.length <= CURVED);
        context.stroke();
        drawn += rows.length;
      }
      if (at < batches.length) this.frame = requestAnimationFrame(next);
      else this.root.dataset.drawn = String(batches.reduce((sum, { rows }) => sum + rows.length, 0));
    };
    next();
    this.paintLift();
  }

  /** What is drawn in one stroke: brushed-out lines grey and first, the best last. */
  #batches() {
    const { columns, runs } = /** @type {Shown} */ (this.shown), metric = columns.at(-1), { isIn } = this, levels = /** @type {number[][]} */ (Array.from({ length: LEVELS + 1 }, () => [])), out = /** @type {number[]} */ ([]);
    const axis = this.places.at(-1)?.axis, isLess = metric?.isLess ?? false;
    for (let row = 0; row < runs.length; row++) {
      if (isIn[row] === 2) out.push(row);
      if (isIn[row] !== 1) continue;
      const part = axis && metric ? axis.at(metric.numbers[row]) : NaN;
      levels[Number.isNaN(part) ? 0 : Math.min(LEVELS, 1 + Math.floor((isLess ? 1 - part : part) ** STRESS * LEVELS))].push(row);
    }
    const count = levels.reduce((sum, rows) => sum + rows.length, 0), most = Math.min(MOST_ALPHA, DENSE / Math.sqrt(count || 1));
    const alpha = (/** @type {number} */ level) => (most === MOST_ALPHA ? most : level === LEVELS ? Math.max(0.25, Math.min(0.95, 2 * most)) : most * (0.35 + 0.65 * (level / LEVELS) ** 2)); // of many, the better, the plainer
    const batches = [{ rows: out, colour: token("--chart-muted"), width: 1, alpha: 0.14 }, ...levels.map((rows, i) => ({ rows, colour: i ? token(`--seq-${Math.max(LEAST_SHADE, i)}`) : token("--chart-muted"), width: i === LEVELS ? 1.5 : 1, alpha: alpha(i) }))];
    return batches.flatMap((batch) => Array.from({ length: Math.ceil(batch.rows.length / CHUNK) }, (_, i) => ({ ...batch, rows: batch.rows.slice(i * CHUNK, (i + 1) * CHUNK) })));
  }

  /** @param {CanvasRenderingContext2D} context @param {number} row @param {boolean} isCurved */
  #trace(context, row, isCurved) {
    const { places } = this, n = places.length;
    for (let i = 0; i < n; i++) {
      const { x } = places[i], y = this.#height(row, i);
      if (i === 0) { context.moveTo(x, y); if (n === 1) context.lineTo(x + 4, y); continue; }
      const before = places[i - 1].x, from = this.#height(row, i - 1);
      if (isCurved) context.bezierCurveTo((before + x) / 2, from, (before + x) / 2, y, x, y); else context.lineTo(x, y);
    }
  }

  /** A run that has none goes below the axis. @param {number} row @param {number} i */
  #height(row, i) {
    const y = this.heights[row * this.places.length + i];
    return Number.isNaN(y) ? this.none ?? 0 : y;
  }

  paintLift() {
    const context = this.over.getContext("2d"), { shown, app } = this;
    if (!context || !shown) return;
    const ratio = devicePixelRatio || 1, row = app.lifted === null ? -1 : shown.runs.indexOf(app.lifted);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.over.width, this.over.height);
    this.root.toggleAttribute("data-lifted", row >= 0 && this.isIn[row] > 0);
    if (row < 0 || !this.isIn[row]) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const [width, colour] of /** @type {[number, string][]} */ ([[5, token("--color-ground")], [2.5, app.colour(app.lifted ?? "") || token("--color-ink")]])) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.beginPath();
      this.#trace(context, row, shown.runs.length <= CURVED);
      context.stroke();
    }
  }

  /** @param {number} inner @param {number} width @param {number} height */
  #paintAxes(inner, width, height) {
    const { filters, runs } = /** @type {Shown} */ (this.shown), drawn = [], heads = [], hasNone = this.places.some(({ column }) => column.having < runs.length);
    this.axes.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.axes.setAttribute("aria-label", `Parallel coordinates of ${runs.length} runs over ${this.places.map(({ column }) => column.label).join(", ")}`);
    for (const [i, { axis, x, column, isFlipped }] of this.places.entries()) {
      const y = (/** @type {number} */ v) => { const part = axis.at(v); return TOP + (isFlipped ? part : 1 - part) * inner; };
      drawn.push(svg("line", { class: "axis", x1: x, x2: x, y1: TOP, y2: TOP + inner }));
      for (const { value, text } of axis.ticks) drawn.push(svg("line", { class: "axis", x1: x - 3, x2: x + 3, y1: y(value), y2: y(value) }), svg("text", { x: x + 7, y: Math.max(TOP + 9, Math.min(TOP + inner - 2, y(value) + 4)) }, text));
      const filter = filters.get(column.key), isLast = i === this.places.length - 1;
      if (filter) {
        const [from, to] = filter.kind === "range" ? [Math.max(filter.low, axis.low), Math.min(filter.high, axis.high)].map(y) : around(column, filter.names, y), [low, high] = [Math.min(from, to), Math.max(from, to)];
        const spare = axis.isCategory ? SPREAD_PX + 2 : 2;
        if (Number.isFinite(low)) drawn.push(svg("rect", { class: "brush", x: x - 6, width: 12, y: low - spare, height: high - low + 2 * spare, rx: 2 }));
      }
      drawn.push(svg("rect", { class: "hand", "data-axis": i, x: x - HAND_PX, width: 2 * HAND_PX, y: TOP - 8, height: inner + 16 }));
      heads.push(el("button", { type: "button", class: "hp-axis-head", "data-key": column.key, "data-last": isLast, title: `${column.hint || column.label}: scale, direction, place`, vars: { "--place": `${x}px`, "--room": `${Math.max(60, (width - SIDE - RIGHT) / Math.max(1, this.places.length - 1) - 10)}px` }, onclick: (/** @type {MouseEvent} */ event) => this.actions.menu(column.key, /** @type {HTMLElement} */ (event.currentTarget)) },
        el("span", {}, column.label), axis.isLog ? el("small", {}, " log") : null));
    }
    if (hasNone) drawn.push(svg("text", { x: width - RIGHT + 8, y: height - 5 }, "has none"));
    this.axes.replaceChildren(...drawn);
    if (!this.heads.contains(document.activeElement)) this.heads.replaceChildren(...heads);
    else for (const [i, head] of [...this.heads.children].entries()) { const made = heads[i]; if (made && /** @type {HTMLElement} */ (head).dataset.key === made.dataset.key) /** @type {HTMLElement} */ (head).style.cssText = made.style.cssText; else { this.heads.replaceChildren(...heads); break; } }
  }

  /** @param {PointerEvent} down */
  #brush(down) {
    const hand = down.target instanceof Element ? down.target.closest("[data-axis]") : null, place = this.places[Number(hand?.getAttribute("data-axis") ?? -1)];
    if (!place || down.button) return;
    down.preventDefault();
    const { column, axis, isFlipped } = place, box = this.axes.getBoundingClientRect(), inner = this.root.clientHeight - TOP - BOTTOM, ending = new AbortController();
    const part = (/** @type {number} */ clientY) => { const p = Math.max(0, Math.min(1, (clientY - box.top - TOP) / inner)); return isFlipped ? p : 1 - p; };
    const start = part(down.clientY);
    let end = start;
    const filter = () => {
      const [low, high] = [Math.min(start, end), Math.max(start, end)], reach = axis.isCategory ? SPREAD_PX / inner : 0;
      if (!axis.isCategory) return /** @type {Filter} */ ({ kind: "range", low: low <= 0 ? axis.low : rounded(axis.back(low)), high: high >= 1 ? axis.high : rounded(axis.back(high)) });
      const names = new Set(column.texts.filter((text, row) => { const p = axis.at(column.numbers[row]); return text !== null && p >= low - reach && p <= high + reach; }));
      return names.size ? /** @type {Filter} */ ({ kind: "among", names }) : null;
    };
    hand?.setPointerCapture(down.pointerId);
    addEventListener("pointermove", (event) => { end = part(event.clientY); if (Math.abs(end - start) * inner > 3) this.actions.brush(column.key, filter()); }, { signal: ending.signal });
    for (const type of ["pointerup", "pointercancel"]) addEventListener(type, () => { ending.abort(); if (Math.abs(end - start) * inner <= 3) this.actions.brush(column.key, null); }, { signal: ending.signal });
  }

  /** The line nearest to the pointer is lifted. @param {PointerEvent} event */
  #hover(event) {
    const { shown, places } = this, box = this.root.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    if (!shown || places.length < 2 || event.buttons) return;
    const right = places.findIndex((place) => place.x >= x), i = right < 0 ? places.length - 1 : Math.max(1, right), t = Math.max(0, Math.min(1, (x - places[i - 1].x) / (places[i].x - places[i - 1].x)));
    const part = shown.runs.length <= CURVED ? t * t * (3 - 2 * t) : t;
    let best = -1, least = NEAR_PX;
    for (const row of shown.rows) {
      if (this.isIn[row] !== 1) continue;
      const from = this.#height(row, i - 1), far = Math.abs(from + (this.#height(row, i) - from) * part - y);
      if (far < least) { least = far; best = row; }
    }
    this.app.lift(best < 0 ? null : shown.runs[best]);
  }
}

/** Heights of the first and last of some categories. @param {Column} column @param {Set<string>} names @param {(v: number) => number} y @returns {[number, number]} */
function around(column, names, y) {
  let low = Infinity, high = -Infinity;
  for (let row = 0; row < column.texts.length; row++) if (names.has(column.texts[row] ?? "")) { low = Math.min(low, y(column.numbers[row])); high = Math.max(high, y(column.numbers[row])); }
  return [low, high];
}

/** @param {number} v as an address can say it */
const rounded = (v) => Number(v.toPrecision(6));
