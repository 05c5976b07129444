/** The one WebGL context of a page: scenes are drawn off-screen, one after the other, and copied where they are seen. */

/** @typedef {{program: WebGLProgram, uniforms: Record<string, WebGLUniformLocation | null>}} Program */

export class Surface {
  /** @param {OffscreenCanvas | HTMLCanvasElement} canvas @param {WebGL2RenderingContext} gl */
  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    /** Rises when all that was on the card is lost. */
    this.life = 0;
    /** @type {Map<string, Program>} */
    this.programs = new Map();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.life++;
      this.programs.clear();
      for (const listener of this.listeners) listener();
    });
  }

  get isLost() { return this.gl.isContextLost(); }

  /**
   * Draws a scene, and copies it; nothing is drawn while the context is lost.
   * @param {CanvasRenderingContext2D} target @param {number[]} ground red, green, blue, 0 to 1 @param {(gl: WebGL2RenderingContext) => void} draw
   */
  render(target, ground, draw) {
    const { canvas, gl } = this, { width, height } = target.canvas;
    if (gl.isContextLost() || !width || !height) return;
    // Only ever larger: to make a buffer anew for each of many pictures would take longer than to draw it.
    if (canvas.width < width) canvas.width = width;
    if (canvas.height < height) canvas.height = height;
    gl.viewport(0, 0, width, height);
    gl.scissor(0, 0, width, height);
    gl.enable(gl.SCISSOR_TEST);
    gl.clearColor(ground[0], ground[1], ground[2], 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    draw(gl);
    target.drawImage(canvas, 0, canvas.height - height, width, height, 0, 0, width, height);
  }

  /** Compiled once. @param {string} name @param {string} vertex @param {string} fragment @param {string[]} uniforms @returns {Program} */
  program(name, vertex, fragment, uniforms) {
    const { gl } = this, known = this.programs.get(name);
    if (known) return known;
    const program = /** @type {WebGLProgram} */ (gl.createProgram());
    for (const [kind, source] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]])) {
      const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(`surface: ${name}: ${gl.getProgramInfoLog(program)}`);
    const made = { program, uniforms: Object.fromEntries(uniforms.map((one) => [one, gl.getUniformLocation(program, one)])) };
    this.programs.set(name, made);
    return made;
  }

  /** A buffer with numbers in it. @param {ArrayBufferView} data @param {GLenum} [target] */
  buffer(data, target = this.gl.ARRAY_BUFFER) {
    const { gl } = this, buffer = /** @type {WebGLBuffer} */ (gl.createBuffer());
    gl.bindBuffer(target, buffer);
    gl.bufferData(target, data, gl.STATIC_DRAW);
    return buffer;
  }
}

/** @type {Surface | null | undefined} */
let shared;

/** The page's own; null where the browser has no WebGL 2. @returns {Surface | null} */
export function sharedSurface() {
  if (shared !== undefined) return shared;
  const isRefused = new URLSearchParams(location.search).get("draw") === "2d"; // for who sees garbage: a driver's fault
  const canvas = document.createElement("canvas");
  const gl = isRefused ? null : canvas.getContext("webgl2", { antialias: true, alpha: false, preserveDrawingBuffer: true, powerPreference: "low-power" });
  shared = gl ? new Surface(canvas, gl) : null;
  return shared;
}

/** A colour as three parts from 0 to 1. @param {string} colour as `token` gives it: "#rrggbb" @returns {[number, number, number]} */
export function partsOf(colour) {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(colour);
  return hex ? [parseInt(hex[1], 16) / 255, parseInt(hex[2], 16) / 255, parseInt(hex[3], 16) / 255] : [0.5, 0.5, 0.5];
}
