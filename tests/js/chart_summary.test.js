import assert from "node:assert/strict";
import { test } from "node:test";

import { label, note, summary, trend } from "../../static/js/modules/chart_summary.js";

/** @param {string} run @param {number[]} y @param {object} [more] */
const curve = (run, y, more = {}) => {
  const finite = y.filter(Number.isFinite);
  return { run, line: "", x: Float64Array.from(y.keys()), y: Float64Array.from(y), total: y.length, count: y.length, isExact: true, unplaced: 0, band: null, nonfinite: [], yRange: [Math.min(...finite), Math.max(...finite)], ...more };
};

const choices = { centre: "mean", spread: "minmax", xTag: null };

test("the trend is that of the last third against the first", () => {
  assert.equal(trend([3, 2, 1]), "falling");
  assert.equal(trend([1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9]), "level");
  assert.equal(trend([NaN, 1, 2, NaN, 3, Infinity]), "rising");
  assert.equal(trend([2, 2, 2]), "level");
  assert.equal(trend([NaN, 4]), "one value");
  assert.equal(trend([]), "one value");
});

test("the summary tells each run, and how many it does not tell", () => {
  const told = summary([curve("a/b", [2, 1, 0.5]), curve("c", [NaN, NaN])]);
  assert.equal(told, "a/b: first 2, last 0.5000, least 0.5000, greatest 2, falling. c: no finite value.");
  assert.match(summary(Array.from({ length: 30 }, (_, i) => curve(`r${i}`, [1, 2]))), /r7: .* And 22 more curves\.$/);
  assert.match(summary([curve("a", [1, NaN, 3], { nonfinite: [{ x: 1, value: NaN, count: 2 }] })]), /rising, 2 values not finite\.$/);
});

test("note and label say how much stands behind", () => {
  const curves = [curve("a", [1, 2], { total: 1_500_000 }), curve("b", [3])];
  assert.equal(note(curves, "step", choices), "2 runs, 1.5\u202fM points");
  assert.equal(label("loss", curves, "step", [0, 2]), "loss, 2 runs, steps 0 to 2, 1.5\u202fM points, last 2. Arrow keys move the step cursor.");
  assert.equal(note([curve("a", [1])], "ordinal", choices), "1 point");
  assert.match(note([curve("a", [1, 2])], "ordinal", choices), /^2 points · in the order logged/);
});
