/** The scalars page: which charts there are, what they share, what makes them ask again. */

import { need } from "../dom.js";
import { counted } from "../format.js";
import { ChartFeed } from "./chart_feed.js";
import { ChartSections } from "./chart_sections.js";
import { emptyLogdir, emptyNote } from "./empty_page.js";
import { openExport } from "./export_dialog.js";
import { FullChart } from "./full_chart.js";
import { RangeChoice } from "./range_choice.js";
import { RangePanel } from "./range_panel.js";
import { ScalarChart } from "./scalar_chart.js";
import { applySizes, bindControls, readChoices, settingsForm } from "./settings.js";
import { ChartReorder } from "./chart_reorder.js";
import { specOf, tagsOf } from "./combined.js";
import { readZoom, writeZoom } from "./chart_zoom.js";
import { PageKeys } from "./page_keys.js";
import { chooseTag } from "./tag_chooser.js";
import { PINNED, groupTags, moved, readMoves, withMove, writeMoves } from "./tag_groups.js";
import { paintCursorControl } from "./cursor_control.js";
import { TagSearch } from "./tag_search.js";

/** @import { App } from "../app.js" */
/** @import { ChartSpec, DeltaEvent, TagsAnswer, Zoom } from "../types.d.ts" */
/** @import { Group, Tag } from "./tag_groups.js" */

/** @param {HTMLElement} root @param {App} app @returns {Promise<() => void>} */
export async function start(root, app) {
  const page = new ScalarsPage(root, app);
  await page.readTags();
  return () => page.stop();
}

/** Subclasses have other charts under other heads: `groups`, `specOf`. */
export class ScalarsPage {
  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.ending = new AbortController();
    const signal = (this.signal = this.ending.signal);
    this.body = need(root, ".page", "scalars");
    this.note = need(root, "[data-slot=note]", "scalars");
    this.search = new TagSearch({
      app, kind: "scalar", field: need(root, ".toolbar .field", "scalars"), signal,
      names: () => this.names(), onChange: () => this.render(), onPick: (tag) => this.sections.reveal(tag),
    });
    /** @type {Map<string, Tag>} */
    this.tags = new Map();
    /** @type {Map<Element, ScalarChart>} */
    this.charts = new Map();
    this.choices = readChoices(app.view);
    this.isRead = false;
    this.isReading = false;
    this.feed = new ChartFeed(app, signal);
    this.observer = new IntersectionObserver((entries) => { for (const entry of entries) this.charts.get(entry.target)?.setVisible(entry.isIntersecting); }, { root: document.querySelector("main"), rootMargin: "160px 0px" });
    this.range = new RangeChoice(app.view);
    const shared = {
      range: this.range, tagNames: () => [...this.tags.keys()], shownTags: () => [...new Set(this.sections.tags().flatMap((tag) => this.specOf(tag).tags))],
      app, feed: this.feed, choices: () => this.choices, observer: this.observer, charts: this.charts,
      runsOf: (/** @type {string} */ tag) => this.runsOf(tag), specOf: (/** @type {string} */ tag) => this.specOf(tag),
      isPinned: (/** @type {string} */ tag) => app.view.getAll("pin").includes(tag),
      togglePin: (/** @type {string} */ tag) => this.togglePin(tag),
      openFull: (/** @type {string} */ tag) => this.full.open(tag),
      zoomOf: (/** @type {string} */ tag) => readZoom(app.view.getAll("zoom"), tag),
      setZoom: (/** @type {string} */ tag, /** @type {Zoom | null} */ zoom) => app.view.setAll("zoom", writeZoom(app.view.getAll("zoom"), tag, zoom)),
    };
    new RangePanel(root, shared, signal);
    this.full = new FullChart(/** @type {HTMLDialogElement} */ (need(root, "dialog", "scalars")), shared, signal);
    this.sections = new ChartSections(this.body, shared, {
      isClosed: (key) => this.isClosed(key),
      setClosed: (key, isClosed) => this.setClosed([key], isClosed),
      isWide: (tag) => app.view.getAll("wide").includes(tag),
    });
    new ChartReorder(this.body, (key, tag, before) => this.move(key, tag, before), signal);
    need(root, "[data-action=export]", "scalars").addEventListener("click", () => openExport(shared, null), { signal });
    new PageKeys({ ...shared, root, sections: this.sections, move: this.move.bind(this), toggleWide: this.toggleWide.bind(this), foldAll: this.foldAll.bind(this) }, signal);
    applySizes(root, this.choices);
    this.listen(signal);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { app } = this, options = { signal };
    app.on("delta", (delta) => this.onDelta(delta), options);
    app.on("stale", () => { this.readTags(); this.refreshAll(); }, options);
    app.on("runs", ({ added } = {}) => { if (added?.length || !this.isRead || !this.tags.size) this.readTags(); this.render(); this.refreshNew(added ?? []); }, options);
    app.on("selection", () => { this.render(); this.refreshAll(); }, options);
    let grouped = JSON.stringify(app.groups);
    app.on("style", () => {
      const isOther = grouped !== (grouped = JSON.stringify(app.groups));
      this.each((chart) => (isOther ? chart.refresh() : chart.redraw()));
    }, options);
    app.on("notices", () => this.each((chart) => chart.paintFixed()), options);
    this.range.on(() => this.each((chart) => { if (chart.isVisible) chart.paintRange(); }), signal);
    app.on("theme", () => this.each((chart) => chart.redraw()), options);
    app.on("connection", () => { if (app.connection.state === "live") this.each((chart) => { if (chart.needsData && chart.isVisible) this.feed.ask(chart); }); }, options);
    let frame = 0;
    const parts = new Set();
    const overlay = (/** @type {"lift" | "cursor"} */ what) => {
      parts.add(what);
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        this.each((chart) => {
          if (!chart.isVisible) return;
          if (parts.has("lift")) chart.paintLift();
          chart.paintCursor();
        });
        parts.clear();
      });
    };
    app.on("lift", () => overlay("lift"), options);
    app.on("cursor", () => { overlay("cursor"); this.paintCursor(); }, options);
    need(this.root, ".cursor-control button", "scalars").addEventListener("click", () => app.setCursor(null), options);
    app.on("navigated", () => this.follow(), options);
    bindControls([this.root, settingsForm(this.root)], app.view, (key) => this.choose(key), signal, () => chooseTag([...this.tags.keys()], "Which scalar is x?"));
    this.paintCursor();
  }

  /** @param {string} key of the choice that changed */
  choose(key) {
    this.choices = readChoices(this.app.view);
    if (key === "x") {
      this.app.setCursor(null);
      this.range.set(null);
      this.each((chart) => { chart.zoom = null; });
      this.app.view.setAll("zoom", []);
    }
    applySizes(this.root, this.choices);
    if (["x", "smooth", "smoothing", "superseded", "raw", "centre", "spread", "partition"].includes(key)) this.refreshAll();
    else this.each((chart) => { if (this.choices.yRange === "shared") chart.share(); chart.redraw(); });
  }

  /** The address is another one: everything as it says. */
  follow() {
    const { app } = this, text = app.view.get("tags") ?? "";
    this.choices = readChoices(app.view);
    applySizes(this.root, this.choices);
    if (this.search.input.value !== text) this.search.set(text);
    this.range.follow();
    this.each((chart) => { chart.adoptSpec(); chart.adoptZoom(); chart.paintPin(); chart.redraw(); });
    this.sections.paintWide();
    this.sections.paintFolding();
    this.full.follow();
  }

  /** What a chart shows. @param {string} tag its own @returns {ChartSpec} */
  specOf(tag) { return specOf(this.app.view, tag); }
  /** Of a section. @param {string} key */
  isClosed(key) { return this.app.view.names("closed").has(key); }
  /** @param {string[]} keys @param {boolean} isClosed */
  setClosed(keys, isClosed) { this.app.view.toggleNames("closed", keys, isClosed); }

  /** Charts that the filter may suggest: of tags that some chosen run has. @returns {string[]} */
  names() {
    return [...this.tags.values()].filter(({ runs }) => this.app.runs.visible().some((run) => runs.has(run.name))).map(({ tag }) => tag);
  }

  /** All sections closed, or, if they are already, open. */
  foldAll() {
    const keys = [...this.sections.sections.keys()];
    this.setClosed(keys, keys.some((key) => !this.isClosed(key)));
    this.sections.paintFolding();
  }

  /** Put a chart before another one of its section, or at its end. @param {string} key @param {string} tag @param {string | null} before */
  move(key, tag, before) {
    const { view } = this.app;
    if (key === PINNED) view.setAll("pin", moved(view.getAll("pin"), [{ tag, before }]));
    else view.setAll("place", writeMoves(withMove(readMoves(view.getAll("place")), { tag, before })));
    this.render();
    const place = this.sections.placeOf(tag);
    if (place) this.app.say(`${tag} is now number ${place.at} of ${place.of}`);
  }

  /** @param {string} tag */
  toggleWide(tag) {
    const wide = this.app.view.getAll("wide");
    this.app.view.setAll("wide", wide.includes(tag) ? wide.filter((one) => one !== tag) : [...wide, tag]);
    this.sections.paintWide();
  }

  /** @param {(chart: ScalarChart) => void} act */
  each(act) {
    for (const chart of this.charts.values()) act(chart);
  }

  refreshAll() { this.each((chart) => chart.refresh()); }

  /** The tags of a run may have come before the run itself: charts then asked without it. @param {{name: string}[]} added */
  refreshNew(added) {
    const names = new Set(added.map((run) => run.name));
    if (names.size) this.each((chart) => { if (chart.spec.tags.some((tag) => this.runsOf(tag).some((name) => names.has(name)))) chart.refresh(); });
  }

  /** Chosen runs that have the tag. @param {string} tag */
  runsOf(tag) {
    const runs = this.tags.get(tag)?.runs;
    return runs ? this.app.runs.visible().map((run) => run.name).filter((name) => runs.has(name)) : [];
  }

  async readTags() {
    if (this.isReading) { this.isDue = true; return; }
    this.isReading = true;
    try {
      do {
        this.isDue = false;
        const [answer] = /** @type {[TagsAnswer, void]} */ (await Promise.all([this.app.tags("scalar"), this.readMore()]));
        if (this.signal.aborted) return;
        const before = this.tags;
        this.tags = new Map(answer.tags.map(({ tag, runs, points, description_html }) => [tag, { tag, points, description: description_html, runs: new Set(runs.map((i) => answer.runs[i])) }]));
        this.isRead = true;
        if (before.size !== this.tags.size) this.search.ask();
        this.render();
        this.each((chart) => { chart.adoptSpec(); if (tagsOf(chart.spec).some((tag) => before.get(tag)?.runs.size !== this.tags.get(tag)?.runs.size)) chart.refresh(); });
      } while (this.isDue);
      const full = this.app.view.get("full");
      if (full && this.specOf(full).tags.some((tag) => this.tags.has(tag))) this.full.follow();
    } catch (error) {
      if (this.signal.aborted) return;
      if (!this.isRead) this.say(emptyNote("The tags could not be read", error instanceof Error ? error.message : String(error), ["Try again", () => this.readTags()]));
    } finally {
      this.isReading = false;
    }
  }

  /** What else has to be known before charts can stand on the page. @returns {Promise<void>} */
  async readMore() {}
  /** Whether the charts may be others now. @param {Record<string, string[]>} kinds of a run, the tags that grew by kind @returns {boolean} */
  isNews(kinds) { return !kinds; }

  /** @param {DeltaEvent} delta */
  onDelta(delta) {
    const anew = new Set([...(delta.rebuilt ?? []), ...(delta.removed ?? [])]);
    /** @type {Map<string, Set<string>>} */
    const grown = new Map();
    let isNew = anew.size > 0 || !this.tags.size;
    for (const [run, kinds] of Object.entries(delta.grew ?? {})) {
      isNew ||= this.isNews(kinds);
      for (const tag of kinds.scalar ?? []) {
        if (!this.tags.get(tag)?.runs.has(run)) isNew = true;
        else if (this.app.runs.isVisible(run)) grown.set(tag, (grown.get(tag) ?? new Set()).add(run));
      }
    }
    if (isNew) this.readTags();
    const hasOtherX = this.choices.xTag !== null && grown.has(this.choices.xTag);
    this.each((chart) => {
      if (hasOtherX || (anew.size && tagsOf(chart.spec).some((tag) => this.runsOf(tag).some((run) => anew.has(run))))) chart.refresh();
      else for (const tag of tagsOf(chart.spec)) { const runs = grown.get(tag); if (runs) chart.grow(tag, runs); }
    });
  }

  /** @param {string} tag */
  togglePin(tag) {
    const pins = this.app.view.getAll("pin"), hadFocus = document.activeElement?.closest(".chart-slot")?.getAttribute("data-tag") === tag;
    this.app.view.setAll("pin", pins.includes(tag) ? pins.filter((one) => one !== tag) : [...pins, tag]);
    this.render();
    if (hadFocus) this.sections.reveal(tag, { scrolls: false }); // the chart is another one now
    this.each((chart) => chart.paintPin());
  }

  /** @param {Node | null} node in the place of the charts; null: the charts */
  say(node) {
    this.note.replaceChildren(...(node ? [node] : []));
    this.body.hidden = node !== null;
    document.documentElement.toggleAttribute("data-empty", node instanceof HTMLElement && node.className === "empty");
  }

  /** Charts under their heads; those that no chosen run has are left out. @returns {Group[]} */
  groups() {
    const { app, search } = this, shown = new Set(app.runs.visible().map((run) => run.name));
    return groupTags(this.tags.values(), { test: (tag) => search.test(tag), pins: app.view.getAll("pin"), isShown: (run) => shown.has(run), moves: readMoves(app.view.getAll("place")) }).groups;
  }

  /** Where there is no chart. @returns {HTMLElement} */
  nothing() { return emptyNote("No scalars in the chosen runs", "Other pages may have something: see the counts above.", null); }

  render() {
    const { app, search } = this;
    if (!this.isRead) return;
    const groups = this.groups();
    this.sections.render(groups);
    if (groups.length) this.say(null);
    else if (!app.runs.list.length) this.say(emptyLogdir(app));
    else if (!app.runs.visible().length) this.say(app.runs.matching ? emptyNote("No run matches", "None of the ticked runs is what the search asks for.", ["Clear the search", () => { app.view.set("query", null); app.tell("navigated"); }]) : emptyNote("No run is chosen", `Tick one of the ${counted(app.runs.list.length, "run")} on the left.`, ["Show all runs", () => { app.runs.all(true); app.selectionChanged(); }]));
    else if (search.text && this.tags.size) this.say(emptyNote("No tag matches", `${counted(this.tags.size, "tag")} in all. Esc in the field clears the filter.`, ["Clear the filter", () => search.set("")]));
    else if (app.answer?.loading) this.say(emptyNote("Reading", "Curves show as their runs are read."));
    else this.say(this.nothing());
  }

  paintCursor() { paintCursorControl(this.root, this.app, this.choices); }

  stop() {
    this.ending.abort();
    this.observer.disconnect();
    this.sections.stop();
  }
}
