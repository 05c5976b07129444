import assert from "node:assert/strict";
import { test } from "node:test";
import { curve, fullX, fullY, isolated, joined, nearestIndex, pointAt } from "../../static/js/modules/chart_data.js";
import { linearTicks, logTicks, relativeTicks, stepTicks, wallTicks } from "../../static/js/modules/chart_ticks.js";
import { PINNED, groupTags, moved, readMoves, withMove, writeMoves } from "../../static/js/modules/tag_groups.js";
import { contains, looksLikeRegex } from "../../static/js/modules/tag_search.js";

const f8 = (...values) => ({ dtype: "f8", bdata: Buffer.from(Float64Array.of(...values).buffer).toString("base64") });
const line = (more = {}) => ({
  run: "r", line: "", axis: "step", x: f8(1, 2, 3), y: f8(1, 2, 3), raw_x: null, raw_y: null, exact: true, count: 3, total: 3, nonfinite: [], x_range: [1, 3], y_range: [1, 3], y_inner: [1, 3],
  superseded_x: null, superseded_y: null, last: { step: "3", wall_time: 30, value: 3 }, restarts: [], ...more,
});

test("a line becomes a curve; words become numbers", () => {
  const c = curve(line({ nonfinite: [{ x: 2, value: "NaN", count: 4 }], last: { step: "9007199254740993", wall_time: 1, value: "Infinity" } }), "step");
  assert.deepEqual([...c.y], [1, 2, 3]);
  assert.deepEqual(c.nonfinite, [{ x: 2, value: NaN, count: 4 }]);
  assert.deepEqual(c.last, { step: "9007199254740993", wallTime: 1, value: Infinity });
});

test("a line of one step stands at that step among longer ones, and in its order alone", () => {
  const one = line({ axis: "ordinal", x: f8(0, 1), y: f8(5, 6), x_range: [0, 1], last: { step: "700", wall_time: 30, value: 6 } });
  assert.deepEqual([...curve(one, "step").x], [700, 700]);
  assert.deepEqual([...curve(one, "ordinal").x], [0, 1]);
});

test("the nearest point is found, and a gap is not taken for one", () => {
  assert.equal(nearestIndex([1, 5, 9], 6.9), 1);
  assert.equal(nearestIndex([1, 5, 9], 7.1), 2);
  assert.equal(nearestIndex([], 1), -1);
  const c = curve(line({ x: f8(1, 5, 5, 9), y: f8(1, NaN, 2, 3) }), "step");
  assert.equal(pointAt(c, 5), 2);
});

test("points that no line reaches are told apart", () => {
  assert.deepEqual(isolated(Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(7, NaN, 8, 9, NaN, 10)), { xs: [1, 6], ys: [7, 10] });
  assert.deepEqual(isolated(Float64Array.of(1), Float64Array.of(7)), { xs: [1], ys: [7] });
});

test("joined lines keep a gap between them", () => {
  const { x, y } = joined([{ x: Float64Array.of(1, 2), y: Float64Array.of(3, 4) }, { x: Float64Array.of(1), y: Float64Array.of(5) }]);
  assert.deepEqual([...x], [1, 2, 2, 1, 1]);
  assert.deepEqual([...y], [3, 4, NaN, 5, NaN]);
});

test("ranges leave outliers out, unless all is asked for", () => {
  const c = [curve(line({ y_range: [0, 1000], y_inner: [1, 3], count: 500 }), "step")];
  const [lo, hi] = fullY(c, { all: false, kind: "linear", withRaw: true });
  assert.ok(lo < 1 && hi > 3 && hi < 5, `${lo} ${hi}`);
  assert.ok(fullY(c, { all: true, kind: "linear", withRaw: true })[1] > 1000);
  assert.deepEqual(fullX(c, "step", false), [1, 3.01]);
  assert.deepEqual(fullX([], "step", false), [0, 1]);
  assert.ok(fullY([curve(line({ y_range: [0, 1000], y_inner: [1, 3] }), "step")], { all: false, kind: "linear", withRaw: true })[1] > 1000, "three points have no outliers");
  const raw = fullY([curve(line({ raw_x: f8(1, 2, 3), raw_y: f8(-4, 2, 9) }), "step")], { all: false, kind: "linear", withRaw: true });
  assert.ok(raw[0] < -4 && raw[1] > 9, `what is drawn behind has room: ${raw}`);
  const flat = fullY([curve(line({ y_range: [5, 5], y_inner: [5, 5] }), "step")], { all: false, kind: "linear", withRaw: true });
  assert.ok(flat[0] < 5 && flat[1] > 5);
  const log = fullY([curve(line({ y: f8(-1, 0.01, 100), y_range: [-1, 100], y_inner: [-1, 100] }), "step")], { all: false, kind: "log", withRaw: true });
  assert.ok(log[0] > 0 && log[0] <= 0.01 && log[1] >= 100, `${log}`);
});

test("ticks are round, few, and say what they stand for", () => {
  assert.deepEqual(stepTicks([0, 30000], 6), { values: [0, 5000, 10000, 15000, 20000, 25000, 30000], labels: ["0", "5k", "10k", "15k", "20k", "25k", "30k"] });
  assert.deepEqual(stepTicks([1234560, 1234566], 4).labels, ["1\u202f234\u202f560", "1\u202f234\u202f562", "1\u202f234\u202f564", "1\u202f234\u202f566"]);
  assert.deepEqual(stepTicks([0, 2], 8).values, [0, 1, 2]);
  assert.deepEqual(linearTicks([0.42, 0.83], 4).labels, ["0.5", "0.6", "0.7", "0.8"]);
  assert.deepEqual(linearTicks([-1, 1], 4).labels, ["−1.0", "−0.5", "0", "0.5", "1.0"]);
  assert.deepEqual(linearTicks([0, 2e-5], 4).labels, ["0", "5.0e−6", "1.0e−5", "1.5e−5", "2.0e−5"]);
  assert.deepEqual(logTicks([0.01, 1000], 5).labels, ["0.01", "0.1", "1", "10", "100", "1\u202f000"]);
  assert.deepEqual(logTicks([0.15, 1.2], 5).values, [0.2, 0.5, 1]);
  assert.deepEqual(logTicks([0.22, 0.9], 4).labels, ["0.4", "0.6", "0.8"]);
  assert.deepEqual(relativeTicks([0, 7200], 4).labels, ["0", "0.5\u202fh", "1\u202fh", "1.5\u202fh", "2\u202fh"]);
  const midnight = new Date(2026, 10, 23).getTime() / 1000;
  assert.deepEqual(wallTicks([midnight - 7200, midnight + 7200], 4).labels, ["22:00", "23:00", "23 Nov", "01:00", "02:00"]);
});

test("tags are grouped by their first part, pins first, what no chosen run has left out", () => {
  const tags = ["val/loss", "train/loss", "train/acc10", "train/acc9", "lr", "gone/x", "system/gpu"].map((tag) => ({ tag, runs: new Set(tag === "gone/x" ? ["hidden"] : ["a"]), points: 1, description: "" }));
  const { groups } = groupTags(tags, { test: () => true, pins: ["val/loss", "not there"], isShown: (run) => run === "a" });
  assert.deepEqual(groups.map((group) => [group.key, group.tags]), [[PINNED, ["val/loss"]], ["train", ["train/acc9", "train/acc10", "train/loss"]], ["system", ["system/gpu"]], ["", ["lr"]]]);
});

test("what the hand has moved stays moved", () => {
  const tags = ["a/1", "a/2", "a/3", "a/4"];
  assert.deepEqual(moved(tags, [{ tag: "a/4", before: "a/2" }]), ["a/1", "a/4", "a/2", "a/3"]);
  assert.deepEqual(moved(tags, [{ tag: "a/1", before: null }, { tag: "a/4", before: "a/2" }]), ["a/4", "a/2", "a/3", "a/1"]);
  assert.deepEqual(moved(tags, [{ tag: "gone", before: "a/1" }, { tag: "a/1", before: "gone" }, { tag: "a/2", before: "a/2" }]), tags);
  const first = { tag: "a/1", before: null }, again = { tag: "a/1", before: "a/3" }, by = { tag: "a/2", before: "a/1" };
  assert.deepEqual(withMove([first], again), [again]);
  assert.deepEqual(withMove([first, by], again), [first, by, again]); // a/2 went by a/1
});

test("moves are in the address without loss", () => {
  const moves = [{ tag: "a>b~1", before: "~0>" }, { tag: "x", before: null }];
  assert.deepEqual(readMoves(writeMoves(moves)), moves);
  assert.deepEqual(readMoves(["nonsense", "a>b"]), [{ tag: "a", before: "b" }]);
});

test("plain text counts case only where it has a capital", () => {
  assert.equal(contains("LOSS")("train/loss"), false);
  assert.equal(contains("loss")("train/Loss"), true);
  assert.equal(contains(" lr( ")("x/lr(0)"), true);
  assert.equal(contains("")("anything"), true);
  assert.equal(looksLikeRegex("train/loss"), false);
  assert.equal(looksLikeRegex("acc|^val"), true);
});
