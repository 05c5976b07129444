/** One chart: its frame, its questions, its curves, and what the hand does with it. */

import { el, setAttribute, setText } from "../dom.js";
import { token } from "../theme.js";
import { bandCurve, curve, fullX } from "./chart_data.js";
import { figure, paintPin, paintTitle } from "./chart_figure.js";
import { ChartHover } from "./chart_hover.js";
import { CONFIG } from "./chart_layout.js";
import { openMenu } from "./chart_menu.js";
import { noticeLayer } from "./chart_notices.js";
import { cursorLayer, fixedLayer, liftLayer } from "./chart_overlay.js";
import { naturalSpan, picture } from "./chart_picture.js";
import { questionsOf } from "./chart_question.js";
import { sketch } from "./chart_sketch.js";
import { readFixed, sharedSpan } from "./chart_spans.js";
import { label, note, summary } from "./chart_summary.js";
import { draggedZoom, zoomedAt } from "./chart_zoom.js";
import { specOf } from "./combined.js";
import { RangeHand, rangeLayer } from "./range_hand.js";

/** @import { App } from "../app.js" */
/** @import { ChartChoices, Curve, Cursor, PixelChartJson, PixelQuestion, PlotElement, Range, Zoom } from "../types.d.ts" */
/** @import { Drawn } from "./chart_layout.js" */
/** @import { ChartFeed } from "./chart_feed.js" */
/** @import { RangeChoice } from "./range_choice.js" */
/** @import { View } from "./chart_view.js" */
/**
 * @typedef {{
 *   app: App, feed: ChartFeed, choices: () => ChartChoices, observer: IntersectionObserver, charts: Map<Element, ScalarChart>, range: RangeChoice,
 *   runsOf: (tag: string) => string[], isPinned: (tag: string) => boolean, togglePin: (tag: string) => void, openFull: ((tag: string) => void) | null,
 *   zoomOf: (tag: string) => Zoom | null, setZoom: (tag: string, zoom: Zoom | null) => void, tagNames: () => string[],
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
    this.zoom = page.zoomOf(tag);
    this.spec = specOf(page.app.view, tag);
    /** The y that it would have alone. @type {Range | null} */
    this.ownY = null;
    /** @type {Cursor | null} */
    this.ownCursor = null;
    this.ends = false;
    const parts = figure(this);
    this.root = parts.root;
    this.title = parts.title;
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

  /** Other scalars, or the same on other axes: the address has changed. */
  adoptSpec() {
    const spec = specOf(this.page.app.view, this.tag);
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
    if (!asked.length) this.empty(page.app.groups ? "No group has a chosen run with this scalar." : "No run is chosen. Tick one on the left.");
    return asked;
  }

  /** @param {HTMLElement} from where it opens */
  openMenu(from) { openMenu(this, from); }

  /** @param {PixelChartJson[]} answers one for each question */
  answer(answers) {
    const groups = new Map(this.page.app.groups?.map((group) => [group.name, group]));
    this.axis = answers.find((one) => one.axis !== "ordinal")?.axis ?? answers[0].axis;
    this.curves = answers.flatMap(({ id, lines, bands }) => {
      const tagIndex = Number(id.slice(id.indexOf("/") + 1)), tag = this.spec.tags[tagIndex] ?? this.tag, isRight = this.spec.right.includes(tag);
      return [...lines.map((line) => curve(line, this.axis)), ...(bands ?? []).map((band) => bandCurve(band, groups.get(band.group)))].map((one) => ({ ...one, tag, tagIndex, isRight }));
    });
    this.redraw();
    if (this.page.choices().yRange === "shared") this.share();
  }

  /** The others of the section stand at the same heights. */
  share() {
    const before = sharedSpan(this.page.charts.values(), this.tag);
    this.ownY = naturalSpan(this.curves ?? [], this.page.choices());
    if (String(before) === String(sharedSpan(this.page.charts.values(), this.tag))) return;
    for (const chart of this.page.charts.values()) if (chart !== this) chart.redraw();
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
    this.curves = this.view = null;
    this.drawn = [];
    this.plot.replaceChildren(el("p", { class: "chart-empty" }, message));
    for (const layer of Object.values(this.layers)) layer.replaceChildren();
    setText(this.note, "");
    setAttribute(this.frame, "aria-label", `${this.tag}. ${message}`);
  }

  get isLarge() { return this.root.closest("[data-size=pinned], dialog") !== null; }

  /** Called by the feed, at most one chart a frame. */
  draw() {
    this.needsDraw = false;
    const shown = this.picture();
    if (!shown) return;
    if (!this.isWired) this.plot.replaceChildren();
    Plotly.react(this.plot, shown.traces, shown.layout, CONFIG);
    this.wire();
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
    const shown = picture(page.app, choices, { curves, axis, zoom, width, height, fixed: readFixed(page.app.view.getAll("yfix"), this.tag), shared });
    this.drawn = shown.drawn;
    this.view = shown.view;
    this.ends = shown.ends;
    return shown;
  }

  /** All that lies over the curves, and what is said of them. */
  decorate() {
    const { curves, view } = this;
    if (!curves || !view) return;
    const { box, x } = view;
    for (const [name, v] of Object.entries({ x: box.x, y: box.y - 1, width: box.w + 2, height: box.h + 2 })) setAttribute(this.clip, name, String(v));
    setText(this.note, note(curves, this.axis, this.page.choices()));
    this.note.toggleAttribute("data-quiet", curves.length > 1 && this.axis !== "ordinal" && !curves.some((one) => one.band || one.unplaced));
    setAttribute(this.frame, "aria-label", label(this.tag, curves, this.axis, x));
    setText(this.summary, summary(curves));
    this.paintFixed();
    this.paintLift();
    this.paintCursor();
    this.paintRange();
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

  paintFixed() { this.layers.fixed.replaceChildren(...(this.view ? [...fixedLayer(this, this.page.choices()), ...noticeLayer(this)] : [])); }

  paintLift() {
    const name = this.page.app.lifted, lifted = name !== null && this.drawn.length > 1 ? this.drawn.filter((one) => one.names.includes(name)) : [];
    this.root.toggleAttribute("data-lifted", lifted.length > 0);
    this.layers.lift.replaceChildren(...(this.view && lifted.length ? liftLayer(this, lifted) : []));
  }

  paintCursor() { this.layers.cursor.replaceChildren(...(this.view ? cursorLayer(this) : [])); }

  paintRange() { this.layers.range.replaceChildren(...(this.view ? rangeLayer(this) : [])); }

  /** Colour of a curve where it stands out: grey ones stand out in ink. @param {Drawn} one */
  strong(one) { return one.muted ? token("--color-ink") : one.colour; }
}
