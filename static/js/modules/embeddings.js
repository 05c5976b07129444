/** The embeddings page: one tensor of a run at one step, laid out, coloured, searched; the address holds every choice. */

import { el, icon, isTyping, need, setAttribute } from "../dom.js";
import { HOME, formatEye, parseEye } from "../space/camera.js";
import { keyed, listenToHand } from "../space/orbit_hand.js";
import { contextOf, paletteOf, spriteOf, usualLabel, usualTint } from "./embedding_context.js";
import { colouring } from "./embedding_colour.js";
import { EmbeddingData, interleaved, placesOf } from "./embedding_data.js";
import { showAxes, showEnds, showKey } from "./embedding_key.js";
import { LayoutJob } from "./embedding_layout.js";
import { EmbeddingMarks } from "./embedding_marks.js";
import { bindChoices, paintChoices } from "./embedding_choices.js";
import { EmbeddingView } from "./embedding_view.js";
import { emptyLogdir, emptyNote } from "./empty_page.js";
import { Scrubber } from "./scrubber.js";

/** @import { App } from "../app.js" */
/** @import { Colouring } from "./embedding_colour.js" */
/** @import { About, Cells, Listing, Places, Which } from "./embedding_data.js" */

const MODULE = "embeddings";
const WAIT_MS = 150;

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController();
  const page = new EmbeddingsPage(root, app, abort.signal);
  page.wire();
  void page.readList();
  return () => abort.abort();
}

class EmbeddingsPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    this.root = root;
    this.app = app;
    this.signal = signal;
    this.data = new EmbeddingData();
    this.canvas = /** @type {HTMLCanvasElement} */ (need(root, ".space-stage > canvas", MODULE));
    this.field = /** @type {HTMLInputElement} */ (need(root, ".toolbar .field input", MODULE));
    this.note = need(root, "[data-slot=note]", MODULE);
    this.view = new EmbeddingView(this.canvas, { onHover: () => {}, label: (point) => this.label(point) });
    this.view.lookFrom(parseEye(app.view.get("eye")));
    this.marks = new EmbeddingMarks(this, need(root, ".space-side", MODULE), need(root, "[data-slot=said]", MODULE));
    this.scrubber = new Scrubber(need(root, ".scrubber", MODULE), { signal, onStep: (step) => { app.setCursor(step, true); app.view.set("step", step); void this.read(); } });
    this.job = new LayoutJob(need(root, "[data-slot=job]", MODULE), { onDone: (answer) => this.place(placesOf(answer)), onStop: () => { if (!this.view.count) app.view.set("method", null); this.paintChoices(); if (!this.view.count) void this.layOut(); } });
    /** @type {Listing} */
    this.list = { embeddings: [], problems: [] };
    /** @type {Which | null} */
    this.which = null;
    /** @type {About | null} */
    this.about = null;
    /** @type {Cells | null} */
    this.labels = null;
    /** @type {Cells | null} */
    this.cells = null;
    /** @type {Colouring | null} */
    this.tints = null;
    /** @type {import("./embedding_context.js").Sheet | null} */
    this.sprite = null;
    this.turn = 0;
    this.timer = 0;
    this.eyeTimer = 0;
  }

  /** @param {string} key @param {string} otherwise */
  chosenOf(key, otherwise) { return this.app.view.get(key) ?? otherwise; }

  get isFlat() { return this.chosenOf("dims", "3") === "2"; }

  get method() { const asked = this.chosenOf("method", "pca"); return ["pca", "tsne", "umap", "axes"].includes(asked) ? asked : "pca"; }

  get isOnSphere() { return this.app.view.get("sphere") !== null; }

  get axes() {
    const asked = this.chosenOf("axes", "0,1,2").split(",").map(Number);
    return asked.length === 3 && asked.every((one) => Number.isInteger(one) && one >= 0 && one < 10) ? asked : [0, 1, 2];
  }

  wire() {
    const { app, root, signal, view, canvas } = this;
    listenToHand(root, ".space-stage > canvas", {
      eye: () => view.eye ?? HOME, isFlat: () => this.isFlat, isWheelShared: false, look: (_, eye) => this.lookFrom(eye),
      click: (_, x, y) => this.marks.choose(view.pick(x, y)), take: (_, event) => this.marks.frameFrom(event),
    }, signal);
    canvas.addEventListener("pointermove", (event) => { if (!event.buttons) { const box = canvas.getBoundingClientRect(); view.hover(view.pick(event.clientX - box.left, event.clientY - box.top)); } }, { signal });
    canvas.addEventListener("pointerleave", () => view.hover(null), { signal });
    const sizes = new ResizeObserver(() => view.changed());
    sizes.observe(canvas);
    signal.addEventListener("abort", () => sizes.disconnect());
    this.field.addEventListener("input", () => { clearTimeout(this.timer); this.timer = window.setTimeout(() => { app.view.set("find", this.field.value || null); void this.marks.search(); }, WAIT_MS); }, { signal });
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-zoom]"))) button.addEventListener("click", () => { const eye = keyed(view.eye ?? HOME, { key: button.dataset.zoom ?? "", shiftKey: false }, this.isFlat); if (eye) this.lookFrom(eye); }, { signal });
    bindChoices(this, signal);
    app.on("delta", (delta) => { if (Object.values(delta.grew ?? {}).some((kinds) => kinds.embedding)) { this.data.forget(); void this.readList(); } }, { signal });
    app.on("stale", () => { this.data.forget(); void this.readList(); }, { signal });
    app.on("theme", () => void this.paintColours(), { signal });
    app.on("runs", () => { if (!this.list.embeddings.length) this.paintNote(); }, { signal });
    app.on("navigated", () => { this.field.value = app.view.get("find") ?? ""; view.lookFrom(parseEye(app.view.get("eye"))); void this.read(); }, { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (event.key === "Escape" && !document.querySelector(":popover-open")) { if (this.marks.hits && event.target === this.field) this.marks.clear(); else if (!isTyping(event)) this.marks.choose(null); }
    if (isTyping(event)) return;
    if (event.key === "l") /** @type {HTMLElement} */ (need(this.root, "[data-toggle=labels]", MODULE)).click();
    if (event.key === "d") { this.app.view.set("dims", this.isFlat ? null : "2"); void this.layOut(); }
    if (event.key === "0" || event.key === "+" || event.key === "-" || event.key === "=") { const eye = keyed(this.view.eye ?? HOME, event, this.isFlat); if (eye) this.lookFrom(eye); }
  }

  /** @param {import("../space/camera.js").Eye} eye */
  lookFrom(eye) {
    this.view.lookFrom(eye);
    clearTimeout(this.eyeTimer);
    this.eyeTimer = window.setTimeout(() => this.app.view.set("eye", formatEye(eye)), WAIT_MS); // browsers limit how often an address may change
  }

  async readList() {
    try {
      this.list = await this.data.list();
    } catch (error) {
      this.fail(/** @type {Error} */ (error).message);
      return;
    }
    await this.read();
  }

  /** What the address asks for. */
  async read() {
    const { embeddings } = this.list, { view } = this.app, turn = ++this.turn;
    this.paintNote();
    if (!embeddings.length) { this.root.dataset.state = "empty"; return; }
    const { which, stops, at } = contextOf(embeddings, view, this.app.runs);
    this.scrubber.show(stops.steps.length > 1 ? stops : { numbers: [], steps: [] }, at);
    const isOther = JSON.stringify(which) !== JSON.stringify(this.which);
    if (this.root.dataset.state !== "shown") this.root.dataset.state = "reading";
    try {
      const about = await this.data.describe(which);
      if (turn !== this.turn) return;
      if (isOther) { this.marks.forget(); this.sprite = null; this.view.setSprite(null); }
      this.which = which;
      this.about = about;
      const label = Math.min(Number(view.get("label") ?? usualLabel(about)) || 0, about.columns.length - 1);
      this.labels = about.columns.length ? await this.data.column(which, label) : null;
      if (turn !== this.turn) return;
      this.paintChoices();
      await this.layOut();
      await Promise.all([this.marks.search(), this.marks.readNear(), this.paintPictures()]);
    } catch (error) {
      if (turn === this.turn) this.fail(/** @type {Error} */ (error).message);
    }
  }

  /** Places of the points, by the method that is chosen. */
  async layOut() {
    const { which, about, method, isFlat } = this, { turn } = this;
    if (!which || !about) return;
    this.paintChoices();
    this.job.leave();
    if (method === "tsne" || method === "umap") {
      const isUmap = method === "umap", number = (/** @type {string} */ key, /** @type {number} */ otherwise) => Number(this.app.view.get(key) ?? otherwise);
      if (!this.view.count) this.place(await this.data.components(which, this.axes, this.isOnSphere));
      void this.job.ask({ ...which, step: which.step === null ? null : Number(which.step), method, dims: isFlat ? 2 : 3, neighbours: isUmap ? number("neighbours", 15) : number("perplexity", 30), min_dist: number("spread", 0.1), sphere: this.isOnSphere });
      return;
    }
    try {
      const places = await this.data.components(which, this.axes, this.isOnSphere);
      const placed = method === "axes" ? await this.alongOwnAxes(places) : places;
      if (turn === this.turn) this.place(placed);
    } catch (error) {
      this.fail(/** @type {Error} */ (error).message);
    }
  }

  /** @param {Places} places */
  async alongOwnAxes(places) {
    const [from, to, from2, to2] = this.ends, label = Number(this.app.view.get("label") ?? (this.about ? usualLabel(this.about) : 0)) || 0, columns = [...places.columns];
    let note = "";
    for (const [i, start, end] of /** @type {[number, string, string][]} */ ([[0, from, to], [1, from2, to2]])) {
      if (!start || !end || !this.which) continue;
      await this.data.axis(this.which, label, start, end, this.isOnSphere).then((column) => { columns[i] = column; }, (error) => { note = `${"xy"[i]}: ${error.message}.`; });
    }
    return { ...places, columns, note };
  }

  get ends() { const asked = this.app.view.getAll("end"); return [0, 1, 2, 3].map((i) => asked[i] ?? ""); }

  /** @param {Places} places */
  place(places) {
    const { about, method, isFlat, axes } = this, slot = need(this.root, "[data-slot=axes]", MODULE);
    if (!about) return;
    this.root.dataset.state = "shown";
    this.view.setPlaces(interleaved(places, about.points, isFlat), isFlat);
    if (method === "pca") showAxes(slot, { axes, shares: places.shares, isFlat, dimensions: about.dimensions, note: places.note }, (next) => { this.app.view.set("axes", next.join(",") === "0,1,2" ? null : next.join(",")); void this.layOut(); });
    else if (method === "axes") showEnds(slot, this.ends, places.note, (ends) => { this.app.view.setAll("end", ends.some(Boolean) ? ends : []); void this.layOut(); });
    else slot.replaceChildren(el("span", {}, places.note || "Neighbours are kept; distances between groups mean little."));
    void this.paintColours();
  }

  async paintColours() {
    const { about, which } = this, palette = paletteOf(), asked = this.app.view.get("tint");
    if (!about || !which || !this.view.count) return;
    const column = asked === null ? usualTint(about) : Number(asked), isThere = column >= 0 && column < about.columns.length;
    this.cells = isThere ? await this.data.column(which, column) : null;
    this.tints = colouring(this.cells, about.points, palette);
    const { cells } = this;
    showKey(need(this.root, "[data-slot=key]", MODULE), cells?.name ?? "", this.tints, palette.scale, (code) => { if (cells) this.marks.setHits(Array.from(cells.codes).flatMap((one, i) => (one === code ? [i] : [])), `with ${cells.name} ${cells.words[code]}`); });
    this.paintLook();
  }

  async paintPictures() {
    const { which, about } = this, isWanted = this.app.view.get("pictures") !== null;
    if (!which || !about?.sprite) { this.view.setSprite(null); return; }
    try {
      this.sprite ??= await spriteOf(this.data.spriteUrl(which));
      const [w, h] = about.sprite, { image, width, height } = this.sprite;
      this.view.setSprite(isWanted ? { image, columns: Math.max(1, Math.floor(width / w)), part: [w / width, h / height], aspect: w / h, tint: this.cells ? 0.4 : 0 } : null);
    } catch (error) {
      about.notes = [...new Set([...about.notes, /** @type {Error} */ (error).message])];
    }
    this.paintLook();
  }

  paintLook() {
    if (!this.tints || !this.about) return;
    this.view.setLook(this.tints.colours, {
      ...this.marks.look, size: Number(this.app.view.get("size") ?? 1) || 1, labels: this.app.view.get("labels") !== null,
    });
    this.marks.paintSide();
  }

  /** @param {number} point */
  label(point) { return this.labels ? this.labels.words[this.labels.codes[point]] ?? "" : ""; }

  paintChoices() { paintChoices(this); setAttribute(this.root, "data-flat", this.isFlat ? "" : null); }

  paintNote() {
    const { embeddings, problems } = this.list, lines = problems.map(({ run, message }) => el("p", { class: "notice", "data-kind": "stalled" }, icon("warn"), el("span", {}, `${run}: ${message}`)));
    const none = embeddings.length ? null : !this.app.runs.list.length && !problems.length ? emptyLogdir(this.app) : emptyNote("No embeddings yet", "They appear here as soon as a run has a projector_config.pbtxt, which writes: writer.add_embedding(features, metadata=labels, label_img=images)");
    this.note.replaceChildren(...lines, ...(none ? [none] : []));
    this.note.hidden = !this.note.children.length;
  }

  /** @param {string} message */
  fail(message) {
    this.root.dataset.state = "failed";
    this.note.replaceChildren(el("p", { class: "notice", "data-kind": "failed" }, icon("warn"), el("span", {}, message)));
    this.note.hidden = false;
  }
}
