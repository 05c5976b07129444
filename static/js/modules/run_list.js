/** The run list: legend, chooser and state of the runs in one. */

import { el, icon, need, pathName, setAttribute, setText } from "../dom.js";
import { bytes, counted, splitName, value } from "../format.js";
import { RunMetric } from "./run_metric.js";
import { RunRow } from "./run_row.js";
import { contains } from "./tag_search.js";

/** @import { App } from "../app.js" */
/** @import { Run } from "../types.d.ts" */

const MANY = 40; // runs: more are not told apart by colour
const STATE_EVERY_MS = 15000;
const QUIET = ["dropped", "rank"]; // facts that say something only where they are not 0

/** @param {HTMLElement} root @param {App} app @returns {() => void} */
export function start(root, app) {
  const list = new RunList(root, app);
  return () => list.ending.abort();
}

/** @param {string} name */
const folderOf = (name) => splitName(name)[0];

class RunList {
  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.app = app;
    this.ending = new AbortController();
    const signal = this.ending.signal, find = (/** @type {string} */ selector) => need(root, selector, "run_list");
    this.rows = find(".run-rows");
    this.foot = find(".run-list-foot");
    this.search = /** @type {HTMLInputElement} */ (find("input[type=search]"));
    this.all = /** @type {HTMLInputElement} */ (find(".run-list-columns .chip"));
    this.count = find("[data-slot=count]");
    this.choice = (/** @type {string} */ name) => /** @type {HTMLSelectElement} */ (find(`[data-choice=${name}]`));
    this.metricBox = find(".run-list-metric");
    /** @type {Map<string, RunRow>} */
    this.made = new Map();
    this.cut = "";
    this.readAt = Date.now();
    /** @type {Element | null} */
    this.liftedRow = null;
    this.metric = new RunMetric(app, signal, () => this.later());
    this.frame = 0;
    this.listen(signal);
    this.render();
    this.metric.readTags();
  }

  get group() { return this.app.view.get("group") === "folder" ? "folder" : "none"; }

  get colour() {
    const asked = this.app.view.get("colour");
    if (asked === "run" || asked === "folder" || asked === "best") return asked;
    if (this.group === "folder") return "folder";
    return this.app.runs.list.length > MANY && this.metric.last.size ? "best" : "run";
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { app, rows, search } = this, options = { signal };
    app.on("runs", () => { this.readAt = Date.now(); this.later(); }, options);
    app.on("selection", () => this.later(), options);
    app.on("lift", () => this.paintLift(), options);
    search.addEventListener("input", () => this.later(), options);
    search.addEventListener("keydown", (event) => { if (event.key === "Escape") { search.value = ""; this.later(); search.blur(); } }, options);
    this.choice("group").addEventListener("change", () => { app.view.set("group", this.choice("group").value === "none" ? null : "folder"); app.view.set("colour", null); this.later(); }, options);
    this.choice("colour").addEventListener("change", () => { app.view.set("colour", this.choice("colour").value); this.later(); }, options);
    this.choice("metric").addEventListener("change", () => this.metric.choose(this.choice("metric").value), options);
    this.all.addEventListener("change", () => {
      const found = this.found();
      if (found.length === app.runs.list.length) app.runs.all(this.all.checked);
      else app.runs.setVisible(found.map((run) => run.name), this.all.checked);
      app.selectionChanged();
    }, options);
    rows.addEventListener("change", (event) => {
      const row = this.rowOf(event.target), chip = /** @type {HTMLInputElement} */ (event.target);
      if (!row) return;
      app.runs.setVisible(row.dataset.group === undefined ? [row.dataset.name ?? ""] : this.members(row.dataset.group).map((run) => run.name), chip.checked);
      app.selectionChanged();
    }, options);
    const only = (/** @type {Event} */ event) => {
      const name = this.rowOf(event.target)?.dataset.name;
      if (name === undefined) return;
      event.preventDefault();
      app.runs.only(name);
      app.selectionChanged();
    };
    rows.addEventListener("dblclick", (event) => { if (!(/** @type {Element} */ (event.target).closest(".run-only"))) only(event); }, options);
    rows.addEventListener("click", (event) => { if (/** @type {Element} */ (event.target).closest(".run-only")) only(event); }, options);
    rows.addEventListener("pointerover", (event) => app.lift(this.rowOf(event.target)?.dataset.name ?? null), options);
    rows.addEventListener("pointerleave", () => app.lift(null), options);
    const timer = setInterval(() => { for (const run of app.runs.list) if (run.state === "stalled") this.made.get(run.name)?.paintState(run, this.readAt); }, STATE_EVERY_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** @param {EventTarget | null} target @returns {HTMLElement | null} */
  rowOf(target) {
    return target instanceof Element ? target.closest(".run-row") : null;
  }

  /** Once a frame, whatever changed. */
  later() {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.render(); });
  }

  /** Runs that the search leaves. */
  found() {
    const test = contains(this.search.value);
    return this.app.runs.list.filter((run) => test(run.name));
  }

  /** @param {string} folder */
  members(folder) {
    return this.found().filter((run) => folderOf(run.name) === folder);
  }

  render() {
    const { app, metric, group } = this;
    this.paintColours();
    if (this.cut !== group) { this.cut = group; this.made.clear(); }
    let found = this.found();
    if (app.focus) {
      const place = new Map(metric.ranked(found.map((run) => run.name)).map((name, i) => [name, i]));
      found = [...found].sort((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0));
    }
    /** @type {Element[]} */
    let nodes;
    if (!found.length) nodes = [el("li", { class: "run-list-empty" }, app.runs.list.length ? "No run matches. Esc clears the search." : app.answer?.waiting ?? (app.answer?.loading ? "Reading." : "No runs yet."))];
    else if (group === "folder") nodes = this.grouped(found);
    else nodes = found.map((run) => this.row(run));
    if (nodes.length !== this.rows.children.length || nodes.some((node, i) => node !== this.rows.children[i])) this.rows.replaceChildren(...nodes);
    for (const name of this.made.keys()) if (!app.runs.byName(name)) this.made.delete(name);
    this.paintHead();
    this.paintFoot();
    this.paintLift();
  }

  /** Which runs are in colour, and in which; charts hear of it only where it differs. */
  paintColours() {
    const { app, colour } = this, before = `${JSON.stringify(app.focus)} ${this.colouring ?? "run"}`;
    this.colouring = colour;
    app.focus = colour === "best" ? this.metric.best(app.runs.visible().map((run) => run.name)) : null;
    if (colour === "folder") {
      const folders = [...new Set(app.runs.list.map((run) => folderOf(run.name)))].sort(), place = new Map(folders.map((folder, i) => [folder, i]));
      app.colourOf = (run) => place.get(folderOf(run.name)) ?? 0;
    } else app.colourOf = null;
    if (before !== `${JSON.stringify(app.focus)} ${colour}`) app.tell("style");
  }

  /** @param {Run} run */
  row(run) {
    let row = this.made.get(run.name);
    if (!row) this.made.set(run.name, (row = new RunRow(run, this.group === "folder" ? folderOf(run.name).length : 0)));
    row.paint(run, this.app, { metric: this.metric.last.get(run.name), hasMetric: this.metric.tag !== "", readAt: this.readAt });
    return row.root;
  }

  /** @param {Run[]} found */
  grouped(found) {
    /** @type {Map<string, Run[]>} */
    const groups = new Map();
    for (const run of found) groups.set(folderOf(run.name), [...(groups.get(folderOf(run.name)) ?? []), run]);
    return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, members]) => {
      const [head, tail] = splitName(folder.replace(/\/$/, "") || "no folder"), on = members.filter((run) => this.app.runs.isVisible(run.name)).length;
      const chip = el("input", { type: "checkbox", class: "chip", "aria-label": `Show group ${folder || "no folder"}`, vars: { "--run": this.app.style(members[0]).colour } }), name = pathName(head, tail);
      chip.checked = on > 0;
      chip.indeterminate = on > 0 && on < members.length;
      name.append(el("span", { class: "count" }, `\u2002${members.length}`));
      return el("li", { class: "run-group" }, el("label", { class: "run-row", title: folder, "data-group": folder }, chip, name, el("span"), el("span", { class: "number run-group-spread" }, this.spread(members))),
        el("ul", {}, ...members.map((run) => this.row(run))));
    });
  }

  /** Mean of a group's numbers. @param {Run[]} members */
  spread(members) {
    const values = members.map((run) => this.metric.last.get(run.name) ?? NaN).filter(Number.isFinite);
    return values.length ? value(values.reduce((a, b) => a + b, 0) / values.length) : "";
  }

  paintHead() {
    const { app, metric } = this, total = app.runs.list.length, shown = app.runs.visible().length;
    const found = this.found().length, counts = shown === total ? String(total) : `${shown} of ${total}`;
    setText(this.count, !total ? "" : found === total ? counts : `${counts}, ${found} listed`);
    this.all.checked = shown === total;
    this.all.indeterminate = shown > 0 && shown < total;
    this.choice("group").value = this.group;
    this.choice("colour").value = this.colour;
    this.metricBox.hidden = !metric.tags.length;
    const select = this.choice("metric"), wanted = ["", ...metric.tags];
    if (select.options.length !== wanted.length || wanted.some((tag, i) => select.options[i].value !== tag)) select.replaceChildren(...wanted.map((tag) => el("option", { value: tag }, tag || "no scalar")));
    select.value = metric.tag;
  }

  /** What could not be read, and what the colours mean. */
  paintFoot() {
    const { app } = this, parts = [], problems = app.runs.list.flatMap((run) => run.problems.map((problem) => ({ run, problem }))), files = new Set(problems.map((one) => one.problem.file)).size;
    const said = JSON.stringify([problems.map((one) => one.problem), this.colour, app.focus?.length, this.metric.tag, app.runs.list.length === 1 && app.runs.list[0].facts]);
    if (said === this.foot.dataset.said) return;
    this.foot.dataset.said = said;
    const wasOpen = this.foot.querySelector("details")?.open;
    if (app.runs.list.length === 1) {
      const facts = Object.entries(app.runs.list[0].facts).filter(([key, v]) => v !== null && v !== "" && typeof v !== "object" && !(v === 0 && QUIET.includes(key))).slice(0, 12);
      if (facts.length) parts.push(el("dl", { class: "facts" }, ...facts.flatMap(([key, v]) => [el("dt", {}, key.replaceAll("_", " ")), el("dd", {}, String(v))])));
    }
    if (problems.length) parts.push(el("details", { class: "notice", "data-kind": "stalled", open: wasOpen },
      el("summary", {}, icon("warn"), el("strong", {}, `${counted(files, "file")} partly unreadable`)),
      ...problems.slice(0, 50).map(({ problem }) => el("p", {}, `${problem.file}${problem.length ? ` (${bytes(problem.length)})` : ""}: ${problem.message}${problem.count > 1 ? ` ${problem.count} times.` : ""}`)),
      problems.length > 50 && el("p", {}, `and ${problems.length - 50} more`)));
    if (app.focus) parts.push(el("p", {}, el("span", {}, `Best ${app.focus.length} of ${app.runs.list.length} in colour`), el("span", { class: "run-foot-by", title: this.metric.tag }, `by last ${this.metric.tag}`)));
    this.foot.replaceChildren(...parts);
  }

  paintLift() {
    const row = this.app.lifted === null ? null : this.made.get(this.app.lifted)?.label ?? null;
    if (row === this.liftedRow) return;
    this.liftedRow?.removeAttribute("data-lifted");
    if (row) setAttribute(row, "data-lifted", "");
    this.liftedRow = row;
  }
}
