import assert from "node:assert/strict";
import { test } from "node:test";
import { curvesOf, fullY } from "../../static/js/modules/chart_data.js";
import { questionsOf } from "../../static/js/modules/chart_question.js";
import { marginNotes } from "../../static/js/modules/chart_summary.js";
import { nameOf, tagsOf } from "../../static/js/modules/combined.js";
import { chartsOf, sectionsOf } from "../../static/js/modules/layout_specs.js";

const chart = (/** @type {object} */ more = {}) => ({ title: "all", tags: ["loss/a"], more: 0, patterns: [{ pattern: "loss.*", count: 1, error: null }], margins: [], ...more });
const f8 = (/** @type {number[]} */ ...values) => ({ dtype: "f8", bdata: Buffer.from(Float64Array.from(values).buffer).toString("base64") });

test("two charts of one title are two, and a slash in a category parts nothing", () => {
  const { categories, specs } = chartsOf([{ title: "a/b", closed: true, charts: [chart(), chart({ tags: ["x"] }), chart({ title: "" })] }], () => true);
  assert.deepEqual(categories, [{ title: "a/b", isClosed: true, ids: ["a~1b/all", "a~1b/all (2)", "a~1b/loss.*"] }]);
  assert.deepEqual(specs.get("a~1b/all (2)")?.tags, ["x"]);
  assert.equal(nameOf(/** @type {any} */ (specs.get("a~1b/all (2)"))), "all");
});

test("what cannot be shown is said in the chart's place", () => {
  const broken = chart({ tags: [], more: 3, patterns: [{ pattern: "x", count: 0, error: null }, { pattern: "(", count: 0, error: "not a regex, missing )" }] });
  const margin = chart({ tags: [], patterns: [], margins: [{ value: "mid", lower: "low", upper: "high" }] });
  const { categories, specs } = chartsOf([{ title: "c", closed: false, charts: [broken, margin, chart({ patterns: [], tags: [] })] }], (tag) => tag === "mid");
  const [one, two, three] = categories[0].ids.map((id) => /** @type {any} */ (specs.get(id)));
  assert.deepEqual(one.layout.faults, ["“x” matches no scalar.", "“(”: not a regex, missing ).", "3 more scalars that it matches are not drawn."]);
  assert.deepEqual(two.layout.faults, ["There is no scalar “low”, “high”."]);
  assert.deepEqual([two.tags, two.margins, tagsOf(two)], [["mid"], { mid: { lower: "low", upper: "high" } }, ["mid", "low", "high"]]);
  assert.deepEqual(three.layout.faults, ["The layout names no scalar for it."]);
});

test("pins stand first, the filter leaves out charts and empty sections", () => {
  const categories = [{ title: "c", isClosed: false, ids: ["c/1", "c/2"] }, { title: "d", isClosed: false, ids: ["d/1"] }];
  const how = { test: (/** @type {string} */ id) => id !== "d/1", pins: ["gone", "c/2"], place: (/** @type {string[]} */ ids) => ids, pinned: "P" };
  assert.deepEqual(sectionsOf(categories, how), [{ key: "P", title: "Pinned", isPinned: true, tags: ["c/2"] }, { key: "c", title: "c", isPinned: false, tags: ["c/1"] }]);
});

test("a chart asks for its bounds, gets a band around each line, and makes room for it", () => {
  const spec = { id: "c/m", tags: ["mid"], right: [], margins: { mid: { lower: "low", upper: "high" } }, layout: { title: "m", faults: [] } };
  const choices = /** @type {any} */ ({ x: "step", xTag: null, smoothing: { kind: "none", amount: 0 }, superseded: false, showRaw: true, centre: "mean", spread: "minmax", partition: false });
  const [question] = questionsOf("9", spec, () => ["a", "b"], null, choices, { width: 500, range: null });
  assert.deepEqual(question.margin, { lower: "low", upper: "high" });
  const line = (/** @type {string} */ run) => /** @type {any} */ ({ run, line: "", axis: "step", x: f8(0, 1), y: f8(1, 2), exact: true, count: 2, total: 2, nonfinite: [], x_range: [0, 1], y_range: [1, 2], y_inner: [1, 2], superseded_x: null, superseded_y: null, last: null, restarts: [] });
  const answer = { id: "9/0", axis: "step", lines: [line("a"), line("b")], bands: [], margins: [{ run: "a", line: "", x: f8(0, 1), low: f8(-3, 0), high: f8(4, 9), joined: 2, left_out: 1, exact: true }], error: null };
  const curves = curvesOf([answer], spec, "step", null);
  assert.deepEqual([[...(curves[0].margin?.low ?? [])], curves[1].margin], [[-3, 0], null]);
  const [lo, hi] = fullY(curves, { all: true, kind: "linear", withRaw: false });
  assert.ok(lo < -3 && hi > 9);
  assert.deepEqual(marginNotes(curves), ["1 run without both bounds", "1 step without both bounds"]);
  const plain = curvesOf([{ ...answer, margins: undefined }], { ...spec, margins: undefined }, "step", null);
  assert.deepEqual([plain[0].margin, marginNotes(plain)], [undefined, []]);
});
