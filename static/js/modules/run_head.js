/** The head of the run list: what runs are grouped, coloured and sorted by, which scalar stands beside them, and choosing many at once. */

import { el, need, setAttribute } from "../dom.js";
import { OF } from "./run_metric.js";
import { readWay, writeWay } from "./run_colouring.js";

/** @import { App } from "../app.js" */
/** @import { Run } from "../types.d.ts" */
/** @import { Way } from "./run_colouring.js" */
/** @import { RunMetric } from "./run_metric.js" */
/** @import { RunWays } from "./run_ways.js" */

const REGEX = "regex:"; // option that asks for a pattern

export class RunHead {
  /** @param {HTMLElement} root @param {App} app @param {{metric: RunMetric, ways: RunWays, found: () => Run[], onChange: () => void, signal: AbortSignal}} parts */
  constructor(root, app, { metric, ways, found, onChange, signal }) {
    const find = (/** @type {string} */ selector) => need(root, selector, "run_list"), options = { signal };
    this.app = app;
    this.metric = metric;
    this.ways = ways;
    this.onChange = onChange;
    this.choice = (/** @type {string} */ name) => /** @type {HTMLSelectElement} */ (find(`[data-choice=${name}]`));
    this.all = /** @type {HTMLInputElement} */ (find(".run-list-columns .chip"));
    this.metricBox = find(".run-list-metric");
    this.pattern = /** @type {HTMLInputElement} */ (find(".run-pattern input"));
    /** A pattern is being typed that nothing is grouped by yet. */
    this.isAsking = false;
    /** Which choice the pattern is for. @type {"group" | "colour"} */
    this.patternOf = "group";
    this.sortName = /** @type {HTMLButtonElement} */ (find("[data-sort=name]"));
    this.sortMetric = /** @type {HTMLButtonElement} */ (find("[data-sort=metric]"));
    for (const key of /** @type {("group" | "colour")[]} */ (["group", "colour"])) this.choice(key).addEventListener("change", () => this.chosen(key), options);
    this.choice("metric").addEventListener("change", () => metric.choose(this.choice("metric").value), options);
    this.choice("of").addEventListener("change", () => metric.chooseOf(this.choice("of").value), options);
    this.choice("sort").addEventListener("change", () => this.sort(this.choice("sort").value), options);
    this.sortName.addEventListener("click", () => this.sort({ start: "-start", "-start": "name", name: "-name" }[app.view.get("sort") ?? "start"] ?? "start"), options);
    this.sortMetric.addEventListener("click", () => this.sort(app.view.get("sort") === "metric" ? "-metric" : "metric"), options);
    this.pattern.addEventListener("change", () => ways.choose(this.patternOf, { by: "regex", name: this.pattern.value }), options);
    this.pattern.addEventListener("keydown", (event) => { if (event.key === "Enter") ways.choose(this.patternOf, { by: "regex", name: this.pattern.value }); }, options);
    this.all.addEventListener("change", () => {
      const names = found();
      if (names.length === app.runs.list.length) app.runs.all(this.all.checked);
      else app.runs.setVisible(names.map((run) => run.name), this.all.checked);
      app.selectionChanged();
    }, options);
    find("#run-choose").addEventListener("click", (event) => {
      const what = event.target instanceof Element ? event.target.closest("button")?.dataset.choose : undefined;
      if (!what) return;
      if (what === "all" || what === "none") app.runs.all(what === "all");
      else if (what === "invert") app.runs.invert();
      else app.runs.onlyThese(found().map((run) => run.name));
      app.selectionChanged();
    }, options);
  }

  /** @param {"group" | "colour"} key */
  chosen(key) {
    const { value } = this.choice(key);
    if (value !== REGEX) { this.ways.choose(key, readWay(value)); return; }
    this.patternOf = key;
    const own = this.ways[key];
    this.pattern.value = own.by === "regex" ? own.name : "";
    this.isAsking = true;
    this.onChange();
    requestAnimationFrame(() => requestAnimationFrame(() => this.pattern.focus()));
  }

  /** @param {string} sort */
  sort(sort) {
    this.app.view.set("sort", sort === "start" ? null : sort);
    this.onChange();
  }

  /** @param {{by: string, isBackwards: boolean}} sort @param {{total: number, shown: number}} counts */
  paint(sort, { total, shown }) {
    const { metric, ways } = this;
    this.all.checked = shown > 0 && shown === total;
    this.all.indeterminate = shown > 0 && shown < total;
    const names = ways.names.map((one) => one.name);
    this.fill("group", [["none", "none"], ["folder", "folder"], [REGEX, "regex…"]], ways.group, names);
    this.fill("colour", [["run", "run"], ...(ways.group.by === "none" ? [] : /** @type {[string, string][]} */ ([["group", "group"]])), ["folder", "folder"], ["best", "best 8"], [REGEX, "regex…"]], ways.colour, names);
    const isRegex = ways.group.by === "regex" ? "group" : ways.colour.by === "regex" ? "colour" : null, box = /** @type {HTMLElement} */ (this.pattern.parentElement);
    if (isRegex) {
      this.isAsking = false;
      this.patternOf = isRegex;
      if (document.activeElement !== this.pattern) this.pattern.value = ways[isRegex].name;
    }
    box.hidden = !isRegex && !this.isAsking;
    setAttribute(this.pattern, "aria-invalid", ways.error ? "true" : null);
    this.metricBox.hidden = !metric.tags.length;
    this.choice("of").parentElement?.toggleAttribute("hidden", !metric.tag);
    this.sortMetric.hidden = !metric.tag;
    options(this.choice("metric"), ["", ...metric.tags].map((tag) => [tag, tag || "no scalar"]), metric.tag);
    options(this.choice("of"), OF.map((of) => [of, of]), metric.of);
    this.choice("sort").value = (sort.isBackwards ? "-" : "") + sort.by;
    const direction = sort.isBackwards ? "descending" : "ascending";
    setAttribute(this.sortName, "data-direction", sort.by === "name" || (sort.by === "start" && sort.isBackwards) ? direction : null);
    setAttribute(this.sortMetric, "data-direction", sort.by === "metric" ? direction : null);
    this.sortName.title = `Sorted by ${sort.by}; click for another order`;
  }

  /** @param {"group" | "colour"} key @param {[string, string][]} fixed @param {Way} way @param {string[]} hparams */
  fill(key, fixed, way, hparams) {
    const select = this.choice(key), wanted = way.by === "regex" ? REGEX : writeWay(way) ?? "none", names = way.by === "hparam" && !hparams.includes(way.name) ? [way.name, ...hparams] : hparams;
    const said = JSON.stringify([fixed, names]);
    if (select.dataset.said !== said) {
      select.dataset.said = said;
      select.replaceChildren(...fixed.map(([value, text]) => el("option", { value }, text)),
        ...(names.length ? [el("optgroup", { label: "hyper-parameter" }, ...names.map((name) => el("option", { value: `hparam:${name}` }, name)))] : []));
    }
    if (select.value !== wanted && !(this.isAsking && this.patternOf === key)) select.value = wanted;
  }
}

/** @param {HTMLSelectElement} select @param {string[][]} wanted value and text @param {string} value */
function options(select, wanted, value) {
  if (select.options.length !== wanted.length || wanted.some(([one], i) => select.options[i].value !== one)) select.replaceChildren(...wanted.map(([one, text]) => el("option", { value: one }, text)));
  if (select.value !== value) select.value = value;
}
