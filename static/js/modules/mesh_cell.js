/** One run's mesh of one tag: the last one at or before the step, drawn from where the page looks, with what it is in words. */

import { api } from "../api.js";
import { el, icon, setAttribute, setText } from "../dom.js";
import { counted, step as stepText, value } from "../format.js";
import { distanceOf, frameOf, matrixOf, project } from "../space/camera.js";
import { drawEdges, drawPoints } from "../space/flat_points.js";
import { Solid, edgesOf } from "../space/solid.js";
import { partsOf } from "../space/surface.js";
import { resolved, token } from "../theme.js";
import { runName } from "../run_name.js";
import { lastAt } from "./image_series.js";
import { placeOf } from "./mesh_data.js";

/** @import { App } from "../app.js" */
/** @import { Eye } from "../space/camera.js" */
/** @import { Surface } from "../space/surface.js" */
/** @import { ImageSeries } from "./image_series.js" */
/** @import { MeshItem, MeshStore } from "./mesh_data.js" */
/** @typedef {{mode: "solid" | "edges" | "points", size: number, isLit: boolean}} MeshLook */

const POINT_PX = 5;
const NEAR = [1, -1]; // neighbours that are fetched ahead
const AHEAD_BYTES = 8e6; // of an item whose neighbours are

export class MeshCell {
  /** @param {App} app @param {MeshStore} store @param {Surface | null} surface @param {string} run @param {string} tag @param {() => void} onItem something to draw has come */
  constructor(app, store, surface, run, tag, onItem) {
    this.app = app;
    this.store = store;
    this.surface = surface;
    this.run = run;
    this.tag = tag;
    this.onItem = onItem;
    this.isSeen = false;
    /** @type {ImageSeries | null} */
    this.series = null;
    this.index = -1;
    /** Which of the batch. */
    this.item = 0;
    /** @type {MeshItem | null} */
    this.mesh = null;
    /** @type {Solid | null} */
    this.solid = null;
    /** @type {Eye | null} of its own, where cameras are not locked */
    this.eye = null;
    this.asked = "";
    const name = `${tag} of ${run}`;
    this.canvas = el("canvas", { class: "mesh-canvas", tabindex: 0, role: "application", "aria-label": name });
    this.ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { alpha: false }));
    this.where = el("span");
    this.note = el("span", { class: "image-note" });
    this.notes = el("p", { class: "mesh-notes", hidden: true });
    this.chip = el("span", { class: "chip", "data-on": true });
    this.file = el("a", { class: "icon-button", "aria-label": `Download ${name} as PLY`, title: "Download as PLY", download: "" }, icon("export"));
    this.batch = el("select", { "aria-label": `Item of the batch, ${name}`, onchange: () => { this.item = Number(this.batch.value); this.load(); } });
    this.batchChoice = el("label", { class: "choice", hidden: true }, el("span", {}, "item"), this.batch);
    this.root = el("figure", { class: "mesh-cell" },
      el("div", { class: "image-run", title: run }, this.chip, runName(app, run), el("span", { class: "mesh-tools" }, this.batchChoice, this.file)),
      this.canvas, el("figcaption", {}, this.where, this.note), this.notes);
  }

  paintRun() {
    const { colour, dash } = this.app.style(this.run);
    this.chip.style.setProperty("--run", colour);
    this.chip.dataset.dash = String(dash);
  }

  /** @param {number | null} step null: the newest */
  show(step) {
    const { series } = this;
    if (!series) return;
    const index = step === null ? series.refs.length - 1 : lastAt(series.numbers, step), isLate = index >= 0 && step !== null && series.numbers[index] < step;
    setText(this.where, index < 0 ? "none yet at this step" : `step ${stepText(series.steps[index])}`);
    this.where.classList.toggle("image-late", isLate || index < 0);
    this.where.title = isLate ? "The last mesh that this run logged before the chosen step" : "";
    this.index = index;
    this.load();
  }

  /** What is to be seen, if it is not there already. */
  load() {
    const { series, index, item, run, tag } = this, ref = series?.refs[index], wanted = ref === undefined ? "" : `${ref} ${item}`;
    if (wanted === this.asked) return;
    this.asked = wanted;
    if (ref === undefined) { this.take(null); return; }
    this.file.setAttribute("href", api.url("api/mesh.ply", { run, tag, ref, item }));
    this.file.download = `${run} ${tag} ${series?.steps[index] ?? ""}${item ? ` ${item}` : ""}`.replace(/[^\p{L}\p{N}._ -]+/gu, "_") + ".ply";
    this.store.get(run, tag, ref, item).then((mesh) => {
      if (this.asked !== wanted) return;
      this.take(mesh);
      if (mesh.bytes < AHEAD_BYTES) for (const by of NEAR) { const near = series?.refs[index + by]; if (near !== undefined) this.store.get(run, tag, near, item).catch(() => {}); }
    }, (error) => {
      if (this.asked !== wanted) return;
      if (item) { this.item = 0; this.load(); return; } // fewer items at this step
      this.take(null);
      this.say([/** @type {Error} */ (error).message]);
      setText(this.note, "cannot be shown");
    });
  }

  /** @param {MeshItem | null} mesh */
  take(mesh) {
    this.solid?.free();
    this.mesh = mesh;
    this.solid = mesh && this.surface ? new Solid(this.surface, mesh.shape) : null;
    this.say(mesh?.notes ?? []);
    const corners = mesh ? mesh.shape.vertices.length / 3 : 0, faces = mesh?.shape.faces ? mesh.shape.faces.length / 3 : 0;
    setText(this.note, mesh ? `${counted(corners, mesh.shape.faces ? "vertex" : "point", mesh.shape.faces ? "vertices" : "points")}${faces ? `, ${counted(faces, "face")}` : ""}` : "");
    const box = mesh?.bounds, size = box && box.low.map((v, i) => value(box.high[i] - v, 3)).join(" × ");
    this.note.title = box ? `From ${box.low.map((v) => value(v)).join(", ")} to ${box.high.map((v) => value(v)).join(", ")}: ${size}` : "";
    setAttribute(this.canvas, "aria-label", `${this.tag} of ${this.run}, ${this.where.textContent}: ${this.note.textContent || "nothing"}${size ? `, ${size}` : ""}`);
    this.canvas.dataset.drawn = "";
    const items = mesh?.items ?? 1;
    this.batchChoice.hidden = items < 2;
    if (this.batch.options.length !== items) this.batch.replaceChildren(...Array.from({ length: items }, (_, i) => el("option", { value: i }, `${i + 1} of ${items}`)));
    this.batch.value = String(this.item);
    this.onItem();
  }

  /** @param {string[]} notes */
  say(notes) {
    setText(this.notes, notes.join(" "));
    this.notes.hidden = !notes.length;
  }

  /** @param {Eye} eye @param {MeshLook} look @param {MeshItem["bounds"]} bounds that fill the frame */
  draw(eye, look, bounds) {
    const { canvas, ctx, mesh, solid, surface } = this, ratio = devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
    if (!w || !h) return;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) { canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio); }
    const paper = token("--color-sunk"), mode = mesh?.settings.wireframe && look.mode === "solid" ? "edges" : look.mode;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = paper;
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    if (!mesh || !bounds) return;
    const fov = mesh.settings.fov, matrix = matrixOf(eye, { isFlat: false, aspect: w / h, ...(fov ? { fov } : {}) }), place = placeOf(bounds), ink = resolved(this.app.style(this.run).colour);
    const size = POINT_PX * look.size * distanceOf({ ...eye, zoom: 1 }, fov) * eye.zoom ** 0.4 / eye.zoom;
    if (surface && solid) {
      const { right, up, back } = frameOf(eye, false), light = back.map((v, i) => v + 0.45 * up[i] - 0.35 * right[i]), length = Math.hypot(...light);
      const way = { matrix, place, light: light.map((v) => v / length), ink: partsOf(ink), line: partsOf(ink), size: size * ratio, mode, isLit: look.isLit && !mesh.settings.flat };
      surface.render(ctx, partsOf(paper), (gl) => solid.draw(gl, way));
    } else this.drawFlat(matrix, place, mode, ink, size, w, h, ratio);
    canvas.dataset.drawn = this.asked;
  }

  /** Without WebGL: edges and points. @param {Float32Array} matrix @param {Float32Array} place @param {string} mode @param {string} ink @param {number} size @param {number} w @param {number} h @param {number} ratio */
  drawFlat(matrix, place, mode, ink, size, w, h, ratio) {
    const { ctx, mesh } = this;
    if (!mesh) return;
    const { vertices, faces, colours } = mesh.shape, count = vertices.length / 3, there = vertices.map((v, i) => v * place[0] + place[12 + (i % 3)]), screen = project(matrix, there, w, h);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (faces && mode !== "points") { drawEdges(ctx, screen, (mesh.edges ??= edgesOf(faces)), ink); return; }
    const own = partsOf(ink).map((v) => Math.round(v * 255)), tints = new Uint8Array(4 * count);
    for (let i = 0; i < count; i++) tints.set([...(colours ? colours.subarray(3 * i, 3 * i + 3) : own), 255], 4 * i);
    drawPoints(ctx, screen, tints, new Uint8Array(count).fill(1), size);
  }
}
