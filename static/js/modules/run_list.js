/** The run list: legend, chooser and state of the runs in one. */

import { el, icon, need, pathName, setAttribute, setText } from "../dom.js";
import { splitName, value } from "../format.js";
import { asText, readSort, sorted } from "./run_colouring.js";
import { RunFoot, paintCount } from "./run_foot.js";
import { RunHead } from "./run_head.js";
import { RunMany } from "./run_many.js";
import { RunMetric } from "./run_metric.js";
import { RunNotices } from "./run_notices.js";
import { RunRow } from "./run_row.js";
import { RunRows } from "./run_rows.js";
import { RunSearch } from "./run_search.js";
import { runPanel } from "./run_panel.js";
import { renameInPlace } from "./run_rename.js";
import { RunWays } from "./run_ways.js";

/** @import { App } from "../app.js" */
/** @import { Run } from "../types.d.ts" */
/** @import { Group } from "./run_colouring.js" */
/** @typedef {{key: string, run?: Run, cut: number, isIndented: boolean, group?: Group, place: number}} Item */

const STATE_EVERY_MS = 15000;
const NO_GROUP = "\u0000"; // name of the group of runs that are in none

/** @param {HTMLElement} root @param {App} app @returns {() => void} */
export function start(root, app) {
  const list = new RunList(root, app);
  return () => list.ending.abort();
}

class RunList {
  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.app = app;
    this.ending = new AbortController();
    const { signal } = this.ending, find = (/** @type {string} */ selector) => need(root, selector, "run_list"), later = () => this.later();
    this.list = find(".run-rows");
    this.count = find("[data-slot=count]");
    /** Rows of runs, and heads of groups, that were made. @type {Map<string, RunRow>} */
    this.made = new Map();
    /** @type {Map<string, HTMLElement>} */
    this.heads = new Map();
    this.cut = "";
    this.readAt = Date.now();
    this.frame = 0;
    /** @type {Element | null} */
    this.liftedRow = null;
    /** Row that was ticked last, for Shift. @type {string | null} */
    this.anchor = null;
    this.metric = new RunMetric(app, signal, later);
    this.notices = new RunNotices(app, signal, later);
    this.ways = new RunWays(app, this.metric, signal, later);
    this.search = new RunSearch({ app, field: find(".run-list-head .field"), said: find(".run-search-said"), signal, onChange: later });
    this.rows = new RunRows({ list: this.list, make: (/** @type {Item} */ item) => this.node(item), signal });
    this.head = new RunHead(root, app, { metric: this.metric, ways: this.ways, found: () => this.found(), onChange: later, signal });
    this.many = new RunMany(root, app, signal);
    this.foot = new RunFoot(find(".run-list-foot"), app, this);
    this.panel = runPanel(root, app, signal);
    this.listen(signal);
    this.render();
    this.metric.readTags();
  }

  /** Groups that are folded. */
  get shut() { return this.app.view.names("shut"); }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { app, list } = this, options = { signal };
    app.on("runs", () => { this.readAt = Date.now(); this.later(); }, options);
    for (const topic of /** @type {const} */ (["selection", "navigated", "columns"])) app.on(topic, () => { this.ways.apply(); this.later(); }, options);
    app.on("lift", () => this.paintLift(), options);
    let isShift = false;
    list.addEventListener("click", (event) => {
      const target = /** @type {Element} */ (event.target), row = this.rowOf(target);
      isShift = event.shiftKey;
      if (target.closest(".run-only")) this.only(event);
      else if (target.closest(".run-fold")) { event.preventDefault(); this.fold(row?.dataset.group ?? ""); }
      else if (target.closest(".run-more")) { event.preventDefault(); void this.panel(row?.dataset.name ?? "", /** @type {HTMLElement} */ (target.closest(".run-more"))); }
    }, options);
    list.addEventListener("keydown", (event) => {
      const name = this.rowOf(event.target)?.dataset.name, made = name === undefined ? null : this.made.get(name);
      if (event.key !== "F2" || !made) return;
      event.preventDefault();
      renameInPlace(app, made);
    }, options);
    list.addEventListener("mousedown", (event) => { if (event.shiftKey) event.preventDefault(); }, options); // no text is selected
    list.addEventListener("change", (event) => this.tick(/** @type {HTMLInputElement} */ (event.target), isShift), options);
    list.addEventListener("dblclick", (event) => { if (!(/** @type {Element} */ (event.target).closest("button"))) this.only(event); }, options);
    list.addEventListener("pointerover", (event) => app.lift(this.rowOf(event.target)?.dataset.name ?? null), options);
    list.addEventListener("pointerleave", () => app.lift(null), options);
    const timer = setInterval(() => { for (const run of app.runs.list) if (run.state === "stalled") this.made.get(run.name)?.paintState(run, this.readAt); }, STATE_EVERY_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** @param {EventTarget | null} target @returns {HTMLElement | null} */
  rowOf(target) {
    return target instanceof Element ? target.closest(".run-row") : null;
  }

  /** One box; with Shift all rows from the one before. @param {HTMLInputElement} chip @param {boolean} isRange */
  tick(chip, isRange) {
    const { app, rows } = this, row = this.rowOf(chip), key = chip.closest("[data-key]")?.getAttribute("data-key") ?? "";
    if (!row) return;
    const at = rows.items.findIndex((item) => item.key === key), from = isRange && this.anchor !== null ? rows.items.findIndex((item) => item.key === this.anchor) : at;
    const items = at < 0 || from < 0 ? [] : rows.items.slice(Math.min(at, from), Math.max(at, from) + 1);
    app.runs.setVisible(items.flatMap((item) => item.run?.name ?? item.group?.runs ?? []), chip.checked);
    this.anchor = key;
    app.selectionChanged();
  }

  /** @param {Event} event */
  only(event) {
    const row = this.rowOf(event.target), name = row?.dataset.name, group = row?.dataset.group;
    if (name === undefined && group === undefined) return;
    event.preventDefault();
    if (name !== undefined) this.app.runs.only(name);
    else this.app.runs.onlyThese(this.rows.items.find((item) => item.group?.name === group)?.group?.runs ?? []);
    this.app.selectionChanged();
  }

  /** @param {string} group */
  fold(group) {
    this.app.view.toggleNames("shut", [group], !this.shut.has(group));
    this.later();
  }

  /** Once a frame, whatever changed. */
  later() {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.render(); });
  }

  /** Runs that the search leaves. */
  found() {
    const { list, matching } = this.app.runs;
    return matching === null ? list : list.filter((run) => matching.has(run.name));
  }

  render() {
    const { app, metric, ways } = this;
    ways.apply();
    const cut = ways.group.by;
    if (this.cut !== cut) { this.cut = cut; this.made.clear(); this.heads.clear(); }
    const sort = readSort(app.view.get("sort")) ?? { by: app.focus ? "metric" : "start", isBackwards: false };
    const found = sorted(this.found(), /** @type {import("./run_colouring.js").Sort} */ (sort), (names) => metric.ranked(names));
    if (!found.length) this.rows.set([{ key: "empty", cut: 0, isIndented: false, place: 0 }]);
    else this.rows.set(cut === "none" ? found.map((run) => ({ key: `run ${run.name}`, run, cut: 0, isIndented: false, place: 0 })) : this.grouped(found));
    for (const name of this.made.keys()) if (!app.runs.byName(name)) this.made.delete(name);
    const total = app.runs.list.length, shown = app.runs.visible().length;
    paintCount(this.count, { total, shown, found: found.length });
    this.head.paint(sort, { total, shown });
    this.foot.paint();
    this.many.paint();
    this.paintLift();
  }

  /** Heads and, of open groups, their runs. @param {Run[]} found @returns {Item[]} */
  grouped(found) {
    const { ways, shut } = this;
    /** @type {Map<string, number>} */
    const placeOf = new Map();
    ways.groups.forEach((group, i) => { for (const run of group.runs) placeOf.set(run, i); });
    /** @type {Run[][]} */
    const members = ways.groups.map(() => []);
    /** @type {Run[]} */
    const others = [];
    for (const run of found) (members[placeOf.get(run.name) ?? -1] ?? others).push(run);
    /** @type {Item[]} */
    const items = [];
    const add = (/** @type {string} */ name, /** @type {Run[]} */ runs, /** @type {unknown} */ shown, /** @type {number} */ place) => {
      if (!runs.length) return;
      items.push({ key: `group ${name}`, cut: 0, isIndented: false, place, group: { name, runs: runs.map((run) => run.name), value: shown } });
      const head = name ? `${name}/` : "\u0000";
      if (!shut.has(name)) for (const run of runs) items.push({ key: `run ${run.name}`, run, cut: run.name.startsWith(head) ? head.length : 0, isIndented: true, place });
    };
    ways.groups.forEach((group, i) => add(group.name, members[i], group.value, i));
    add(NO_GROUP, others, null, -1);
    return items;
  }

  /** @param {Item} item */
  node(item) {
    const { app, metric } = this;
    if (item.run) {
      const { run } = item;
      let row = this.made.get(run.name);
      if (!row) this.made.set(run.name, (row = new RunRow(run, item.cut, item.isIndented)));
      row.paint(run, app, { metric: metric.last.get(run.name), hasMetric: metric.tag !== "", readAt: this.readAt, badge: this.notices.badges.get(run.name) });
      return row.root;
    }
    if (item.group) return this.groupHead(item.group, item.place);
    const said = app.runs.list.length ? "No run matches. Esc clears the search." : app.answer?.waiting ?? (app.answer?.loading ? "Reading." : "No runs yet.");
    return el("li", { class: "run-list-empty" }, said);
  }

  /** @param {Group} group @param {number} place */
  groupHead(group, place) {
    const { app, ways } = this, isOther = group.name === NO_GROUP, on = group.runs.filter((run) => app.runs.isTicked(run)).length;
    const said = isOther ? "in no group" : ways.group.by === "hparam" ? `${splitName(ways.group.name)[1]} = ${asText(group.value)}` : group.name || "no folder";
    let root = this.heads.get(group.name);
    if (!root) {
      const [head, tail] = ways.group.by === "folder" ? splitName(said) : ["", said], name = pathName(head, tail);
      name.append(el("span", { class: "count" }));
      root = el("li", { class: "run-group", "data-key": `group ${group.name}` }, el("label", { class: "run-row", title: said, "data-group": group.name },
        el("input", { type: "checkbox", class: "chip", "aria-label": `Show group ${said}` }), name,
        el("span", { class: "run-marks" }, el("button", { type: "button", class: "run-fold", "aria-label": `Fold ${said}` }, icon("down")), el("button", { type: "button", class: "run-only", "aria-label": `Show only ${said}` }, "only")),
        el("span", { class: "number" })));
      this.heads.set(group.name, root);
    }
    const chip = /** @type {HTMLInputElement} */ (root.querySelector(".chip")), first = app.runs.byName(group.runs[0]), style = first && place >= 0 ? app.style(first) : null;
    chip.checked = on > 0;
    chip.indeterminate = on > 0 && on < group.runs.length;
    if (style) chip.style.setProperty("--run", style.colour);
    setAttribute(chip, "data-dash", style?.dash ? "1" : null);
    setText(/** @type {Element} */ (root.querySelector(".count")), `\u2002${group.runs.length}`);
    setAttribute(/** @type {Element} */ (root.querySelector(".run-fold")), "aria-expanded", String(!this.shut.has(group.name)));
    this.paintSpread(/** @type {Element} */ (root.querySelector(".number")), group.runs);
    return root;
  }

  /** Mean of a group's numbers, and how far apart they are. @param {Element} slot @param {string[]} runs */
  paintSpread(slot, runs) {
    const values = runs.map((run) => this.metric.last.get(run) ?? NaN).filter(Number.isFinite), mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = values.length > 1 ? Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)) : NaN;
    const said = values.length ? `${value(mean, 3)}${Number.isFinite(deviation) ? ` ±${value(deviation, 2)}` : ""}` : "";
    setText(slot, said);
    setAttribute(slot, "title", said ? `Mean of ${values.length}${Number.isFinite(deviation) ? ", ± standard deviation" : ""}` : null);
  }

  paintLift() {
    const row = this.app.lifted === null ? null : this.made.get(this.app.lifted)?.label ?? null;
    if (row === this.liftedRow) return;
    this.liftedRow?.removeAttribute("data-lifted");
    if (row) setAttribute(row, "data-lifted", "");
    this.liftedRow = row;
  }
}
