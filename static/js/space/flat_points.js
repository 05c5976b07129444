/** Points and edges on a plain canvas, for browsers without WebGL: the farthest first, as small squares and lines. */

/** @import { Vector } from "./camera.js" */

/** @param {Uint8Array} colours @param {number} i */
const css = (colours, i) => `rgb(${colours[4 * i]} ${colours[4 * i + 1]} ${colours[4 * i + 2]} / ${(colours[4 * i + 3] / 255).toFixed(2)})`;

/**
 * @param {CanvasRenderingContext2D} ctx in CSS px @param {Float32Array} screen x, y, depth of each point, as `project` makes them
 * @param {Uint8Array} colours four a point @param {Uint8Array} sizes @param {number} scale px a unit of size at depth 1
 */
export function drawPoints(ctx, screen, colours, sizes, scale) {
  const order = Array.from(sizes.keys()).filter((i) => sizes[i] && screen[3 * i] === screen[3 * i]);
  if (order.length < 20_000) order.sort((a, b) => screen[3 * b + 2] - screen[3 * a + 2]);
  let last = -1;
  for (const i of order) {
    const size = Math.max(1.5, (sizes[i] * scale) / screen[3 * i + 2]);
    if (last < 0 || colours[4 * i] !== colours[4 * last] || colours[4 * i + 1] !== colours[4 * last + 1] || colours[4 * i + 2] !== colours[4 * last + 2] || colours[4 * i + 3] !== colours[4 * last + 3]) ctx.fillStyle = css(colours, i);
    ctx.fillRect(screen[3 * i] - size / 2, screen[3 * i + 1] - size / 2, size, size);
    last = i;
  }
}

/** Edges of triangles, all in one colour. @param {CanvasRenderingContext2D} ctx @param {Float32Array} screen @param {Uint32Array} edges two points an edge @param {string} colour */
export function drawEdges(ctx, screen, edges, colour) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 0.75;
  ctx.beginPath();
  for (let i = 0; i < edges.length; i += 2) {
    const a = 3 * edges[i], b = 3 * edges[i + 1];
    if (screen[a] !== screen[a] || screen[b] !== screen[b]) continue;
    ctx.moveTo(screen[a], screen[a + 1]);
    ctx.lineTo(screen[b], screen[b + 1]);
  }
  ctx.stroke();
}
