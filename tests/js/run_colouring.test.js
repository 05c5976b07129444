import assert from "node:assert/strict";
import { test } from "node:test";
import { asText, byFolder, readSort, readWay, scaleOf, scaled, sorted, writeWay } from "../../static/js/modules/run_colouring.js";

test("ways are read from an address and written back", () => {
  for (const text of ["run", "best", "group", "folder", "hparam:optim.lr", "regex:^(a|b):c", "hparam:a:b"]) assert.equal(writeWay(readWay(text)), text);
  for (const text of [null, "none", "nonsense", "hparam", "regex", "<b>"]) assert.deepEqual(readWay(text), { by: "none", name: "" });
});

test("folders, in the order of people", () => {
  const runs = ["b/x", "a10/x", "a2/y", "x", "b/y"].map((name) => ({ name }));
  assert.deepEqual(byFolder(runs).map((group) => [group.name, group.runs.length]), [["", 1], ["a2", 1], ["a10", 1], ["b", 2]]);
});

test("numbers get five steps of the scale, by their logarithm where they span much", () => {
  const scale = scaleOf([1e-4, 1e-1, NaN, Infinity]);
  assert.equal(scale.isLog, true);
  assert.deepEqual([1e-4, 2e-3, 1e-1].map((v) => scaled(scale, v).colour), ["var(--seq-3)", "var(--seq-5)", "var(--seq-7)"]);
  assert.equal(scaleOf([1, 2]).isLog, false);
  assert.equal(scaleOf([0, 100]).isLog, false);
  assert.equal(scaleOf([3, 3]), null);
  assert.equal(scaleOf([]), null);
});

test("values as people read them", () => {
  assert.deepEqual([0.001, "adam", null, true, [1, [2, "x"]], { number: "NaN" }, { text: "long", length: 900 }, { list: [1], length: 30 }].map(asText),
    ["0.001000", "adam", "none", "true", "[1, [2, x]]", "NaN", "long…", "[1, …]"]);
});

test("orders", () => {
  const runs = [{ name: "b", state: "finished" }, { name: "a10", state: "live" }, { name: "a9", state: "stalled" }];
  const order = (text) => sorted(runs, readSort(text), () => ["a9", "b", "a10"]).map((run) => run.name).join(" ");
  assert.deepEqual(["start", "-start", "name", "-name", "state", "metric", "-metric"].map(order), ["b a10 a9", "a9 a10 b", "a9 a10 b", "b a10 a9", "a10 a9 b", "a9 b a10", "a10 b a9"]);
  assert.equal(readSort("size"), null);
});
