/** A page of clips: every tag with its runs side by side, at one step, at one position that all players share. */

import { el, isTyping, need } from "../dom.js";
import { splitName } from "../format.js";
import { ClipCell } from "./clip_cell.js";
import { ClipStore } from "./clip_store.js";
import { allSteps } from "./image_series.js";
import { Scrubber } from "./scrubber.js";
import { TagPage } from "./tag_page.js";
import { Transport } from "./transport.js";
import { TransportBar } from "./transport_bar.js";

/** @import { App } from "../app.js" */
/** @import { Spot } from "./clip_cell.js" */
/** @import { Words } from "./tag_page.js" */
/** @import { Change } from "./transport.js" */
/** @template {Spot} S @typedef {{tag: string, runs: string[], cells: ClipCell<S>[], root: HTMLElement}} ClipBlock */

/** Subclasses say what draws a clip (`makeSpot`), by which clock, what follows the position (`moved`) and what a and b do (`turn`). @template {Spot} S */
export class ClipPage extends TagPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal @param {Words & {kind: "audio" | "video"}} words @param {() => number} now */
  constructor(root, app, signal, words, now) {
    super(root, app, signal, words);
    this.store = new ClipStore(app, words.kind);
    /** Kept while their run is hidden. @type {Map<string, ClipCell<S>>} */
    this.cells = new Map();
    /** @type {ClipBlock<S>[]} */
    this.blocks = [];
    this.due = 0;
    this.shown = "";
    this.frame = 0;
    /** Every step at which there is any. */
    this.stops = allSteps([]);
    this.transport = new Transport(now, (change) => this.onTransport(change));
    this.bar = new TransportBar(need(root, ".transport", words.many), this.transport, app.view, signal);
    this.scrubber = new Scrubber(need(root, ".scrubber", words.many), { signal, onStep: (step) => this.choose(step) });
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), { root: root.closest("main"), rootMargin: "200px" });
    signal.addEventListener("abort", () => { this.seen.disconnect(); this.transport.pause(); });
  }

  wire() {
    super.wire();
    const { app, signal } = this;
    app.on("cursor", () => this.showSoon(), { signal });
    app.on("theme", () => this.restyle(), { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  /** What is seen of a tag's name. @param {string} tag */
  shownTag(tag) { return tag.startsWith(this.words.prefix ?? "") ? tag.slice((this.words.prefix ?? "").length) : tag; }

  /** @param {ClipCell<S>} cell @param {number} k @returns {S} */
  makeSpot(cell, k) { throw new Error(`clip_page: nothing draws clip ${k} of ${cell.tag}`); }

  /** The position, or what plays, is another. @param {Change} change */
  moved(change) { void change; }

  /** Another run at the same position. @param {number} by 1: the next one */
  turn(by) { void by; }

  /** How far a key moves the position, s. */
  get stride() { return Math.max(0.02, Math.min(1, this.transport.duration / 20)); }

  /** @param {Change} change */
  onTransport(change) {
    if (!this.bar) return;
    if (this.transport.isPlaying) this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.transport.tick(); });
    this.bar.paint();
    this.moved(change);
    if (change === "pause" || (change === "seek" && !this.transport.isPlaying)) this.bar.keep();
  }

  /** @param {string} tag @param {string[]} runs */
  block(tag, runs) {
    const [head, tail] = splitName(this.shownTag(tag)), cells = runs.map((run) => this.cell(run, tag));
    const root = el("section", { class: "image-tag clip-tag" }, el("h3", { title: this.shownTag(tag) }, el("span", {}, head), tail), el("div", { class: "clip-row" }, ...cells.map((cell) => cell.root)));
    this.blocks.push({ tag, runs, cells, root });
    return root;
  }

  /** @param {string} run @param {string} tag */
  cell(run, tag) {
    const key = `${run}\n${tag}`;
    let cell = this.cells.get(key);
    if (!cell) this.cells.set(key, (cell = new ClipCell(this.app, this.store, run, tag, (of, k) => this.makeSpot(of, k))));
    cell.paintRun();
    return cell;
  }

  clear() {
    this.seen.disconnect();
    this.blocks = [];
  }

  filled() {
    for (const { cells } of this.blocks) for (const cell of cells) this.seen.observe(cell.root);
    for (const cell of this.cells.values()) if (!cell.root.isConnected) cell.setSeen(false);
    this.showSoon();
  }

  restyle() { for (const cell of this.cells.values()) cell.paintRun(); }

  /** @param {IntersectionObserverEntry[]} entries */
  onSeen(entries) {
    const change = new Map(entries.map(({ target, isIntersecting }) => [target, isIntersecting]));
    for (const { cells } of this.blocks) {
      for (const cell of cells) {
        const isSeen = change.get(cell.root);
        if (isSeen === undefined) continue;
        cell.setSeen(isSeen);
        if (isSeen && !cell.series) void this.readCell(cell, false);
      }
    }
    this.showSoon();
  }

  /** @param {{run: string, tag: string}[]} grown @param {string[]} rebuilt */
  onGrown(grown, rebuilt) {
    for (const cell of this.cells.values()) if (cell.series && (rebuilt.includes(cell.run) || grown.some(({ run, tag }) => run === cell.run && tag === cell.tag))) void this.readCell(cell, true);
  }

  /** @param {ClipCell<S>} cell @param {boolean} isStale */
  async readCell(cell, isStale) {
    try {
      await (isStale ? this.store.read(cell.run, cell.tag) : this.store.get(cell.run, cell.tag));
    } catch (error) {
      cell.note.textContent = /** @type {Error} */ (error).message;
    }
    this.showSoon();
  }

  /** @param {number | null} step */
  choose(step) {
    this.app.setCursor(step, true);
    this.app.view.set("step", step);
    this.showSoon();
  }

  /** Once a frame, however many answers come. */
  showSoon() {
    this.due ||= requestAnimationFrame(() => { this.due = 0; this.showStep(); });
  }

  showStep() {
    const { cursor } = this.app, step = cursor.pinned ? cursor.x : null, shown = this.blocks.flatMap(({ cells }) => cells);
    if (this.shown !== `${this.store.readings} ${this.layout}`) this.stops = allSteps(shown.flatMap((cell) => cell.series ?? []));
    this.shown = `${this.store.readings} ${this.layout}`;
    this.scrubber.show(this.stops, step);
    for (const cell of shown) if (cell.isSeen) cell.show(step);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event)) return;
    const isOwn = event.target instanceof HTMLInputElement || event.target instanceof HTMLButtonElement;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], move = { ",": -1, ".": 1 }[event.key], turn = { a: -1, b: 1 }[event.key];
    if (by && !(event.target instanceof HTMLInputElement)) { event.preventDefault(); this.scrubber.move(event.shiftKey ? 10 * by : by); }
    if (event.key === " " && !isOwn && !(event.target instanceof HTMLElement && event.target.closest("summary, a"))) { event.preventDefault(); this.transport.toggle(); }
    if (move) this.transport.seek(this.transport.position + move * this.stride);
    if (turn) this.turn(turn);
    if (event.key === "l") this.bar.setLoop(!this.transport.isLooping);
    if (event.key === "t") { event.preventDefault(); this.search.input.focus(); }
  }
}
