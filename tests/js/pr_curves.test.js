import assert from "node:assert/strict";
import { test } from "node:test";
import { areaRange, bestF1, curvesCsv, decodeAreas, decodeRunCurve, isoF1, pointOf, stopsOf, thresholdAt } from "../../static/js/modules/pr_data.js";
import { count, faults, shareText, stepsNote, when } from "../../static/js/modules/pr_words.js";

const f8 = (/** @type {number[]} */ ...values) => ({ dtype: "f8", bdata: Buffer.from(Float64Array.from(values).buffer).toString("base64") });
const json = {
  threshold: f8(0, 0.5, 1), true_positives: f8(4, 3, 0), false_positives: f8(4, 1, 0), true_negatives: f8(0, 3, 4), false_negatives: f8(0, 1, 4),
  precision: f8(0.5, 0.75, 0), recall: f8(1, 0.75, 0), drawn: 2, average_precision: 0.6875, trapezoid: null, problem: null,
};
const run = (/** @type {object} */ more = {}) => decodeRunCurve({ run: "a", total: 1, first_step: "7", step: "7", wall_time: 100, relative: 5, error: null, curve: json, ...more });

test("a threshold behind the curve's end has counts, and no precision", () => {
  const { curve } = run();
  assert.ok(curve);
  assert.deepEqual(pointOf(curve, 1), { threshold: 0.5, precision: 0.75, recall: 0.75, f1: 0.75, tp: 3, fp: 1, tn: 3, fn: 1 });
  assert.deepEqual(pointOf(curve, 2), { threshold: 1, precision: NaN, recall: 0, f1: NaN, tp: 0, fp: 0, tn: 4, fn: 4 });
  assert.deepEqual(curve.areas, { average_precision: 0.6875, trapezoid: NaN });
  assert.equal(bestF1(curve), 1);
  assert.deepEqual([-1, 0.2, 0.3, 0.9, 7].map((v) => thresholdAt(curve, v)), [0, 0, 1, 2, 2]);
});

test("points of one F1 have that F1, inside the unit square", () => {
  for (const value of [0.2, 0.5, 0.9]) {
    const { x, y } = isoF1(value, 9);
    for (let i = 0; i < 9; i++) {
      assert.ok(Math.abs((2 * x[i] * y[i]) / (x[i] + y[i]) - value) < 1e-12);
      assert.ok(x[i] <= 1 && y[i] <= 1 + 1e-12);
    }
  }
});

test("the slider has every step once, also those whose area was not asked for", () => {
  const areas = (/** @type {string[]} */ steps, /** @type {number[] | null} */ logged) => decodeAreas({ run: "a", total: 9, steps, wall_times: f8(), average_precision: f8(), trapezoid: f8(), logged: logged && f8(...logged), unreadable: 0 });
  assert.deepEqual(stopsOf([areas(["0", "9007199254740993"], null), areas(["0", "20"], [0, 10, 20])]).steps, ["0", "10", "20", "9007199254740993"]);
});

test("the range of areas has some room, and is whole where there is none", () => {
  const of = (/** @type {number[]} */ ...values) => /** @type {any} */ ({ areas: { average_precision: Float64Array.from(values) } });
  assert.deepEqual(areaRange([of(NaN)], "average_precision"), [0, 1]);
  const [lo, hi] = areaRange([of(0.5, 0.7), of(0.9)], "average_precision");
  assert.ok(lo < 0.5 && lo > 0.4 && hi > 0.9 && hi < 1);
});

test("a spreadsheet takes no name for a formula", () => {
  const lines = curvesCsv([run({ run: '=HYPERLINK("x")' }), run({ curve: null })]).split("\r\n");
  assert.equal(lines[0], "run,step,threshold,precision,recall,f1,tp,fp,tn,fn");
  assert.equal(lines[2], "\"'=HYPERLINK(\"\"x\"\")\",7,0.5,0.75,0.75,0.75,3,1,3,1");
  assert.equal(lines.length, 5);
});

test("what differs and what is missing is said, runs of one reason together", () => {
  assert.equal(stepsNote([run(), run({ step: "90" }), run({ step: null })]), "steps 7 to 90: the last one of each run");
  assert.equal(stepsNote([run(), run()]), "step 7");
  const none = { curve: { ...json, problem: "nothing is truly positive" } };
  assert.deepEqual(faults([run(), run({ run: "b", step: null }), run({ run: "c", ...none }), run({ run: "d", ...none }), run({ run: "e", error: "damaged", curve: null })]),
    ["b: the first curve is at step 7.", "c, d: no area: nothing is truly positive.", "e: damaged."]);
  assert.deepEqual([shareText(NaN), shareText(0.12345), count(12345), count(1.25)], ["–", "0.1235", "12\u202f345", "1.2500"]);
  assert.equal(when(run(), "relative"), "5\u202fs");
});
