/** The points on their canvas: drawn from where one looks, pointed at, picked, framed, with labels over them. */

import { boundsOf, distanceOf, intoSphere, matrixOf, project } from "../space/camera.js";
import { drawPoints } from "../space/flat_points.js";
import { PointCloud } from "../space/point_cloud.js";
import { partsOf, sharedSurface } from "../space/surface.js";
import { token } from "../theme.js";
import { drawLabels, drawRings } from "./embedding_labels.js";

/** @import { Eye } from "../space/camera.js" */
/** @import { Sprite } from "../space/point_cloud.js" */
/** @typedef {{chosen: number | null, near: number[], hits: Set<number> | null, isolated: Set<number> | null, size: number, labels: boolean}} Look */

const NEAR_PX = 9; // that a pointer may miss a point by
const QUARTER = 0.25; // px, the unit of sizes
const MAX_SIZE = 255;

export class EmbeddingView {
  /** @param {HTMLCanvasElement} canvas @param {{onHover: (point: number | null) => void, label: (point: number) => string}} options */
  constructor(canvas, { onHover, label }) {
    this.canvas = canvas;
    this.onHover = onHover;
    this.label = label;
    this.ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.surface = sharedSurface();
    this.cloud = this.surface && new PointCloud(this.surface);
    this.surface?.listeners.add(() => this.redraw());
    /** @type {Eye | null} */
    this.eye = null;
    this.isFlat = false;
    /** @type {Float32Array} */
    this.places = new Float32Array();
    /** @type {Float32Array} */
    this.screen = new Float32Array();
    this.isProjected = false;
    /** Three a point. @type {Uint8Array} */
    this.tints = new Uint8Array();
    this.colours = new Uint8Array();
    this.sizes = new Uint8Array();
    /** @type {Look} */
    this.look = { chosen: null, near: [], hits: null, isolated: null, size: 1, labels: false };
    /** @type {number | null} */
    this.hovered = null;
    /** px in the canvas, while a frame is drawn. @type {{x: number, y: number, w: number, h: number} | null} */
    this.frame = null;
    this.isPictured = false;
    this.due = 0;
    /** ms that the last picture took. */
    this.took = 0;
  }

  get count() { return this.places.length / 3; }

  /** @param {Float32Array} places x, y, z in turn; changed in place @param {boolean} isFlat */
  setPlaces(places, isFlat) {
    const bounds = boundsOf(places);
    if (bounds) intoSphere(places, bounds);
    this.places = places;
    this.isFlat = isFlat;
    this.screen = new Float32Array(places.length);
    this.cloud?.setPlaces(places);
    this.hovered = null;
    this.changed();
  }

  /** @param {Uint8Array} tints three a point @param {Look} look */
  setLook(tints, look) {
    this.tints = tints;
    this.look = look;
    const { count } = this, { chosen, near, hits, isolated } = look, lit = hits ?? (chosen === null ? null : new Set([chosen, ...near]));
    const base = Math.min(MAX_SIZE, (this.isPictured ? 96 : count < 500 ? 40 : count < 5_000 ? 28 : count < 30_000 ? 18 : 12) * look.size);
    const muted = partsOf(token("--chart-muted")).map((v) => Math.round(v * 255));
    this.colours = new Uint8Array(4 * count);
    this.sizes = new Uint8Array(count).fill(base);
    for (let i = 0; i < count; i++) {
      const isLit = !lit || lit.has(i);
      for (let k = 0; k < 3; k++) this.colours[4 * i + k] = isLit ? tints[3 * i + k] : muted[k];
      this.colours[4 * i + 3] = isLit ? 255 : 90;
      if (lit) this.sizes[i] = isLit ? Math.min(MAX_SIZE, base * 1.35) : base * 0.75;
      if (isolated && !isolated.has(i)) this.sizes[i] = 0;
      if (this.places[3 * i] !== this.places[3 * i]) this.sizes[i] = 0;
    }
    this.cloud?.setLook(this.colours, this.sizes);
    this.redraw();
  }

  /** @param {Sprite | null} sprite */
  setSprite(sprite) {
    this.isPictured = sprite !== null && this.cloud !== null;
    this.cloud?.setSprite(sprite);
  }

  /** @param {Eye} eye */
  lookFrom(eye) {
    this.eye = eye;
    this.changed();
  }

  changed() {
    this.isProjected = false;
    this.redraw();
  }

  redraw() { this.due ||= requestAnimationFrame(() => { this.due = 0; this.draw(); }); }

  draw() {
    const { canvas, ctx, eye, isFlat, cloud, surface } = this, begin = performance.now(), ratio = devicePixelRatio || 1;
    const w = canvas.clientWidth, h = canvas.clientHeight;
    if (!eye || !w || !h) return;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
      this.isProjected = false;
    }
    const ground = token("--color-ground"), matrix = this.matrix(), far = isFlat ? 1 : distanceOf(eye), scale = QUARTER * eye.zoom ** 0.4 * far;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = ground;
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    if (surface && cloud) {
      const view = { matrix, scale: scale * ratio, fog: /** @type {[number, number]} */ ([far - 0.6, 2.2]), ground: partsOf(ground), isFlat };
      surface.render(ctx, view.ground, (gl) => cloud.draw(gl, view));
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (!surface) drawPoints(ctx, this.projected(), this.colours, this.sizes, scale);
    drawRings(ctx, this, scale);
    drawLabels(ctx, this);
    this.took = performance.now() - begin;
    canvas.dataset.drawn = String(this.count);
  }

  matrix() {
    return matrixOf(/** @type {Eye} */ (this.eye), { isFlat: this.isFlat, aspect: this.canvas.clientWidth / this.canvas.clientHeight });
  }

  /** Where points are on the canvas, in CSS px. */
  projected() {
    if (!this.isProjected && this.eye) {
      project(this.matrix(), this.places, this.canvas.clientWidth, this.canvas.clientHeight, this.screen);
      this.isProjected = true;
    }
    return this.screen;
  }

  /** The point under the pointer, the one in front of others first. @param {number} x px in the canvas @param {number} y @returns {number | null} */
  pick(x, y) {
    const screen = this.projected(), { sizes } = this, scale = this.eye ? QUARTER * this.eye.zoom ** 0.4 * (this.isFlat ? 1 : distanceOf(this.eye)) : 1;
    /** @type {number | null} */
    let best = null;
    let least = Infinity;
    for (let i = 0; i < sizes.length; i++) {
      if (!sizes[i]) continue;
      const dx = screen[3 * i] - x, dy = screen[3 * i + 1] - y, miss = Math.hypot(dx, dy), depth = screen[3 * i + 2], radius = (sizes[i] * scale) / depth / 2;
      if (!(miss < Math.max(radius, NEAR_PX))) continue;
      const cost = (miss < radius ? 0 : miss) + (this.isFlat ? miss / 10 : depth);
      if (cost < least) { least = cost; best = i; }
    }
    return best;
  }

  /** Points within a frame. @param {{x: number, y: number, w: number, h: number}} frame px in the canvas @returns {number[]} */
  within({ x, y, w, h }) {
    const screen = this.projected(), found = [];
    for (let i = 0; i < this.sizes.length; i++) if (this.sizes[i] && screen[3 * i] >= x && screen[3 * i] <= x + w && screen[3 * i + 1] >= y && screen[3 * i + 1] <= y + h) found.push(i);
    return found;
  }

  /** @param {number | null} point */
  hover(point) {
    if (this.hovered === point) return;
    this.hovered = point;
    this.canvas.toggleAttribute("data-over", point !== null);
    this.onHover(point);
    this.redraw();
  }
}
