import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeChart, greatestShare, nearestRow, rowEdges, xRange } from "../../static/js/modules/histogram_data.js";

const f8 = (/** @type {number[]} */ ...values) => ({ dtype: "f8", bdata: Buffer.from(Float64Array.from(values).buffer).toString("base64") });
const rows = (/** @type {number[]} */ counts, /** @type {number[]} */ numbers) =>
  ({ run: "r", total: 2, steps: [], x: new Float64Array(), merged: new Float64Array(), numbers: Float64Array.from(numbers), counts: Float64Array.from(counts), quantiles: new Float64Array(), unreadable: 0 });

test("an answer becomes rows of doubles", () => {
  const json = { run: "a", total: 9, steps: ["1", "2"], wall_times: [1, 2], x: f8(1, 2), merged: f8(1, 1), numbers: f8(4, 4), counts: f8(1, 3, 2, 2), quantiles: f8(...Array(18).keys()), unreadable: 1 };
  const { edges, runs: [run] } = decodeChart({ id: "0", edges: f8(0, 1, 2), runs: [json], error: null });
  assert.deepEqual([...edges], [0, 1, 2]);
  assert.deepEqual([run.run, run.total, run.steps, [...run.counts], run.quantiles[13], run.unreadable], ["a", 9, ["1", "2"], [1, 3, 2, 2], 13, 1]);
});

test("runs of other sizes have one scale: the fullest bin by its share", () => {
  assert.equal(greatestShare([rows([1, 3], [4]), rows([50, 50], [100])], 2), 0.75);
  assert.equal(greatestShare([rows([0, 0], [0])], 2), 0);
});

test("x runs over all runs; a single step is given room", () => {
  const at = (/** @type {number[]} */ ...x) => ({ ...rows([], []), x: Float64Array.from(x) });
  assert.deepEqual(xRange([at(5, 9), at(), at(2, 3)]), [2, 9]);
  assert.deepEqual(xRange([at(4)]), [3.5, 4.5]);
  assert.deepEqual(xRange([]), [0, 1]);
});

test("the columns of a heat map meet half way, and reach both ends", () => {
  assert.deepEqual([...rowEdges(Float64Array.of(0, 10, 30), [0, 40])], [0, 5, 20, 40]);
});

test("the nearest row", () => {
  const x = Float64Array.of(0, 10, 30);
  assert.deepEqual([-5, 4, 5, 6, 21, 99].map((at) => nearestRow(x, at)), [0, 0, 0, 1, 2, 2]);
  assert.equal(nearestRow(new Float64Array(), 1), -1);
});
