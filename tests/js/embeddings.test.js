import assert from "node:assert/strict";
import test from "node:test";

import { colouring, isOfClasses, onScale } from "../../static/js/modules/embedding_colour.js";
import { interleaved } from "../../static/js/modules/embedding_data.js";
import { around, joinedTags, meshName, placeOf, vertexTags } from "../../static/js/modules/mesh_data.js";

const PALETTE = { plain: [1, 1, 1], muted: [9, 9, 9], words: [[10, 0, 0], [20, 0, 0], [30, 0, 0]], scale: [[0, 0, 0], [100, 100, 100]] };
const cells = (words, codes, numbers = null) => ({ name: "c", words, codes, numbers: numbers && Float64Array.from(numbers) });

test("without a column all points have one colour", () => {
  assert.deepEqual([...colouring(null, 2, PALETTE).colours], [1, 1, 1, 1, 1, 1]);
});

test("words have colours in their order, the rarest none where there are too many", () => {
  const { colours, entries } = colouring(cells(["d", "a", "c", "b"], [0, 1, 1, 2, 2, 3, 3, 3]), 8, PALETTE);
  assert.deepEqual(entries.map(({ word, count }) => [word, count]), [["a", 2], ["b", 3], ["2 others", 3]]);
  assert.deepEqual([...colours.slice(0, 6)], [9, 9, 9, 10, 0, 0]);
});

test("whole numbers of few values are classes, sorted as numbers; others lie on a scale", () => {
  const digits = cells(["10", "9", "2"], [0, 1, 2], [10, 9, 2]);
  assert.ok(isOfClasses(digits));
  assert.deepEqual(colouring(digits, 3, PALETTE).entries.map(({ word }) => word), ["2", "9", "10"]);
  const parts = cells(["0.5", "1", ""], [0, 1, 2], [0.5, 1, NaN]);
  assert.ok(!isOfClasses(parts));
  const { colours, range } = colouring(parts, 3, PALETTE);
  assert.deepEqual(range, [0.5, 1]);
  assert.deepEqual([...colours], [0, 0, 0, 100, 100, 100, 9, 9, 9]);
  assert.deepEqual(onScale(PALETTE.scale, 0.5), [50, 50, 50]);
});

test("points without a place are no numbers; flat ones have no depth", () => {
  const columns = [Float64Array.from([1, NaN]), Float64Array.from([2, 2]), Float64Array.from([3, 3])];
  assert.deepEqual([...interleaved({ columns, rows: null }, 2, false)], [1, 2, 3, NaN, NaN, NaN]);
  assert.deepEqual([...interleaved({ columns, rows: null }, 1, true)], [1, 2, 0]);
  assert.deepEqual([...interleaved({ columns: [[7], [8]], rows: [1] }, 2, true)], [NaN, NaN, NaN, 7, 8, 0]);
});

test("parts of meshes are one tag by name, whoever wrote them", () => {
  const answer = { revision: 1, kind: "mesh", runs: ["x", "y"], tags: [
    { tag: "a_1", runs: [1], points: 2, description_html: "" }, { tag: "a_2", runs: [1], points: 2, description_html: "" },
    { tag: "a_FACE", runs: [0], points: 3, description_html: "" }, { tag: "a_VERTEX", runs: [0], points: 3, description_html: "" },
    { tag: "lost_FACE", runs: [0], points: 3, description_html: "" },
  ] };
  assert.deepEqual([...vertexTags(answer)], [["y\na", "a_1"], ["x\na", "a_VERTEX"]]);
  assert.deepEqual(joinedTags(answer).tags.map(({ tag, runs }) => [tag, [...runs].sort()]), [["a", [0, 1]]]);
  assert.equal(meshName("b/c_COLOR"), "b/c");
  assert.equal(meshName("b"), "b");
});

test("what is around two shapes holds both", () => {
  const one = { low: [0, 0, 0], high: [2, 0, 0], radius: 1 }, other = { low: [4, 0, 0], high: [6, 0, 0], radius: 1 };
  assert.deepEqual(around(one, other), { low: [0, 0, 0], high: [6, 0, 0], radius: 3 });
  assert.equal(around(null, one), one);
  const place = placeOf(around(one, other));
  assert.ok(Math.abs(place[0] * 6 + place[12] - 1) < 1e-6);
});
