/** The canvas: its size, its frames, and the way from one picture to the next. */
import { between, ease, fitView, overviewOf, readableView, showRect } from "./camera.js";
import { drawGraph } from "./draw.js";
import { eachItem, rectOf } from "./scene.js";

/** @import {Rect, View} from "./graph_types.js" */
/** @import {Picture} from "./draw.js" */

const MOTION_MS = 160;

export class Stage {
  /** @type {{from: View, to: View, places: Map<number, Rect> | null, start: number} | null} */
  #motion = null;
  #frame = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => Omit<Picture, "view" | "screen" | "motion"> | null} picture what to draw; null: nothing yet
   * @param {(view: View) => void} onView told after each frame that was drawn
   */
  constructor(canvas, picture, onView) {
    this.canvas = canvas;
    this.picture = picture;
    this.onView = onView;
    this.ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    /** @type {View} */
    this.view = { scale: 1, x: 0, y: 0 };
    this.screen = { w: 0, h: 0 };
    /** For measurements: how long the last frame took, ms, and how many boxes it had. */
    this.last = { ms: 0, boxes: 0 };
  }

  /** Takes the size of the element; what was in the middle stays there. @returns {boolean} whether it changed */
  resize() {
    const before = this.screen.w, box = this.canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    const w = Math.max(1, Math.round(box.width * ratio)), h = Math.max(1, Math.round(box.height * ratio));
    this.screen = { w: box.width, h: box.height };
    if (this.canvas.width === w && this.canvas.height === h) return false;
    this.canvas.width = w;
    this.canvas.height = h;
    if (before) {
      const view = this.#motion?.to ?? this.view;
      this.#motion = null;
      this.view = { ...view, x: view.x + (box.width - before) / 2 };
    }
    this.redraw();
    return true;
  }

  redraw() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const still = this.picture();
    if (!still || !this.screen.w) return;
    const begin = performance.now();
    let motion = null;
    if (this.#motion) {
      const { from, to, places, start } = this.#motion;
      const t = Math.min(1, (begin - start) / MOTION_MS);
      // while blocks open everything is drawn where it will be, moved back towards where it was
      this.view = places || t === 1 ? to : between(from, to, ease(t));
      if (t === 1) this.#motion = null;
      else {
        motion = places && { places, t: ease(t) };
        this.redraw();
      }
    }
    const ratio = this.canvas.width / this.screen.w;
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const boxes = drawGraph(this.ctx, { ...still, view: this.view, screen: this.screen, motion });
    this.last = { ms: performance.now() - begin, boxes };
    this.onView(this.view);
  }

  /** Looks somewhere else. @param {View} view @param {boolean} [isSmooth] */
  lookAt(view, isSmooth = false) {
    if (isSmooth && !prefersStillness()) this.#motion = { from: this.view, to: view, places: null, start: performance.now() };
    else {
      this.#motion = null;
      this.view = view;
    }
    this.redraw();
  }

  /** @param {boolean} [isSmooth] */
  fit(isSmooth = false) {
    const picture = this.picture();
    if (picture) this.lookAt(fitView({ x: 0, y: 0, w: picture.root.width, h: picture.root.height }, this.screen), isSmooth);
  }

  /** The start of a graph, at a size that can be read. */
  readable() {
    const picture = this.picture();
    if (picture) this.lookAt(readableView({ x: 0, y: 0, w: picture.root.width, h: picture.root.height }, this.screen, picture.root.isAcross));
  }

  /** All of a graph, as far as that makes sense. */
  overview() {
    const picture = this.picture();
    if (picture) this.lookAt(overviewOf({ x: 0, y: 0, w: picture.root.width, h: picture.root.height }, this.screen));
  }

  /** Fills the canvas with an item, as far as that makes sense. @param {number} item */
  frame(item) {
    const picture = this.picture();
    const rect = picture && rectOf(picture.hierarchy, picture.root, item);
    if (rect) this.lookAt(readableView(rect, this.screen, picture.root.isAcross), true);
  }

  /** Where an item is drawn on the canvas; null if it is not visible. @param {number} item @returns {Rect | null} */
  placeOf(item) {
    const picture = this.picture(), rect = picture && rectOf(picture.hierarchy, picture.root, item);
    const { scale, x, y } = this.#motion?.to ?? this.view;
    return rect && { x: rect.x * scale + x, y: rect.y * scale + y, w: rect.w * scale, h: rect.h * scale };
  }

  /** Puts the upper middle of an item at a place of the canvas. @param {number} item @param {{x: number, y: number}} at @param {number} scale */
  put(item, at, scale) {
    const picture = this.picture(), rect = picture && rectOf(picture.hierarchy, picture.root, item);
    if (rect) this.lookAt({ scale, x: at.x - (rect.x + rect.w / 2) * scale, y: at.y - rect.y * scale }, true);
  }

  /** Brings an item into sight; does not move if it is. @param {number} item */
  show(item) {
    const picture = this.picture();
    const rect = picture && rectOf(picture.hierarchy, picture.root, item);
    if (!rect) return;
    const target = this.#motion?.to ?? this.view;
    const view = showRect(target, rect, this.screen);
    if (Math.abs(view.x - target.x) > 0.5 || Math.abs(view.y - target.y) > 0.5) this.lookAt(view, true);
  }

  /**
   * Changes what is open; the item keeps its place on the screen and everything in sight glides to its new one.
   *
   * @param {number} item
   * @param {() => void} change
   */
  change(item, change) {
    const before = this.picture();
    if (!before) return change();
    const view = this.#motion?.to ?? this.view;
    const old = rectOf(before.hierarchy, before.root, item);
    const places = prefersStillness() ? null : this.#placesInSight(view);
    change();
    const after = /** @type {Picture} */ (this.picture());
    const now = rectOf(after.hierarchy, after.root, item);
    if (!old || !now) return this.lookAt(view);
    const centre = (old.x + old.w / 2) * view.scale + view.x, top = old.y * view.scale + view.y;
    const moved = { scale: view.scale, x: centre - (now.x + now.w / 2) * view.scale, y: top - now.y * view.scale };
    const to = now.w * now.h < old.w * old.h ? showRect(moved, now, this.screen) : moved;
    this.#motion = places ? { from: view, to, places, start: performance.now() } : null;
    this.view = to;
    this.redraw();
  }

  /**
   * Changes what is open all over; everything in sight glides from where it was to where it will be looked at.
   *
   * @param {() => void} change of what is open
   * @param {() => void} look at what has come of it
   */
  changeAll(change, look) {
    const from = this.#motion?.to ?? this.view, places = prefersStillness() ? null : this.#placesInSight(from);
    change();
    look();
    this.#motion = places && { from, to: this.view, places, start: performance.now() };
  }

  /** Screen rectangles of what can be seen. @returns {Map<number, Rect>} */
  #placesInSight(/** @type {View} */ view) {
    /** @type {Map<number, Rect>} */
    const places = new Map();
    const { w, h } = this.screen, { scale } = view;
    const picture = this.picture();
    if (picture) eachItem(picture.root, (item, x, y, width, height) => {
      const rect = { x: x * scale + view.x, y: y * scale + view.y, w: width * scale, h: height * scale };
      const isInSight = rect.x < w && rect.y < h && rect.x + rect.w > 0 && rect.y + rect.h > 0 && (rect.w > 1 || rect.h > 1);
      if (isInSight) places.set(item, rect);
      return isInSight;
    });
    places.set(0, { x: view.x, y: view.y, w: 0, h: 0 });
    return places;
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}

const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
