/** The images page: every tag with its runs side by side, at one step, at one zoom, compared if asked. */

import { el, icon, isTyping, need, setText } from "../dom.js";
import { packNames, unpackNames } from "../view_state.js";
import { emptyLogdir, emptyNote } from "./empty_page.js";
import { ImageBlock } from "./image_block.js";
import { ImageCamera, WHOLE, formatLook, parseLook, pixelAt } from "./image_camera.js";
import { ImageCell } from "./image_cell.js";
import { ImageCompareBar } from "./image_compare_bar.js";
import { LargeImage } from "./image_large.js";
import { allSteps } from "./image_series.js";
import { ImageStore } from "./image_store.js";
import { bindLook } from "./image_look.js";
import { Scrubber } from "./scrubber.js";
import { groupTags } from "./tag_groups.js";
import { TagSearch } from "./tag_search.js";

/** @import { App } from "../app.js" */
/** @import { Group } from "./tag_groups.js" */
/** @import { DeltaEvent, TagsAnswer } from "../types.d.ts" */

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

class ImagesPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    this.root = root;
    this.app = app;
    this.signal = signal;
    this.body = need(root, ".page", MODULE);
    this.search = new TagSearch({
      app, kind: "image", field: need(root, ".toolbar .field", MODULE), signal, names: () => (this.tags?.tags ?? []).map(({ tag }) => tag), onChange: () => this.paint(),
      onPick: () => need(root, ".image-tags", MODULE).scrollIntoView({ block: "nearest" }),
    });
    this.slider = need(root, ".scrubber", MODULE);
    /** @type {TagsAnswer | null} */
    this.tags = null;
    /** What the page shows, to know when that changes. */
    this.layout = "";
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
    const { app, root, signal } = this;
    for (const topic of /** @type {const} */ (["selection", "runs", "style"])) app.on(topic, () => this.paint(), { signal });
    app.on("delta", (delta) => this.onDelta(delta), { signal });
    app.on("stale", () => this.readTags(), { signal });
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

  async readTags() {
    try {
      this.tags = await this.app.api.get("api/tags", { kind: "image" });
    } catch (error) {
      this.body.replaceChildren(el("p", { class: "notice", "data-kind": "failed" }, icon("warn"), /** @type {Error} */ (error).message));
      return;
    }
    this.paint();
  }

  /** @param {DeltaEvent} delta */
  onDelta(delta) {
    const grown = Object.entries(delta.grew ?? {}).flatMap(([run, kinds]) => (kinds.image ?? []).map((tag) => ({ run, tag })));
    const isNew = grown.some(({ run, tag }) => !this.tags?.tags.some((t) => t.tag === tag && t.runs.some((i) => this.tags?.runs[i] === run)));
    if (isNew || [delta.added, delta.removed, delta.rebuilt].some((names) => names?.length)) void this.readTags();
    const stale = [...this.cells.values()].filter(({ run, tag, series }) => series && (delta.rebuilt?.includes(run) || grown.some((one) => one.run === run && one.tag === tag)));
    for (const cell of stale) void this.readCell(cell, true);
  }

  paint() {
    if (!this.tags) return;
    const { app, tags } = this, visible = app.runs.visible().map((run) => run.name);
    this.bar.paint(visible);
    const entries = tags.tags.map(({ tag, runs, points }) => ({ tag, points, description: "", runs: new Set(runs.map((i) => tags.runs[i])) }));
    const { groups } = groupTags(entries, { test: (tag) => this.search.test(tag), pins: [], isShown: (run) => app.runs.isVisible(run) });
    // A live page hears of its runs many times a second: what stands where it stood is left alone.
    const layout = JSON.stringify([groups, visible, app.runs.list.length > 0]);
    if (layout === this.layout) { for (const cell of this.cells.values()) cell.paintRun(); return; }
    this.layout = layout;
    this.seen.disconnect();
    this.near.disconnect();
    this.blocks = [];
    const runsOf = new Map(entries.map(({ tag, runs }) => [tag, visible.filter((name) => runs.has(name))]));
    document.documentElement.toggleAttribute("data-empty", app.runs.list.length === 0);
    this.body.replaceChildren(...(groups.length ? groups.map((group) => this.section(group, runsOf)) : [this.empty()]));
    this.showStep();
  }

  empty() {
    const { app, tags } = this;
    if (!app.runs.list.length) return emptyLogdir(app);
    if (!tags?.tags.length) return emptyNote("No images yet", "They appear here as soon as a run logs one: writer.add_image(\"inputs\", image, step)");
    if (!app.runs.visible().length) return emptyNote("No run is ticked", "Tick runs in the list to see their images.");
    if (this.search.text) return emptyNote("No tag matches", "Esc in the field clears the filter.", ["Clear the filter", () => this.search.set("")]);
    return emptyNote("No images here", "The ticked runs have logged none.");
  }

  /** Keys of the sections that are closed. */
  closed() {
    const packed = this.app.view.get("closed");
    return new Set(packed === null ? [] : unpackNames(packed));
  }

  /** @param {Group} group @param {Map<string, string[]>} runsOf */
  section({ key, title, tags }, runsOf) {
    const details = el("details", { class: "section", open: !this.closed().has(key) },
      el("summary", {}, icon("right"), el("h2", { title }, title), el("span", { class: "count" }, String(tags.length))),
      el("div", { class: "image-tags" }, ...tags.map((tag) => this.block(tag, runsOf.get(tag) ?? []).root)));
    details.addEventListener("toggle", () => {
      const closed = this.closed();
      if (details.open) closed.delete(key);
      else closed.add(key);
      this.app.view.set("closed", closed.size ? packNames(closed) : null);
    }, { signal: this.signal });
    return details;
  }

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
    return block;
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
