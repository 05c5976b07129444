import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, clock, counted, duration, short, signed, splitName, step, value } from "../../static/js/format.js";

test("a value has four digits, a true minus, and words where it is no number", () => {
  assert.equal(value(0.123456), "0.1235");
  assert.equal(value(-0.5), "−0.5000");
  assert.equal(value(0), "0");
  assert.equal(value(3), "3");
  assert.equal(value(1234.5678), "1\u202f235");
  assert.equal(value(12345.678, 5), "12\u202f346");
  assert.equal(value(123456789), "1.23e8");
  assert.equal(value(-0.00001234), "−1.23e−5");
  assert.equal(value(NaN), "NaN");
  assert.equal(value(Infinity), "+∞");
  assert.equal(value(-Infinity), "−∞");
});

test("a step keeps all its digits, beyond 2^53 too", () => {
  assert.equal(step(13179), "13\u202f179");
  assert.equal(step("9223372036854775807"), "9\u202f223\u202f372\u202f036\u202f854\u202f775\u202f807");
  assert.equal(step("-12"), "−12");
  assert.equal(step(999), "999");
});

test("counts, bytes and spans are short", () => {
  assert.equal(short(23400), "23.4\u202fk");
  assert.equal(short(2_000_000), "2\u202fM");
  assert.equal(short(46), "46");
  assert.equal(bytes(512), "512\u202fB");
  assert.equal(bytes(4_100_000), "4.1\u202fMB");
  assert.equal(duration(2214), "36\u202fm 54\u202fs");
  assert.equal(duration(7500), "2\u202fh 05\u202fm");
  assert.equal(duration(90000), "1\u202fd 01\u202fh");
  assert.equal(duration(0.25), "0.25\u202fs");
  assert.equal(duration(-90), "−1\u202fm 30\u202fs");
  assert.equal(ago(540), "9\u202fm");
  assert.equal(counted(1, "run"), "1 run");
  assert.equal(counted(1200, "run"), "1\u202f200 runs");
  assert.equal(signed(0.25), "+0.2500");
});

test("wall time is local and to the second", () => {
  const t = new Date(2026, 10, 23, 14, 2, 11).getTime() / 1000;
  assert.equal(clock(t), "2026-11-23 14:02:11");
  assert.equal(clock(NaN), "NaN");
});

test("a name is split so that its two parts are the name", () => {
  for (const name of ["a/b/seed0", ".", "x", "a/", "/x", "</script>x", '<a href="https://evil.example/">x</a>', "a<b>c</b>"]) assert.equal(splitName(name).join(""), name);
  assert.deepEqual(splitName("a/b/seed0"), ["a/b/", "seed0"]);
  assert.deepEqual(splitName("a/"), ["", "a/"]);
});
