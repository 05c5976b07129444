/** One graph on one canvas: what is open, chosen and traced, and what the hand and the keys do with it. */
import { need } from "../dom.js";
import { zoomAt } from "./camera.js";
import { readInk } from "./ink.js";
import { drawnAs } from "./links.js";
import { Minimap } from "./minimap.js";
import { isBlock, nodeOf } from "./names.js";
import { listenToPointer } from "./pointer.js";
import { itemAt, neighbour, showsInside } from "./scene.js";
import { Stage } from "./stage.js";
import { traceFrom } from "./trace.js";

/** @import {View} from "./graph_types.js" */
/** @import {GraphModel} from "./model.js" */
/** @import {Palette} from "./colour.js" */
/** @import {Trace, TraceQuestion} from "./trace.js" */
/** @typedef {{isQuiet?: boolean}} Quietly the drawing stays where it is */

/**
 * @typedef {object} ViewEvents told of what the person did here, not of what the page did
 * @property {(item: number, quietly: Quietly) => void} select
 * @property {(item: number, isOpen: boolean) => void} open
 * @property {(view: View) => void} look after each frame
 * @property {(item: number) => void} [hover] 0: the pointer is over nothing
 * @property {(view: View, before: View) => void} [moved] after a pan or zoom by hand
 */

const NEAR = 0.5; // scale below which a jump goes nearer

export class GraphView {
  /** @type {GraphModel | null} */
  model = null;
  /** @type {Palette | null} */
  palette = null;
  ink = readInk();
  selected = 0;
  hovered = 0;
  /** @type {Trace | null} */
  trace = null;
  #clicked = 0;

  /** @param {HTMLElement} root holds the canvas and the map @param {ViewEvents} events @param {AbortSignal} signal */
  constructor(root, events, signal) {
    this.root = root;
    this.events = events;
    this.canvas = /** @type {HTMLCanvasElement} */ (need(root, ":scope > canvas", "graphs"));
    this.stage = new Stage(this.canvas, () => this.picture(), (view) => {
      if (this.model) this.minimap.follow(view, this.stage.screen, this.model.layout.root());
      events.look(view);
    });
    this.minimap = new Minimap(need(root, ".graph-map", "graphs"), (x, y) => {
      const { scale } = this.stage.view, { screen } = this.stage;
      this.#moveTo({ scale, x: screen.w / 2 - x * scale, y: screen.h / 2 - y * scale });
    }, signal);
    listenToPointer(this.canvas, {
      view: () => this.stage.view,
      look: (view) => this.#moveTo(view),
      hover: (px, py) => this.#hover(px === null ? 0 : this.hit(px, py).item),
      click: (px, py) => this.#click(px, py),
      doubleClick: () => this.#doubleClick(),
    }, signal);
    this.canvas.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    for (const type of ["focus", "blur"]) this.canvas.addEventListener(type, () => this.stage.redraw(), { signal });
    const resizing = new ResizeObserver(() => { if (this.stage.resize()) this.stage.redraw(); });
    resizing.observe(this.canvas);
    signal.addEventListener("abort", () => {
      resizing.disconnect();
      this.stage.stop();
    });
  }

  /** What a frame is drawn from; null while there is nothing. */
  picture() {
    const { model, palette, ink, selected, hovered, trace } = this;
    return model && palette && {
      hierarchy: model.hierarchy, root: model.layout.root(), labels: model.labels, palette, ink, selected, hovered, trace,
      isFocused: document.activeElement === this.canvas,
      edgeWidth: (/** @type {number} */ edge) => model.edgeWidth(edge),
      edgeText: (/** @type {number} */ edge) => model.edgeText(edge),
    };
  }

  /** @param {GraphModel | null} model @param {number} selected */
  show(model, selected = 0) {
    this.model = model;
    this.palette = null;
    this.trace = null;
    this.hovered = this.#clicked = 0;
    this.selected = model && selected && !model.hierarchy.hidden[selected] ? drawnAs(model.hierarchy, selected) : 0;
    if (this.selected) model?.layout.reveal(this.selected);
    this.stage.resize();
  }

  /** @param {Palette} palette */
  paint(palette) {
    this.palette = palette;
    this.drawMap();
    this.stage.redraw();
  }

  drawMap() {
    const { model, palette, ink } = this;
    if (model && palette) this.minimap.draw(model.layout.root(), palette, ink, (item) => model.layout.isOpen(item));
  }

  /** @param {number} item 0: nothing @param {Quietly} [quietly] */
  select(item, { isQuiet = false } = {}) {
    this.selected = item;
    if (item && !isQuiet) this.stage.show(item);
    this.stage.redraw();
  }

  /** @param {TraceQuestion | null} question about what is chosen */
  follow(question) {
    const { model, selected } = this;
    this.trace = model && question && selected ? traceFrom(model.hierarchy, model.links, selected, question) : null;
    this.stage.redraw();
  }

  /** Opens or closes a block where it stands. @param {number} item @param {boolean} isOpen @param {Iterable<number>} [also] blocks that open with it */
  setOpen(item, isOpen, also = []) {
    const { model } = this;
    if (!model || !isBlock(model.hierarchy, item)) return;
    this.stage.change(item, () => {
      model.layout.setOpen(item, isOpen);
      for (const inner of also) model.layout.setOpen(inner, isOpen);
    });
  }

  /** Opens what is around an item and goes there. @param {number} item @returns {boolean} whether anything had to be opened */
  jump(item) {
    const { model, stage } = this;
    if (!model) return false;
    const wasHidden = !model.layout.isVisible(item);
    if (wasHidden) model.layout.reveal(item);
    this.select(item);
    if (stage.view.scale < NEAR) stage.frame(item);
    return wasHidden;
  }

  /** @param {number} factor */
  zoom(factor) {
    const { stage } = this, view = zoomAt(stage.view, factor, stage.screen.w / 2, stage.screen.h / 2);
    this.events.moved?.(view, stage.view);
    stage.lookAt(view, true);
  }

  /** @param {number} px in the canvas @param {number} py */
  hit(px, py) {
    const { scale, x, y } = this.stage.view;
    return this.model ? itemAt(this.model.layout.root(), (px - x) / scale, (py - y) / scale, scale) : { item: 0, isHead: false, isOpen: false };
  }

  /** Is an open block drawn as one box, for it is too small to be looked into? @param {number} item */
  isSmall(item) {
    const place = this.stage.placeOf(item);
    return !!place && !!this.model?.layout.isOpen(item) && !showsInside(place.w, place.h);
  }

  #moveTo(/** @type {View} */ view) {
    this.events.moved?.(view, this.stage.view);
    this.stage.lookAt(view);
  }

  #hover(/** @type {number} */ item) {
    if (item === this.hovered || !this.model) return;
    this.hovered = item;
    this.events.hover?.(item);
    this.canvas.style.cursor = item && (isBlock(this.model.hierarchy, item) || nodeOf(this.model.hierarchy, item) >= 0) ? "pointer" : "";
    this.stage.redraw();
  }

  #click(/** @type {number} */ px, /** @type {number} */ py) {
    if (!this.model) return;
    const { item, isHead, isOpen } = this.hit(px, py);
    this.#clicked = item;
    this.events.select(item, { isQuiet: true });
    if (isOpen && !isHead && item && this.isSmall(item)) return this.stage.frame(item);
    if (item && isBlock(this.model.hierarchy, item) && (!isOpen || isHead)) this.events.open(item, !isOpen);
  }

  #doubleClick() {
    if (!this.#clicked) return this.stage.fit(true);
    this.events.open(this.#clicked, true); // the first click may have closed it
    this.stage.frame(this.#clicked);
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    const { model, selected } = this;
    if (!model || event.ctrlKey || event.metaKey || event.altKey) return;
    const { hierarchy: h, layout } = model;
    const arrow = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" }[event.key];
    if (arrow) this.events.select(selected ? neighbour(h, layout.root(), selected, /** @type {"up"} */ (arrow)) : h.children[0][0] ?? 0, {});
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === " ") { if (selected) this.events.open(selected, !layout.isOpen(selected)); }
    else if (event.key === "Escape" && selected) this.events.select(h.parent[selected], {});
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
