import assert from "node:assert/strict";
import { test } from "node:test";
import { Transport } from "../../static/js/modules/transport.js";

function rig(duration = 10) {
  const clock = { now: 100 }, /** @type {string[]} */ heard = [];
  const transport = new Transport(() => clock.now, (change) => heard.push(change));
  transport.setDuration(duration);
  return { clock, heard, transport };
}

test("it goes on from where it was paused", () => {
  const { clock, transport } = rig();
  transport.play();
  clock.now += 3;
  transport.pause();
  clock.now += 50;
  assert.equal(transport.position, 3);
  transport.play();
  clock.now += 1;
  assert.equal(transport.position, 4);
});

test("a change of speed moves nothing", () => {
  const { clock, transport } = rig();
  transport.play();
  clock.now += 2;
  transport.setRate(0.5);
  assert.equal(transport.position, 2);
  clock.now += 2;
  assert.equal(transport.position, 3);
});

test("at the end it stops, and begins anew when played again", () => {
  const { clock, heard, transport } = rig();
  transport.play();
  clock.now += 11;
  assert.equal(transport.position, 10);
  transport.tick();
  assert.equal(transport.isPlaying, false);
  assert.deepEqual(heard, ["play", "pause"]);
  transport.play();
  assert.equal(transport.position, 0);
});

test("looping it begins again without an end", () => {
  const { clock, transport } = rig();
  transport.setLooping(true);
  transport.play();
  clock.now += 23;
  transport.tick();
  assert.equal(transport.isPlaying, true);
  assert.equal(transport.position, 3);
});

test("another clip goes on at the same position, a shorter one at its end", () => {
  const { clock, transport } = rig();
  transport.play();
  clock.now += 4;
  transport.setDuration(8);
  assert.equal(transport.position, 4);
  transport.setDuration(3);
  assert.equal(transport.position, 3);
});

test("a seek stays within the clip", () => {
  const { transport } = rig();
  transport.seek(99);
  assert.equal(transport.position, 10);
  transport.seek(-1);
  assert.equal(transport.position, 0);
});
