/** One chart: its frame, its question, its curves, and what the hand does with it. */

import { el, icon, pathName, setAttribute, setText, svg } from "../dom.js";
import { splitName } from "../format.js";
import { resolved, token } from "../theme.js";
import { curve, fullX, fullY } from "./chart_data.js";
import { ChartHover } from "./chart_hover.js";
import { CONFIG, layout, margins, traces } from "./chart_layout.js";
import { cursorLayer, fixedLayer, liftLayer } from "./chart_overlay.js";
import { sketch } from "./chart_sketch.js";
import { label, note, summary } from "./chart_summary.js";
import { linearTicks, logTicks, xTicks } from "./chart_ticks.js";
import { draggedZoom, zoomedAt } from "./chart_zoom.js";

/** @import { App } from "../app.js" */
/** @import { Box, ChartChoices, Curve, PixelChartJson, PixelQuestion, PlotElement, Range, Zoom } from "../types.d.ts" */
/** @import { Drawn } from "./chart_layout.js" */
/** @import { ChartFeed } from "./chart_feed.js" */
/**
 * @typedef {{
 *   app: App, feed: ChartFeed, choices: () => ChartChoices, observer: IntersectionObserver, charts: Map<Element, ScalarChart>,
 *   runsOf: (tag: string) => string[], isPinned: (tag: string) => boolean, togglePin: (tag: string) => void, openFull: ((tag: string) => void) | null,
 *   zoomOf: (tag: string) => Zoom | null, setZoom: (tag: string, zoom: Zoom | null) => void,
 * }} Page
 */

const FEW = 24, MANY = 48; // curves: of more than a few no raw curve is drawn
let made = 0;

export class ScalarChart {
  /** @param {Page} page @param {string} tag */
  constructor(page, tag) {
    this.page = page;
    this.tag = tag;
    this.id = String(++made);
    this.isVisible = false;
    this.isBusy = false; // the hand drags: nothing is redrawn under it
    this.needsData = true;
    this.needsDraw = false;
    /** @type {Curve[] | null} */
    this.curves = null;
    /** @type {Drawn[]} */
    this.drawn = [];
    this.axis = "step";
    /** Box of the plot inside the frame, px, and the ranges that it shows, as drawn last. @type {{box: Box, x: Range, y: Range, logX: boolean, logY: boolean} | null} */
    this.view = null;
    this.size = { width: 0, height: 0 };
    this.isWired = false;
    this.isSketched = false;
    this.zoom = page.zoomOf(tag);
    /** @type {import("../types.d.ts").Cursor | null} */
    this.ownCursor = null;
    this.ends = false;
    const [head, tail] = splitName(tag);
    const tool = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
      el("button", { type: "button", class: "icon-button", "aria-label": `${label}: ${tag}`, title: label, "data-tool": name, onclick }, icon(name));
    this.note = el("span", { class: "chart-note" });
    this.pinButton = tool("pin", "Pin", () => page.togglePin(tag));
    this.plot = el("div", { class: "chart-plot" });
    this.layers = { fixed: svg("g"), lift: svg("g"), cursor: svg("g") };
    this.clip = svg("rect");
    this.overlay = svg("svg", { class: "chart-overlay", "aria-hidden": "true" }, svg("clipPath", { id: `clip-${this.id}` }, this.clip), this.layers.lift, this.layers.fixed, this.layers.cursor);
    this.summary = el("p", { class: "visually-hidden", id: `summary-${this.id}` });
    this.frame = el("div", { class: "chart-frame", tabindex: 0, role: "img", "aria-label": tag, "aria-describedby": this.summary.id }, this.plot, this.overlay);
    this.root = el("figure", { class: "chart", "data-tag": tag },
      el("div", { class: "chart-head" },
        el("h3", { class: "chart-title", title: tag }, pathName(head, tail)), this.note,
        el("div", { class: "chart-tools" }, page.openFull && tool("full", "Full screen", () => page.openFull?.(tag)), page.openFull && this.pinButton)),
      this.frame, this.summary);
    this.paintPin();
    this.hover = new ChartHover(this);
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.frame);
    page.charts.set(this.root, this);
    page.observer.observe(this.root);
  }

  paintPin() {
    const isPinned = this.page.isPinned(this.tag);
    setAttribute(this.pinButton, "aria-pressed", isPinned ? "true" : "false");
    this.pinButton.title = isPinned ? "Unpin" : "Pin";
  }

  stop() {
    this.page.feed.forget(this);
    this.page.observer.unobserve(this.root);
    this.page.charts.delete(this.root);
    this.resizing.disconnect();
    this.hover.stop();
    if (this.isWired) Plotly.purge(this.plot);
    this.root.remove();
  }

  /** @param {boolean} isVisible */
  setVisible(isVisible) {
    this.isVisible = isVisible;
    if (!isVisible) return;
    if (this.needsData) this.page.feed.ask(this);
    else if (this.needsDraw) this.page.feed.draw(this);
  }

  /** The curves are out of date. */
  refresh() {
    this.needsData = true;
    if (this.isVisible) this.page.feed.ask(this);
  }

  /** Only the look is. */
  redraw() {
    this.needsDraw = true;
    this.isSketched = false;
    if (this.isVisible && this.curves) this.page.feed.draw(this);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.frame, was = this.size;
    if (!width || (width === was.width && height === was.height)) return;
    this.size = { width, height };
    if (!this.curves) return;
    this.redraw();
    if (Math.abs(width - was.width) > was.width * 0.1) this.refresh(); // few pixels more or less show the same
  }

  /** @returns {PixelQuestion | null} */
  question() {
    const runs = this.page.runsOf(this.tag), { x, smoothing, superseded, showRaw } = this.page.choices();
    this.needsData = false;
    if (!runs.length) { this.empty("No run is chosen. Tick one on the left."); return null; }
    // Of many curves each column is a little wider, still with its least and greatest value: a hundred lines of one pixel show no more.
    const width = Math.max(64, Math.round((this.frame.clientWidth - 56) / (runs.length > 400 ? 4 : runs.length >= MANY ? 2 : 1)));
    return { id: this.id, tag: this.tag, runs, x, range: this.zoom?.x ?? null, width, smoothing, superseded, raw: showRaw && runs.length <= FEW };
  }

  /** @param {PixelChartJson} answer */
  answer(answer) {
    this.axis = answer.axis;
    this.curves = answer.lines.map((line) => curve(line, answer.axis));
    this.redraw();
  }

  /** @param {string} message */
  fail(message) {
    this.curves = null;
    this.empty(message);
  }

  /** @param {string} message in the curves' place */
  empty(message) {
    if (this.isWired) Plotly.purge(this.plot);
    this.isWired = this.isSketched = false;
    this.curves = null;
    this.drawn = [];
    this.view = null;
    this.plot.replaceChildren(el("p", { class: "chart-empty" }, message));
    for (const layer of Object.values(this.layers)) layer.replaceChildren();
    setText(this.note, "");
    setAttribute(this.frame, "aria-label", `${this.tag}. ${message}`);
  }

  get isLarge() { return this.root.closest("[data-size=pinned], dialog") !== null; }

  /** Called by the feed, at most one chart a frame. */
  draw() {
    this.needsDraw = false;
    const picture = this.picture();
    if (!picture) return;
    if (!this.isWired) this.plot.replaceChildren();
    Plotly.react(this.plot, picture.traces, picture.layout, CONFIG);
    this.wire();
    this.decorate();
  }

  /** Called by the feed where Plotly's turn is yet to come: cheap, so that curves are there at once. */
  sketch() {
    const picture = this.isWired || this.isSketched ? null : this.picture();
    if (!picture || !this.view) return;
    this.isSketched = true;
    this.plot.replaceChildren(sketch(picture.traces, picture.layout, this.view));
    this.decorate();
  }

  /** What is to be drawn now, as Plotly takes it; null: nothing. */
  picture() {
    const { curves, page, frame } = this;
    if (!curves) return null;
    if (!curves.some((one) => one.total)) { this.empty("No points yet in the chosen runs."); return null; }
    const width = frame.clientWidth, height = frame.clientHeight, choices = page.choices(), { logX, logY } = choices;
    if (!width || !height) return null;
    this.size = { width, height };
    this.drawn = curves.map((one) => {
      const { colour, dash, muted } = page.app.style(one.run);
      return { curve: one, colour: resolved(colour), dash, muted: Boolean(muted) };
    });
    this.ends = curves.length <= 6 && width > 340 && !this.drawn.some((one) => one.muted);
    const x = this.zoom?.x ?? fullX(curves, this.axis, logX), y = this.zoom?.y ?? fullY(curves, { all: choices.yRange === "all", isLog: logY, withRaw: choices.showRaw && curves.length <= 24 });
    const yTicks = (logY ? logTicks : linearTicks)(y, height > 320 ? 7 : 4);
    const m = margins({ ends: this.ends, labels: yTicks.labels }), box = { x: m.l, y: m.t, w: width - m.l - m.r, h: height - m.t - m.b };
    this.view = { box, x, y, logX, logY };
    const perTick = this.axis === "wall" || x[1] > 1e6 ? 76 : 62, ticks = xTicks(this.axis, logX, x, Math.max(2, Math.min(8, Math.floor(box.w / perTick))));
    return { traces: traces(this.drawn, choices), layout: layout(width, height, m, { range: x, isLog: logX, ticks }, { range: y, isLog: logY, ticks: yTicks }) };
  }

  /** All that lies over the curves, and what is said of them. */
  decorate() {
    const { curves, view } = this;
    if (!curves || !view) return;
    const { box, x } = view;
    for (const [name, v] of Object.entries({ x: box.x, y: box.y - 1, width: box.w + 2, height: box.h + 2 })) setAttribute(this.clip, name, String(v));
    setText(this.note, note(curves, this.axis));
    this.note.toggleAttribute("data-quiet", curves.length > 1 && this.axis !== "ordinal");
    setAttribute(this.frame, "aria-label", label(this.tag, curves, this.axis, x));
    setText(this.summary, summary(curves));
    this.paintFixed();
    this.paintLift();
    this.paintCursor();
  }

  /** Plotly's box zoom, told in our words; it has drawn the coarse pixels already, the fine ones are asked for. */
  wire() {
    if (this.isWired) return;
    this.isWired = true;
    const plot = /** @type {PlotElement} */ (/** @type {unknown} */ (this.plot));
    plot.on("plotly_relayout", (/** @type {Record<string, any>} */ change) => {
      const zoom = draggedZoom(change, this.view, this.zoom);
      if (zoom) this.setZoom(zoom);
    });
    plot.on("plotly_doubleclick", () => { this.setZoom(null); return false; });
  }

  /** @param {Zoom | null} zoom */
  setZoom(zoom) {
    const hadX = this.zoom?.x ?? null;
    this.zoom = zoom;
    this.page.setZoom(this.tag, zoom);
    this.redraw();
    if (hadX !== (zoom?.x ?? null)) this.refresh();
  }

  /** As the address has it: it may have been chosen in full screen. */
  adoptZoom() {
    const zoom = this.page.zoomOf(this.tag);
    if (JSON.stringify(zoom) === JSON.stringify(this.zoom)) return;
    this.zoom = zoom;
    this.refresh();
  }

  /** @param {number} px in the frame @param {number} factor below 1 shows less */
  zoomAt(px, factor) {
    if (!this.view) return;
    this.setZoom(zoomedAt(this.view, fullX(this.curves ?? [], this.axis, this.view.logX), this.toX(px), factor, this.zoom));
  }

  /** @param {number} v in data units */
  px(v) {
    const { box, x, logX } = /** @type {NonNullable<ScalarChart["view"]>} */ (this.view);
    const t = logX ? Math.log(v / x[0]) / Math.log(x[1] / x[0]) : (v - x[0]) / (x[1] - x[0]);
    return box.x + t * box.w;
  }

  /** @param {number} v */
  py(v) {
    const { box, y, logY } = /** @type {NonNullable<ScalarChart["view"]>} */ (this.view);
    const t = logY ? Math.log(v / y[0]) / Math.log(y[1] / y[0]) : (v - y[0]) / (y[1] - y[0]);
    return box.y + box.h - t * box.h;
  }

  /** @param {number} px in the frame */
  toX(px) {
    const { box, x, logX } = /** @type {NonNullable<ScalarChart["view"]>} */ (this.view), t = (px - box.x) / box.w;
    return logX ? x[0] * (x[1] / x[0]) ** t : x[0] + t * (x[1] - x[0]);
  }

  /** The page's cursor; a chart whose points stand in the order logged has one of its own. @returns {import("../types.d.ts").Cursor} */
  get cursor() { return this.axis === "ordinal" ? (this.ownCursor ?? { x: null, pinned: false }) : this.page.app.cursor; }

  /** @param {number | null} x @param {boolean} pinned */
  setCursor(x, pinned) {
    if (this.axis !== "ordinal") { this.page.app.setCursor(x, pinned); return; }
    this.ownCursor = { x, pinned: false };
    this.paintCursor();
  }

  paintFixed() { this.layers.fixed.replaceChildren(...(this.view ? fixedLayer(this, this.page.choices()) : [])); }

  paintLift() {
    const lifted = this.drawn.length > 1 ? this.drawn.filter((one) => one.curve.run === this.page.app.lifted) : [];
    this.root.toggleAttribute("data-lifted", lifted.length > 0);
    this.layers.lift.replaceChildren(...(this.view && lifted.length ? liftLayer(this, lifted) : []));
  }

  paintCursor() {
    this.layers.cursor.replaceChildren(...(this.view ? cursorLayer(this) : []));
  }

  /** Colour of a curve where it stands out: grey ones stand out in ink. @param {Drawn} one */
  strong(one) { return one.muted ? token("--color-ink") : one.colour; }
}
