/** The table of runs without a browser: cells, order, filters, axes, correlation. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { axisOf, suitsLog } from "../../static/js/hparams/axis.js";
import { filterRows, makeColumn, nextSort, packFilters, packSort, placed, sortRows, unpackFilters, unpackSort } from "../../static/js/hparams/table_model.js";
import { line, spearman } from "../../static/js/hparams/trend.js";
import { plain } from "../../static/js/format.js";

const column = (/** @type {string} */ key, /** @type {unknown[]} */ cells) => makeColumn({ key, label: key, group: "hparam" }, cells);
const all = (/** @type {number} */ n) => Array.from({ length: n }, (_, i) => i);

test("what a run does not have, what is None and what is not a number stay apart", () => {
  const lr = column("lr", [0.1, undefined, null, NaN, 1e-5]);
  assert.equal(lr.isNumber, true);
  assert.deepEqual(lr.texts, ["0.1", null, "None", "NaN", "1e−5"]);
  assert.equal(lr.having, 4);
  const mixed = column("depth", [3, "three", true, [1, 2]]);
  assert.equal(mixed.isNumber, false);
  assert.deepEqual(mixed.texts, ["3", "three", "true", "[1,2]"]);
});

test("a column is constant only where every run has it, and the same", () => {
  assert.equal(column("a", [1, 1, 1]).isConstant, true);
  assert.equal(column("a", [1, 1, undefined]).isConstant, false);
  assert.equal(column("a", ["x", "x", "y"]).isConstant, false);
});

test("rows without a value come last, whichever way it goes; more keys decide between equals", () => {
  const columns = new Map([["a", column("a", [2, undefined, 1, 2])], ["b", column("b", ["x", "x", "x", "w"])]]);
  assert.deepEqual([...sortRows(columns, [{ key: "a", down: false }], all(4))], [2, 0, 3, 1]);
  assert.deepEqual([...sortRows(columns, [{ key: "a", down: true }, { key: "b", down: false }], all(4))], [3, 0, 2, 1]);
  assert.deepEqual([...sortRows(columns, [{ key: "gone", down: true }], all(4))], [0, 1, 2, 3]);
});

test("clicks on a head: this key, the other way round, not at all; with Shift one more", () => {
  const first = nextSort([], "a", false, true);
  assert.deepEqual(first, [{ key: "a", down: true }]);
  const second = nextSort(first, "b", true, false);
  assert.deepEqual(second, [{ key: "a", down: true }, { key: "b", down: false }]);
  assert.deepEqual(nextSort(second, "b", true, false), [{ key: "a", down: true }, { key: "b", down: true }]);
  assert.deepEqual(nextSort(nextSort(first, "a", false, true), "a", false, true), []);
});

test("filters pass ranges and names, and survive the address, whatever the columns are called", () => {
  const columns = new Map([["h lr", column("h lr", [0.1, 0.2, undefined, 0.3])], ["h a:b..=c", column("h a:b..=c", ["x,y", "z", "z", "z~"])]]);
  const filters = new Map(/** @type {[string, import("../../static/js/hparams/table_model.js").Filter][]} */ ([["h lr", { kind: "range", low: 0.1, high: 0.25 }], ["h a:b..=c", { kind: "among", names: new Set(["x,y", "z~"]) }]]));
  assert.deepEqual([...filterRows(columns, filters, 4, () => true)], [0]);
  assert.deepEqual(unpackFilters(packFilters(filters)), filters);
  assert.deepEqual([...unpackFilters(["nonsense", "5..1:h lr", "=%E0%A4%A:x"]).keys()], []);
  const open = new Map(/** @type {[string, import("../../static/js/hparams/table_model.js").Filter][]} */ ([["a", { kind: "range", low: -Infinity, high: -1e-7 }]]));
  assert.deepEqual(unpackFilters(packFilters(open)), open);
  assert.deepEqual(unpackSort(packSort([{ key: "-x", down: true }, { key: "y", down: false }])), [{ key: "-x", down: true }, { key: "y", down: false }]);
});

test("columns keep the places they were given; new ones come after", () => {
  assert.deepEqual(placed([{ key: "a" }, { key: "new" }, { key: "b" }], ["b", "gone", "a"]).map(({ key }) => key), ["b", "a", "new"]);
});

test("an axis is logarithmic where that spreads the values", () => {
  const rates = column("lr", Array.from({ length: 50 }, (_, i) => 10 ** (-5 + i / 10)));
  assert.equal(suitsLog(rates), true);
  assert.equal(suitsLog(column("p", Array.from({ length: 50 }, (_, i) => 0.001 + i / 50))), false);
  const axis = axisOf(rates);
  assert.ok(Math.abs(axis.at(axis.back(0.3)) - 0.3) < 1e-12);
  assert.equal(axis.ticks[0].text, "1e−5");
  assert.ok(Number.isNaN(axisOf(rates).at(NaN)));
  assert.deepEqual(axisOf(column("b", [128, 512, 256, 128])).ticks.map(({ value }) => value), [128, 256, 512]);
  assert.deepEqual(axisOf(column("m", ["b", "a", "c"])).ticks.map(({ text }) => text), ["a", "b", "c"]);
  assert.equal(axisOf(column("one", [3, 3])).at(3), 0.5);
});

test("Spearman's rho as scipy.stats.spearmanr has it, ties and gaps included", () => {
  const x = Float64Array.of(1, 2, 2, 3, 5, NaN, 8), y = Float64Array.of(2, 1, 4, 4, 3, 9, 10);
  const { rho, n } = spearman(x, y, all(7));
  assert.equal(n, 6);
  assert.ok(Math.abs(rho - 0.6617647058823529) < 1e-12, String(rho));
  assert.ok(Number.isNaN(spearman(Float64Array.of(1, 1, 1), Float64Array.of(1, 2, 3), all(3)).rho));
});

test("the line is that of least squares", () => {
  const found = line([0, 1, 2, NaN], [1, 3, 5, 100]);
  assert.deepEqual(found, { slope: 2, offset: 1 });
  assert.equal(line([1, 1, 1], [1, 2, 3]), null);
});

test("plain numbers have no more digits than they need", () => {
  assert.deepEqual([0.71, 256, 1e-5, 0.1 + 0.2, 12345.678, 1e9, NaN, -0.5].map((v) => plain(v)), ["0.71", "256", "1e−5", "0.3", "12\u202f346", "1e9", "NaN", "−0.5"]);
});
