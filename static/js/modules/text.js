/** The text page: every tag with its runs side by side, at one step, at all of them, or compared; searched as a whole. */

import { el, isTyping, need, setAttribute } from "../dom.js";
import { step as stepText } from "../format.js";
import { BlobStore } from "./blob_store.js";
import { formatAgainst, parseAgainst } from "./image_compare.js";
import { StepPage } from "./step_page.js";
import { TextCell } from "./text_cell.js";
import { TextFeed } from "./text_feed.js";
import { TextFind } from "./text_find.js";
import { TextFull } from "./text_full.js";
import { isLog } from "./text_pieces.js";

/** @import { App } from "../app.js" */
/** @import { Hit } from "./text_find.js" */

const MODULE = "text";
const MOST_SERIES = 5000; // that one search goes through
const BUTTONS = "[data-module=text] button[data-choose], #settings button[data-choose]";
/** What can be chosen, and what holds where the address does not say. @type {Record<string, string[]>} */
const CHOICES = { as: ["markdown", "plain"], view: ["one", "all", "diff"], layout: ["columns", "rows"], lines: ["wrap", "scroll"] };

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController(), { signal } = abort;
  const page = new TextPage(root, app, signal);
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

/** @extends {StepPage<TextCell>} */
class TextPage extends StepPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    super(root, app, signal, { kind: "text", many: "texts", example: "writer.add_text(\"notes\", \"**best** so far\", step)" }, new BlobStore(app, "text"));
    this.feed = new TextFeed(app, signal);
    this.full = new TextFull(need(root, "dialog", MODULE), this.feed, signal);
    /** @type {HTMLSelectElement} */
    this.with = need(root, "select[name=against]", MODULE);
    this.offered = "";
    this.find = new TextFind(need(root, ".text-find", MODULE), need(root, ".text-hits", MODULE), app, {
      series: () => this.searched(), onFind: (find) => { this.feed.find = find; this.showStep(); }, onHit: (hit) => this.goTo(hit), signal,
    });
    this.paintChoices();
  }

  /** @param {string} name of a choice @returns {string} */
  chosen(name) {
    const asked = this.app.view.get(name) ?? "";
    return CHOICES[name].includes(asked) ? asked : CHOICES[name][0];
  }

  get against() { return parseAgainst(this.app.view.get("against") ?? "previous"); }

  get comparison() { return { mode: this.chosen("view"), against: this.against }; }

  wire() {
    super.wire();
    const { app, signal } = this;
    app.on("theme", () => { for (const cell of this.cells.values()) cell.paintTheme(); this.full.paintTheme(); }, { signal });
    app.on("navigated", () => { this.find.read(); void this.find.search(); this.paintChoices(); }, { signal });
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest(BUTTONS)) : null;
      if (button) this.pick(button.dataset.choose ?? "", button.dataset.value ?? "");
    }, { signal });
    this.with.addEventListener("change", () => {
      const value = this.with.value === "now" ? formatAgainst({ kind: "step", step: this.scrubber.numbers[Number(this.scrubber.range.value)] ?? 0 }) : this.with.value;
      app.view.set("against", value === "previous" ? null : value);
      this.paintChoices();
      this.showStep();
    }, { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  /** @param {string} name @param {string} value */
  pick(name, value) {
    if (!CHOICES[name]?.includes(value)) return;
    this.app.view.set(name, value === CHOICES[name][0] ? null : value);
    this.paintChoices();
    this.showStep();
  }

  paintChoices() {
    const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(BUTTONS));
    for (const button of buttons) setAttribute(button, "aria-pressed", String(button.dataset.value === this.chosen(button.dataset.choose ?? "view")));
    for (const name of ["view", "layout", "lines"]) this.root.dataset[name] = this.chosen(name);
    const isDiff = this.chosen("view") === "diff";
    need(this.root, "[aria-label='How texts are shown']", MODULE).hidden = isDiff;
    /** @type {HTMLElement} */ (this.with.closest("label")).hidden = !isDiff;
    this.paintAgainst();
  }

  /** What there is to compare with. */
  paintAgainst() {
    const { against } = this, runs = this.app.runs.visible().map((run) => run.name), said = JSON.stringify([against, runs]);
    if (said === this.offered) return;
    this.offered = said;
    const names = against.kind === "run" && !runs.includes(against.run) ? [...runs, against.run] : runs;
    this.with.replaceChildren(
      el("option", { value: "previous" }, "step before"), el("option", { value: "first" }, "first step"),
      ...(against.kind === "step" ? [el("option", { value: formatAgainst(against) }, `step ${stepText(against.step)}`)] : []),
      el("option", { value: "now" }, "this step, kept"), el("optgroup", { label: "run" }, ...names.map((name) => el("option", { value: `run:${name}` }, name))));
    this.with.value = formatAgainst(against);
  }

  paint() {
    const before = this.layout;
    super.paint();
    this.paintAgainst();
    if (this.layout !== before) void this.find.search(); // other series
  }

  /** @param {{run: string, tag: string}[]} grown @param {string[]} rebuilt */
  onGrown(grown, rebuilt) {
    super.onGrown(grown, rebuilt);
    if (grown.length || rebuilt.length) this.find.searchAgain();
  }

  /** @param {string} run @param {string} tag */
  makeCell(run, tag) {
    return new TextCell(this.app, run, tag, {
      feed: this.feed, store: this.store, signal: this.signal, form: () => (this.chosen("as") === "plain" ? "plain" : "markdown"),
      onStep: (step) => this.choose(step), onOpen: (cell, item) => void this.full.open(cell, item), onAgain: () => this.showSoon(),
      has: (name, one) => this.tags?.tags.some(({ tag: known, runs }) => known === one && runs.some((i) => this.tags?.runs[i] === name)) ?? false,
    });
  }

  /** The lines of a log are numbered on their own. @param {TextCell} cell */
  isStepped(cell) { return super.isStepped(cell) && !isLog(cell.tag); }

  /** (run, tag) of what is shown. @returns {[string, string][]} */
  searched() {
    const { tags } = this;
    if (!tags) return [];
    return tags.tags.filter(({ tag }) => this.search.test(tag)).flatMap(({ tag, runs }) => runs.map((i) => tags.runs[i]).filter((run) => this.app.runs.isVisible(run)).map((run) => /** @type {[string, string]} */ ([run, tag]))).slice(0, MOST_SERIES);
  }

  /** The text in which something was found, in view. @param {Hit} hit */
  goTo(hit) {
    const block = this.blocks.find(({ tag }) => tag === hit.tag), cell = (block?.fill(), this.cells.get(`${hit.run}\n${hit.tag}`));
    const section = block?.root.closest("details");
    if (section) section.open = true;
    if (!isLog(hit.tag)) this.choose(Number(hit.step));
    cell?.root.scrollIntoView({ block: "nearest" });
    cell?.reveal(Number(hit.step));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || isTyping(event) || document.querySelector("dialog[open]")) return;
    if (event.key === "t") this.search.input.focus();
    else if (event.key === "f") this.find.input.focus();
    else if (event.key === "n" || event.key === "N") this.find.move(event.key === "n" ? 1 : -1);
    else if (event.key === "m") this.pick("as", this.chosen("as") === "plain" ? "markdown" : "plain");
    else if (event.key === "a") this.pick("view", this.chosen("view") === "all" ? "one" : "all");
    else if (event.key === "d") this.pick("view", this.chosen("view") === "diff" ? "one" : "diff");
    else return;
    event.preventDefault();
  }
}
