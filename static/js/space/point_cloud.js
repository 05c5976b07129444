/** Points in space as discs, or as small pictures out of a large one: drawn by WebGL, a hundred thousand in one call. */

/** @import { Surface } from "./surface.js" */

const VERTEX = `#version 300 es
layout(location = 0) in vec3 at;
layout(location = 1) in vec4 colour;
layout(location = 2) in float size;
uniform mat4 see;
uniform float scale;
uniform vec2 fog;
uniform float layer;
out vec4 tint;
flat out int cell;
out float haze;
void main() {
  gl_Position = see * vec4(at, 1.0);
  haze = clamp((gl_Position.w - fog.x) / fog.y, 0.0, 1.0) * 0.6;
  gl_PointSize = max(1.5, size * scale / gl_Position.w);
  bool isLit = colour.a > 0.99;
  if (size <= 0.0 || !(at.x - at.x == 0.0) || isLit != (layer > 0.5)) gl_Position = vec4(9.0, 9.0, 9.0, 1.0);
  tint = colour;
  cell = gl_VertexID;
}`;
const DISC = `#version 300 es
precision mediump float;
in vec4 tint;
in float haze;
uniform vec3 ground;
out vec4 ink;
void main() {
  float r = length(gl_PointCoord - 0.5);
  if (r > 0.5) discard;
  ink = vec4(mix(tint.rgb * (r > 0.4 ? 0.82 : 1.0), ground, haze), tint.a);
}`;
const PICTURE = `#version 300 es
precision highp float;
in vec4 tint;
in float haze;
flat in int cell;
uniform vec3 ground;
uniform sampler2D sprite;
uniform vec3 grid;
uniform vec2 part;
out vec4 ink;
void main() {
  vec2 uv = (gl_PointCoord - 0.5) / vec2(min(1.0, grid.z), min(1.0, 1.0 / grid.z)) + 0.5;
  if (uv.x < 0.0 || uv.y < 0.0 || uv.x > 1.0 || uv.y > 1.0) discard;
  int columns = int(grid.x);
  vec2 at = vec2(float(cell % columns), float(cell / columns));
  vec4 texel = texture(sprite, (at + clamp(uv, 0.02, 0.98)) * part);
  vec3 own = mix(texel.rgb, texel.rgb * tint.rgb, grid.y);
  ink = vec4(mix(own, ground, haze), tint.a * texel.a);
}`;

/** @typedef {{image: TexImageSource, columns: number, part: [number, number], aspect: number, tint: number}} Sprite `part`: a cell, in parts of the image; `aspect`: its width by height; `tint`: how much of a point's colour lies on its picture, 0 to 1 */

export class PointCloud {
  /** @param {Surface} surface */
  constructor(surface) {
    this.surface = surface;
    this.life = -1;
    this.count = 0;
    /** Whether some points are not lit: they are drawn first. */
    this.hasPale = false;
    /** x, y, z in turn, within the sphere of radius 1. @type {Float32Array} */
    this.places = new Float32Array();
    /** Red, green, blue, alpha in turn. @type {Uint8Array} */
    this.colours = new Uint8Array();
    /** Of each point; 0 hides it. @type {Uint8Array} */
    this.sizes = new Uint8Array();
    /** @type {Sprite | null} */
    this.sprite = null;
    /** What of these is newer than what the card has. @type {Set<"places" | "colours" | "sizes" | "sprite">} */
    this.stale = new Set();
    /** @type {Record<string, WebGLBuffer>} */
    this.buffers = {};
    /** @type {WebGLTexture | null} */
    this.texture = null;
    /** @type {WebGLVertexArrayObject | null} */
    this.array = null;
  }

  /** @param {Float32Array} places */
  setPlaces(places) {
    this.places = places;
    this.count = places.length / 3;
    this.stale.add("places");
  }

  /** @param {Uint8Array} colours @param {Uint8Array} sizes */
  setLook(colours, sizes) {
    this.colours = colours;
    this.sizes = sizes;
    this.hasPale = false;
    for (let i = 3; i < colours.length && !this.hasPale; i += 4) this.hasPale = colours[i] < 255;
    this.stale.add("colours").add("sizes");
  }

  /** @param {Sprite | null} sprite */
  setSprite(sprite) {
    this.sprite = sprite;
    this.stale.add("sprite");
  }

  /**
   * @param {WebGL2RenderingContext} gl
   * @param {{matrix: Float32Array, scale: number, fog: [number, number], ground: number[], isFlat: boolean}} view `scale`: px a unit of size at distance 1
   */
  draw(gl, { matrix, scale, fog, ground, isFlat }) {
    if (!this.count || this.colours.length !== 4 * this.count) return;
    this.upload(gl);
    const { sprite } = this;
    const { program, uniforms } = sprite
      ? this.surface.program("pictures", VERTEX, PICTURE, ["see", "scale", "fog", "layer", "ground", "sprite", "grid", "part"])
      : this.surface.program("discs", VERTEX, DISC, ["see", "scale", "fog", "layer", "ground"]);
    gl.useProgram(program);
    gl.uniformMatrix4fv(uniforms.see, false, matrix);
    gl.uniform1f(uniforms.scale, scale);
    gl.uniform2f(uniforms.fog, fog[0], isFlat ? 1e9 : fog[1]);
    gl.uniform3f(uniforms.ground, ground[0], ground[1], ground[2]);
    if (sprite) {
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, this.texture);
      gl.uniform1i(uniforms.sprite, 0);
      gl.uniform3f(uniforms.grid, sprite.columns, sprite.tint, sprite.aspect);
      gl.uniform2f(uniforms.part, sprite.part[0], sprite.part[1]);
    }
    if (isFlat) gl.disable(gl.DEPTH_TEST);
    else { gl.enable(gl.DEPTH_TEST); gl.depthFunc(gl.LEQUAL); }
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(this.array);
    for (const layer of this.hasPale ? [0, 1] : [1]) { // what stands out lies over the rest
      gl.uniform1f(uniforms.layer, layer);
      gl.drawArrays(gl.POINTS, 0, this.count);
    }
    gl.bindVertexArray(null);
  }

  /** @param {WebGL2RenderingContext} gl */
  upload(gl) {
    if (this.life !== this.surface.life) {
      this.life = this.surface.life;
      this.array = gl.createVertexArray();
      this.buffers = {};
      this.texture = null;
      this.stale = new Set(["places", "colours", "sizes", "sprite"]);
    }
    if (!this.stale.size) return;
    gl.bindVertexArray(this.array);
    const columns = /** @type {const} */ ([["places", 3, gl.FLOAT, false], ["colours", 4, gl.UNSIGNED_BYTE, true], ["sizes", 1, gl.UNSIGNED_BYTE, false]]);
    columns.forEach(([name, width, type, isShare], place) => {
      if (!this.stale.has(name)) return;
      if (this.buffers[name]) gl.deleteBuffer(this.buffers[name]);
      this.buffers[name] = this.surface.buffer(this[name]);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, width, type, isShare, 0, 0);
    });
    gl.bindVertexArray(null);
    if (this.stale.has("sprite")) this.uploadSprite(gl);
    this.stale.clear();
  }

  /** @param {WebGL2RenderingContext} gl */
  uploadSprite(gl) {
    if (this.texture) gl.deleteTexture(this.texture);
    this.texture = null;
    if (!this.sprite) return;
    this.texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.sprite.image);
    for (const [name, value] of [[gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.NEAREST], [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]]) gl.texParameteri(gl.TEXTURE_2D, name, value);
  }
}
