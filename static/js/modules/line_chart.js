/** A chart of whole lines over two linear axes, as SVG: zoomed by a drag, read by the pointer; a click takes the nearest point. */

import { el, setAttribute, svg } from "../dom.js";
import { margins, weight } from "./chart_layout.js";
import { LINEAR } from "./chart_scale.js";
import { linearTicks, xTicks } from "./chart_ticks.js";
import { View } from "./chart_view.js";
import { hideHover, placeHover } from "./hover_table.js";

/** @import { App } from "../app.js" */
/** @import { Range, Zoom } from "../types.d.ts" */
/**
 * @typedef {{run: string, x: ArrayLike<number>, y: ArrayLike<number>}} Line
 * @typedef {{line: Line, i: number, far: number}} Hit the point of a line that is nearest to the pointer, px
 * @typedef {{
 *   lines: Line[], x: Range, y: Range, xKind: string, label: string,
 *   under?: (view: View) => SVGElement[], over?: (view: View) => SVGElement[],
 * }} Shown
 * @typedef {{
 *   xTitle: string, yTitle: string, tell: (hits: Hit[]) => Node | null, pick: (hit: Hit) => void, key: (event: KeyboardEvent) => boolean,
 *   zoomOf: () => Zoom | null, setZoom: (zoom: Zoom | null) => void,
 * }} Owner `key`: whether the key was meant for the chart
 */

const SLACK_PX = 4, LIFT_PX = 40, PICK_PX = 60;
let made = 0;

export class LineChart {
  /** @param {App} app @param {Owner} owner */
  constructor(app, owner) {
    this.app = app;
    this.owner = owner;
    this.id = `line-clip-${++made}`;
    /** @type {Shown | null} */
    this.shown = null;
    /** As drawn last. @type {View | null} */
    this.view = null;
    /** Where a drag began, px of the frame. @type {[number, number] | null} */
    this.down = null;
    this.box = svg("rect", { class: "range-band" });
    this.layers = { base: svg("g"), lines: svg("g", { class: "line-layer" }), lift: svg("g"), over: svg("g"), zoom: svg("g") };
    this.clip = svg("rect");
    this.root = svg("svg", { class: "line-picture", "aria-hidden": "true" }, svg("clipPath", { id: this.id }, this.clip), ...Object.values(this.layers));
    this.frame = el("div", { class: "chart-frame chart", tabindex: 0, role: "img" }, this.root);
    this.listen();
    this.resizing = new ResizeObserver(() => this.paint());
    this.resizing.observe(this.frame);
  }

  listen() {
    const { frame } = this, at = (/** @type {MouseEvent} */ event) => { const box = frame.getBoundingClientRect(); return /** @type {[number, number]} */ ([event.clientX - box.left, event.clientY - box.top]); };
    frame.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      this.down = at(event);
      frame.setPointerCapture(event.pointerId);
      hideHover();
    });
    frame.addEventListener("pointermove", (event) => (this.down ? this.drag(at(event)) : this.point(event, at(event))));
    frame.addEventListener("pointerup", (event) => {
      const { down } = this;
      this.down = null;
      this.layers.zoom.replaceChildren();
      if (down && !this.zoom(down, at(event))) this.click(at(event));
    });
    frame.addEventListener("pointercancel", () => { this.down = null; this.layers.zoom.replaceChildren(); });
    frame.addEventListener("pointerleave", () => { hideHover(); this.app.lift(null); });
    frame.addEventListener("click", (event) => { // of a finger, which scrolls and does not drag
      if (/** @type {PointerEvent} */ (event).pointerType !== "touch") return;
      this.click(at(event));
      this.point(event, at(event));
    });
    frame.addEventListener("dblclick", () => this.owner.setZoom(null));
    frame.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "0") this.owner.setZoom(null);
      else if (!this.owner.key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  stop() {
    this.resizing.disconnect();
  }

  /** @param {Shown} shown */
  show(shown) {
    this.shown = shown;
    this.paint();
  }

  paint() {
    const { shown, frame, app } = this, width = frame.clientWidth, height = frame.clientHeight, zoom = this.owner.zoomOf();
    if (!shown || !width || !height) return;
    const x = zoom?.x ?? shown.x, y = zoom?.y ?? shown.y, yTicks = linearTicks(y, height > 280 ? 6 : 4), m = margins({ ends: false, labels: yTicks.labels, right: null });
    const box = { x: m.l, y: m.t, w: width - m.l - m.r, h: height - m.t - m.b };
    const view = (this.view = new View(box, { range: x, scale: LINEAR }, { range: y, scale: LINEAR }, null));
    const perTick = shown.xKind === "wall" || x[1] > 1e6 ? 76 : 62, xAxis = xTicks(shown.xKind, false, x, Math.max(2, Math.min(8, Math.floor(box.w / perTick))));
    for (const [name, v] of Object.entries({ x: box.x, y: box.y - 2, width: box.w + 2, height: box.h + 4 })) setAttribute(this.clip, name, String(v));
    setAttribute(frame, "aria-label", shown.label);
    this.layers.base.replaceChildren(...this.axes(view, xAxis, yTicks), svg("g", { "clip-path": `url(#${this.id})` }, ...(shown.under?.(view) ?? [])));
    const crowd = weight(shown.lines.filter(({ run }) => !app.style(run).muted).length);
    setAttribute(this.layers.lines, "clip-path", `url(#${this.id})`);
    const greyFirst = [...shown.lines].sort((a, b) => Number(app.style(b.run).muted ?? false) - Number(app.style(a.run).muted ?? false));
    this.layers.lines.replaceChildren(...greyFirst.map((line) => {
      const { colour, dash, muted } = app.style(line.run);
      return this.trace(line, view, { stroke: colour, "stroke-width": muted ? 1 : crowd.line, opacity: muted ? 0.3 : crowd.opacity, "stroke-dasharray": dash ? "4 2" : null });
    }));
    this.paintOver();
    this.paintLift();
  }

  /** What stands on the lines, alone. */
  paintOver() {
    const { shown, view } = this;
    if (shown && view) this.layers.over.replaceChildren(...(shown.over?.(view) ?? []));
  }

  paintLift() {
    const { shown, view, app } = this, lifted = view && (shown?.lines.length ?? 0) > 1 ? shown?.lines.filter(({ run }) => run === app.lifted) ?? [] : [];
    this.frame.toggleAttribute("data-lifted", lifted.length > 0);
    this.layers.lift.replaceChildren(...lifted.flatMap((line) => {
      const { colour, muted } = app.style(line.run), halo = this.trace(line, /** @type {View} */ (view), { class: "halo", "clip-path": `url(#${this.id})` });
      return [halo, this.trace(line, /** @type {View} */ (view), { class: "lift", stroke: muted ? "var(--color-ink)" : colour, "clip-path": `url(#${this.id})` })];
    }));
  }

  /** One line; a point that none reaches is a dot. @param {Line} line @param {View} view @param {Record<string, any>} look */
  trace({ run, x, y }, view, look) {
    let d = "";
    const isPoint = (/** @type {number} */ i) => Number.isFinite(x[i]) && Number.isFinite(y[i]);
    for (let i = 0; i < x.length; i++) {
      if (!isPoint(i)) continue;
      const place = `${view.px(x[i]).toFixed(1)} ${view.py(y[i]).toFixed(1)}`, isFirst = !isPoint(i - 1);
      d += isFirst && !isPoint(i + 1) ? `M${place}h0` : `${isFirst ? "M" : "L"}${place}`; // caps are round: no length is a dot
    }
    return svg("path", { "data-run": run, d, "data-single": x.length === 1, ...look });
  }

  /** @param {View} view @param {{values: number[], labels: string[]}} xAxis @param {{values: number[], labels: string[]}} yAxis */
  axes(view, xAxis, yAxis) {
    const { box } = view, bottom = box.y + box.h + 0.5, right = box.x + box.w, { xTitle, yTitle } = this.owner;
    return [
      ...yAxis.values.flatMap((v, i) => [svg("line", { class: "grid", x1: box.x, x2: right, y1: view.py(v), y2: view.py(v) }), svg("text", { class: "tick", x: box.x - 7, y: view.py(v) + 4, "text-anchor": "end" }, yAxis.labels[i])]),
      svg("line", { class: "axis", x1: box.x, x2: right, y1: bottom, y2: bottom }),
      ...xAxis.values.flatMap((v, i) => [svg("line", { class: "axis", x1: view.px(v), x2: view.px(v), y1: bottom, y2: bottom + 4 }), svg("text", { class: "tick", x: view.px(v), y: bottom + 16, "text-anchor": "middle" }, xAxis.labels[i])]),
      svg("text", { class: "axis-title", x: right, y: bottom - 6, "text-anchor": "end" }, xTitle), svg("text", { class: "axis-title", x: box.x + 6, y: bottom - 6 }, yTitle),
    ];
  }

  /** @param {[number, number]} to px of the frame */
  drag(to) {
    const { down, view } = this;
    if (!down || !view) return;
    const { x, y } = zoomBox(down, to, view.box);
    for (const [name, v] of Object.entries({ x: x[0], y: y[0], width: x[1] - x[0], height: y[1] - y[0] })) this.box.setAttribute(name, String(v));
    this.layers.zoom.replaceChildren(this.box);
  }

  /** @param {[number, number]} from @param {[number, number]} to @returns {boolean} whether it was a drag */
  zoom(from, to) {
    const { view } = this;
    if (!view || Math.hypot(to[0] - from[0], to[1] - from[1]) <= SLACK_PX) return false;
    const { x, y } = zoomBox(from, to, view.box), toY = (/** @type {number} */ py) => view.y[0] + ((view.box.y + view.box.h - py) / view.box.h) * (view.y[1] - view.y[0]);
    if (x[1] - x[0] > 1 && y[1] - y[0] > 1) this.owner.setZoom({ x: [view.toX(x[0]), view.toX(x[1])], y: [toY(y[1]), toY(y[0])] });
    return true;
  }

  /** Of each line the point nearest to a place, the nearest line first. @param {[number, number]} place px of the frame @returns {Hit[]} */
  hits([px, py]) {
    const { shown, view } = this;
    if (!shown || !view) return [];
    return shown.lines.flatMap((line) => {
      let best = -1, least = Infinity;
      for (let i = 0; i < line.x.length; i++) {
        const far = Math.hypot(view.px(line.x[i]) - px, view.py(line.y[i]) - py);
        if (far < least) { least = far; best = i; }
      }
      return best < 0 ? [] : [{ line, i: best, far: least }];
    }).sort((a, b) => a.far - b.far);
  }

  /** @param {[number, number]} place */
  click(place) {
    const [nearest] = this.hits(place);
    if (nearest && nearest.far < PICK_PX) this.owner.pick(nearest);
  }

  /** @param {MouseEvent} event @param {[number, number]} place */
  point(event, place) {
    const hits = this.hits(place), told = hits.length ? this.owner.tell(hits) : null;
    this.app.lift(hits.length > 1 && hits[0].far < LIFT_PX ? hits[0].line.run : null);
    if (told) placeHover({ x: event.clientX, y: event.clientY }, told);
    else hideHover();
  }
}

/** The rectangle between two places; a drag that is mostly level takes the whole height. @param {[number, number]} a @param {[number, number]} b @param {import("../types.d.ts").Box} box */
function zoomBox(a, b, box) {
  const inside = (/** @type {number} */ v, /** @type {number} */ from, /** @type {number} */ length) => Math.max(from, Math.min(from + length, v));
  const pair = (/** @type {number} */ i, /** @type {number} */ from, /** @type {number} */ length) => [a[i], b[i]].map((v) => inside(v, from, length)).sort((one, other) => one - other);
  const x = pair(0, box.x, box.w), y = Math.abs(a[1] - b[1]) < 12 ? [box.y, box.y + box.h] : pair(1, box.y, box.h);
  return { x, y };
}
