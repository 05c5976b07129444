import assert from "node:assert/strict";
import test from "node:test";

import { HOME, boundsOf, formatEye, frameOf, intoSphere, matrixOf, moved, parseEye, project, turned, zoomed } from "../../static/js/space/camera.js";
import { edgesOf } from "../../static/js/space/solid.js";
import { keyed } from "../../static/js/space/orbit_hand.js";
import { partsOf } from "../../static/js/space/surface.js";

const near = (a, b, what) => assert.ok(Math.abs(a - b) < 1e-4, `${what}: ${a} is not ${b}`);
const LENSES = [{ isFlat: false, aspect: 1.6 }, { isFlat: true, aspect: 1.6 }, { isFlat: false, aspect: 0.5 }, { isFlat: true, aspect: 0.5 }];

test("what is looked at is in the middle, and the whole scene is in sight", () => {
  for (const lens of LENSES) {
    const w = 100 * lens.aspect, h = 100, points = [];
    for (let i = 0; i < 200; i++) { const a = i * 0.1, z = 1 - i / 100, r = Math.sqrt(Math.max(0, 1 - z * z)); points.push(r * Math.cos(a), r * Math.sin(a), z); }
    const screen = project(matrixOf(HOME, lens), Float32Array.from([0, 0, 0, ...points]), w, h);
    near(screen[0], w / 2, "x of the middle");
    near(screen[1], h / 2, "y of the middle");
    for (let i = 0; i < screen.length; i += 3) assert.ok(screen[i] >= 0 && screen[i] <= w && screen[i + 1] >= 0 && screen[i + 1] <= h, `${JSON.stringify(lens)}: a point lies outside`);
  }
});

test("axes of the screen stand upright on each other however one looks", () => {
  for (const eye of [HOME, { ...HOME, yaw: -2, pitch: 1.4 }]) {
    const { right, up, back } = frameOf(eye, false), dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    for (const [a, b, want] of [[right, right, 1], [up, up, 1], [back, back, 1], [right, up, 0], [up, back, 0], [right, back, 0]]) near(dot(a, b), want, "axes");
  }
});

test("a zoom keeps what is under the pointer, a move takes it along", () => {
  const lens = { isFlat: true, aspect: 2 }, w = 200, h = 100, at = Float32Array.from([0.4, -0.3, 0]);
  const [x, y] = project(matrixOf(HOME, lens), at, w, h), u = (x - w / 2) / h, v = (y - h / 2) / h;
  const [x2, y2] = project(matrixOf(zoomed(HOME, 3, u, v, true), lens), at, w, h);
  near(x2, x, "x after the zoom");
  near(y2, y, "y after the zoom");
  const [x3, y3] = project(matrixOf(moved(HOME, 0.2, -0.1, true), lens), at, w, h);
  near(x3 - x, 20, "x moved");
  near(y3 - y, -10, "y moved");
});

test("nobody turns over the top, and zooms have ends", () => {
  assert.ok(turned(HOME, 0, 99).pitch < Math.PI / 2);
  assert.ok(turned(HOME, 0, -99).pitch > -Math.PI / 2);
  assert.ok(Math.abs(turned(HOME, 99, 0).yaw) <= Math.PI + 1e-9);
  assert.ok(zoomed(HOME, 1e9, 0, 0, false).zoom <= 500);
  assert.ok(zoomed(HOME, 1e-9, 0, 0, false).zoom >= 0.1);
});

test("a point behind the eye, or one that is no number, is nowhere", () => {
  const matrix = matrixOf(HOME, { isFlat: false, aspect: 1 }), { back } = frameOf(HOME, false);
  const screen = project(matrix, Float32Array.from([...back.map((v) => v * 10), NaN, 0, 0]), 100, 100);
  assert.ok(Number.isNaN(screen[0]) && Number.isNaN(screen[3]));
});

test("the camera goes into the address and comes out of it", () => {
  assert.equal(formatEye(HOME), null);
  const eye = { yaw: 1.25, pitch: -0.5, zoom: 2, x: 0.125, y: 0, z: -1 };
  assert.deepEqual(parseEye(formatEye(eye)), eye);
  for (const text of [null, "", "1,2", "a,b,c,d,e,f", "1,1,1,1,1,Infinity"]) assert.deepEqual(parseEye(text), HOME);
  assert.ok(parseEye("0,99,1e9,0,0,0").pitch < 1.6);
});

test("bounds leave out what is no number, and fit into the sphere", () => {
  const points = Float32Array.from([0, 0, 0, 4, 0, 0, NaN, 1, 1, 0, 1e9, NaN, 2, 2, 0]), bounds = boundsOf(points);
  assert.deepEqual(bounds, { low: [0, 0, 0], high: [4, 2, 0], radius: Math.hypot(2, 1) });
  intoSphere(points, bounds);
  assert.ok(Math.hypot(points[3], points[4], points[5]) <= 1 + 1e-6);
  assert.equal(boundsOf([NaN, 0, 0]), null);
  assert.equal(boundsOf([]), null);
  assert.deepEqual([...intoSphere(Float32Array.from([5, 5, 5]), boundsOf([5, 5, 5]))], [0, 0, 0]);
});

test("each edge of triangles stands once", () => {
  const edges = edgesOf(Uint32Array.from([0, 1, 2, 2, 1, 3])), pairs = [];
  for (let i = 0; i < edges.length; i += 2) pairs.push(`${edges[i]}-${edges[i + 1]}`);
  assert.deepEqual(pairs.sort(), ["0-1", "0-2", "1-2", "1-3", "2-3"]);
});

test("keys turn, move and zoom; others are nobody's", () => {
  assert.notDeepEqual(keyed(HOME, { key: "ArrowLeft", shiftKey: false }, false), HOME);
  assert.equal(keyed(HOME, { key: "ArrowLeft", shiftKey: true }, false).yaw, HOME.yaw);
  assert.equal(keyed(HOME, { key: "ArrowLeft", shiftKey: false }, true).yaw, HOME.yaw);
  assert.ok(keyed(HOME, { key: "+", shiftKey: false }, false).zoom > 1);
  assert.equal(keyed(HOME, { key: "x", shiftKey: false }, false), null);
});

test("colours of tokens as parts", () => {
  assert.deepEqual(partsOf("#ff0080"), [1, 0, 128 / 255]);
  assert.deepEqual(partsOf("nonsense"), [0.5, 0.5, 0.5]);
});
