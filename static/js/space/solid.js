/** A mesh or a point cloud in space: shaded triangles, their edges, or points, drawn by WebGL. */

/** @import { Surface } from "./surface.js" */

const VERTEX = `#version 300 es
layout(location = 0) in vec3 at;
layout(location = 1) in vec3 colour;
uniform mat4 see;
uniform mat4 place;
uniform float size;
out vec3 tint;
out vec3 where;
void main() {
  vec4 there = place * vec4(at, 1.0);
  where = there.xyz;
  gl_Position = see * there;
  gl_PointSize = clamp(size / gl_Position.w, 1.5, 200.0);
  if (!(at.x + at.y + at.z - (at.x + at.y + at.z) == 0.0)) gl_Position = vec4(9.0, 9.0, 9.0, 1.0);
  tint = colour;
}`;
const SHADED = `#version 300 es
precision highp float;
in vec3 tint;
in vec3 where;
uniform vec3 ink;
uniform vec4 light;
uniform float own;
out vec4 colour;
void main() {
  vec3 normal = normalize(cross(dFdx(where), dFdy(where)));
  float lit = mix(1.0, 0.42 + 0.58 * abs(dot(normal, light.xyz)), light.w);
  colour = vec4(mix(ink, tint, own) * lit, 1.0);
}`;
const PLAIN = `#version 300 es
precision mediump float;
in vec3 tint;
uniform vec3 ink;
uniform float own;
uniform float isDisc;
out vec4 colour;
void main() {
  float r = length(gl_PointCoord - 0.5);
  if (isDisc > 0.5 && r > 0.5) discard;
  colour = vec4(mix(ink, tint, own) * (isDisc > 0.5 && r > 0.4 ? 0.82 : 1.0), 1.0);
}`;
const UNIFORMS = ["see", "place", "size", "ink", "light", "own", "isDisc"];

/** @typedef {{vertices: Float32Array, faces: Uint32Array | null, colours: Uint8Array | null}} Shape */
/** @typedef {{matrix: Float32Array, place: Float32Array, light: number[], ink: number[], line: number[], size: number, mode: "solid" | "edges" | "points", isLit: boolean}} Way */

/** Each edge of triangles once. @param {Uint32Array} faces @returns {Uint32Array} two vertices an edge */
export function edgesOf(faces) {
  const keys = new Float64Array(faces.length);
  for (let i = 0; i < faces.length; i++) {
    const a = faces[i], b = faces[i % 3 === 2 ? i - 2 : i + 1];
    keys[i] = Math.min(a, b) * 4294967296 + Math.max(a, b);
  }
  keys.sort();
  const edges = new Uint32Array(2 * keys.length);
  let n = 0;
  keys.forEach((key, i) => {
    if (i && key === keys[i - 1]) return;
    edges[n++] = Math.floor(key / 4294967296);
    edges[n++] = key % 4294967296;
  });
  return edges.slice(0, n);
}

export class Solid {
  /** @param {Surface} surface @param {Shape} shape */
  constructor(surface, shape) {
    this.surface = surface;
    this.shape = shape;
    this.life = -1;
    /** @type {WebGLBuffer[]} */
    this.buffers = [];
    /** @type {WebGLVertexArrayObject | null} */
    this.array = null;
    /** @type {WebGLBuffer | null} */
    this.edges = null;
    this.edgeCount = 0;
    /** @type {WebGLBuffer | null} */
    this.corners = null;
  }

  /** @param {WebGL2RenderingContext} gl @param {Way} way */
  draw(gl, { matrix, place, light, ink, line, size, mode, isLit }) {
    this.upload(gl);
    const { surface, shape: { vertices, faces, colours } } = this, isSolid = mode === "solid" && faces;
    const { program, uniforms } = isSolid ? surface.program("shaded", VERTEX, SHADED, UNIFORMS) : surface.program("plain", VERTEX, PLAIN, UNIFORMS);
    const tint = mode === "edges" && !colours ? line : ink;
    gl.useProgram(program);
    gl.uniformMatrix4fv(uniforms.see, false, matrix);
    gl.uniformMatrix4fv(uniforms.place, false, place);
    gl.uniform1f(uniforms.size, size);
    gl.uniform3f(uniforms.ink, tint[0], tint[1], tint[2]);
    gl.uniform1f(uniforms.own, colours ? 1 : 0);
    if (isSolid) gl.uniform4f(uniforms.light, light[0], light[1], light[2], isLit ? 1 : 0);
    else gl.uniform1f(uniforms.isDisc, mode === "edges" && faces ? 0 : 1);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.disable(gl.BLEND);
    gl.bindVertexArray(this.array);
    if (isSolid && faces) {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.corners);
      gl.drawElements(gl.TRIANGLES, faces.length, gl.UNSIGNED_INT, 0);
    } else if (mode === "edges" && faces) {
      if (!this.edges) this.uploadEdges(gl, faces);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.edges);
      gl.drawElements(gl.LINES, this.edgeCount, gl.UNSIGNED_INT, 0);
    } else gl.drawArrays(gl.POINTS, 0, vertices.length / 3);
    gl.bindVertexArray(null);
  }

  /** @param {WebGL2RenderingContext} gl */
  upload(gl) {
    if (this.life === this.surface.life) return;
    const { surface, shape: { vertices, faces, colours } } = this;
    this.life = surface.life;
    this.edges = null;
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    this.buffers = [surface.buffer(vertices)];
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    if (colours) {
      this.buffers.push(surface.buffer(colours));
      gl.enableVertexAttribArray(1);
      gl.vertexAttribPointer(1, 3, gl.UNSIGNED_BYTE, true, 0, 0);
    }
    if (faces) this.buffers.push((this.corners = surface.buffer(faces, gl.ELEMENT_ARRAY_BUFFER)));
    gl.bindVertexArray(null);
  }

  /** @param {WebGL2RenderingContext} gl @param {Uint32Array} faces */
  uploadEdges(gl, faces) {
    const edges = edgesOf(faces);
    this.edges = this.surface.buffer(edges, gl.ELEMENT_ARRAY_BUFFER);
    this.edgeCount = edges.length;
    this.buffers.push(this.edges);
  }

  /** What the card holds of it is given back. */
  free() {
    const { gl, life } = this.surface;
    if (this.life !== life) return;
    for (const buffer of this.buffers) gl.deleteBuffer(buffer);
    gl.deleteVertexArray(this.array);
    this.life = -1;
  }
}
