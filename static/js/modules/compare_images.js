/** Images of one step in a row, one of each column, with what differs from the baseline's. */

import { el, setText } from "../dom.js";
import { splitName, step as stepText } from "../format.js";
import { line, sectionHead, table } from "./compare_table.js";
import { ImageCell } from "./image_cell.js";
import { allSteps } from "./image_series.js";
import { ImageStore } from "./image_store.js";
import { LargeImage } from "./image_large.js";
import { Scrubber } from "./scrubber.js";

/** @import { App } from "../app.js" */
/** @import { CompareAnswer, DeltaEvent } from "../types.d.ts" */
/** @typedef {{tag: string, own: (ImageCell | null)[], differing: (ImageCell | null)[]}} Row by column */

const KEY = "images"; // in the address: "all" are shown
const FEW = 3;

export class CompareImages {
  /** @param {HTMLElement} root @param {App} app @param {HTMLDialogElement} dialog @param {AbortSignal} signal */
  constructor(root, app, dialog, signal) {
    this.root = root;
    this.app = app;
    this.store = new ImageStore(app);
    const slider = /** @type {HTMLElement} */ (root.querySelector(".scrubber"));
    this.scrubber = new Scrubber(slider, { signal, onStep: (step) => this.choose(step) });
    this.body = el("div");
    this.root.append(this.body);
    this.large = new LargeImage(dialog, signal);
    /** @type {Row[]} */
    this.rows = [];
    this.laid = "";
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), { root: root.closest("main"), rootMargin: "300px" });
    app.on("cursor", () => this.show(), { signal });
    app.on("theme", () => { for (const cell of this.cells()) for (const spot of cell.spots) spot.paint(); }, { signal });
    app.on("style", () => { for (const cell of this.cells()) cell.paintRun(); }, { signal });
    root.addEventListener("spots", () => this.show(), { signal });
    signal.addEventListener("abort", () => this.seen.disconnect());
  }

  get isAll() { return this.app.view.get(KEY) === "all"; }

  cells() {
    return this.rows.flatMap(({ own, differing }) => [...own, ...differing]).filter((cell) => cell !== null);
  }

  /** @param {CompareAnswer} answer */
  async read(answer) {
    this.answer = answer;
    const found = await this.app.tags("image").catch(() => null);
    if (!found || this.answer !== answer) return;
    const places = new Map(found.runs.map((run, i) => [run, i]));
    const tags = found.tags.flatMap(({ tag, runs }) => {
      const having = new Set(runs), chosen = answer.columns.map((column) => column.runs.find((run) => having.has(places.get(run) ?? -1)) ?? null);
      return chosen.filter(Boolean).length > 1 ? [{ tag, chosen }] : [];
    });
    this.root.hidden = !tags.length;
    const laid = JSON.stringify([tags, this.isAll, answer.columns.map(({ label }) => label)]);
    if (laid === this.laid) return;
    this.laid = laid;
    this.lay(tags, answer);
  }

  /** @param {{tag: string, chosen: (string | null)[]}[]} tags @param {CompareAnswer} answer */
  lay(tags, answer) {
    const { app } = this, shown = this.isAll ? tags : tags.slice(0, FEW);
    this.seen.disconnect();
    this.rows = shown.map(({ tag, chosen }) => {
      const make = (/** @type {string | null} */ run) => (run === null ? null : new ImageCell(app, this.store, run, tag, (cell, k) => this.large.open(cell, k)));
      return { tag, own: chosen.map(make), differing: chosen.map((run, at) => (at && chosen[0] !== null ? make(run) : null)) };
    });
    const more = tags.length > FEW && el("button", { type: "button", "aria-expanded": String(this.isAll), onclick: () => { app.view.set(KEY, this.isAll ? null : "all"); if (this.answer) void this.read(this.answer); } }, this.isAll ? `show ${FEW}` : `show all ${tags.length}`);
    this.root.querySelector("h2")?.remove();
    this.root.prepend(sectionHead("Images", (this.count = el("span", { class: "count" })), more));
    this.body.replaceChildren(table("Images", answer.columns, this.rows.map(({ tag, own, differing }) => {
      const [head, tail] = splitName(tag);
      return line("compare-images", [el("span", { title: tag }, head, el("strong", {}, tail))], own.map((cell, at) => [
        cell?.root ?? el("span", { class: "compare-none" }, "none"),
        differing[at] && el("div", { class: "compare-difference", "data-compare": "difference" }, differing[at].root),
      ]));
    })));
    for (const cell of this.cells()) { cell.paintRun(); this.seen.observe(cell.root); }
    this.show();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  onSeen(entries) {
    for (const { target, isIntersecting } of entries) {
      const cell = this.cells().find(({ root }) => root === target);
      if (!cell) continue;
      cell.isSeen = isIntersecting;
      if (isIntersecting && !cell.series) void this.store.get(cell.run, cell.tag).catch((error) => setText(cell.note, error.message)).then(() => this.showSoon());
    }
    this.showSoon();
  }

  showSoon() {
    this.due ||= requestAnimationFrame(() => { this.due = 0; this.show(); });
  }

  /** @param {number | null} step */
  choose(step) {
    this.app.setCursor(step, true);
    this.app.view.set("step", step);
    this.show();
  }

  /** Unless a step was chosen, the last one that all columns have reached: what is compared is of one step. */
  show() {
    const { cursor } = this.app, known = this.cells().flatMap((cell) => cell.series ?? []), lasts = known.map(({ numbers }) => numbers[numbers.length - 1]).filter(Number.isFinite);
    const step = cursor.pinned && cursor.x !== null ? cursor.x : lasts.length ? Math.min(...lasts) : null;
    const all = allSteps(known);
    this.scrubber.show(all, step);
    if (step !== null && !cursor.pinned) setText(this.scrubber.note, "the last one of all");
    if (this.count && step !== null) setText(this.count, `at step ${stepText(step)}, and what differs from the baseline's`);
    for (const { own, differing } of this.rows) {
      const base = own[0]?.run ?? "";
      for (const cell of own) if (cell?.isSeen) cell.show(step, "none", { kind: "first" });
      for (const cell of differing) if (cell?.isSeen) cell.show(step, "difference", { kind: "run", run: base });
    }
    this.large.paint();
  }

  /** @param {DeltaEvent} delta */
  onDelta(delta) {
    for (const cell of this.cells()) if (cell.series && (delta.rebuilt?.includes(cell.run) || delta.grew?.[cell.run]?.image?.includes(cell.tag))) void this.store.read(cell.run, cell.tag).then(() => this.showSoon(), () => {});
  }
}
