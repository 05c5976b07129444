/** One chart: its frame, its questions, its curves, and what the hand does with it. */

import { el, setAttribute, setText } from "../dom.js";
import { token } from "../theme.js";
import { curvesOf, fullX } from "./chart_data.js";
import { ChartGrowth } from "./chart_growth.js";
import { figure, paintPin, paintTitle } from "./chart_figure.js";
import { ChartHover } from "./chart_hover.js";
import { CONFIG } from "./chart_layout.js";
import { openMenu } from "./chart_menu.js";
import { decorate, paintCursor, paintFixed, paintLift, paintRange, wire } from "./chart_paint.js";
import { naturalSpan, picture } from "./chart_picture.js";
import { questionsOf } from "./chart_question.js";
import { sketch } from "./chart_sketch.js";
import { readFixed, shareSpan, sharedSpan } from "./chart_spans.js";
import { joinedTails, tailQuestions } from "./chart_tail.js";
import { zoomedAt } from "./chart_zoom.js";
import { nameOf } from "./combined.js";
import { RangeHand } from "./range_hand.js";

/** @import { App } from "../app.js" */
/** @import { ChartChoices, ChartSpec, Curve, Cursor, PixelChartJson, PixelQuestion, Range, Zoom } from "../types.d.ts" */
/** @import { Drawn } from "./chart_layout.js" */
/** @import { ChartFeed } from "./chart_feed.js" */
/** @import { RangeChoice } from "./range_choice.js" */
/** @import { View } from "./chart_view.js" */
/**
 * @typedef {{
 *   app: App, feed: ChartFeed, choices: () => ChartChoices, observer: IntersectionObserver, charts: Map<Element, ScalarChart>, range: RangeChoice,
 *   runsOf: (tag: string) => string[], specOf: (tag: string) => ChartSpec, isPinned: (tag: string) => boolean, togglePin: (tag: string) => void, openFull: ((tag: string) => void) | null,
 *   zoomOf: (tag: string) => Zoom | null, setZoom: (tag: string, zoom: Zoom | null) => void, tagNames: () => string[], shownTags: () => string[],
 * }} Page
 */

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
    /** As drawn last. @type {View | null} */
    this.view = null;
    this.size = { width: 0, height: 0 };
    this.isWired = false;
    this.isSketched = false;
    this.growth = new ChartGrowth();
    /** What is drawn while answers come fast. @type {HTMLCanvasElement | null} */
    this.canvas = null;
    this.zoom = page.zoomOf(tag);
    this.spec = page.specOf(tag);
    /** The y that it would have alone. @type {Range | null} */
    this.ownY = null;
    /** @type {Cursor | null} */
    this.ownCursor = null;
    this.ends = false;
    const parts = figure(this);
    this.root = parts.root;
    this.title = parts.title;
    this.key = parts.key;
    this.faults = parts.faults;
    this.note = parts.note;
    this.pinButton = parts.pinButton;
    this.frame = parts.frame;
    this.plot = parts.plot;
    this.layers = parts.layers;
    this.clip = parts.clip;
    this.summary = parts.summary;
    this.paintPin();
    this.hover = new ChartHover(this);
    this.rangeHand = new RangeHand(this);
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.frame);
    page.charts.set(this.root, this);
    page.observer.observe(this.root);
  }

  paintPin() { paintPin(this.pinButton, this.page.isPinned(this.tag)); }

  stop() {
    this.page.feed.forget(this);
    this.page.observer.unobserve(this.root);
    this.page.charts.delete(this.root);
    this.resizing.disconnect();
    this.hover.stop();
    this.rangeHand.stop();
    if (this.isWired) Plotly.purge(this.plot);
    this.root.remove();
  }

  /** @param {boolean} isVisible */
  setVisible(isVisible) {
    this.isVisible = isVisible;
    if (isVisible && this.needsData) this.page.feed.ask(this);
    else if (isVisible && this.needsDraw) this.page.feed.draw(this);
  }

  /** The curves are out of date. */
  refresh() {
    this.growth.reset();
    this.needsData = true;
    if (this.isVisible) this.page.feed.ask(this);
  }

  /** Some of its runs have more points. @param {string} tag @param {Set<string>} runs */
  grow(tag, runs) {
    this.growth.add(tag, runs, !this.needsData);
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

  /** Other scalars, or the same on other axes: the address has changed. */
  adoptSpec() {
    const spec = this.page.specOf(this.tag);
    if (JSON.stringify(spec) === JSON.stringify(this.spec)) return;
    this.spec = spec;
    paintTitle(this);
    this.refresh();
  }

  /** @returns {PixelQuestion[]} none: nothing is to be asked */
  questions() {
    const { page } = this;
    this.needsData = false;
    const asked = questionsOf(this.id, this.spec, page.runsOf, page.app.groups, page.choices(), { width: this.frame.clientWidth, range: this.zoom?.x ?? null });
    const tails = this.curves && this.growth.grown && this.growth.isDue(performance.now()) ? tailQuestions(asked, this.curves, this.growth.grown, this.view, page.choices()) : null;
    this.growth.reset();
    this.growth.asked = tails;
    if (tails) return tails;
    if (!asked.length) this.empty(page.app.isGrouping ? "The groups are on their way." : page.app.groups ? "No group has a chosen run with this scalar." : this.spec.layout && page.app.runs.visible().length ? "No chosen run has a scalar of this chart." : "No run is chosen. Tick one on the left.");
    return asked;
  }

  openMenu(/** @type {HTMLElement} where it opens */ from) { openMenu(this, from); }

  /** @param {PixelChartJson[]} answers one for each question */
  answer(answers) {
    const { asked } = this.growth, joined = asked && this.curves && joinedTails(this.curves, asked, answers, this.axis);
    this.growth.answered(performance.now(), !asked);
    if (asked && !joined) { this.refresh(); return; }
    if (joined) this.curves = joined;
    else {
      this.axis = answers.find((one) => one.axis !== "ordinal")?.axis ?? answers[0].axis;
      this.curves = curvesOf(answers, this.spec, this.axis, this.page.app.groups);
    }
    this.redraw();
    if (this.page.choices().yRange === "shared") this.share();
  }

  share() { shareSpan(this, this.page.charts.values(), naturalSpan(this.curves ?? [], this.page.choices())); }

  fail(/** @type {string} */ message) { this.empty(message); }

  /** @param {string} message in the curves' place */
  empty(message) {
    if (this.isWired) Plotly.purge(this.plot);
    this.isWired = this.isSketched = false;
    this.dropCanvas();
    this.curves = this.view = null;
    this.drawn = [];
    this.plot.replaceChildren(el("p", { class: "chart-empty" }, message));
    for (const layer of Object.values(this.layers)) layer.replaceChildren();
    setText(this.note, "");
    setAttribute(this.frame, "aria-label", `${nameOf(this.spec)}. ${message}`);
  }

  /** One run alone in a chart that was laid out: colours tell its scalars apart. */
  get isByTag() { return this.spec.layout !== undefined && this.spec.tags.length > 1 && !this.page.app.groups && new Set(this.curves?.map((one) => one.run)).size === 1; }

  get isLarge() { return this.root.closest("[data-size=pinned], dialog") !== null; }

  /** By Plotly; the feed calls it for at most one chart a frame. */
  draw() {
    this.needsDraw = false;
    const shown = this.picture();
    if (!shown) return;
    if (!this.isWired) this.plot.replaceChildren();
    this.dropCanvas();
    Plotly.react(this.plot, shown.traces, shown.layout, CONFIG);
    if (!this.isWired) wire(this);
    this.isWired = true;
    this.decorate();
  }

  /** Called by the feed where Plotly's turn is yet to come: cheap, so that curves are there at once. */
  sketch() {
    const shown = this.isWired || this.isSketched ? null : this.picture();
    if (!shown || !this.view) return;
    this.isSketched = true;
    this.plot.replaceChildren(sketch(shown.traces, shown.layout, this.view));
    this.decorate();
  }

  /** Called by the feed while answers come fast: the same on a canvas over Plotly's picture, which is drawn when they rest. */
  drawLive() {
    const shown = this.picture();
    this.needsDraw = false;
    if (!shown || !this.view) return;
    const canvas = sketch(shown.traces, shown.layout, this.view, this.canvas);
    if (canvas !== this.canvas) { this.canvas?.remove(); this.frame.insertBefore(canvas, this.plot.nextSibling); }
    this.canvas = canvas;
    this.root.toggleAttribute("data-moving", true);
    this.decorate();
  }

  dropCanvas() {
    this.canvas?.remove();
    this.canvas = null;
    this.root.toggleAttribute("data-moving", false);
  }

  /** Whether it is drawn on a canvas now: nobody's hand is on it. @param {number} now ms */
  isLive(now) { return this.isWired && this.growth.isLive(now) && !this.hover.pointer; }

  /** What is to be drawn now, as Plotly takes it; null: nothing. */
  picture() {
    const { curves, page, frame, axis, zoom } = this, width = frame.clientWidth, height = frame.clientHeight;
    if (!curves) return null;
    if (!curves.some((one) => one.total)) {
      this.empty(axis === "scalar" && curves.some((one) => one.unplaced) ? `No point of the chosen runs has a value of ${page.choices().xTag} at its step.` : "No points yet in the chosen runs.");
      return null;
    }
    if (!width || !height) return null;
    this.size = { width, height };
    const choices = page.choices(), shared = choices.yRange === "shared" ? sharedSpan(page.charts.values(), this.tag) : null;
    const shown = picture(page.app, choices, { curves, axis, zoom, width, height, fixed: readFixed(page.app.view.getAll("yfix"), this.tag), shared, isByTag: this.isByTag });
    this.drawn = shown.drawn;
    this.view = shown.view;
    this.ends = shown.ends;
    return shown;
  }

  decorate() { decorate(this); }

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
    if (this.view) this.setZoom(zoomedAt(this.view, fullX(this.curves ?? [], this.axis, this.view.scales.x.kind === "log"), this.view.toX(px), factor, this.zoom));
  }

  /** The page's cursor; a chart whose points stand in the order logged has one of its own. @returns {Cursor} */
  get cursor() { return this.axis === "ordinal" ? (this.ownCursor ?? { x: null, pinned: false }) : this.page.app.cursor; }

  /** @param {number | null} x @param {boolean} pinned */
  setCursor(x, pinned) {
    if (this.axis !== "ordinal") { this.page.app.setCursor(x, pinned); return; }
    this.ownCursor = { x, pinned: false };
    this.paintCursor();
  }

  paintFixed() { paintFixed(this); }
  paintLift() { paintLift(this); }
  paintCursor() { paintCursor(this); }
  paintRange() { paintRange(this); }

  /** Colour of a curve where it stands out: grey ones stand out in ink. @param {Drawn} one */
  strong(one) { return one.muted ? token("--color-ink") : one.colour; }
}
