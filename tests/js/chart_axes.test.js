import assert from "node:assert/strict";
import { test } from "node:test";
import { bandCurve, fullY, pointAt } from "../../static/js/modules/chart_data.js";
import { scaleOf, scaled, share, symlog, valueAt } from "../../static/js/modules/chart_scale.js";
import { readFixed, sharedSpan, typedSpan, writeFixed } from "../../static/js/modules/chart_spans.js";
import { symlogTicks } from "../../static/js/modules/chart_ticks.js";
import { readZoom, writeZoom } from "../../static/js/modules/chart_zoom.js";
import { readCombined, withTag, withoutTag, writeCombined } from "../../static/js/modules/combined.js";
import { smoothingOf, smoothingText } from "../../static/js/modules/smoothing_amount.js";

const f8 = (...values) => ({ dtype: "f8", bdata: Buffer.from(Float64Array.of(...values).buffer).toString("base64") });

test("scales go there and back; a symmetric one holds both signs and zero", () => {
  for (const kind of ["linear", "log", "symlog"]) {
    const range = kind === "log" ? [1e-3, 50] : [-20, 50], scale = scaleOf(kind, range);
    for (const v of kind === "log" ? [1e-3, 0.5, 50] : [-20, -0.001, 0, 3e-5, 50]) assert.ok(Math.abs(valueAt(scale, range, share(scale, range, v)) - v) < 1e-9 * Math.max(1, Math.abs(v)), `${kind} ${v}`);
  }
  const scale = symlog(0.01);
  assert.equal(scale.to(-5), -scale.to(5));
  assert.ok(Math.abs(scale.to(1000) - scale.to(100) - 1) < 1e-3, "a decade is a decade");
  assert.deepEqual([...scaled(scaleOf("log", [1, 10]), Float64Array.of(100, 0, -1))], [2, NaN, NaN]);
});

test("ticks of a symmetric scale stand on both sides of zero", () => {
  const { values, labels } = symlogTicks([-200, 1000], 7);
  assert.ok(values.includes(0) && values.some((v) => v < 0) && values.includes(1000), String(values));
  assert.equal(labels[values.indexOf(0)], "0");
  assert.ok(values.length <= 9, String(values));
});

test("the range of a symmetric scale has room for what is shown", () => {
  const curve = { y: Float64Array.of(-5, 0, 100), rawY: null, yRange: [-5, 100], yInner: [-5, 100], count: 3 };
  const [lo, hi] = fullY([curve], { all: true, kind: "symlog", withRaw: false });
  assert.ok(lo < -5 && lo > -10 && hi > 100 && hi < 250, `${lo} ${hi}`);
});

test("a chart's scalars travel in the address, whatever their names are", () => {
  const spec = { id: "a,b~>c", tags: ["a,b~>c", ">odd", "lr"], right: ["lr"] }, kept = writeCombined(["other,x"], spec);
  assert.deepEqual(readCombined(kept), [{ id: "other", tags: ["other", "x"], right: [] }, spec]);
  assert.deepEqual(writeCombined(kept, { ...spec, tags: [spec.id], right: [] }), ["other,x"]);
  const more = withTag({ id: "a", tags: ["a"], right: [] }, "b", true);
  assert.deepEqual(more, { id: "a", tags: ["a", "b"], right: ["b"] });
  assert.deepEqual(withTag(more, "b", false).right, []);
  assert.deepEqual(withTag(more, "a", true).right, ["b"], "its own scalar stays on the left");
  assert.deepEqual(withoutTag(more, "b"), { id: "a", tags: ["a"], right: [] });
  assert.deepEqual(withoutTag(more, "a"), more);
});

test("heights: fixed ones in the address, typed ones checked, shared ones those of the section", () => {
  const kept = writeFixed(["0,1:other"], "a:b", [-1, 2.5]);
  assert.deepEqual(readFixed(kept, "a:b"), [-1, 2.5]);
  assert.deepEqual(writeFixed(kept, "a:b", null), ["0,1:other"]);
  assert.equal(readFixed(["2,1:a"], "a"), null);
  assert.deepEqual(typedSpan("−1", "1e3").range, [-1, 1000]);
  assert.match(typedSpan("2", "1").fault, /below/);
  assert.match(typedSpan("", "1").fault, /numbers/);
  const charts = [{ tag: "t/a", ownY: [0, 1] }, { tag: "t/b", ownY: [-2, 0.5] }, { tag: "v/a", ownY: [0, 99] }, { tag: "t/c", ownY: null }];
  assert.deepEqual(sharedSpan(charts, "t/c"), [-2, 1]);
  assert.equal(sharedSpan([], "t/c"), null);
});

test("a zoom of the right axis is kept, one without it reads as before", () => {
  const kept = writeZoom([], "a", { x: [1, 2], y: null, right: [3, 4] });
  assert.deepEqual(kept, ["1,2,,,3,4:a"]);
  assert.deepEqual(readZoom(kept, "a"), { x: [1, 2], y: null, right: [3, 4] });
  assert.deepEqual(readZoom(["1,2,3,4:a"], "a"), { x: [1, 2], y: [3, 4], right: null });
});

test("a group is one curve with its edges", () => {
  const json = { group: "g", x: f8(1, 2), centre: f8(3, 4), low: f8(1, NaN), high: f8(5, 6), runs: { dtype: "i4", bdata: Buffer.from(Int32Array.of(2, 1).buffer).toString("base64") }, ends: [{ x: 1, run: "a" }], count: 4, total: 4, members: 2, exact: true, x_range: [1, 2] };
  const one = bandCurve(json, { name: "g", runs: ["a", "b"], colour: 3 });
  assert.deepEqual([one.run, [...one.y], one.yRange, [...one.band.runs], one.band.names, one.band.colour], ["g", [3, 4], [1, 6], [2, 1], ["a", "b"], 3]);
});

test("on a path the nearest point is found though x goes back and forth", () => {
  assert.equal(pointAt({ x: Float64Array.of(0, 5, 9, 4, 1), y: Float64Array.of(1, 1, 1, 1, 1), rises: false }, 3.8), 3);
});

test("smoothing is told in points", () => {
  assert.deepEqual(smoothingOf("mean", 0.5), { kind: "mean", amount: 33 });
  assert.deepEqual(smoothingOf("gaussian", 0.999), { kind: "gaussian", amount: 496.5 });
  assert.deepEqual(smoothingOf("ema", 0.6), { kind: "ema", amount: 0.6 });
  assert.deepEqual(smoothingOf("mean", 0), { kind: "none", amount: 0 });
  assert.equal(smoothingText("ema", 0.9), "0.90 ≈ 10 points");
  assert.equal(smoothingText("mean", 0.5), "33 points");
  assert.equal(smoothingText("ema", 0), "off");
  assert.match(smoothingText("time_ema", 0.9), /% of the range$/);
});
