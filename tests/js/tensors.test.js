import assert from "node:assert/strict";
import { test } from "node:test";
import { dump, heatAt, heatScale, shown } from "../../static/js/modules/tensor_numbers.js";

test("the scale goes from least to greatest, of both signs as far down as up", () => {
  assert.deepEqual(heatScale([3, NaN, 1, Infinity]), { low: 1, high: 3, isSigned: false });
  assert.deepEqual(heatScale([-1, 4]), { low: -4, high: 4, isSigned: true });
  assert.deepEqual(heatScale([NaN]), { low: 0, high: 0, isSigned: false });
  const scale = heatScale([-1, 4]);
  assert.deepEqual([-4, 0, 4, -Infinity, Infinity].map((v) => heatAt(scale, v)), [0, 0.5, 1, 0, 1]);
  assert.ok(Number.isNaN(heatAt(scale, NaN)));
  assert.equal(heatAt(heatScale([5, 5]), 5), 0.5);
  assert.equal(heatAt(heatScale([-1.7e308, 1.7e308]), 1.7e308), 1); // their difference is infinite
});

test("numbers are short, exact ones whole, texts letter for letter", () => {
  assert.equal(shown(0.1), "0.1");
  assert.equal(shown(100), "100");
  assert.equal(shown("1152921504606846977"), "1\u202f152\u202f921\u202f504\u202f606\u202f846\u202f977");
  assert.deepEqual(["NaN", "Infinity", "-Infinity"].map((v) => shown(v)), ["NaN", "+∞", "−∞"]);
  assert.equal(shown("3+4j"), "3+4j");
  assert.equal(shown("Infinity", true), "Infinity");
  assert.equal(shown(true), "true");
});

test("bytes that are no text come as a dump", () => {
  assert.equal(dump("11 6f 6b"), `0000  ${"11 6f 6b".padEnd(47)}  ·ok`);
});
