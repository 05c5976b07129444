/** The video page: videos of all runs play in step, frame by frame if asked, side by side or one in the other's place. */

import { el, need, setAttribute } from "../dom.js";
import { ClipPage } from "./clip_page.js";
import { VideoSpot } from "./video_spot.js";

/** @import { App } from "../app.js" */
/** @import { Change } from "./transport.js" */

const PREFIX = "_video_/"; // our writer's, as the tag itself is the GIF's
const FPS = 25; // where the file says nothing

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController();
  const page = new VideoPage(root, app, abort.signal);
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

/** @extends {ClipPage<VideoSpot>} */
class VideoPage extends ClipPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    super(root, app, signal, { kind: "video", many: "videos", example: "writer.add_video(\"rollout\", frames, step, fps=20, webm=True)", prefix: PREFIX }, () => performance.now() / 1000);
    this.settling = 0;
    /** The one run that is shown of each tag; null: all. */
    this.solo = app.view.get("solo");
    for (const [action, by] of /** @type {const} */ ([["back", -1], ["forward", 1]])) need(root, `[data-action=${action}]`, "video").addEventListener("click", () => this.step(by), { signal });
    for (const button of root.querySelectorAll("[data-solo]")) button.addEventListener("click", () => this.setSolo(button.getAttribute("data-solo") === "one" ? this.solo ?? this.runs()[0] ?? null : null), { signal });
    document.addEventListener("visibilitychange", () => this.moved("tick"), { signal });
  }

  makeSpot() {
    return new VideoSpot({ transport: this.transport, file: (url) => this.store.file(url), onLoad: () => this.measure(), onClick: () => this.transport.toggle() });
  }

  get spots() { return this.blocks.flatMap(({ cells }) => cells.filter(({ isSeen }) => isSeen).flatMap(({ spots }) => spots)); }

  /** One frame of the fastest video. */
  get stride() { return 1 / (Math.max(0, ...this.spots.map(({ fps }) => fps ?? 0)) || FPS); }

  get look() { return this.solo ?? ""; }

  measure() {
    this.transport.setDuration(Math.max(0, ...this.spots.map(({ duration }) => duration)));
    this.onTransport("tick");
  }

  /** @param {Change} change */
  moved(change) {
    if (change === "play" && !this.transport.duration) { this.transport.pause(); return; } // there is nothing to be played
    for (const { cells } of this.blocks ?? []) for (const { spots } of cells) for (const spot of spots) spot.follow();
    if (!this.transport.isPlaying) this.settle();
  }

  /** A seek takes its time: what it found wanting is asked for again. */
  settle() {
    clearTimeout(this.settling);
    const isBehind = this.spots.some(({ video, duration }) => video && (video.seeking || Math.abs(video.currentTime - Math.min(this.transport.position, duration)) > 0.01));
    if (isBehind) this.settling = window.setTimeout(() => { if (!this.transport.isPlaying) this.moved("tick"); }, 40);
  }

  /** Single frames: to the middle of one, so that no rounding shows its neighbour. @param {number} by */
  step(by) {
    const { transport, stride } = this;
    transport.pause();
    const frame = Math.floor(transport.position / stride + 1e-6) + by, last = Math.max(0, Math.round(transport.duration / stride) - 1);
    transport.seek((Math.max(0, Math.min(last, frame)) + 0.5) * stride);
  }

  /** Runs that have a video on the page. */
  runs() { return [...new Set([...(this.tags?.tags ?? [])].flatMap(({ runs }) => runs.map((i) => this.tags?.runs[i] ?? "")))].filter((run) => this.app.runs.isVisible(run)); }

  /** @param {string | null} run */
  setSolo(run) {
    this.solo = run;
    this.app.view.set("solo", run);
    this.paint();
  }

  paint() {
    super.paint();
    for (const button of this.root.querySelectorAll("button[data-solo]")) setAttribute(button, "aria-pressed", String((button.getAttribute("data-solo") === "one") === (this.solo !== null)));
  }

  /** @param {string} tag @param {string[]} runs */
  block(tag, runs) {
    const { solo } = this, root = super.block(tag, solo === null ? runs : runs.filter((run) => run === solo));
    root.toggleAttribute("data-one", solo !== null);
    if (solo !== null && !runs.includes(solo)) root.append(el("p", { class: "count" }, `${solo} has logged none`));
    return root;
  }

  /** @param {number} by */
  turn(by) {
    const runs = this.runs(), at = this.solo === null ? -1 : runs.indexOf(this.solo);
    if (!runs.length) return;
    this.setSolo(runs[at < 0 ? (by > 0 ? 0 : runs.length - 1) : (at + by + runs.length) % runs.length]);
    this.app.say(`Showing ${this.solo}`);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const by = { ",": -1, ".": 1 }[event.key];
    if (by && !event.altKey && !event.ctrlKey && !event.metaKey && !(event.target instanceof HTMLElement && event.target.closest(".field, select"))) this.step(by);
    else super.onKey(event);
    if (event.key === "s" && !(event.target instanceof HTMLElement && event.target.closest(".field"))) this.setSolo(null);
  }
}
