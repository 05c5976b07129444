/** The hparams page: what the person chose, what the server said, and the table and pictures that show both. */

import { el, icon, isTyping, need, saveBlob, setAttribute, setText } from "../dom.js";
import { counted } from "../format.js";
import { hparamColumn, keyOf, metricColumn, metricKey, metricQuestions } from "../hparams/answer.js";
import { openColumnMenu, openColumns, openWhole } from "../hparams/column_menu.js";
import { Grid } from "../hparams/grid.js";
import { paintImportance } from "../hparams/importance.js";
import { Parallel } from "../hparams/parallel.js";
import { ScatterMatrix } from "../hparams/scatter.js";
import { categoriesOf, filterRows, nextSort, packFilters, packSort, placed, sortRows, unpackFilters, unpackSort } from "../hparams/table_model.js";
import { packNames, stringify } from "../view_state.js";
import { emptyLogdir, emptyNote } from "./empty_page.js";
import { RunSearch } from "./run_search.js";

/** @import { App } from "../app.js" */
/** @import { Metric, TableJson, TagJson } from "../hparams/answer.js" */
/** @import { Column, Filter } from "../hparams/table_model.js" */

const MODULE = "hparams", MOST_AXES = 8, MOST_DOTS = 5, MOST_CATEGORIES = 30, MORE_METRICS = 3;
const APART_MS = 2000, APART_MS_A_RUN = 0.5; // between two readings of a table that grows
const AT = ["best", "own", "last", "step"], VIEWS = ["parallel", "scatter", "table"];

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController(), page = new HparamsPage(root, app, abort.signal);
  void page.read();
  return () => abort.abort();
}

class HparamsPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    const find = (/** @type {string} */ selector) => need(root, selector, MODULE);
    this.root = root;
    this.app = app;
    this.signal = signal;
    this.find = find;
    /** @type {TableJson | null} */
    this.answer = null;
    /** @type {Map<string, Column>} */
    this.columns = new Map();
    this.timer = 0;
    this.readAt = 0;
    this.importanceOf = "";
    this.note = find("[data-slot=note]");
    this.said = find("[data-slot=said]");
    this.share = find(".importance");
    this.metricChoice = /** @type {HTMLSelectElement} */ (find("[data-choice=metric]"));
    this.search = new RunSearch({ app, field: find(".toolbar .field"), said: find(".run-search-said"), signal, onChange: () => this.paint() });
    const brush = (/** @type {string} */ key, /** @type {Filter | null} */ filter) => this.brush([[key, filter]]), move = (/** @type {string} */ key, /** @type {string | null} */ before) => this.move(key, before), menu = (/** @type {string} */ key, /** @type {HTMLElement} */ under) => this.openMenu(key, under);
    this.parallel = new Parallel(find(".parallel-plot"), app, { brush, move, menu }, signal);
    this.scatter = new ScatterMatrix(find(".scatter-plot"), app, { brush: (filters) => this.brush(filters) }, signal);
    this.grid = new Grid(find(".hp-table"), app, {
      menu, move, sort: (key, isMore) => this.sort(key, isMore), widen: (key, width) => this.widen(key, width),
      tick: (names, isOn) => { app.runs.setVisible(names, isOn); app.selectionChanged(); }, tickAll: (isOn) => { app.runs.setVisible(this.listed(), isOn); app.selectionChanged(); },
      address: (name) => `scalars?${stringify([["show", packNames([name])]])}`, whole: (column, row, cell) => void this.openWhole(column, row, cell),
    }, signal);
    this.listen();
  }

  listen() {
    const { app, root, signal, find } = this, { view } = app, options = { signal };
    for (const topic of /** @type {const} */ (["selection", "style"])) app.on(topic, () => { this.paintTools(); if (topic === "selection") this.paint(); else this.grid.restyle(); }, options);
    for (const topic of /** @type {const} */ (["runs", "delta", "stale"])) app.on(topic, () => this.readSoon(), options);
    app.on("navigated", () => { this.readAt = 0; void this.read(); }, options);
    for (const choice of /** @type {NodeListOf<HTMLSelectElement | HTMLInputElement>} */ (root.querySelectorAll("[data-choice]"))) choice.addEventListener("change", () => {
      const { choice: key = "" } = choice.dataset, isUsual = (key === "at" && choice.value === "best") || choice.value === "";
      view.set(key, isUsual ? null : choice.value);
      void this.read();
    }, options);
    root.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-view], [data-deed]"));
      if (button?.dataset.view) { view.set("view", button.dataset.view === "parallel" ? null : button.dataset.view); this.paint(); }
      else if (button?.dataset.deed === "columns") this.openColumns(button);
      else if (button?.dataset.deed === "unfilter") { view.setAll("only", []); this.paint(); }
    }, options);
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#hp-export [data-format]"))) button.addEventListener("click", () => void this.save(button.dataset.format ?? ""), options);
    document.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event) || document.querySelector(":popover-open")) return;
      if (event.key === "/" || event.key === "t") { event.preventDefault(); this.search.input.focus(); }
      else if (event.key === "g") { event.preventDefault(); this.grid.grid.focus(); if (this.grid.current < 0) this.grid.go(0); }
      else if (event.key === "c") { event.preventDefault(); this.openColumns(find("[data-deed=columns]")); }
      else if (event.key === "x") { view.setAll("only", []); this.paint(); }
    }, options);
  }

  get at() { const asked = this.app.view.get("at") ?? ""; return AT.includes(asked) ? asked : "best"; }
  get shape() { const asked = this.app.view.get("view") ?? ""; return VIEWS.includes(asked) ? asked : "parallel"; }
  get filters() { return unpackFilters(this.app.view.getAll("only")); }
  get hidden() { return this.app.view.names("hidden"); }

  /** The scalar that judges the runs. @returns {{tag: string, group: string} | null} */
  get main() {
    const asked = this.app.view.get("metric"), tags = this.answer?.tags ?? [];
    if (asked) { const found = tags.find((one) => keyOf(one) === asked) ?? { tag: asked, group: "" }; return { tag: found.tag, group: found.group }; }
    return tags.length ? { tag: tags[0].tag, group: tags[0].group } : null;
  }

  /** Others beside it: those chosen, else the likeliest. @returns {{tag: string, group: string}[]} */
  get more() {
    const { view } = this.app, asked = view.getAll("more"), { main } = this, tags = (this.answer?.tags ?? []).filter((one) => !main || keyOf(one) !== keyOf(main));
    if (view.get("more") !== null) return tags.filter((one) => asked.includes(keyOf(one)));
    const named = tags.filter((one) => one.named);
    return (named.length ? named : tags.slice(0, MORE_METRICS)).slice(0, 8);
  }

  /** @returns {Metric[]} the judge first */
  metrics() {
    const { main, more, at } = this, { view } = this.app;
    return main ? metricQuestions(main, more, { at, step: view.get("at_step") ?? "", goal: view.get("goal") }) : [];
  }

  /** After something grew; not more often than a reading is worth. */
  readSoon() {
    const wait = Math.max(100, this.readAt + APART_MS + APART_MS_A_RUN * (this.answer?.runs.length ?? 0) - Date.now());
    this.timer ||= window.setTimeout(() => { this.timer = 0; if (document.hidden) this.readSoon(); else void this.read(); }, this.answer ? wait : 100);
  }

  async read() {
    this.readAt = Date.now();
    this.reading?.abort();
    const { signal } = (this.reading = new AbortController()), ask = (/** @type {object} */ question) => this.app.api.post("api/table", question, { signal });
    try {
      if (!this.answer) this.answer = await ask({ metrics: [] }); // which scalars there are
      const metrics = this.metrics();
      /** @type {TableJson} */
      const answer = await ask({ metrics });
      if (signal.aborted || this.signal.aborted) return;
      this.answer = answer;
      if (!metrics.length && answer.tags.length) { void this.read(); return; }
    } catch (error) {
      if (signal.aborted) return;
      this.note.replaceChildren(el("p", { class: "notice", "data-kind": "failed" }, icon("warn"), /** @type {Error} */ (error).message));
      return;
    }
    this.columns = new Map([...this.answer.metrics.map(metricColumn), ...this.answer.hparams.map(hparamColumn)].map((column) => [column.key, column]));
    this.paint();
    void this.readImportance();
  }

  /** Of the judge; again when another is asked for, or when runs came. */
  async readImportance() {
    const { answer, main } = this, [metric] = this.metrics();
    if (!main || !answer || !metric || this.shape === "table") return;
    const about = JSON.stringify([metric, answer.runs.length, answer.hparams.length, answer.metrics[0]?.low, answer.metrics[0]?.high]);
    if (about === this.importanceOf) return;
    const isOther = this.importanceOf.slice(0, 60) !== about.slice(0, 60);
    this.importanceOf = about;
    if (isOther) paintImportance(this.share, keyOf(main), null);
    try {
      const found = await this.app.api.post("api/importance", { metric }, { signal: this.signal });
      if (this.importanceOf === about) paintImportance(this.share, keyOf(main), found);
    } catch (error) {
      if (!this.signal.aborted && this.importanceOf === about) paintImportance(this.share, keyOf(main), null, /** @type {Error} */ (error).message);
    }
  }

  /** Columns as the table has them, from the left. */
  visible() {
    const { hidden, columns } = this, isAllShown = this.app.view.get("constant") !== null;
    return placed([...columns.values()].filter(({ key, isConstant, group }) => group !== "run" && !hidden.has(key) && (group === "metric" || isAllShown || !isConstant)), this.app.view.getAll("col"));
  }

  /** @returns {string[]} runs that the table lists */
  listed() { return Array.from(this.grid.shown.rows, (row) => this.answer?.runs[row] ?? ""); }

  paint() {
    const { answer, app, columns, filters, shape } = this, { view } = app;
    if (!answer) return;
    const { runs } = answer, matching = app.runs.matching, isFound = (/** @type {number} */ row) => (matching === null || matching.has(runs[row])) && (app.showsArchived || !app.archived.has(runs[row]));
    const visible = this.visible(), main = this.main && metricKey(this.main), judge = main ? columns.get(main) : undefined, keys = unpackSort(view.getAll("by"));
    columns.set("run", { key: "run", label: "Run", group: "run", isNumber: false, numbers: Float64Array.from(runs, (_, i) => i), texts: runs, isConstant: false, having: runs.length });
    const rows = filterRows(columns, filters, runs.length, isFound), usual = judge ? [{ key: judge.key, down: !judge.isLess }] : [], sorting = keys.length ? keys : usual;
    const widths = new Map(view.getAll("w").map((text) => /** @type {[string, number]} */ ([text.slice(text.indexOf(":") + 1), Number(text.slice(0, text.indexOf(":")))])));
    document.documentElement.toggleAttribute("data-empty", !app.runs.list.length);
    this.note.replaceChildren(...(app.runs.list.length ? (answer.hparams.length ? [] : [emptyNote("No hparams yet", "They are read from writer.add_hparams(...), from config.json, hparams.yaml and args.json beside the events, and from texts that are JSON.")]) : [emptyLogdir(app)]));
    need(this.root, ".hp-body", MODULE).hidden = !app.runs.list.length;
    this.grid.show({ runs, rows: sortRows(columns, sorting, rows), columns: visible, sorting, filtered: new Set(filters.keys()), widths, main });
    const found = filterRows(columns, new Map(), runs.length, isFound), suits = (/** @type {Column} */ c) => c.group === "hparam" && !c.isConstant && c.having > 0 && (c.isNumber || categoriesOf(c.texts).length <= MOST_CATEGORIES);
    const hparams = visible.filter(suits), scales = new Map(/** @type {const} */ (["log", "linear"]).flatMap((scale) => [...view.names(scale)].map((key) => /** @type {[string, "log" | "linear"]} */ ([key, scale]))));
    const shown = (/** @type {number} */ most) => ({ runs, rows: found, filters, scales, flipped: view.names("flip"), columns: [...hparams.slice(0, most), ...(judge ? [judge] : [])] });
    this.root.dataset.picture = hparams.length && judge ? shape : "table";
    if (this.root.dataset.picture === "parallel") this.parallel.show(shown(MOST_AXES));
    if (this.root.dataset.picture === "scatter") this.scatter.show(shown(MOST_DOTS));
    setText(need(this.root, "[data-slot=axes]", MODULE), hparams.length > MOST_AXES ? `the first ${MOST_AXES} of ${hparams.length} hparams that differ: move a column to the left to see it here` : "");
    this.paintTools();
  }

  paintTools() {
    const { answer, app, root, filters } = this, { view } = app;
    if (!answer) return;
    const tags = answer.tags.map(keyOf), main = this.main && keyOf(this.main), constant = answer.hparams.length - [...this.columns.values()].filter((c) => c.group === "hparam" && !c.isConstant).length;
    if (main && !tags.includes(main)) tags.unshift(main);
    const options = JSON.stringify(tags);
    if (this.metricChoice.dataset.options !== options) this.metricChoice.replaceChildren(...tags.map((tag) => el("option", { value: tag }, tag)));
    this.metricChoice.dataset.options = options;
    this.metricChoice.value = main ?? "";
    for (const choice of /** @type {NodeListOf<HTMLSelectElement | HTMLInputElement>} */ (root.querySelectorAll("[data-choice]:not([data-choice=metric])"))) choice.value = choice.dataset.choice === "at" ? this.at : view.get(choice.dataset.choice ?? "") ?? "";
    need(root, ".hp-step", MODULE).hidden = this.at !== "step";
    const { goal, goal_from: from } = answer.metrics[0] ?? { goal: "", goal_from: "" };
    setText(need(root, "[data-slot=goal]", MODULE), goal && from !== "asked" ? `${goal === "min" ? "less" : "more"}, ${from === "name" ? "by its name" : "as a guess"}` : "as its name says");
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-view]"))) setAttribute(button, "aria-pressed", String(button.dataset.view === this.shape));
    const ticked = answer.runs.filter((name) => app.runs.isVisible(name)), link = need(root, "[data-slot=compare]", MODULE), canCompare = ticked.length >= 2 && ticked.length <= 200;
    link.setAttribute("href", canCompare ? app.pageUrl("compare") : "");
    setAttribute(link, "aria-disabled", canCompare ? null : "true");
    setText(link, ticked.length >= 2 && ticked.length < answer.runs.length ? `Compare ${ticked.length}` : "Compare");
    link.title = canCompare ? "The ticked runs side by side" : "Tick two runs or more";
    const listed = this.grid.shown.rows.length, parts = [listed === answer.runs.length ? counted(listed, "run") : `${listed} of ${counted(answer.runs.length, "run")}`, constant && view.get("constant") === null ? `${counted(constant, "column")} the same in all, hidden` : "", answer.hparams_left_out ? `${answer.hparams_left_out} rare columns left out` : ""];
    setText(this.said, parts.filter(Boolean).join(" · "));
    need(root, "[data-deed=unfilter]", MODULE).hidden = !filters.size;
  }

  /** @param {[string, Filter | null][]} changes */
  brush(changes) {
    const { filters } = this;
    for (const [key, filter] of changes) if (filter) filters.set(key, filter); else filters.delete(key);
    this.app.view.setAll("only", packFilters(filters));
    this.paint();
  }

  /** @param {string} key @param {boolean} isMore */
  sort(key, isMore) {
    const column = this.columns.get(key), { sorting } = this.grid.shown, isDownFirst = column?.group === "metric" && !column.isLess;
    this.app.view.setAll("by", packSort(nextSort(sorting, key, isMore, isDownFirst)));
    this.paint();
  }

  /** @param {string} key @param {string | null} before null: to the end */
  move(key, before) {
    const keys = this.visible().map((column) => column.key).filter((one) => one !== key), at = before === null ? keys.length : keys.indexOf(before);
    keys.splice(at < 0 ? keys.length : at, 0, key);
    this.app.view.setAll("col", keys);
    this.paint();
  }

  /** @param {string} key @param {number | null} width px, null: the usual one */
  widen(key, width) {
    const others = this.app.view.getAll("w").filter((text) => text.slice(text.indexOf(":") + 1) !== key);
    this.app.view.setAll("w", width === null ? others : [...others, `${Math.round(width)}:${key}`]);
    this.paint();
  }

  /** @param {string} key @param {HTMLElement} under */
  openMenu(key, under) {
    const column = this.columns.get(key), { view } = this.app;
    if (!column) return;
    const keys = this.visible().map((one) => one.key), at = keys.indexOf(key), head = /** @type {HTMLElement | null} */ (this.grid.heads.querySelector(`[data-key="${CSS.escape(key)}"]`));
    openColumnMenu(under, column, { filter: this.filters.get(key), isFlipped: view.names("flip").has(key), scale: view.names("log").has(key) ? "log" : view.names("linear").has(key) ? "linear" : undefined }, {
      filter: (own, filter) => this.brush([[own, filter]]),
      hide: (own) => { view.toggleNames("hidden", [own], true); this.paint(); },
      shift: (own, by) => this.move(own, keys[by < 0 ? Math.max(0, at - 1) : at + 2] ?? null),
      widen: (own, by) => this.widen(own, Math.max(56, (head?.offsetWidth ?? 100) + by)),
      scale: (own, scale) => { for (const one of /** @type {const} */ (["log", "linear"])) view.toggleNames(one, [own], one === scale); this.paint(); },
      flip: (own) => { view.toggleNames("flip", [own], !view.names("flip").has(own)); this.paint(); },
    });
  }

  /** @param {HTMLElement} under */
  openColumns(under) {
    const { answer, app: { view }, hidden, more, main } = this, hparams = [...this.columns.values()].filter(({ group }) => group === "hparam"), isMain = (/** @type {{tag: string, group: string}} */ one) => !!main && keyOf(one) === keyOf(main);
    if (!answer) return;
    openColumns(under, { hparams, hidden, isAllShown: view.get("constant") !== null, tags: answer.tags.filter((one) => !isMain(one)), chosen: (tag) => more.some((one) => keyOf(one) === keyOf(tag)) }, {
      hide: (key, isHidden) => { view.toggleNames("hidden", [key], isHidden); if (!isHidden && this.columns.get(key)?.isConstant) view.set("constant", "shown"); this.paint(); },
      constant: (isShown) => { view.set("constant", isShown ? "shown" : null); this.paint(); },
      metric: (tag, isOn) => {
        const keys = this.more.map(keyOf).filter((key) => key !== keyOf(tag));
        if (isOn) keys.push(keyOf(tag));
        view.setAll("more", keys.length ? keys : [""]);
        void this.read();
      },
    });
  }

  /** @param {Column} column @param {number} row @param {HTMLElement} cell */
  async openWhole(column, row, cell) {
    const run = this.answer?.runs[row] ?? "", name = this.answer?.hparams.find((one) => `h ${one.name}` === column.key)?.name ?? "";
    const whole = await this.app.api.get("api/hparams/run", { run, name }, { signal: this.signal }).catch(() => null), text = Object.values(whole?.hparams ?? {})[0] ?? column.texts[row] ?? "";
    openWhole(cell, `${column.label} of ${run}`, typeof text === "string" ? text : JSON.stringify(text, null, 2));
  }

  /** What is seen, as a file. @param {string} format */
  async save(format) {
    const metrics = this.metrics(), columns = this.visible().map((column) => {
      if (column.group === "hparam") return { column: "hparam", name: column.key.slice(2), label: column.label };
      return { column: "metric", metric: metrics.find((one) => metricKey(one) === column.key), label: column.label };
    });
    try {
      const response = await fetch("api/table/export", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ format, runs: this.listed(), digits: 4, columns: [{ column: "run" }, ...columns] }), credentials: "same-origin" });
      if (!response.ok) throw new Error((await response.json().catch(() => null))?.error ?? response.statusText);
      saveBlob(await response.blob(), `hparams.${{ csv: "csv", markdown: "md", latex: "tex" }[format]}`);
    } catch (error) {
      this.note.replaceChildren(el("p", { class: "notice", "data-kind": "failed" }, icon("warn"), /** @type {Error} */ (error).message));
    }
  }
}
