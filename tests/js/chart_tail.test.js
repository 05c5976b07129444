import assert from "node:assert/strict";
import { test } from "node:test";
import { curve } from "../../static/js/modules/chart_data.js";
import { joinedTails, tailQuestions } from "../../static/js/modules/chart_tail.js";

const f8 = (values) => ({ dtype: "f8", bdata: Buffer.from(Float64Array.from(values).buffer).toString("base64") });
const line = (x, y, more = {}) => ({
  run: "r", line: "", axis: "step", x: f8(x), y: f8(y), raw_x: null, raw_y: null, exact: true, count: x.length, total: x.length, nonfinite: [], x_range: [x[0], x.at(-1)], y_range: [Math.min(...y), Math.max(...y)],
  y_inner: [Math.min(...y), Math.max(...y)], superseded_x: null, superseded_y: null, last: { step: String(x.at(-1)), wall_time: 1, value: y.at(-1) }, restarts: [], in_order: true, ...more,
});
const held = (x, y, more) => ({ ...curve(line(x, y, more), "step"), tag: "loss" });
const question = { id: "1/0", tag: "loss", runs: ["r", "s"], x: "step", range: null, width: 500, groups: null, partition: false };
const choices = { x: "step", smoothing: { kind: "ema", amount: 0.6 } };
const x = Array.from({ length: 100 }, (_, i) => i), view = { x: [0, 100] };

test("only the runs that grew are asked for, from their last point on, in columns as wide as before", () => {
  const [asked] = tailQuestions([question], [held(x, x)], new Map([["loss", new Set(["r"])]]), view, choices);
  assert.deepEqual([asked.runs, asked.since, asked.width], [["r"], 99, 37]);
});

test("the whole is asked for where the end does not say it all", () => {
  const grown = new Map([["loss", new Set(["r"])]]), none = (...args) => assert.equal(tailQuestions(...args), null);
  none([{ ...question, range: [0, 5] }], [held(x, x)], grown, view, choices);
  none([{ ...question, groups: [] }], [held(x, x)], grown, view, choices);
  none([question], [held(x, x, { in_order: false })], grown, view, choices);
  none([question], [], grown, view, choices); // a run that is new here
  none([question], [held(x, x)], grown, view, { ...choices, smoothing: { kind: "gaussian", amount: 5 } });
  none([question], [held(x, x)], grown, view, { ...choices, x: "scalar" });
  none([{ ...question, width: 20 }], [held(x, x)], grown, view, choices); // finer than it can be seen
});

test("an end is put behind what is there, its overlap once", () => {
  const asked = [{ ...question, since: 99 }], old = held(x, x, { nonfinite: [{ x: 7, value: "NaN", count: 1 }] });
  const end = line([98, 99, 100, 101], [98, 99.5, -4, 7], { total: 102, x_range: [0, 101], nonfinite: [{ x: 100, value: "NaN", count: 2 }] });
  const [found] = joinedTails([old], asked, [{ id: "1/0", lines: [end] }], "step");
  assert.deepEqual([...found.x], [...x, 100, 101]);
  assert.deepEqual([...found.y].slice(98), [98, 99.5, -4, 7]);
  assert.deepEqual([found.total, found.count, found.xRange, found.yRange], [102, 102, [0, 101], [-4, 99.5]]);
  assert.deepEqual(found.nonfinite.map((mark) => mark.x), [7, 100]);
  assert.equal(old.x.length, 100);
});

test("an end that does not fit asks for the whole", () => {
  const asked = [{ ...question, since: 99 }], answer = (one) => [{ id: "1/0", lines: [one] }];
  assert.equal(joinedTails([held(x, x)], asked, answer(line([98, 99], [1, 2], { total: 50 })), "step"), null); // points are gone
  assert.equal(joinedTails([held(x, x)], asked, answer(line([99, 150], [1, 2], { total: 101, x_range: [0, 150] })), "step"), null); // far beyond
  assert.equal(joinedTails([held(x, x)], asked, answer(line([99], [1], { run: "new", total: 101 })), "step"), null);
  assert.equal(joinedTails([held(x, x)], asked, answer(line([99], [1], { in_order: false, total: 101 })), "step"), null);
});
