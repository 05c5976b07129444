/** The images page: every tag with its runs side by side, all at one step. */

import { el, icon, isTyping, need, setText } from "../dom.js";
import { splitName } from "../format.js";
import { emptyLogdir, emptyNote } from "./empty_page.js";
import { ImageCell } from "./image_cell.js";
import { allSteps } from "./image_series.js";
import { Scrubber } from "./scrubber.js";
import { groupTags } from "./tag_groups.js";

/** @import { App } from "../app.js" */
/** @import { Group } from "./tag_groups.js" */
/** @import { DeltaEvent, TagsAnswer } from "../types.d.ts" */

const MODULE = "images";

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
    /** @type {HTMLInputElement} */
    this.filter = need(root, "input[name=tags]", MODULE);
    /** @type {HTMLDialogElement} */
    this.dialog = need(root, "dialog", MODULE);
    /** The cell that is shown large, and which of its images. @type {{cell: ImageCell, k: number} | null} */
    this.large = null;
    /** @type {TagsAnswer | null} */
    this.tags = null;
    /** What the page shows, to know when that changes. */
    this.layout = "";
    /** Cells by run and tag, kept while their run is hidden. @type {Map<string, ImageCell>} */
    this.cells = new Map();
    this.scrubber = new Scrubber(need(root, ".scrubber", MODULE), { signal, onStep: (step) => this.choose(step) });
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), { root: root.closest("main"), rootMargin: "300px" });
    signal.addEventListener("abort", () => this.seen.disconnect());
    this.filter.value = app.view.get("tags") ?? "";
    for (const [name, fallback] of [["size", "fit"], ["pixels", "sharp"]]) this.setLook(name, app.view.get(name) ?? fallback);
  }

  wire() {
    const { app, root, signal } = this;
    app.on("selection", () => this.paint(), { signal });
    app.on("runs", () => this.paint(), { signal });
    app.on("style", () => this.paint(), { signal });
    app.on("delta", (delta) => this.onDelta(delta), { signal });
    app.on("stale", () => this.readTags(), { signal });
    app.on("cursor", () => this.showStep(), { signal });
    this.filter.addEventListener("input", () => this.setFilter(this.filter.value), { signal });
    this.filter.addEventListener("keydown", (event) => { if (event.key === "Escape") this.setFilter(""); }, { signal });
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      for (const name of ["size", "pixels"]) if (button?.dataset[name]) this.setLook(name, button.dataset[name] ?? "");
    }, { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.dialog.addEventListener("close", () => { this.large = null; }, { signal });
  }

  /** @param {string} text */
  setFilter(text) {
    if (this.filter.value !== text) this.filter.value = text;
    this.app.view.set("tags", text || null);
    this.paint();
  }

  /** @param {string} name "size" or "pixels" @param {string} value */
  setLook(name, value) {
    this.root.dataset[name] = value;
    const buttons = /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll(`button[data-${name}]`));
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset[name] === value));
    this.app.view.set(name, value === buttons[0].dataset[name] ? null : value);
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
    for (const name of delta.rebuilt ?? []) for (const cell of this.cells.values()) if (cell.run === name && cell.series) { cell.index = -1; void this.readCell(cell); }
    for (const { run, tag } of grown) {
      const cell = this.cells.get(`${run}\n${tag}`);
      if (cell?.series) void this.readCell(cell);
    }
  }

  paint() {
    if (!this.tags) return;
    const { app, tags } = this, visible = app.runs.visible().map((run) => run.name);
    const entries = tags.tags.map(({ tag, runs, points }) => ({ tag, points, description: "", runs: new Set(runs.map((i) => tags.runs[i])) }));
    const { groups, isBroken } = groupTags(entries, { filter: this.filter.value, pins: [], isShown: (run) => app.runs.isVisible(run) });
    this.filter.toggleAttribute("aria-invalid", isBroken);
    // A live page hears of its runs many times a second: what stands where it stood is left alone.
    const layout = JSON.stringify([groups, visible, app.runs.list.length > 0]);
    if (layout === this.layout) { for (const cell of this.cells.values()) cell.paintRun(); return; }
    this.layout = layout;
    this.seen.disconnect();
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
    if (this.filter.value.trim()) return emptyNote("No tag matches", "Esc in the field clears the filter.", ["Clear the filter", () => this.setFilter("")]);
    return emptyNote("No images here", "The ticked runs have logged none.");
  }

  /** @param {Group} group @param {Map<string, string[]>} runsOf */
  section({ key, title, tags }, runsOf) {
    const closed = this.app.view.getAll("closed");
    const details = el("details", { class: "section", open: !closed.includes(key) },
      el("summary", {}, icon("right"), el("h2", { title }, title), el("span", { class: "count" }, String(tags.length))),
      el("div", { class: "image-tags" }, ...tags.map((tag) => this.block(tag, runsOf.get(tag) ?? []))));
    details.addEventListener("toggle", () => {
      const others = this.app.view.getAll("closed").filter((one) => one !== key);
      this.app.view.setAll("closed", details.open ? others : [...others, key]);
    }, { signal: this.signal });
    return details;
  }

  /** One tag: its runs side by side. @param {string} tag @param {string[]} runs */
  block(tag, runs) {
    const cells = runs.map((run) => {
      const key = `${run}\n${tag}`;
      let cell = this.cells.get(key);
      if (!cell) this.cells.set(key, (cell = new ImageCell(this.app, run, tag, (c, k) => this.open(c, k))));
      cell.paintRun();
      this.seen.observe(cell.root);
      return cell.root;
    });
    const [head, tail] = splitName(tag);
    return el("section", { class: "image-tag" }, el("h3", { title: tag }, el("span", {}, head), tail), el("div", { class: "image-row", vars: { "--runs": runs.length } }, ...cells));
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onSeen(entries) {
    for (const cell of this.cells.values()) {
      const entry = entries.find(({ target }) => target === cell.root);
      if (entry?.isIntersecting && !cell.series) void this.readCell(cell);
    }
  }

  /** @param {ImageCell} cell */
  async readCell(cell) {
    try {
      await cell.read();
    } catch (error) {
      cell.frame.replaceChildren(el("p", {}, /** @type {Error} */ (error).message));
    }
    this.showStep();
  }

  /** @param {number | null} step */
  choose(step) {
    this.app.setCursor(step, true);
    this.app.view.set("step", step);
    this.showStep();
  }

  /** All cells and the slider at the chosen step; null is the newest. */
  showStep() {
    const { cursor } = this.app, step = cursor.pinned ? cursor.x : null;
    const shown = [...this.cells.values()].filter((cell) => cell.root.isConnected && cell.series);
    this.scrubber.show(allSteps(shown.flatMap((cell) => (cell.series ? [cell.series] : []))), step);
    for (const cell of shown) cell.show(step);
    if (this.large) this.showLarge();
  }

  /** @param {ImageCell} cell @param {number} k */
  open(cell, k) {
    this.large = { cell, k };
    this.showLarge();
    this.dialog.showModal();
  }

  showLarge() {
    if (!this.large || this.large.cell.index < 0) return;
    const { cell, k } = this.large, image = /** @type {HTMLImageElement} */ (need(this.dialog, "img", MODULE));
    image.src = cell.url(cell.index, k);
    image.alt = cell.caption(cell.index, k);
    setText(need(this.dialog, "figcaption", MODULE), image.alt);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event)) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && event.target !== this.scrubber.range) { event.preventDefault(); this.scrubber.move(event.shiftKey ? 10 * by : by); }
    if (event.key === "t") { event.preventDefault(); this.filter.focus(); }
  }
}
