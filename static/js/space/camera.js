/** Where one looks from at a scene in three dimensions, or at a flat one: turned, moved, nearer; as a matrix and in the address. Pure. */

/**
 * `yaw` and `pitch` in radians; `zoom` 1 shows the whole scene; `x`, `y`, `z` is what one looks at. The scene is a sphere of radius 1 around 0.
 * @typedef {{yaw: number, pitch: number, zoom: number, x: number, y: number, z: number}} Eye
 */
/** @typedef {{isFlat: boolean, aspect: number, fov?: number}} Lens `aspect` is width by height; `fov` in degrees */
/** Axes of the screen in the scene: to the right, upwards, towards who looks. @typedef {{right: Vector, up: Vector, back: Vector}} Frame */
/** @typedef {[number, number, number]} Vector */

/** @type {Eye} */
export const HOME = Object.freeze({ yaw: 0.6, pitch: 0.35, zoom: 1, x: 0, y: 0, z: 0 });
const MAX_PITCH = Math.PI / 2 - 0.01;
const ZOOMS = /** @type {[number, number]} */ ([0.1, 500]);
const FOV = 40;
const ROOM = 1.08; // of the frame, around the scene
const TURN = Math.PI; // a drag over the whole frame

/** @param {Eye} eye @param {number} du parts of the frame's height, to the right @param {number} dv downwards @returns {Eye} */
export const turned = (eye, du, dv) => ({ ...eye, yaw: wrapped(eye.yaw - du * TURN), pitch: Math.min(MAX_PITCH, Math.max(-MAX_PITCH, eye.pitch + dv * TURN)) });

/** The scene follows the hand. @param {Eye} eye @param {number} du parts of the frame's height @param {number} dv @param {boolean} isFlat @returns {Eye} */
export function moved(eye, du, dv, isFlat) {
  const { right, up } = frameOf(eye, isFlat), span = (2 * ROOM) / eye.zoom;
  const at = (/** @type {0 | 1 | 2} */ i) => (up[i] * dv - right[i] * du) * span;
  return { ...eye, x: eye.x + at(0), y: eye.y + at(1), z: eye.z + at(2) };
}

/** What is under the pointer stays there. @param {Eye} eye @param {number} by factor @param {number} u from the middle, parts of the frame's height @param {number} v @param {boolean} isFlat @returns {Eye} */
export function zoomed(eye, by, u, v, isFlat) {
  const zoom = Math.min(ZOOMS[1], Math.max(ZOOMS[0], eye.zoom * by)), away = 1 - eye.zoom / zoom;
  return { ...moved(eye, -u * away, -v * away, isFlat), zoom };
}

/** @param {Eye} eye @param {boolean} isFlat @returns {Frame} */
export function frameOf({ yaw, pitch }, isFlat) {
  if (isFlat) return { right: [1, 0, 0], up: [0, 1, 0], back: [0, 0, 1] };
  const cy = Math.cos(yaw), sy = Math.sin(yaw), cp = Math.cos(pitch), sp = Math.sin(pitch);
  return { right: [cy, 0, -sy], up: [-sy * sp, cp, -cy * sp], back: [sy * cp, sp, cy * cp] };
}

/** What takes the scene to the screen's clip space; columns one after the other, as WebGL has them. @param {Eye} eye @param {Lens} lens */
export function matrixOf(eye, { isFlat, aspect, fov = FOV }) {
  const { right, up, back } = frameOf(eye, isFlat), at = [eye.x, eye.y, eye.z];
  const dot = (/** @type {number[]} */ a) => a[0] * at[0] + a[1] * at[1] + a[2] * at[2];
  const fit = Math.min(1, aspect), m = new Float32Array(16);
  if (isFlat) {
    const s = (eye.zoom * fit) / ROOM;
    for (let i = 0; i < 3; i++) { m[4 * i] = (right[i] * s) / aspect; m[4 * i + 1] = up[i] * s; m[4 * i + 2] = -back[i] * 0.01; }
    m.set([(-dot(right) * s) / aspect, -dot(up) * s, dot(back) * 0.01, 1], 12);
    return m;
  }
  const distance = distanceOf(eye, fov), f = fit / Math.tan((fov * Math.PI) / 360), near = Math.max(0.002, distance / 500), far = distance + 20;
  const a = (near + far) / (near - far), b = (2 * near * far) / (near - far);
  for (let i = 0; i < 3; i++) { m[4 * i] = (right[i] * f) / aspect; m[4 * i + 1] = up[i] * f; m[4 * i + 2] = back[i] * a; m[4 * i + 3] = -back[i]; }
  const depth = -dot(back) - distance;
  m.set([(-dot(right) * f) / aspect, -dot(up) * f, depth * a + b, -depth], 12);
  return m;
}

/** From what one looks at. @param {Eye} eye @param {number} [fov] */
export const distanceOf = (eye, fov = FOV) => ROOM / Math.sin((fov * Math.PI) / 360) / eye.zoom;

/**
 * Where points are on a screen, px, and how far, three numbers a point; of those that are behind or no number, the first is NaN.
 * @param {Float32Array} m the matrix @param {Float32Array} points x, y, z in turn @param {number} w @param {number} h @param {Float32Array} [out]
 */
export function project(m, points, w, h, out = new Float32Array(points.length)) {
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i], y = points[i + 1], z = points[i + 2], depth = m[3] * x + m[7] * y + m[11] * z + m[15];
    out[i] = depth > 0 ? ((m[0] * x + m[4] * y + m[8] * z + m[12]) / depth + 1) * 0.5 * w : NaN;
    out[i + 1] = (1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / depth) * 0.5 * h;
    out[i + 2] = depth;
  }
  return out;
}

/** @param {string | null} text "yaw,pitch,zoom,x,y,z" @returns {Eye} */
export function parseEye(text) {
  const numbers = (text ?? "").split(",").map(Number);
  if (numbers.length !== 6 || !numbers.every(Number.isFinite)) return HOME;
  const [yaw, pitch, zoom, x, y, z] = numbers;
  return { yaw: wrapped(yaw), pitch: Math.min(MAX_PITCH, Math.max(-MAX_PITCH, pitch)), zoom: Math.min(ZOOMS[1], Math.max(ZOOMS[0], zoom)), x, y, z };
}

/** @param {Eye} eye @returns {string | null} null where nobody has moved */
export function formatEye(eye) {
  const text = (/** @type {Eye} */ { yaw, pitch, zoom, x, y, z }) => [yaw, pitch, zoom, x, y, z].map((v) => Number(v.toFixed(3)) + 0).join(",");
  return text(eye) === text(HOME) ? null : text(eye);
}

/** @param {number} angle */
const wrapped = (angle) => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));

/** What is around points: a box, and a sphere around its middle. @typedef {{low: Vector, high: Vector, radius: number}} Bounds */

/** @param {{low: Vector, high: Vector}} box */
export const middleOf = ({ low, high }) => /** @type {Vector} */ (low.map((v, i) => (v + high[i]) / 2));

/** Around all points that are finite; null where there is none. @param {ArrayLike<number>} points x, y, z in turn @returns {Bounds | null} */
export function boundsOf(points) {
  const low = /** @type {Vector} */ ([Infinity, Infinity, Infinity]), high = /** @type {Vector} */ ([-Infinity, -Infinity, -Infinity]);
  const isFinite = (/** @type {number} */ i) => Number.isFinite(points[i] + points[i + 1] + points[i + 2]);
  for (let i = 0; i < points.length; i += 3) {
    if (!isFinite(i)) continue;
    for (let k = 0; k < 3; k++) {
      const v = points[i + k];
      if (v < low[k]) low[k] = v;
      if (v > high[k]) high[k] = v;
    }
  }
  if (!(low[0] <= high[0])) return null;
  const [x, y, z] = middleOf({ low, high });
  let most = 0;
  for (let i = 0; i < points.length; i += 3) if (isFinite(i)) most = Math.max(most, (points[i] - x) ** 2 + (points[i + 1] - y) ** 2 + (points[i + 2] - z) ** 2);
  return { low, high, radius: Math.sqrt(most) };
}

/** Scales points into the sphere of radius 1 around 0. @param {Float32Array} points x, y, z in turn; changed in place @param {Bounds} bounds */
export function intoSphere(points, bounds) {
  const middle = middleOf(bounds), radius = bounds.radius || 1;
  for (let i = 0; i < points.length; i++) points[i] = (points[i] - middle[i % 3]) / radius;
  return points;
}
