/** What a chart shows now: its axes, its curves in their colours, as Plotly takes them. */

import { resolved, runColour } from "../theme.js";
import { fullX, fullY } from "./chart_data.js";
import { layout, margins, traces } from "./chart_layout.js";
import { LOG, LINEAR, scaleOf } from "./chart_scale.js";
import { xTicks, yTicks } from "./chart_ticks.js";
import { View } from "./chart_view.js";

/** @import { App } from "../app.js" */
/** @import { ChartChoices, Curve, Range, Zoom } from "../types.d.ts" */
/** @import { Drawn } from "./chart_layout.js" */
/**
 * @typedef {{
 *   curves: Curve[], axis: string, zoom: Zoom | null, width: number, height: number, fixed: Range | null, shared: Range | null, isByTag: boolean,
 * }} Wish `isByTag`: a colour for each scalar; `fixed`: the y that a person typed; `shared`: that of the whole section
 */

const FEW = 24, ENDS = 6; // curves: of no more the raw ones are drawn; the last values told
const TALL_PX = 320, WIDE_PX = 340;

/** @param {App} app @param {Curve} curve @param {boolean} isByTag @returns {Drawn} */
function styled(app, curve, isByTag) {
  if (isByTag) {
    const { colour, dash } = runColour(curve.tagIndex);
    return { curve, colour: resolved(colour), dash, muted: false, names: [curve.run], isByTag };
  }
  if (curve.band) {
    const { colour, dash } = curve.band.style ?? runColour(curve.band.colour);
    return { curve, colour: resolved(colour), dash, muted: false, names: curve.band.names };
  }
  const { colour, dash, muted } = app.style(curve.run);
  return { curve, colour: resolved(colour), dash, muted: Boolean(muted), names: [curve.run] };
}

/** The y that these curves ask for by themselves. @param {Curve[]} curves @param {ChartChoices} choices */
const ownSpan = (curves, { yRange, yScale, showRaw }) => fullY(curves, { all: yRange === "all", kind: yScale, withRaw: showRaw && curves.length <= FEW });

/**
 * @param {App} app @param {ChartChoices} choices @param {Wish} wish
 * @returns {{drawn: Drawn[], view: View, ends: boolean, traces: object[], layout: object}}
 */
export function picture(app, choices, { curves, axis, zoom, width, height, fixed, shared, isByTag }) {
  const drawn = curves.map((curve) => styled(app, curve, isByTag));
  const onRight = curves.filter((one) => one.isRight), onLeft = onRight.length < curves.length ? curves.filter((one) => !one.isRight) : curves;
  const ends = curves.length <= ENDS && width > WIDE_PX && !onRight.length && !drawn.some((one) => one.muted || one.curve.band);
  const x = zoom?.x ?? fullX(curves, axis, choices.logX), y = zoom?.y ?? fixed ?? shared ?? ownSpan(onLeft, choices);
  const right = onRight.length ? (zoom?.right ?? ownSpan(onRight, choices)) : null;
  const count = height > TALL_PX ? 7 : 4, ticksY = yTicks(choices.yScale, y, count), ticksRight = right && yTicks(choices.yScale, right, count);
  const m = margins({ ends, labels: ticksY.labels, right: ticksRight?.labels ?? null }), box = { x: m.l, y: m.t, w: width - m.l - m.r, h: height - m.t - m.b };
  const view = new View(box, { range: x, scale: choices.logX && axis !== "wall" ? LOG : LINEAR }, { range: y, scale: scaleOf(choices.yScale, y) }, right && { range: right, scale: scaleOf(choices.yScale, right) });
  const perTick = axis === "wall" || x[1] > 1e6 ? 76 : 62, ticksX = xTicks(axis, choices.logX, x, Math.max(2, Math.min(8, Math.floor(box.w / perTick))));
  return { drawn, view, ends, traces: traces(drawn, view, choices), layout: layout(width, height, m, view, { x: ticksX, y: ticksY, right: ticksRight }) };
}

/** The y that a chart would have alone, for those who share theirs. @param {Curve[]} curves @param {ChartChoices} choices @returns {Range | null} */
export function naturalSpan(curves, choices) {
  const onLeft = curves.filter((one) => !one.isRight && Number.isFinite(one.yRange[0]));
  return onLeft.length ? ownSpan(onLeft, choices) : null;
}
