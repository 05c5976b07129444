/** A page of the tags of one kind, in sections: which there are, what it hears of new ones, what it says where there are none. */

import { arrange, el, icon, need, setAttribute, setText } from "../dom.js";
import { emptyLogdir, emptyNote } from "./empty_page.js";
import { groupTags } from "./tag_groups.js";
import { TagSearch } from "./tag_search.js";

/** @import { App } from "../app.js" */
/** @import { DeltaEvent, TagsAnswer } from "../types.d.ts" */
/** @import { Group } from "./tag_groups.js" */
/** @typedef {{kind: string, many: string, example: string, prefix?: string}} Words `many` as in "no images yet"; `example` logs one; `prefix` stands before all tags of the kind and says nothing */

/** Subclasses say how a tag is drawn (`block`), and what is to be done before and after all are drawn anew. */
export class TagPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal @param {Words} words */
  constructor(root, app, signal, words) {
    this.root = root;
    this.app = app;
    this.signal = signal;
    this.words = words;
    this.body = need(root, ".page", words.many);
    /** @type {TagsAnswer | null} */
    this.tags = null;
    /** @type {Map<string, {root: HTMLDetailsElement, head: HTMLElement, count: HTMLElement, place: HTMLElement}>} */
    this.sections = new Map();
    /** What the page shows, to know when that changes. */
    this.layout = "";
    this.search = new TagSearch({
      app, kind: words.kind, field: need(root, ".toolbar .field", words.many), signal, names: () => (this.tags?.tags ?? []).map(({ tag }) => tag), onChange: () => this.paint(),
      onPick: () => this.body.querySelector("h3")?.scrollIntoView({ block: "nearest" }),
    });
  }

  wire() {
    const { app, signal } = this;
    for (const topic of /** @type {const} */ (["selection", "runs", "style"])) app.on(topic, () => this.paint(), { signal });
    app.on("delta", (delta) => this.onDelta(delta), { signal });
    app.on("navigated", () => this.search.set(app.view.get("tags") ?? ""), { signal });
    app.on("stale", () => this.readTags(), { signal });
  }

  async readTags() {
    try {
      this.tags = this.joined(await this.app.api.get("api/tags", { kind: this.words.kind }));
    } catch (error) {
      this.body.replaceChildren(el("p", { class: "notice", "data-kind": "failed" }, icon("warn"), /** @type {Error} */ (error).message));
      return;
    }
    this.paint();
  }

  /** @param {DeltaEvent} delta */
  onDelta(delta) {
    const grown = Object.entries(delta.grew ?? {}).flatMap(([run, kinds]) => (kinds[this.words.kind] ?? []).map((tag) => ({ run, tag: this.nameOf(tag) })));
    const isNew = grown.some(({ run, tag }) => !this.tags?.tags.some((t) => t.tag === tag && t.runs.some((i) => this.tags?.runs[i] === run)));
    if (isNew || [delta.added, delta.removed, delta.rebuilt].some((names) => names?.length)) void this.readTags();
    this.onGrown(grown, delta.rebuilt ?? []);
  }

  paint() {
    if (!this.tags) return;
    const { app, tags } = this, visible = app.runs.visible().map((run) => run.name);
    const entries = tags.tags.map(({ tag, runs, points }) => ({ tag, points, description: "", runs: new Set(runs.map((i) => tags.runs[i])) }));
    const { groups } = groupTags(entries, { test: (tag) => this.search.test(tag), pins: [], prefix: this.words.prefix, isShown: (run) => app.runs.isVisible(run) });
    // A live page hears of its runs many times a second: what stands where it stood is left alone.
    const layout = JSON.stringify([groups, visible, app.runs.list.length > 0, this.look]);
    if (layout === this.layout) { this.restyle(); return; }
    this.layout = layout;
    this.clear();
    const runsOf = new Map(entries.map(({ tag, runs }) => [tag, visible.filter((name) => runs.has(name))]));
    document.documentElement.toggleAttribute("data-empty", app.runs.list.length === 0);
    arrange(this.body, groups.length ? groups.map((group) => this.section(group, runsOf)) : [this.empty()]);
    this.filled();
  }

  empty() {
    const { app, tags, words: { many, example } } = this;
    if (!app.runs.list.length) return emptyLogdir(app);
    if (!tags?.tags.length) return emptyNote(`No ${many} yet`, `They appear here as soon as a run logs one: ${example}`);
    if (!app.runs.visible().length) return emptyNote("No run is ticked", `Tick runs in the list to see their ${many}.`);
    if (this.search.text) return emptyNote("No tag matches", "Esc in the field clears the filter.", ["Clear the filter", () => this.search.set("")]);
    return emptyNote(`No ${many} here`, "The ticked runs have logged none.");
  }

  /** @param {Group} group @param {Map<string, string[]>} runsOf */
  section({ key, title, tags }, runsOf) {
    const { view } = this.app, isOpen = !view.names("closed").has(key);
    let section = this.sections.get(key);
    if (!section) {
      const head = el("h2"), count = el("span", { class: "count" }), place = el("div", { class: "section-tags" });
      const root = el("details", { class: "section" }, el("summary", {}, icon("right"), head, count), place);
      root.addEventListener("toggle", () => view.toggleNames("closed", [key], !root.open), { signal: this.signal });
      this.sections.set(key, (section = { root, head, count, place }));
    }
    if (section.root.open !== isOpen) section.root.open = isOpen;
    setText(section.head, title);
    setAttribute(section.head, "title", title);
    setText(section.count, String(tags.length));
    arrange(section.place, tags.map((tag) => this.block(tag, runsOf.get(tag) ?? [])));
    return section.root;
  }

  /** The tags as the page names them: some of a log's may be parts of one. @param {TagsAnswer} answer @returns {TagsAnswer} */
  joined(answer) { return answer; }

  /** @param {string} tag as the log has it */
  nameOf(tag) { return tag; }

  /** What the person chose that changes which elements there are. @returns {string} */
  get look() { return ""; }

  /** One tag and its runs. @param {string} tag @param {string[]} runs @returns {HTMLElement} */
  block(tag, runs) {
    throw new Error(`tag_page: nothing draws ${tag} of ${runs.length} runs`);
  }

  /** Some series have new points; of rebuilt runs all do. @param {{run: string, tag: string}[]} grown @param {string[]} rebuilt */
  onGrown(grown, rebuilt) { void [grown, rebuilt]; }

  /** Before all is drawn anew. */
  clear() {}

  /** All has been drawn anew. */
  filled() {}

  /** Everything stands where it stood, though runs may have other colours. */
  restyle() {}
}
