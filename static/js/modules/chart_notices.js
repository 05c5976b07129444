/** What the board noticed by itself, marked on the curves where it happened; the rule is said on hover. */

import { number } from "../api.js";
import { svg } from "../dom.js";
import { nearestIndex, pointAt } from "./chart_data.js";

/** @import { Curve, Notice } from "../types.d.ts" */
/** @import { ScalarChart } from "./scalar_chart.js" */
/** @typedef {{x: number, y: number, notice: Notice}} Mark px of the frame */

const REACH_PX = 10, SIZE = 4;
const MOST = 40; // marks in one chart: of more, each run's first

/** Where they stand; those of runs and stretches that are not shown are left out. @param {ScalarChart} chart @returns {Mark[]} */
function noticeMarks(chart) {
  const { view, drawn, page, spec } = chart, { notices } = page.app;
  if (!view) return [];
  /** @type {Mark[]} */
  const marks = [];
  for (const tag of spec.tags)
    for (const notice of notices.get(tag) ?? []) {
      const one = drawn.find(({ curve }) => curve.tag === tag && curve.run === notice.run && (curve.line === notice.line || !notice.line) && !curve.band);
      if (!one || notice.step === null) continue;
      const x = placeOf(chart, one.curve, notice);
      if (!(x >= view.x[0] && x <= view.x[1])) continue;
      const i = pointAt(one.curve, x), y = view.py(one.curve.y[i], one.curve.isRight), { box } = view;
      marks.push({ x: view.px(x), y: Number.isFinite(y) ? Math.max(box.y, Math.min(box.y + box.h, y)) : box.y, notice });
    }
  if (marks.length <= MOST) return marks;
  const seen = new Set();
  return marks.filter(({ notice }) => { const key = `${notice.run}\n${notice.rule}`; return !seen.has(key) && seen.add(key); }).slice(0, MOST);
}

/** @param {ScalarChart} chart @param {Curve} curve @param {Notice} notice */
function placeOf(chart, curve, notice) {
  if (chart.axis === "step") return Number(notice.step);
  if (chart.axis === "wall") return number(notice.wall_time);
  if (chart.axis === "scalar" && curve.steps?.length) return curve.x[nearestIndex(curve.steps, Number(notice.step))];
  if (chart.axis === "relative" && curve.last) return curve.xRange[1] - (curve.last.wallTime - number(notice.wall_time)); // its last point is where the curve ends
  return NaN;
}

/** @param {ScalarChart} chart */
export const noticeLayer = (chart) => noticeMarks(chart).map(({ x, y, notice }) =>
  svg("path", { class: "notice", "data-rule": notice.rule, d: `M${x} ${y - SIZE - 1}L${x + SIZE + 1} ${y}L${x} ${y + SIZE + 1}L${x - SIZE - 1} ${y}Z` }, svg("title", {}, `${notice.title}: ${notice.message}`)));

/** The one under the pointer. @param {ScalarChart} chart @param {number} px @param {number} py @returns {Notice | null} */
export function noticeAt(chart, px, py) {
  const near = noticeMarks(chart).map((mark) => ({ mark, far: Math.hypot(mark.x - px, mark.y - py) })).filter(({ far }) => far <= REACH_PX).sort((a, b) => a.far - b.far);
  return near[0]?.mark.notice ?? null;
}
