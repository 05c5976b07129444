/** The audio page: every clip with its wave and spectrum; one is heard at a time, and another run's goes on where it was. */

import { setAttribute } from "../dom.js";
import { AudioEngine } from "./audio_engine.js";
import { AudioSpot } from "./audio_spot.js";
import { ClipPage } from "./clip_page.js";

/** @import { App } from "../app.js" */
/** @import { ClipCell } from "./clip_cell.js" */
/** @import { Change } from "./transport.js" */

const PAINT_MS = 8; // a frame
const DRAWN = ["both", "wave", "spectrum"];

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController();
  const page = new AudioPage(root, app, abort.signal, new AudioEngine());
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

/** @extends {ClipPage<AudioSpot>} */
class AudioPage extends ClipPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal @param {AudioEngine} engine */
  constructor(root, app, signal, engine) {
    super(root, app, signal, { kind: "audio", many: "sounds", example: "writer.add_audio(\"speech\", samples, step, sample_rate=16000)" }, () => engine.now);
    this.engine = engine;
    /** What is heard, or would be. @type {{run: string, tag: string, k: number}} */
    this.heard = { run: app.view.get("hear") ?? "", tag: app.view.get("clip") ?? "", k: Number(app.view.get("nth") ?? 0) || 0 };
    /** What is being listened to is decoded while it is out of sight, too. @type {AudioBuffer | null} */
    this.buffer = null;
    /** Spots that look otherwise than they should. @type {Set<AudioSpot>} */
    this.stale = new Set();
    /** Of each tag, s. @type {Map<string, number>} */
    this.totals = new Map();
    this.sizes = new ResizeObserver(() => this.restyle());
    this.sizes.observe(this.body);
    signal.addEventListener("abort", () => { this.sizes.disconnect(); engine.close(); });
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("button[data-draw]")) : null;
      if (button) this.setDrawn(button.dataset.draw ?? "");
    }, { signal });
    this.painting = 0;
    this.setDrawn(app.view.get("draw") ?? "");
  }

  /** @param {string} asked */
  setDrawn(asked) {
    const drawn = DRAWN.includes(asked) ? asked : DRAWN[0], buttons = /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("button[data-draw]"));
    for (const button of buttons) setAttribute(button, "aria-pressed", String(button.dataset.draw === drawn));
    this.root.dataset.draw = drawn;
    this.app.view.set("draw", drawn === DRAWN[0] ? null : drawn);
    this.restyle();
  }

  /** @param {ClipCell<AudioSpot>} cell @param {number} k */
  makeSpot(cell, k) {
    const { run, tag } = cell;
    return new AudioSpot({
      app: this.app, run, paintSoon: (spot) => this.paintSoon(spot), file: (url) => this.store.file(url), total: () => this.total(tag),
      onLoad: () => this.loaded(tag, run, k),
      onPlay: () => {
        if (this.isHeard(run, tag, k)) this.transport.toggle();
        else void this.hear(run, tag, k).then(() => this.transport.play());
      },
      onSeek: (seconds) => { void this.hear(run, tag, k, seconds); },
    });
  }

  /** Clips of a tag stand over one scale of time. @param {string} tag */
  total(tag) {
    const block = this.blocks.find((one) => one.tag === tag);
    return Math.max(0, ...(block?.cells.flatMap(({ spots }) => spots.map(({ root, duration }) => (root.hidden ? 0 : duration))) ?? []));
  }

  /** @param {string} tag @param {string} run @param {number} k */
  loaded(tag, run, k) {
    const total = this.total(tag);
    if (total !== this.totals.get(tag)) for (const { cells } of this.blocks.filter((block) => block.tag === tag)) for (const { spots } of cells) spots.forEach((spot) => spot.paint());
    this.totals.set(tag, total);
    if (this.isHeard(run, tag, k)) void this.take();
  }

  /** As many as there is time for in a frame, the others in the next one. @param {AudioSpot} spot */
  paintSoon(spot) {
    this.stale.add(spot);
    this.painting ||= requestAnimationFrame(() => {
      this.painting = 0;
      const start = performance.now();
      for (const one of this.stale) {
        if (performance.now() - start > PAINT_MS) { this.paintSoon(one); return; }
        this.stale.delete(one);
        one.draw();
      }
    });
  }

  /** @param {string} run @param {string} tag @param {number} k */
  isHeard(run, tag, k) { return this.heard.run === run && this.heard.tag === tag && this.heard.k === k; }

  get spot() { return this.cells.get(`${this.heard.run}\n${this.heard.tag}`)?.spots[this.heard.k] ?? null; }

  /** Listen to another clip: of the same tag where it was, of another one from the start. @param {string} run @param {string} tag @param {number} k @param {number} [at] s */
  async hear(run, tag, k, at) {
    if (tag !== this.heard.tag) this.transport.hold(0);
    if (at !== undefined) this.transport.hold(at);
    const isOther = !this.isHeard(run, tag, k);
    this.heard = { run, tag, k };
    const { view } = this.app;
    view.set("hear", run);
    view.set("clip", tag);
    view.set("nth", k || null);
    if (isOther) await this.take();
    else this.transport.seek(this.transport.position);
  }

  /** What is chosen to be heard is heard, as soon as it is decoded. */
  async take() {
    const { spot } = this, buffer = (await spot?.load()) ?? null;
    if (spot !== this.spot) return;
    if (buffer === this.buffer && buffer) { this.moved("tick"); return; }
    this.buffer = buffer;
    this.transport.setDuration(buffer?.duration ?? 0);
    this.onTransport("seek");
  }

  /** @param {Change} change */
  moved(change) {
    const { transport, engine, buffer, heard } = this;
    if (!engine) return;
    if (change === "play") {
      engine.open();
      if (!buffer) { transport.pause(); this.playFirst(); return; }
      transport.hold(transport.base); // the clock runs only now
    }
    if (change !== "tick") {
      if (transport.isPlaying && buffer) engine.play(buffer, transport.position, transport.isLooping);
      else engine.stop();
    }
    const at = buffer && (transport.isPlaying || transport.position > 0) ? transport.position : null;
    for (const { tag, cells } of this.blocks) for (const { run, spots } of cells) spots.forEach((spot, k) => spot.paintHead(tag === heard.tag ? at : null, this.isHeard(run, tag, k), transport.isPlaying));
  }

  /** Play, where nothing was chosen: the first clip there is. */
  playFirst() {
    for (const { tag, cells } of this.blocks)
      for (const { run, spots } of cells)
        if (spots[0]?.duration) { void this.hear(run, tag, 0).then(() => { if (this.buffer) this.transport.play(); }); return; }
  }

  /** @param {number} by */
  turn(by) {
    const block = this.blocks.find(({ tag }) => tag === this.heard.tag) ?? this.blocks[0], cells = block?.cells.filter(({ spots }) => spots[this.heard.k]?.duration) ?? [];
    if (!cells.length) return;
    const at = cells.findIndex(({ run }) => run === this.heard.run), next = cells[at < 0 ? 0 : (at + by + cells.length) % cells.length];
    this.app.say(`Hearing ${next.run}`);
    void this.hear(next.run, block.tag, this.heard.k);
  }
}
