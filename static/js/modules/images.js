/** The images page: every tag with its runs side by side, at one step, at one zoom, compared if asked. */

import { isTyping, need, setText } from "../dom.js";
import { ImageBlock } from "./image_block.js";
import { ImageCamera, WHOLE, formatLook, parseLook, pixelAt } from "./image_camera.js";
import { ImageCell } from "./image_cell.js";
import { ImageCompareBar } from "./image_compare_bar.js";
import { LargeImage } from "./image_large.js";
import { allSteps } from "./image_series.js";
import { ImageStore } from "./image_store.js";
import { bindLook } from "./image_look.js";
import { Scrubber } from "./scrubber.js";
import { TagPage } from "./tag_page.js";

/** @import { App } from "../app.js" */

const MODULE = "images";
const FREE = "free"; // in the address: tags with a step of their own, "STEP@TAG", "@TAG" for the newest

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController(), { signal } = abort;
  const page = new ImagesPage(root, app, signal);
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

class ImagesPage extends TagPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    super(root, app, signal, { kind: "image", many: "images", example: "writer.add_image(\"inputs\", image, step)" });
    this.slider = need(root, ".scrubber", MODULE);
    this.store = new ImageStore(app);
    /** Cells by run and tag, kept while their run is hidden. @type {Map<string, ImageCell>} */
    this.cells = new Map();
    /** @type {ImageBlock[]} */
    this.blocks = [];
    this.readings = -1;
    /** @type {{numbers: ArrayLike<number>, steps: string[]}} */
    this.stops = { numbers: [], steps: [] };
    this.due = 0;
    const clean = /** @type {HTMLElement} */ (this.slider.cloneNode(true));
    this.ownSlider = clean; // copied by tags that have a step of their own
    this.scrubber = new Scrubber(this.slider, { signal, onStep: (step) => this.choose(step) });
    this.bar = new ImageCompareBar(need(root, ".image-compare", MODULE), root, app, { signal, onChange: () => this.showStep() });
    this.large = new LargeImage(need(root, "dialog", MODULE), signal);
    this.camera = new ImageCamera(root, parseLook(app.view.get("zoom")), { signal, onLook: () => this.paintLook() });
    const margin = { root: root.closest("main"), rootMargin: "300px" };
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), margin);
    this.near = new IntersectionObserver((entries) => this.onNear(entries), { ...margin, rootMargin: "900px" });
    signal.addEventListener("abort", () => { this.seen.disconnect(); this.near.disconnect(); });
    bindLook(root, app.view, signal);
    this.paintLook();
  }

  wire() {
    super.wire();
    const { app, root, signal } = this;
    app.on("cursor", () => this.showStep(), { signal });
    app.on("theme", () => { for (const cell of this.cells.values()) for (const spot of cell.spots) spot.paint(); }, { signal });
    root.addEventListener("click", (event) => { this.camera.click(event); }, { signal });
    root.addEventListener("pointermove", (event) => this.onPointer(event), { signal });
    root.addEventListener("pointerleave", () => this.point(null), { signal });
    root.addEventListener("spots", () => this.showStep(), { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  paintLook() {
    const { zoom, x, y } = this.camera.look, { style } = this.root;
    style.setProperty("--zoom", String(zoom));
    style.setProperty("--pan-x", String(x));
    style.setProperty("--pan-y", String(y));
    this.root.toggleAttribute("data-zoomed", zoom > 1);
    setText(need(this.root, "[data-slot=zoom]", MODULE), zoom > 1 ? `${Number(zoom.toPrecision(2))}×` : "");
    this.app.view.set("zoom", formatLook(this.camera.look));
  }

  /** @param {{run: string, tag: string}[]} grown @param {string[]} rebuilt */
  onGrown(grown, rebuilt) {
    const stale = [...this.cells.values()].filter(({ run, tag, series }) => series && (rebuilt.includes(run) || grown.some((one) => one.run === run && one.tag === tag)));
    for (const cell of stale) void this.readCell(cell, true);
  }

  paint() {
    if (this.tags) this.bar.paint(this.app.runs.visible().map((run) => run.name));
    super.paint();
  }

  clear() {
    this.seen.disconnect();
    this.near.disconnect();
    this.blocks = [];
  }

  filled() { this.showStep(); }

  restyle() { for (const cell of this.cells.values()) cell.paintRun(); }

  /** One tag; its cells are made when it comes near the window. @param {string} tag @param {string[]} runs */
  block(tag, runs) {
    const asked = this.app.view.getAll(FREE).find((one) => one.slice(one.indexOf("@") + 1) === tag), step = asked?.slice(0, asked.indexOf("@"));
    const block = new ImageBlock(tag, () => runs.map((run) => this.cell(run, tag)), runs.length, this.ownSlider, {
      free: step === undefined ? undefined : step === "" || !Number.isFinite(Number(step)) ? null : Number(step),
      onFree: (free) => {
        const others = this.app.view.getAll(FREE).filter((one) => one.slice(one.indexOf("@") + 1) !== tag);
        this.app.view.setAll(FREE, free === undefined ? others : [...others, `${free ?? ""}@${tag}`]);
        this.showStep();
      },
      signal: this.signal,
    });
    this.blocks.push(block);
    this.near.observe(block.root);
    return block.root;
  }

  /** @param {string} run @param {string} tag */
  cell(run, tag) {
    const key = `${run}\n${tag}`;
    let cell = this.cells.get(key);
    if (!cell) this.cells.set(key, (cell = new ImageCell(this.app, this.store, run, tag, (c, k) => this.large.open(c, k))));
    cell.paintRun();
    this.seen.observe(cell.root);
    return cell;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onNear(entries) {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      this.near.unobserve(target);
      this.blocks.find((block) => block.root === target)?.fill();
    }
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onSeen(entries) {
    const change = new Map(entries.map(({ target, isIntersecting }) => [target, isIntersecting]));
    for (const cell of this.cells.values()) {
      const isSeen = change.get(cell.root);
      if (isSeen === undefined) continue;
      cell.isSeen = isSeen;
      if (isSeen && !cell.series) void this.readCell(cell);
    }
    this.showSoon();
  }

  /** @param {ImageCell} cell @param {boolean} [isStale] */
  async readCell(cell, isStale = false) {
    try {
      await (isStale ? this.store.read(cell.run, cell.tag) : this.store.get(cell.run, cell.tag));
    } catch (error) {
      setText(cell.note, /** @type {Error} */ (error).message);
    }
    this.showSoon();
  }

  /** @param {number | null} step */
  choose(step) {
    this.app.setCursor(step, true);
    this.app.view.set("step", step);
    this.showStep();
  }

  /** Once a frame, however many answers come. */
  showSoon() {
    this.due ||= requestAnimationFrame(() => { this.due = 0; this.showStep(); });
  }

  /** All cells and the slider at the chosen step; null is the newest. */
  showStep() {
    const { cursor } = this.app, step = cursor.pinned ? cursor.x : null, { mode, against } = this.bar;
    if (this.readings !== this.store.readings) this.stops = allSteps([...this.cells.values()].flatMap((cell) => (cell.root.isConnected && cell.series) || []));
    this.readings = this.store.readings;
    this.scrubber.show(this.stops, step);
    this.bar.step = this.scrubber.numbers[Number(this.scrubber.range.value)] ?? null;
    for (const block of this.blocks) block.show(step, this.store.readings, mode, against);
    this.large.paint();
  }

  /** The same pixel is read in all pictures in sight. @param {PointerEvent} event */
  onPointer(event) {
    this.bar.swipeTo(event);
    const spot = event.target instanceof Element ? event.target.closest(".image-spot") : null, image = spot?.querySelector("img");
    if (!spot || !image || this.camera.drag) { this.point(null); return; }
    const pixel = pixelAt(image.getBoundingClientRect(), image.naturalWidth, image.naturalHeight, event.clientX, event.clientY);
    this.point(pixel && { ...pixel, k: [...spot.parentElement?.children ?? []].indexOf(spot) });
  }

  /** @param {{x: number, y: number, k: number} | null} at */
  point(at) {
    cancelAnimationFrame(this.pointing ?? 0);
    this.pointing = requestAnimationFrame(() => { for (const cell of this.cells.values()) if (cell.isSeen && cell.root.isConnected) cell.point(at); });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event)) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], zoom = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 }[event.key];
    if (by && !(event.target instanceof HTMLInputElement)) { event.preventDefault(); this.scrubber.move(event.shiftKey ? 10 * by : by); }
    if (zoom) this.camera.zoom(zoom);
    if (event.key === "0") this.camera.set(WHOLE);
    if (event.key === " " && event.target === document.body) { event.preventDefault(); this.scrubber.toggle(); }
    if (event.key === "b") this.bar.next();
    if (event.key === "t") { event.preventDefault(); this.search.input.focus(); }
  }
}
