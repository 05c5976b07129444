import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf, markdownOf } from "../../static/js/modules/compare_report.js";
import { cellTitle, factText, judgementText, measureOf, notFinite, reachOf, settingText } from "../../static/js/modules/compare_texts.js";
import { RunStore } from "../../static/js/run_store.js";
import { packNames } from "../../static/js/view_state.js";

const difference = (delta, low = null, high = null, why = "") => ({ delta, low, high, p: low === null ? null : 0.01, why });
const cell = (values, own = null, judgement = "") => {
  const finite = values.map(Number).filter(Number.isFinite);
  return { values, mean: finite.length ? finite.reduce((a, b) => a + b, 0) / finite.length : null, spread: finite.length > 1 ? 0.1 : null, finite: finite.length, difference: own, judgement };
};
const base = cell([1, 2]), better = cell([3, 4], difference(2, 1, 3), "better");
const metric = { tag: "val/acc|x", direction: 1, steps: ["0", "9"], cells: { best: [base, better], last: [base, better], area: [base, cell([null, null])] } };
const answer = {
  columns: [{ name: "m/a", label: "a", runs: ["m/a/0", "m/a/1"] }, { name: "=b", label: "<b>", runs: ["b"] }],
  headline: "b is better than a.", sentences: ["One.", "Two."], settings: [{ name: "lr", differs: true, values: [[0.1], [{ missing: true }]] }, { name: "same", differs: false, values: [[1], [1]] }],
};

test("what a cell is judged to be is one word", () => {
  assert.equal(judgementText(better, base), "better");
  assert.equal(judgementText(cell([1], difference(1), "untold"), base), "");
  assert.equal(judgementText(cell([1], difference(1, null, null, "seeds"), "untold"), base), "one seed");
  assert.equal(judgementText(cell(["NaN", 1], difference(1, 0.5, 2), "untold"), base), "not all finite");
  assert.equal(judgementText(cell([1, 2], difference(1, -1, 2), "unsure"), base), "within noise");
  assert.equal(judgementText(base, base), "");
});

test("the best of a metric without a direction is its last value", () => {
  assert.equal(measureOf({ ...metric, direction: 0 }, "best"), "last");
  assert.equal(measureOf(metric, "best"), "best");
  assert.equal(measureOf({ ...metric, direction: 0 }, "area"), "area");
});

test("a row's scale reaches as far as its intervals", () => {
  assert.equal(reachOf([base, better, cell([1], difference(-5))]), 5);
  assert.equal(reachOf([base]), 0);
  assert.equal(reachOf([cell([1], difference("Infinity"))]), 0);
});

test("titles tell every value, and the interval", () => {
  const text = cellTitle(better, ["x", "y"]);
  assert.match(text, /^x: 3\ny: 4\nstandard deviation 0.100\ndifference to the baseline \+2.*\n95 % interval \+1.* to \+3.* \(Welch's t\), p = 0.010$/);
  assert.match(cellTitle(cell([null, "NaN"]), ["x", "y"]), /x: none\ny: NaN/);
  assert.equal(notFinite(cell([null, "NaN", "Infinity", 1])), 2);
});

test("settings and facts as people read them", () => {
  assert.deepEqual([{ missing: true }, "", null, { number: "NaN" }, [1, "x"], { text: "abc", length: 9 }].map(settingText), ["–", "\"\"", "none", "NaN", "[1, x]", "abc…"]);
  assert.equal(factText("host", ["a", "a", "b"], String), "a, b");
  assert.equal(factText("steps", [30, 10, 20], String), "10 to 30");
  assert.equal(factText("steps", [10, 10], String), "10");
  assert.equal(factText("dropped", [0, 0], String), "");
});

test("a report in Markdown holds no markup of names", () => {
  const text = markdownOf(answer, [metric], "best", "http://x/compare?show=a>b");
  assert.match(text, /^\*\*b is better than a\.\*\*\n\nOne\.\nTwo\./);
  assert.ok(text.includes("| metric | a (2 seeds), baseline | \\<b\\> |"));
  assert.ok(text.includes("| val/acc\\|x (best) | 1.500 ± 0.100 | 3.500 (+2 [+1, +3] better) |"));
  assert.ok(text.includes("| lr | 0.1000 | – |"));
  assert.ok(!text.includes("same"));
  assert.ok(text.trimEnd().endsWith("http://x/compare?show=a%3Eb"));
});

test("CSV has all digits, and no formula", () => {
  const lines = csvOf(answer, [metric]).split("\n");
  assert.equal(lines[0], "metric,measure,column,runs,finite,mean,standard_deviation,difference,low_95,high_95,p,judgement");
  assert.equal(lines[1], "val/acc|x,best,m/a,2,2,1.5,0.1,,,,,");
  assert.equal(lines[2], "val/acc|x,best,'=b,1,2,3.5,0.1,2,1,3,0.01,better");
  assert.equal(lines.length, 1 + 2 * 3 + 1);
});

test("the compare page's address names the shown runs, however many", () => {
  const store = new RunStore(), run = (name) => ({ name, color: 0, state: "live", start: 0, last: 0, points: 1, blobs: 0, files: 1, bytes_read: 1, bytes_total: 1, quiet_s: 0, facts: {}, problems: [] });
  store.replace(["a", "b", "c", "d"].map(run));
  store.isExplicit = true;
  store.setVisible("b", false);
  assert.deepEqual(store.encode(), { show: packNames(["a", "c", "d"]), hide: null });
  store.replace(["a", "b", "c", "d", "e"].map(run));
  assert.equal(store.isVisible("e"), false); // what comes later is not among them
  assert.equal(store.isVisible("nobody"), false);
});
