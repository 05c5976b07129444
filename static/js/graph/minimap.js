/** The whole graph, small, and a frame around what is in sight. */
import { eachItem } from "./scene.js";

/** @import {PlacedGroup, View} from "./graph_types.js" */
/** @import {Ink} from "./draw.js" */
/** @import {Palette} from "./colour.js" */

const WIDEST = 150, TALLEST = 150; // px
const SMALLEST = 0.35;

export class Minimap {
  /**
   * @param {HTMLElement} root holds a canvas and a frame
   * @param {(x: number, y: number) => void} look at a place of the graph
   * @param {AbortSignal} signal
   */
  constructor(root, look, signal) {
    this.root = root;
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.frame = /** @type {HTMLElement} */ (root.querySelector(".graph-map-frame"));
    this.scale = 1;
    this.size = { w: 0, h: 0 };
    const go = (/** @type {PointerEvent} */ event) => {
      const box = this.canvas.getBoundingClientRect();
      look((event.clientX - box.left) / this.scale, (event.clientY - box.top) / this.scale);
    };
    root.addEventListener("pointerdown", (event) => {
      root.setPointerCapture(event.pointerId);
      go(event);
    }, { signal });
    root.addEventListener("pointermove", (event) => { if (event.buttons & 1) go(event); }, { signal });
  }

  /** @param {PlacedGroup} placed @param {Palette} palette @param {Ink} ink @param {(item: number) => boolean} isOpen */
  draw(placed, palette, ink, isOpen) {
    const k = (this.scale = Math.min(TALLEST / placed.height, WIDEST / placed.width));
    this.size = { w: Math.max(24, placed.width * k), h: Math.max(24, placed.height * k) };
    const ratio = devicePixelRatio || 1, { canvas } = this;
    canvas.width = this.size.w * ratio;
    canvas.height = this.size.h * ratio;
    canvas.style.width = `${this.size.w}px`;
    canvas.style.height = `${this.size.h}px`;
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.lineWidth = 0.5;
    ctx.strokeStyle = ink.stroke;
    eachItem(placed, (item, x, y, w, h) => {
      if (w * k < SMALLEST || h * k < SMALLEST) return false;
      const isOpenNow = isOpen(item);
      ctx.fillStyle = isOpenNow ? ink.boxDeep : palette.of(item).fill;
      ctx.fillRect(x * k, y * k, Math.max(1, w * k), Math.max(1, h * k));
      if (h * k > 2) ctx.strokeRect(x * k, y * k, w * k, h * k);
      return isOpenNow;
    });
  }

  /** @param {View} view @param {{w: number, h: number}} screen @param {PlacedGroup} placed */
  follow(view, screen, placed) {
    const left = -view.x / view.scale, top = -view.y / view.scale;
    const right = left + screen.w / view.scale, bottom = top + screen.h / view.scale;
    this.root.hidden = left <= 0 && top <= 0 && right >= placed.width && bottom >= placed.height;
    if (this.root.hidden) return;
    const clamp = (/** @type {number} */ v, /** @type {number} */ most) => Math.max(0, Math.min(most, v * this.scale));
    const x = clamp(left, this.size.w), y = clamp(top, this.size.h);
    this.frame.style.transform = `translate(${x}px, ${y}px)`;
    this.frame.style.width = `${Math.max(3, clamp(right, this.size.w) - x)}px`;
    this.frame.style.height = `${Math.max(3, clamp(bottom, this.size.h) - y)}px`;
  }
}
