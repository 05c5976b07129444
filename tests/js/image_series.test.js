import assert from "node:assert/strict";
import { test } from "node:test";
import { allSteps, decodeSeries, lastAt } from "../../static/js/modules/image_series.js";

const series = (/** @type {string[]} */ steps, superseded = steps.map(() => false)) =>
  decodeSeries({ steps, refs: steps.map((_, i) => `r${i}`), superseded });

test("superseded images stay out, and files that interleave are put in order", () => {
  const { steps, refs } = series(["20", "0", "10", "10"], [false, false, true, false]);
  assert.deepEqual(steps, ["0", "10", "20"]);
  assert.deepEqual(refs, ["r1", "r3", "r0"]);
});

test("the last image at or before a step", () => {
  const { numbers } = series(["0", "10", "20"]);
  assert.deepEqual([-1, 0, 9, 10, 19, 20, 99].map((step) => lastAt(numbers, step)), [-1, 0, 0, 1, 1, 2, 2]);
});

test("of several images at one step, the last that was logged", () => {
  const { numbers, refs } = series(["5", "5", "7"]);
  assert.equal(refs[lastAt(numbers, 5)], "r1");
});

test("every logged step of every series, once, as numbers go", () => {
  const { steps, numbers } = allSteps([series(["100", "9"]), series(["9", "20"])]);
  assert.deepEqual(steps, ["9", "20", "100"]);
  assert.deepEqual([...numbers], [9, 20, 100]);
});

test("a step beyond 2^53 keeps its digits", () => {
  assert.deepEqual(allSteps([series(["9007199254740993"])]).steps, ["9007199254740993"]);
});
