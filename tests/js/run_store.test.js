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
