/** Which points stand out: the chosen one and its neighbours, matches of a search, those in a frame, those shown alone. */

import { setText } from "../dom.js";
import { pictureOf } from "./embedding_context.js";
import { EmbeddingSide } from "./embedding_side.js";

/** @import { ViewState } from "../view_state.js" */
/** @import { Sheet } from "./embedding_context.js" */
/** @import { About, EmbeddingData, Near, Which } from "./embedding_data.js" */
/** @import { EmbeddingView } from "./embedding_view.js" */
/**
 * What of the page is needed here.
 * @typedef {object} Page
 * @property {{view: ViewState}} app
 * @property {EmbeddingData} data
 * @property {EmbeddingView} view
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLInputElement} field
 * @property {Which | null} which
 * @property {About | null} about
 * @property {Sheet | null} sprite
 * @property {(point: number) => string} label
 * @property {() => void} paintLook
 */

const NEIGHBOURS = "20";

export class EmbeddingMarks {
  /** @param {Page} page @param {HTMLElement} side @param {HTMLElement} said for who cannot see */
  constructor(page, side, said) {
    this.page = page;
    this.told = said;
    this.side = new EmbeddingSide(side, {
      choose: (point) => this.choose(point), hover: (point) => page.view.hover(point), isolate: (points) => this.isolate(points), clear: () => this.clear(),
      set: (key, value) => { page.app.view.set(key, value); void this.readNear(); }, label: (point) => page.label(point),
    });
    /** @type {Near | null} */
    this.near = null;
    /** @type {number[] | null} */
    this.hits = null;
    /** @type {number[] | null} */
    this.isolated = null;
    /** What the matches are, after their number. */
    this.said = "";
    this.error = "";
    this.isSearched = false;
  }

  /** Another embedding is shown. */
  forget() {
    this.near = this.hits = this.isolated = null;
    this.said = this.error = "";
    this.isSearched = false;
  }

  /** @returns {number | null} */
  get chosen() {
    const text = this.page.app.view.get("chosen"), asked = text === null ? NaN : Number(text);
    return Number.isInteger(asked) && asked >= 0 && asked < (this.page.about?.points ?? 0) ? asked : null;
  }

  get look() {
    const { chosen, near, hits, isolated } = this;
    return { chosen, near: chosen === null ? [] : near?.points ?? [], hits: hits && new Set(hits), isolated: isolated && new Set(isolated) };
  }

  get metric() { return this.page.app.view.get("near") === "euclidean" ? "euclidean" : "cosine"; }

  get count() { return Math.min(1000, Math.max(1, Number(this.page.app.view.get("count") ?? NEIGHBOURS) || 20)); }

  paintSide() {
    const { page: { which, about, sprite }, hits, said, error, chosen, near, isolated, metric, count } = this;
    if (!which || !about) return;
    this.side.show({ which, about, hits, said, error, chosen, near, isolated, metric, count, picture: (point) => (about.sprite && sprite ? pictureOf(sprite, about.sprite, point) : null) });
  }

  /** @param {number | null} point */
  choose(point) {
    if (point === this.chosen) return;
    this.page.app.view.set("chosen", point, { isStep: point !== null });
    void this.readNear();
    if (point !== null) setText(this.told, `${this.page.label(point) || `point ${point}`} chosen`);
  }

  async readNear() {
    const { chosen, count, metric, page: { which, data } } = this;
    if (which && chosen !== null) {
      /** @type {Near | null} */
      const near = await data.near(which, chosen, count, metric).catch((error) => { this.error = error.message; return null; });
      if (chosen !== this.chosen || which !== this.page.which) return;
      this.near = near;
    } else this.near = null;
    this.page.paintLook();
  }

  /** What the field asks for. */
  async search() {
    const { page: { app, data, field, which } } = this, wanted = () => (app.view.get("find") ?? "").trim(), text = wanted();
    this.error = "";
    if (field.value.trim() !== text) field.value = text;
    if (!which || !text) {
      if (this.isSearched) this.hits = null;
      this.isSearched = false;
      this.page.paintLook();
      return;
    }
    const { points, error } = await data.search(which, text, null).catch((problem) => ({ points: /** @type {number[]} */ ([]), error: String(problem.message) }));
    if (wanted() !== text || which !== this.page.which) return;
    this.error = error ?? "";
    this.setHits(points, points.length === 1 ? "matches" : "match");
    this.isSearched = true;
  }

  /** @param {number[]} points @param {string} said */
  setHits(points, said) {
    this.hits = points;
    this.said = said;
    this.isSearched = false;
    setText(this.told, `${points.length} points ${said}`);
    this.page.paintLook();
  }

  clear() {
    this.page.field.value = "";
    this.page.app.view.set("find", null);
    this.hits = null;
    this.page.paintLook();
  }

  /** @param {number[] | null} points */
  isolate(points) {
    this.isolated = points;
    if (points) this.hits = null;
    this.page.paintLook();
  }

  /** Shift and drag chooses what lies in the frame. @param {PointerEvent} event @returns {boolean} whether it is that */
  frameFrom(event) {
    if (!event.shiftKey || event.button !== 0) return false;
    const { canvas, view } = this.page, box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top, own = new AbortController();
    canvas.setPointerCapture(event.pointerId);
    canvas.addEventListener("pointermove", (move) => {
      const u = move.clientX - box.left, v = move.clientY - box.top;
      view.frame = { x: Math.min(x, u), y: Math.min(y, v), w: Math.abs(u - x), h: Math.abs(v - y) };
      view.redraw();
    }, { signal: own.signal });
    const end = () => {
      own.abort();
      if (view.frame) this.setHits(view.within(view.frame), "in the frame");
      view.frame = null;
      view.redraw();
    };
    canvas.addEventListener("pointerup", end, { signal: own.signal });
    canvas.addEventListener("pointercancel", end, { signal: own.signal });
    return true;
  }
}
