import assert from "node:assert/strict";
import { test } from "node:test";
import { column, number, query } from "../../static/js/api.js";

/** @param {ArrayBufferView} array */
const bdata = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");

test("columns of every width become doubles", () => {
  assert.deepEqual([...column({ dtype: "f8", bdata: bdata(Float64Array.of(1.5, NaN, -Infinity)) })], [1.5, NaN, -Infinity]);
  assert.deepEqual([...column({ dtype: "f4", bdata: bdata(Float32Array.of(0.5)) })], [0.5]);
  assert.deepEqual([...column({ dtype: "i4", bdata: bdata(Int32Array.of(-7, 8)) })], [-7, 8]);
  assert.deepEqual([...column({ dtype: "i8", bdata: bdata(BigInt64Array.of(-(2n ** 40n), 3n)) })], [-(2 ** 40), 3]);
  assert.deepEqual([...column({ dtype: "u2", bdata: bdata(Uint16Array.of(65535)) })], [65535]);
  assert.deepEqual([...column({ dtype: "f8", bdata: "" })], []);
  assert.throws(() => column({ dtype: "c16", bdata: "" }), /c16/);
});

test("numbers that JSON cannot hold come as words", () => {
  assert.deepEqual(["NaN", "Infinity", "-Infinity", 2, null].map(number), [NaN, Infinity, -Infinity, 2, NaN]);
});

test("a query escapes names and leaves out what is not there", () => {
  assert.equal(query({ run: "a&b=c/<x>", tag: ["1", "2"], ref: null, index: 0 }), "?run=a%26b%3Dc%2F%3Cx%3E&tag=1&tag=2&index=0");
  assert.equal(query({}), "");
});
