/** Where things are in a chart as it was drawn last: between values and pixels of its frame. Pure. */

import { LINEAR, share, valueAt } from "./chart_scale.js";

/** @import { Box, Range } from "../types.d.ts" */
/** @import { Scale } from "./chart_scale.js" */
/** @typedef {{range: Range, scale: Scale}} Shown */

export class View {
  /** @param {Box} box of the plot inside the frame, px @param {Shown} x @param {Shown} y @param {Shown | null} right the second vertical axis */
  constructor(box, x, y, right) {
    this.box = box;
    this.x = x.range;
    this.y = y.range;
    this.right = right?.range ?? null;
    this.scales = { x: x.scale, y: y.scale, right: right?.scale ?? LINEAR };
  }

  /** @param {number} v */
  px(v) { return this.box.x + share(this.scales.x, this.x, v) * this.box.w; }

  /** NaN where it has no place, such as zero on a logarithmic axis. @param {number} v @param {boolean} [isRight] */
  py(v, isRight = false) {
    const t = isRight && this.right ? share(this.scales.right, this.right, v) : share(this.scales.y, this.y, v);
    return Number.isFinite(t) ? this.box.y + this.box.h - t * this.box.h : NaN;
  }

  /** @param {number} px in the frame */
  toX(px) { return valueAt(this.scales.x, this.x, (px - this.box.x) / this.box.w); }

  /** The range of an axis. @param {boolean} isRight @returns {Range} */
  span(isRight) { return isRight && this.right ? this.right : this.y; }
}
