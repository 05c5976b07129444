/** A page of tags with a value at each logged step, their runs side by side: one slider for all, or one of its own for a tag that is set free. */

import { isTyping, need, setText } from "../dom.js";
import { StepBlock } from "./step_block.js";
import { allSteps } from "./image_series.js";
import { Scrubber } from "./scrubber.js";
import { TagPage } from "./tag_page.js";

/** @import { App } from "../app.js" */
/** @import { BlobStore } from "./blob_store.js" */
/** @import { Against } from "./image_compare.js" */
/** @import { ImageSeries } from "./image_series.js" */
/** @import { Words } from "./tag_page.js" */
/**
 * One run's part of a tag. `show`: the last value at or before a step, null is the newest.
 * @typedef {{run: string, tag: string, root: HTMLElement, note: HTMLElement, isSeen: boolean, series: ImageSeries | null,
 *   show(step: number | null, mode: string, against: Against): void, paintRun(): void}} StepCell
 */

const FREE = "free"; // in the address: tags with a step of their own, "STEP@TAG", "@TAG" for the newest

/** @template {StepCell} C */
export class StepPage extends TagPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal @param {Words} words @param {BlobStore} store of its series */
  constructor(root, app, signal, words, store) {
    super(root, app, signal, words);
    this.store = store;
    /** Cells by run and tag, kept while their run is hidden. @type {Map<string, C>} */
    this.cells = new Map();
    /** What is shown, and what ever was. @type {StepBlock[]} */
    this.blocks = [];
    /** @type {Map<string, StepBlock>} */
    this.known = new Map();
    this.readings = -1;
    /** @type {{numbers: ArrayLike<number>, steps: string[]}} */
    this.stops = { numbers: [], steps: [] };
    this.due = 0;
    const slider = need(root, ".scrubber", words.many);
    this.ownSlider = /** @type {HTMLElement} */ (slider.cloneNode(true)); // copied by tags that have a step of their own
    this.scrubber = new Scrubber(slider, { signal, onStep: (step) => this.choose(step) });
    const margin = { root: root.closest("main"), rootMargin: "300px" };
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), margin);
    this.near = new IntersectionObserver((entries) => this.onNear(entries), { ...margin, rootMargin: "900px" });
    signal.addEventListener("abort", () => { this.seen.disconnect(); this.near.disconnect(); });
  }

  /** One run's part of a tag, made once. @param {string} run @param {string} tag @returns {C} */
  makeCell(run, tag) {
    throw new Error(`step_page: nothing shows ${tag} of ${run}`);
  }

  /** How cells are compared, and with what. @returns {{mode: string, against: Against}} */
  get comparison() { return { mode: "none", against: { kind: "first" } }; }

  /** Whether a cell's steps are stops of the page's slider. @param {C} cell */
  isStepped(cell) { return cell.root.isConnected; }

  wire() {
    super.wire();
    const { app, signal } = this;
    app.on("cursor", () => this.showStep(), { signal });
    app.on("navigated", () => { this.layout = ""; }, { signal }); // tags may have other steps of their own now
    document.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], { target } = event;
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || isTyping(event) || this.scrubber.root.hidden) return;
      if (by && !(target instanceof HTMLInputElement)) { event.preventDefault(); this.scrubber.move(event.shiftKey ? 10 * by : by); }
      if (event.key === " " && target === document.body) { event.preventDefault(); this.scrubber.toggle(); }
    }, { signal });
  }

  /** @param {{run: string, tag: string}[]} grown @param {string[]} rebuilt */
  onGrown(grown, rebuilt) {
    const stale = [...this.cells.values()].filter(({ run, tag, series }) => series && (rebuilt.includes(run) || grown.some((one) => one.run === run && one.tag === tag)));
    for (const cell of stale) void this.readCell(cell, true);
  }

  clear() { this.blocks = []; }

  filled() { this.showStep(); }

  restyle() { for (const cell of this.cells.values()) cell.paintRun(); }

  /** One tag; its cells are made when it comes near the window. @param {string} tag @param {string[]} runs */
  block(tag, runs) {
    const asked = this.app.view.getAll(FREE).find((one) => one.slice(one.indexOf("@") + 1) === tag), step = asked?.slice(0, asked.indexOf("@"));
    const free = step === undefined ? undefined : step === "" || !Number.isFinite(Number(step)) ? null : Number(step), cells = () => runs.map((run) => this.cell(run, tag));
    let block = this.known.get(tag);
    if (block) {
      block.free = free;
      block.update(cells, runs.length);
    } else {
      const onFree = (/** @type {number | null | undefined} */ chosen) => {
        const others = this.app.view.getAll(FREE).filter((one) => one.slice(one.indexOf("@") + 1) !== tag);
        this.app.view.setAll(FREE, chosen === undefined ? others : [...others, `${chosen ?? ""}@${tag}`]);
        this.showStep();
      };
      this.known.set(tag, (block = new StepBlock(tag, cells, runs.length, this.ownSlider, { free, onFree, signal: this.signal })));
      this.near.observe(block.root);
    }
    this.blocks.push(block);
    return block.root;
  }

  /** @param {string} run @param {string} tag */
  cell(run, tag) {
    const key = `${run}\n${tag}`;
    let cell = this.cells.get(key);
    if (!cell) this.cells.set(key, (cell = this.makeCell(run, tag)));
    cell.paintRun();
    this.seen.observe(cell.root);
    return cell;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onNear(entries) {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      this.near.unobserve(target);
      for (const block of this.known.values()) if (block.root === target) block.fill();
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

  /** @param {C} cell @param {boolean} [isStale] */
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
    const { cursor } = this.app, step = cursor.pinned ? cursor.x : null, { mode, against } = this.comparison;
    if (this.readings !== this.store.readings) this.stops = allSteps([...this.cells.values()].flatMap((cell) => (this.isStepped(cell) && cell.series) || []));
    this.readings = this.store.readings;
    this.scrubber.show(this.stops, step);
    for (const block of this.blocks) block.show(step, this.store.readings, mode, against);
  }
}
