import assert from "node:assert/strict";
import { test } from "node:test";
import { envelope, playTime, spectrogram, transform } from "../../static/js/modules/spectrum.js";

const RATE = 8000;
/** @param {number} hertz @param {number} amplitude @param {number} [length] */
const tone = (hertz, amplitude, length = RATE) => Float32Array.from({ length }, (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / RATE));

test("an envelope holds every sample, a single spike among them", () => {
  const left = new Float32Array(1000), right = new Float32Array(1000);
  left[503] = 0.9;
  right[504] = -0.7;
  const { low, high } = envelope([left, right], 100);
  assert.equal(high[50], Math.fround(0.9));
  assert.equal(low[50], Math.fround(-0.7));
  assert.equal(high.filter((value) => value !== 0).length, 1);
});

test("fewer samples than columns, and none at all", () => {
  const { low, high } = envelope([Float32Array.of(0.5, -0.5)], 4);
  assert.deepEqual([...high], [0.5, 0.5, 0.5, -0.5]); // the third column joins the two
  assert.deepEqual([...low], [0.5, 0.5, -0.5, -0.5]);
  assert.deepEqual([...envelope([], 3).low], [0, 0, 0]);
  assert.equal(spectrogram([new Float32Array(0)], 2).values.some((value) => value !== 0), false);
});

test("the transform is the one of the definition", () => {
  const n = 16, real = Float64Array.from({ length: n }, (_, i) => Math.sin(i * i) + 0.3), expected = [];
  for (let k = 0; k < n; k++) {
    let re = 0, im = 0;
    real.forEach((value, i) => { re += value * Math.cos((2 * Math.PI * k * i) / n); im -= value * Math.sin((2 * Math.PI * k * i) / n); });
    expected.push([re, im]);
  }
  const imaginary = new Float64Array(n);
  transform(real, imaginary);
  expected.forEach(([re, im], k) => { assert.ok(Math.abs(real[k] - re) < 1e-9 && Math.abs(imaginary[k] - im) < 1e-9, `frequency ${k}`); });
});

test("a tone is strongest at its own frequency, and as strong as it is loud", () => {
  for (const [hertz, amplitude] of [[1000, 1], [3000, 0.1]]) {
    const { rows, values } = spectrogram([tone(hertz, amplitude)], 20), column = [...values.subarray(10 * rows, 11 * rows)];
    const peak = column.indexOf(Math.max(...column));
    assert.ok(Math.abs((peak * RATE) / (2 * rows) - hertz) <= RATE / (2 * rows), `${hertz} Hz at row ${peak} of ${rows}`);
    assert.ok(Math.abs(column[peak] - (1 + (20 * Math.log10(amplitude)) / 90)) < 0.02, `${column[peak]} for ${amplitude}`);
  }
});

test("the ends of a steady tone look like its middle", () => {
  const { rows, values } = spectrogram([tone(1000, 1)], 50), level = (/** @type {number} */ column, /** @type {number} */ hertz) => values[column * rows + Math.round((hertz / RATE) * 2 * rows)];
  for (const column of [0, 49]) assert.ok(level(column, 3500) <= level(25, 3500) + 0.05, `column ${column}: ${level(column, 3500)}`);
});

test("channels are mixed: twice the same is as loud as once", () => {
  const once = spectrogram([tone(1000, 0.5)], 4), twice = spectrogram([tone(1000, 0.5), tone(1000, 0.5)], 4);
  once.values.forEach((value, i) => assert.ok(Math.abs(value - twice.values[i]) < 1e-4));
});

test("times as a player shows them", () => {
  assert.deepEqual([0, 0.421, 59.5, 62.44, NaN].map(playTime), ["0.00", "0.42", "59.50", "1:02.4", "–"]);
});
