/** The meshes page: every tag with its runs side by side, at one step, all seen from one place. */

import { el, isTyping, need, setAttribute } from "../dom.js";
import { splitName } from "../format.js";
import { paintRange } from "../shell.js";
import { HOME, formatEye, parseEye } from "../space/camera.js";
import { keyed, listenToHand } from "../space/orbit_hand.js";
import { sharedSurface } from "../space/surface.js";
import { BlobStore } from "./blob_store.js";
import { allSteps } from "./image_series.js";
import { MeshCell } from "./mesh_cell.js";
import { MeshStore, around, joinedTags, meshName, vertexTags } from "./mesh_data.js";
import { Scrubber } from "./scrubber.js";
import { TagPage } from "./tag_page.js";

/** @import { App } from "../app.js" */
/** @import { Eye } from "../space/camera.js" */
/** @import { TagsAnswer } from "../types.d.ts" */
/** @import { MeshItem } from "./mesh_data.js" */
/** @import { MeshLook } from "./mesh_cell.js" */

const MODULE = "meshes";
const MODES = ["solid", "edges", "points"];
const WAIT_MS = 150;

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController();
  const page = new MeshesPage(root, app, abort.signal);
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

class MeshesPage extends TagPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    super(root, app, signal, { kind: "mesh", many: "meshes", example: "writer.add_mesh(\"cloud\", vertices, colors=colors, faces=faces, global_step=step)" });
    this.series = new BlobStore(app, "mesh");
    this.store = new MeshStore();
    this.surface = sharedSurface();
    /** By run and tag, kept while their run is hidden. @type {Map<string, MeshCell>} */
    this.cells = new Map();
    /** @type {Map<string, string>} */
    this.raw = new Map();
    /** Boxes around all that was seen of a tag. @type {Map<string, MeshItem["bounds"]>} */
    this.boxes = new Map();
    this.eye = parseEye(app.view.get("eye"));
    this.readings = -1;
    /** @type {{numbers: ArrayLike<number>, steps: string[]}} */
    this.stops = { numbers: [], steps: [] };
    this.due = 0;
    this.eyeTimer = 0;
    this.scrubber = new Scrubber(need(root, ".scrubber", MODULE), { signal, onStep: (step) => this.choose(step) });
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), { root: root.closest("main"), rootMargin: "300px" });
    this.sizes = new ResizeObserver(() => this.drawSoon());
    this.sizes.observe(this.body);
    this.surface?.listeners.add(() => this.drawSoon());
    signal.addEventListener("abort", () => { this.seen.disconnect(); this.sizes.disconnect(); });
    this.paintChoices();
  }

  /** @returns {MeshLook} */
  get meshLook() {
    const { view } = this.app, mode = view.get("mode") ?? "solid";
    return { mode: /** @type {MeshLook["mode"]} */ (MODES.includes(mode) ? mode : "solid"), size: Number(view.get("size") ?? 1) || 1, isLit: view.get("shade") !== "none" };
  }

  get isLocked() { return this.app.view.get("lock") !== "none"; }

  get isSameScale() { return this.app.view.get("fit") !== "own"; }

  wire() {
    super.wire();
    const { app, root, signal } = this;
    listenToHand(root, ".mesh-canvas", {
      eye: (canvas) => this.eyeOf(this.cellOf(canvas)), look: (canvas, eye) => this.lookFrom(this.cellOf(canvas), eye), isFlat: () => false, isWheelShared: true,
    }, signal);
    for (const topic of /** @type {const} */ (["style", "theme", "lift"])) app.on(topic, () => this.drawSoon(), { signal });
    app.on("cursor", () => this.showStep(), { signal });
    app.on("navigated", () => { this.eye = parseEye(app.view.get("eye")); this.paintChoices(); this.drawSoon(); }, { signal });
    document.addEventListener("click", (event) => this.onClick(event), { signal });
    need(document, "#settings input[data-set=size]", MODULE).addEventListener("input", (event) => { const { value } = /** @type {HTMLInputElement} */ (event.target); app.view.set("size", value === "1" ? null : value); this.paintChoices(); this.drawSoon(); }, { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("button[data-choose], button[data-zoom]")) : null;
    if (!button) return;
    const { choose, value = "", usual = "", zoom } = button.dataset;
    if (choose) this.app.view.set(choose, value === usual ? null : value);
    if (choose === "lock") for (const cell of this.cells.values()) cell.eye = this.isLocked ? null : this.eye;
    if (zoom) this.lookFrom(null, keyed(this.eye, { key: zoom, shiftKey: false }, false) ?? HOME);
    this.paintChoices();
    this.drawSoon();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented || isTyping(event)) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && !(event.target instanceof HTMLInputElement)) { event.preventDefault(); this.scrubber.move(event.shiftKey ? 10 * by : by); }
    if (event.key === " " && event.target === document.body) { event.preventDefault(); this.scrubber.toggle(); }
    if (["+", "=", "-", "0"].includes(event.key)) this.lookFrom(null, keyed(this.eye, event, false) ?? HOME);
  }

  paintChoices() {
    const { view } = this.app;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("button[data-choose]"))) setAttribute(button, "aria-pressed", String((view.get(button.dataset.choose ?? "") ?? button.dataset.usual) === button.dataset.value));
    const size = /** @type {HTMLInputElement} */ (need(document, "#settings input[data-set=size]", MODULE));
    size.value = String(this.meshLook.size);
    paintRange(size);
    need(document, "#settings output[data-set=size]", MODULE).textContent = `${this.meshLook.size} ×`;
  }

  /** @param {Element} canvas */
  cellOf(canvas) { return [...this.cells.values()].find((cell) => cell.canvas === canvas) ?? null; }

  /** @param {MeshCell | null} cell @returns {Eye} */
  eyeOf(cell) { return (!this.isLocked && cell?.eye) || this.eye; }

  /** @param {MeshCell | null} cell null: all of them @param {Eye} eye */
  lookFrom(cell, eye) {
    if (cell && !this.isLocked) cell.eye = eye;
    else {
      this.eye = eye;
      for (const one of this.cells.values()) one.eye = null;
      clearTimeout(this.eyeTimer);
      this.eyeTimer = window.setTimeout(() => this.app.view.set("eye", formatEye(eye)), WAIT_MS); // browsers limit how often an address may change
    }
    this.drawSoon();
  }

  /** @param {TagsAnswer} answer */
  joined(answer) {
    this.raw = vertexTags(answer);
    return joinedTags(answer);
  }

  /** @param {string} tag */
  nameOf(tag) { return meshName(tag); }

  /** @param {{run: string, tag: string}[]} grown @param {string[]} rebuilt */
  onGrown(grown, rebuilt) {
    for (const cell of this.cells.values()) if (cell.series && (rebuilt.includes(cell.run) || grown.some(({ run, tag }) => run === cell.run && tag === cell.tag))) void this.readCell(cell, true);
  }

  clear() { this.seen.disconnect(); }

  filled() { this.showStep(); }

  restyle() { for (const cell of this.cells.values()) cell.paintRun(); }

  /** @param {string} tag @param {string[]} runs */
  block(tag, runs) {
    const [head, tail] = splitName(tag);
    return el("section", { class: "image-tag mesh-tag" }, el("div", { class: "image-head" }, el("h3", { title: tag }, el("span", {}, head), tail)), el("div", { class: "mesh-row" }, ...runs.map((run) => this.cell(run, tag).root)));
  }

  /** @param {string} run @param {string} tag */
  cell(run, tag) {
    const key = `${run}\n${tag}`;
    let cell = this.cells.get(key);
    if (!cell) this.cells.set(key, (cell = new MeshCell(this.app, this.store, this.surface, run, tag, () => this.drawSoon())));
    cell.paintRun();
    this.seen.observe(cell.root);
    return cell;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onSeen(entries) {
    const change = new Map(entries.map(({ target, isIntersecting }) => [target, isIntersecting]));
    for (const cell of this.cells.values()) {
      const isSeen = change.get(cell.root);
      if (isSeen === undefined) continue;
      cell.isSeen = isSeen;
      if (isSeen && !cell.series) void this.readCell(cell, false);
      else if (isSeen) cell.show(this.step);
      else cell.solid?.free(); // of ten thousand, the card holds those in sight
    }
    this.drawSoon();
  }

  /** @param {MeshCell} cell @param {boolean} isStale */
  async readCell(cell, isStale) {
    const raw = this.raw.get(`${cell.run}\n${cell.tag}`) ?? `${cell.tag}_VERTEX`;
    try {
      cell.series = await (isStale ? this.series.read(cell.run, raw) : this.series.get(cell.run, raw));
    } catch (error) {
      cell.say([/** @type {Error} */ (error).message]);
    }
    this.showStep();
  }

  get step() { const { cursor } = this.app; return cursor.pinned ? cursor.x : null; }

  /** @param {number | null} step */
  choose(step) {
    this.app.setCursor(step, true);
    this.app.view.set("step", step);
    this.showStep();
  }

  showStep() {
    if (this.readings !== this.series.readings) this.stops = allSteps([...this.cells.values()].flatMap((cell) => (cell.root.isConnected && cell.series) || []));
    this.readings = this.series.readings;
    this.scrubber.show(this.stops, this.step);
    for (const cell of this.cells.values()) if (cell.isSeen) cell.show(this.step);
    this.drawSoon();
  }

  drawSoon() { this.due ||= requestAnimationFrame(() => { this.due = 0; this.draw(); }); }

  draw() {
    const look = this.meshLook, seen = [...this.cells.values()].filter((cell) => cell.isSeen && cell.root.isConnected);
    for (const { tag, mesh } of seen) if (mesh) this.boxes.set(tag, around(this.boxes.get(tag) ?? null, mesh.bounds));
    for (const cell of seen) cell.draw(this.eyeOf(cell), look, (this.isSameScale ? this.boxes.get(cell.tag) : cell.mesh?.bounds) ?? null);
  }
}
