import assert from "node:assert/strict";
import { test } from "node:test";
import { isLog, pieces, signOf } from "../../static/js/modules/text_pieces.js";

const plain = (/** @type {string} */ text) => pieces(text).map(({ text: shown }) => shown).join("");

test("what cannot be seen gets a sign and a name, all else stays as it is", () => {
  assert.deepEqual(pieces("naïve 漢字\n\t<b>"), [{ text: "naïve 漢字\n\t<b>" }]);
  assert.deepEqual(pieces("a\u202eb"), [{ text: "a" }, { text: "U+202E", sign: true, title: "U+202E, right-to-left override" }, { text: "b" }]);
  assert.equal(plain("\u0007\u001b[31m\u007f\u0085"), "\\x07\\x1b[31m\\x7f\\x85");
  assert.equal(plain("\u{e0041}"), "U+E0041");
  assert.deepEqual(signOf("\u{10ffe9}"), { text: "\\xe9", sign: true, title: "a byte that is no UTF-8" });
  assert.equal(plain("👩‍🔬"), "👩‍🔬"); // a joiner that an emoji is made with
});

test("what was found is marked, also across a sign", () => {
  assert.deepEqual(pieces("one two", [[4, 7]]), [{ text: "one " }, { text: "two", isMarked: true }]);
  assert.deepEqual(pieces("abc", [[0, 1], [1, 3]]).map(({ text, isMarked }) => [text, isMarked]), [["a", true], ["bc", true]]);
  assert.deepEqual(pieces("a\u200bb", [[0, 3]]).map(({ text, isMarked, sign }) => [text, isMarked ?? sign]), [["a", true], ["U+200B", true], ["b", true]]);
  assert.deepEqual(pieces("", [[0, 3]]), []);
});

test("a log loses its indent and what a terminal would not show; colours stay", () => {
  const found = pieces("    \u001b[1;32mINFO\u001b[0m ok\n      deeper\u001b[2K\u001b]0;title\u0007", [], { isLog: true });
  assert.deepEqual(found, [{ text: "INFO", weight: "bold", ansi: 2 }, { text: " ok\n" }, { text: "  deeper" }]);
  assert.deepEqual(pieces("\u001b[38;5;9mred\u001b[38;2;1;2;3mmixed\u001b[39mnone", [], { isLog: true }).map(({ text, ansi }) => [text, ansi]), [["red", 9], ["mixed", 9], ["none", undefined]]);
  assert.deepEqual(pieces("    four  spaces\u0000", [[4, 8]], { isLog: true }), [{ text: "four", isMarked: true }, { text: "  spaces" }, { text: "\\x00", sign: true, title: "U+0000, null" }]);
  assert.equal(pieces("    x\u001b", [], { isLog: true })[1].sign, true); // half a sequence is shown
});

test("captured output is told by its tag", () => {
  assert.deepEqual(["output/stdout", "output/stderr", "my/output/stdout", "output/stdout/x"].map(isLog), [true, true, false, false]);
});

test("a long hostile text is cut into pieces in good time", () => {
  const text = "\u001b[31m\u202e".repeat(20_000), begun = performance.now();
  assert.equal(pieces(text, [], { isLog: true }).length, 20_000);
  assert.ok(pieces("\u001b]".repeat(10_000), [], { isLog: true }).length > 0);
  assert.ok(performance.now() - begun < 5_000);
});
