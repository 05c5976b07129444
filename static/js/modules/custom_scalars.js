/** The custom scalars page: the scalars page's charts, laid out as those wanted who wrote the logs. */

import { el, icon, need } from "../dom.js";
import { emptyNote } from "./empty_page.js";
import { chartsOf, sectionsOf } from "./layout_specs.js";
import { ScalarsPage } from "./scalars.js";
import { PINNED, moved, readMoves } from "./tag_groups.js";

/** @import { App } from "../app.js" */
/** @import { ChartSpec, LayoutsAnswer } from "../types.d.ts" */
/** @import { Category } from "./layout_specs.js" */

/** @param {HTMLElement} root @param {App} app @returns {Promise<() => void>} */
export async function start(root, app) {
  const page = new CustomScalarsPage(root, app);
  await page.readTags();
  return () => page.stop();
}

class CustomScalarsPage extends ScalarsPage {
  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    super(root, app);
    this.answer = /** @type {LayoutsAnswer | null} */ (null);
    /** @type {Category[]} */
    this.categories = [];
    /** @type {Map<string, ChartSpec>} */
    this.specs = new Map();
    this.problems = el("div", { class: "layout-problems" });
    need(root, ".page", "custom_scalars").after(this.problems);
  }

  /** @param {string} tag @returns {ChartSpec} one that is no more shows nothing */
  specOf(tag) { return this.specs?.get(tag) ?? { id: tag, tags: [], right: [], layout: { title: tag, faults: [] } }; }

  async readMore() {
    this.answer = await this.app.api.get("api/layouts", {}, { signal: this.signal });
  }

  /** @param {Record<string, string[]>} kinds */
  isNews(kinds) { return Boolean(kinds.custom_scalars); }

  /** Categories that a writer wants closed: of these what a person opened counts. */
  get closedFirst() { return new Set(this.categories.filter(({ isClosed }) => isClosed).map(({ title }) => title)); }

  /** @param {string} key */
  isClosed(key) { return this.closedFirst.has(key) ? !this.app.view.names("opened").has(key) : super.isClosed(key); }

  /** @param {string[]} keys @param {boolean} isClosed */
  setClosed(keys, isClosed) {
    const first = this.closedFirst, own = keys.filter((key) => first.has(key)), others = keys.filter((key) => !first.has(key));
    if (own.length) this.app.view.toggleNames("opened", own, !isClosed);
    if (others.length) super.setClosed(others, isClosed);
  }

  names() { return [...this.specs.keys()]; }

  groups() {
    const { app, search, tags, answer } = this, { view } = app;
    ({ categories: this.categories, specs: this.specs } = chartsOf(answer?.categories ?? [], (tag) => tags.has(tag)));
    this.problems.replaceChildren(...(answer?.problems ?? []).map(({ run, message }) => el("p", { class: "notice", "data-kind": "stalled" }, icon("warn"), `The layout of ${run} cannot be shown: ${message}.`)));
    const test = (/** @type {string} */ id) => { const { tags: own, layout } = this.specOf(id); return search.test(layout?.title ?? id) || own.some((tag) => search.test(tag)); };
    return sectionsOf(this.categories, { test, pins: view.getAll("pin"), place: (ids) => moved(ids, readMoves(view.getAll("place"))), pinned: PINNED });
  }

  nothing() { return emptyNote("No layout yet", "Charts of several scalars appear here as soon as a run lays some out: writer.add_custom_scalars({\"losses\": {\"both\": [\"Multiline\", [\"loss/.*\"]]}})"); }
}
