import assert from "node:assert/strict";
import { test } from "node:test";
import { ViewState, packNames, unpackNames } from "../../static/js/view_state.js";

const HOSTILE = ["a<b>c</b>", '<a href="https://evil.example/">x</a>', "&lt;b&gt;", "</script>x", "lr<0.1", "a,b", "~", "12~.x", "7~1", "ü 1 + 2 = 3?#&", "😀/x", "😁/x"];

test("a choice goes into the query and comes back letter for letter", () => {
  for (const name of HOSTILE) {
    let written = "";
    new ViewState("", (query) => { written = query; }).set("tags", name);
    assert.equal(new ViewState(written, () => {}).get("tags"), name, name);
  }
});

test("many values of one key keep their order", () => {
  let written = "?x=wall&pin=a&smooth=0.9";
  const view = new ViewState(written, (query) => { written = query; });
  view.setAll("pin", ["b/c", "a", "d,e"]);
  assert.deepEqual(new ViewState(written, () => {}).getAll("pin"), ["b/c", "a", "d,e"]);
  assert.equal(view.get("x"), "wall");
  assert.equal(written, "?x=wall&pin=b/c&pin=a&pin=d,e&smooth=0.9");
});

test("null takes a key out; an equal value writes nothing", () => {
  let writes = 0, told = 0;
  const view = new ViewState("?step=5", () => { writes++; });
  view.listeners.add(() => { told++; });
  view.set("step", 5);
  assert.deepEqual([writes, told], [0, 0]);
  view.set("step", null);
  assert.deepEqual([writes, told, view.toString()], [1, 1, ""]);
});

test("only what holds on another page is carried there", () => {
  assert.equal(new ViewState("?show=a&smooth=0.9&step=7", () => {}).carried(["show", "step"]), "?show=a&step=7");
});

test("another page gets back what it had of its own, and not what has changed for all since", () => {
  const view = new ViewState("?show=a&tags=digits", () => {});
  assert.equal(view.carried(["show", "step"], "?show=b&step=7&pin=train/loss&pin=lr&smooth=0.9"), "?show=a&pin=train/loss&pin=lr&smooth=0.9");
});

test("names are packed without loss", () => {
  assert.deepEqual(unpackNames(packNames(HOSTILE)), [...HOSTILE].sort());
  const many = Array.from({ length: 500 }, (_, i) => `sweep-07/convnext-t/lr=${i * 7}/seed${i % 5}`);
  const packed = packNames(many);
  assert.deepEqual(unpackNames(packed), [...many].sort());
  assert.ok(packed.length < many.join(",").length / 2, `${packed.length} characters`);
});

test("names under one key are put in and taken out, and the last one takes the key along", () => {
  /** @type {string[]} */
  const written = [];
  const view = new ViewState("", (query) => written.push(query));
  assert.equal(view.names("closed").size, 0);
  view.toggleNames("closed", ["", "train,a", "train~b"], true);
  assert.deepEqual([...view.names("closed")].sort(), ["", "train,a", "train~b"]);
  view.toggleNames("closed", ["train,a", "gone"], false);
  assert.deepEqual([...new ViewState(written.at(-1) ?? "", () => {}).names("closed")].sort(), ["", "train~b"]);
  view.toggleNames("closed", ["", "train~b"], false);
  assert.equal(written.at(-1), "");
});
