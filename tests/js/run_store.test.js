import assert from "node:assert/strict";
import { test } from "node:test";
import { RunStore } from "../../static/js/run_store.js";

/** @param {string[]} names */
const runs = (names) => names.map((name, color) => ({ name, color, state: "live", start: 0, last: 0, points: 1, blobs: 0, files: 1, bytes_read: 1, bytes_total: 1, quiet_s: 0, facts: {}, problems: [] }));
const made = (...names) => { const store = new RunStore(); store.replace(runs(names)); return store; };
const shown = (store) => store.visible().map((run) => run.name).join("");

test("all runs are shown until one is hidden, and new ones are too", () => {
  const store = made("a", "b", "c");
  assert.equal(shown(store), "abc");
  store.setVisible("b", false);
  assert.equal(shown(store), "ac");
  store.replace(runs(["a", "b", "c", "d"]));
  assert.equal(shown(store), "acd");
});

test("only shows one; asked again, all", () => {
  const store = made("a", "b", "c");
  store.only("b");
  assert.equal(shown(store), "b");
  store.only("b");
  assert.equal(shown(store), "abc");
});

test("the address takes the shorter list, and gives the same choice back", () => {
  const store = made("a", "b", "c", "d", "e");
  store.setVisible("b", false);
  assert.deepEqual(store.encode(), { show: null, hide: "b" });
  store.setVisible(["a", "c", "d"], false);
  assert.deepEqual(store.encode(), { show: "e", hide: null });
  const other = made("a", "b", "c", "d", "e"), { show, hide } = store.encode();
  other.decode(show, hide);
  assert.equal(shown(other), "e");
  store.all(true);
  assert.deepEqual(store.encode(), { show: null, hide: null });
  store.all(false);
  assert.deepEqual(store.encode(), { show: "", hide: null });
  other.decode("", null);
  assert.equal(shown(other), "");
});

test("a run named in the address that is not there yet is not forgotten", () => {
  const store = new RunStore();
  store.decode(null, "late");
  store.replace(runs(["a"]));
  store.setVisible("a", true);
  store.replace(runs(["a", "late"]));
  assert.equal(shown(store), "a");
});

test("what is new and what differs is told", () => {
  const store = made("a");
  assert.equal(store.replace(runs(["a"])).isChanged, false);
  const { added, isChanged } = store.replace(runs(["a", "b"]));
  assert.deepEqual([added.map((run) => run.name), isChanged], [["b"], true]);
  const later = runs(["a", "b"]);
  later[0].state = "stalled";
  assert.equal(store.replace(later).isChanged, true);
});

test("of very many runs the newest are ticked, until somebody chooses; those that come later are ticked too", () => {
  const names = Array.from({ length: 600 }, (_, i) => `run${String(i).padStart(3, "0")}`), store = new RunStore();
  const many = (list) => runs(list).map((run, i) => ({ ...run, start: i }));
  store.replace(many(names.slice(0, 400)));
  assert.equal(store.settle(true), false);
  assert.equal(store.visible().length, 400);
  store.replace(many(names));
  assert.equal(store.settle(false), true);
  assert.deepEqual([store.visible().length, store.visible()[0].name], [200, "run400"]);
  assert.deepEqual(store.encode(), { show: null, hide: null });
  store.replace(many([...names, "late"]));
  assert.equal(store.settle(false), false);
  assert.equal(store.visible().length, 201);
  store.setVisible("run000", true);
  assert.equal(store.visible().length, 202);
  const other = new RunStore(), { show, hide } = store.encode();
  other.decode(show, hide);
  other.replace(many([...names, "late"]));
  other.settle(false);
  assert.equal(other.visible().length, 202);
  store.all(true);
  assert.equal(store.visible().length, 601);
  assert.deepEqual(store.encode(), { show: null, hide: "" });
  other.decode(null, "");
  other.settle(false);
  assert.equal(other.visible().length, 601);
});

test("a query leaves some of the ticked runs, and forgets no tick", () => {
  const store = made("a", "b", "c");
  store.setVisible("a", false);
  store.matching = new Set(["a", "b"]);
  assert.equal(shown(store), "b");
  assert.equal(store.isTicked("c"), true);
  assert.equal(store.isVisible("c"), false);
  store.matching = null;
  assert.equal(shown(store), "bc");
  store.invert();
  assert.equal(shown(store), "a");
  store.onlyThese(["b", "c"]);
  assert.equal(shown(store), "bc");
  assert.deepEqual(store.encode(), { show: null, hide: "a" });
});
