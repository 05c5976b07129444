import assert from "node:assert/strict";
import { test } from "node:test";
import { WHOLE, formatLook, moved, parseLook, pixelAt, zoomed } from "../../static/js/modules/image_camera.js";
import { formatAgainst, indexOf, parseAgainst, parseMode, runOf } from "../../static/js/modules/image_compare.js";
import { difference, differenceText, scaleOf } from "../../static/js/modules/image_difference.js";

const rgba = (/** @type {number[][]} */ ...pixels) => Uint8ClampedArray.from(pixels.flatMap(([r, g, b]) => [r, g, b, 255]));

const GREY = scaleOf([[0, 0, 0], [255, 255, 255]]);

test("the difference of two pictures: mean, peak signal-to-noise ratio, and a picture that shows it", () => {
  const a = rgba([10, 20, 30], [0, 0, 0], [5, 5, 5]), b = rgba([13, 20, 24], [0, 0, 0], [8, 8, 8]), out = new Uint8ClampedArray(12);
  const found = difference(a, b, out, GREY);
  assert.equal(found.meanAbsolute, (3 + 6 + 9) / 9);
  assert.ok(Math.abs(found.psnr - 10 * Math.log10(255 ** 2 / ((9 + 36 + 27) / 9))) < 1e-12);
  assert.deepEqual([found.greatest, found.gain], [3, 85]);
  assert.deepEqual([...out], [255, 255, 255, 255, 128, 128, 128, 255, 0, 0, 0, 255]); // brighter, equal, darker, each as far as can be
  assert.equal(difference(b, a, new Uint8ClampedArray(12), GREY).meanAbsolute, found.meanAbsolute);
});

test("colours that differ and are equally bright are no equal pixels", () => {
  const out = new Uint8ClampedArray(8);
  difference(rgba([9, 0, 0], [9, 9, 9]), rgba([0, 9, 0], [9, 9, 9]), out, GREY);
  assert.notEqual(out[0], out[4]);
});

test("equal pictures are called equal, and pictures of other sizes are refused", () => {
  const a = rgba([1, 2, 3]), out = new Uint8ClampedArray(4);
  assert.equal(differenceText(difference(a, a, out, GREY), true), "equal");
  assert.deepEqual([...out], [128, 128, 128, 255]);
  assert.throws(() => difference(a, rgba([1, 2, 3], [1, 2, 3]), out, GREY), /4 and 8 bytes/);
});

test("black against white: the greatest error there is", () => {
  const found = difference(rgba([0, 0, 0]), rgba([255, 255, 255]), new Uint8ClampedArray(4), GREY);
  assert.deepEqual([found.meanAbsolute, found.psnr, found.gain], [255, 0, 1]);
  assert.equal(differenceText(found, true), "MAE 255 · 0.0\u202fdB");
});

test("zooming keeps the point under the pointer, and never shows what lies beside the picture", () => {
  const look = zoomed(WHOLE, 4, 0.25, 0.75);
  for (const [part, edge] of [[0.25, look.x], [0.75, look.y]]) assert.ok(Math.abs((part - edge) / look.zoom - part) < 1e-12);
  assert.deepEqual(zoomed(look, 1e-9, 0.1, 0.9), WHOLE);
  assert.equal(zoomed(look, 1e9, 0.5, 0.5).zoom, 64);
  assert.deepEqual(moved(look, 10, 10), { zoom: 4, x: 0, y: 0 });
  assert.deepEqual(moved(look, -10, -10), { zoom: 4, x: -3, y: -3 });
});

test("the address holds the look, and nonsense in it is the whole picture", () => {
  assert.equal(formatLook(WHOLE), null);
  assert.deepEqual(parseLook(formatLook({ zoom: 2, x: -0.25, y: -1 })), { zoom: 2, x: -0.25, y: -1 });
  for (const text of [null, "", "2", "a,b,c", "NaN,0,0", "0.1,5,5"]) assert.deepEqual(parseLook(text), WHOLE);
});

test("the pixel under the pointer, with the margins that object-fit leaves", () => {
  const box = { left: 100, top: 50, width: 400, height: 400 }; // a picture of 4 x 2 pixels lies in it from y = 150 to 350
  assert.deepEqual(pixelAt(box, 4, 2, 100, 150), { x: 0, y: 0 });
  assert.deepEqual(pixelAt(box, 4, 2, 499.9, 349.9), { x: 3, y: 1 });
  assert.equal(pixelAt(box, 4, 2, 200, 149), null);
  assert.equal(pixelAt(box, 4, 2, 501, 200), null);
});

test("what is compared with what", () => {
  const series = { steps: ["0", "10", "20"], refs: ["a", "b", "c"], numbers: Float64Array.of(0, 10, 20) };
  const index = (/** @type {string} */ text) => indexOf(parseAgainst(text), series, 2, 15);
  assert.deepEqual(["run:other", "first", "previous", "step:10", "step:-1"].map(index), [1, 0, 1, 1, -1]);
  assert.equal(indexOf({ kind: "first" }, { steps: [], refs: [], numbers: new Float64Array() }, 0, 0), -1);
  assert.equal(runOf(parseAgainst("run:a:b/c"), "mine"), "a:b/c");
  assert.equal(runOf(parseAgainst("previous"), "mine"), "mine");
  for (const text of ["run:x", "step:12", "first", "previous"]) assert.equal(formatAgainst(parseAgainst(text)), text);
  assert.deepEqual(["step:", "step:x", "?", null].map((text) => parseAgainst(text).kind), ["first", "first", "first", "first"]);
  assert.deepEqual(["swipe", "constructor", null].map(parseMode), ["swipe", "none", "none"]);
});
