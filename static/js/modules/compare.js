/** The compare page: the ticked runs as columns, one of them the baseline; first in words, then in numbers, curves and pictures. */

import { el, icon, isTyping, need, setAttribute, setText } from "../dom.js";
import { counted } from "../format.js";
import { CompareCurves } from "./compare_curves.js";
import { wireExport } from "./compare_export.js";
import { paintFacts } from "./compare_facts.js";
import { CompareGraphs } from "./compare_graphs.js";
import { paintHead, paintVerdict, stylesOf } from "./compare_head.js";
import { CompareImages } from "./compare_images.js";
import { CompareMetrics } from "./compare_metrics.js";
import { CompareSettings } from "./compare_settings.js";
import { emptyLogdir, emptyNote } from "./empty_page.js";

/** @import { App } from "../app.js" */
/** @import { CompareAnswer, DeltaEvent } from "../types.d.ts" */

const MODULE = "compare";
const MOST_RUNS = 200;
const SOON_MS = 30, LIVE_MS = 1500; // until a choice is answered; between two answers while runs grow

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController();
  const page = new ComparePage(root, app, abort.signal);
  if (!document.documentElement.dataset.rail && app.view.get("show") !== null) document.documentElement.dataset.rail = "folded";
  page.later(0);
  return () => abort.abort();
}

class ComparePage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    this.root = root;
    this.app = app;
    this.signal = signal;
    const find = (/** @type {string} */ selector) => need(root, selector, MODULE), part = (/** @type {string} */ name) => find(`[data-part=${name}]`);
    this.note = find("[data-slot=note]");
    this.body = find("[data-slot=body]");
    this.scroll = find(".compare-scroll");
    this.verdict = find(".verdict");
    this.head = find(".compare-head");
    this.facts = part("facts");
    this.apart = find("[data-action=apart]");
    this.choice = (/** @type {string} */ name) => /** @type {HTMLSelectElement} */ (find(`[data-choice=${name}]`));
    /** @type {CompareAnswer | null} */
    this.answer = null;
    this.ofGraphs = "";
    this.settings = new CompareSettings(part("settings"), app, signal);
    this.metrics = new CompareMetrics(part("metrics"), app, signal);
    this.curves = new CompareCurves(part("curves"), app, signal);
    this.images = new CompareImages(part("images"), app, /** @type {HTMLDialogElement} */ (find("dialog")), signal);
    this.graphs = new CompareGraphs(part("graphs"), app, (sentence) => { this.ofGraphs = sentence; if (this.answer) paintVerdict(this.verdict, this.answer, sentence); }, signal);
    wireExport(app, () => this.answer && { answer: this.answer, metrics: this.metrics }, signal);
    app.runs.isExplicit = true;
    this.timer = 0;
    this.due = 0;
    /** @type {AbortController | null} */
    this.reading = null;
    this.asked = "";
    this.wire();
  }

  wire() {
    const { app, signal } = this, options = { signal };
    app.on("selection", () => this.later(SOON_MS), options);
    app.on("runs", () => this.later(this.answer ? LIVE_MS : SOON_MS), options);
    app.on("stale", () => this.later(SOON_MS), options);
    app.on("navigated", () => { this.settings.answer = null; this.later(SOON_MS); }, options);
    app.on("style", () => { if (this.answer) paintHead(this.head, this.answer, app, (run) => this.rebase(run)); }, options);
    app.on("lift", () => this.paintLift(), options);
    app.on("delta", (delta) => this.onDelta(delta), options);
    this.choice("baseline").addEventListener("change", () => this.rebase(this.choice("baseline").value), options);
    this.choice("judge").addEventListener("change", () => this.choose("judge", this.choice("judge").value), options);
    this.choice("at").addEventListener("change", () => { this.choose("at", this.choice("at").value === "best" ? null : this.choice("at").value); this.metrics.paint(); }, options);
    this.apart.addEventListener("click", () => this.choose("apart", app.view.get("apart") === null ? "" : null), options);
    need(this.root, "[data-action=choose]", MODULE).addEventListener("click", () => {
      document.documentElement.dataset.rail = "";
      /** @type {HTMLElement | null} */ (document.querySelector(".run-list input[type=search]"))?.focus();
    }, options);
    document.addEventListener("keydown", (event) => this.onKey(event), options);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event) || !this.answer || document.querySelector("dialog[open]")) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], isChart = event.target instanceof Element && event.target.closest(".chart");
    if (by && !isChart && !(event.target instanceof HTMLInputElement)) { event.preventDefault(); this.images.scrubber.move(event.shiftKey ? 10 * by : by); }
    if (event.key === "b") this.rebase(this.answer.columns[1]?.runs[0] ?? "");
    if (event.key === "e" && !isChart) this.settings.toggle();
  }

  /** @param {string} key @param {string | null} value */
  choose(key, value) {
    this.app.view.set(key, value);
    this.later(0);
  }

  /** @param {string} run */
  rebase(run) { this.choose("baseline", run || null); }

  /** Asked once, after whatever comes meanwhile; while runs grow not too often. @param {number} wait ms */
  later(wait) {
    const at = performance.now() + wait;
    if (this.timer && this.due <= at) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = window.setTimeout(() => { this.timer = 0; void this.read(); }, wait);
  }

  /** @param {DeltaEvent} delta */
  onDelta(delta) {
    this.curves.onDelta(delta);
    this.images.onDelta(delta);
    if (Object.values(delta.grew ?? {}).some((kinds) => kinds.graph)) this.graphs.asked = "";
    const own = new Set(this.answer?.columns.flatMap(({ runs }) => runs));
    if ([...Object.keys(delta.grew ?? {}), ...(delta.rebuilt ?? []), ...(delta.removed ?? [])].some((run) => own.has(run))) this.later(LIVE_MS);
  }

  async read() {
    const { app } = this, { view } = app, runs = app.runs.visible().map((run) => run.name);
    if (runs.length < 2 || runs.length > MOST_RUNS) { this.say(this.why(runs.length)); return; }
    const question = { runs, baseline: view.get("baseline"), apart: view.get("apart") !== null };
    this.reading?.abort();
    const reading = (this.reading = new AbortController());
    this.signal.addEventListener("abort", () => reading.abort(), { once: true });
    try {
      const answer = await app.api.post("api/compare", { ...question, judge: view.get("judge") ?? view.get("metric"), measure: this.metrics.measure }, { signal: reading.signal });
      if (this.signal.aborted) return;
      if (answer.error) this.say(emptyNote("These runs are no comparison", answer.error, ["Choose runs", () => this.openList()]));
      else this.show(answer, question);
    } catch (error) {
      if (reading.signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error), isAway = /** @type {{status?: number}} */ (error).status === 0;
      if (!isAway || !this.answer) this.say(emptyNote("These runs cannot be compared", message, ["Choose runs", () => this.openList()]));
    }
  }

  /** @param {number} count of ticked runs */
  why(count) {
    const { app } = this;
    if (!app.runs.list.length) return emptyLogdir(app);
    if (count > MOST_RUNS) return emptyNote(`${count} runs are too many`, `Tick 2 to ${MOST_RUNS} in the list: at most 8 columns, seeds of one configuration in one.`, ["Choose runs", () => this.openList()]);
    return emptyNote(count ? "One run alone cannot be compared" : "No run is ticked", `Tick two or more of the ${counted(app.runs.list.length, "run")} in the list: they become the columns.`, ["Choose runs", () => this.openList()]);
  }

  openList() {
    document.documentElement.dataset.rail = "";
    /** @type {HTMLElement | null} */ (document.querySelector(".run-rows input"))?.focus();
  }

  /** @param {HTMLElement} node in the place of the comparison */
  say(node) {
    this.answer = null;
    this.app.columns = null;
    document.documentElement.toggleAttribute("data-empty", node.className === "empty");
    this.note.replaceChildren(node);
    this.body.hidden = true;
  }

  /** @param {CompareAnswer} answer @param {object} question */
  show(answer, question) {
    const { app, scroll } = this;
    this.answer = answer;
    document.documentElement.removeAttribute("data-empty");
    this.note.replaceChildren();
    this.body.hidden = false;
    scroll.style.setProperty("--columns", String(answer.columns.length));
    setAttribute(scroll, "data-many", answer.columns.length > 4 ? "" : null);
    const styles = stylesOf(answer, app);
    const groups = answer.columns.some(({ runs }) => runs.length > 1) ? answer.columns.map(({ label, runs }, colour) => ({ name: label, runs, colour, style: styles.get(runs[0]) })) : null;
    const isOther = JSON.stringify([app.columns?.groups, [...app.columns?.styles ?? []]]) !== JSON.stringify([groups, [...styles]]);
    app.columns = { groups, styles };
    if (isOther) app.tell("columns");
    paintVerdict(this.verdict, answer, this.ofGraphs);
    paintHead(this.head, answer, app, (run) => this.rebase(run));
    this.paintChoices(answer);
    this.settings.paint(answer);
    void this.metrics.read(answer, question);
    void this.curves.read(answer);
    void this.images.read(answer);
    void this.graphs.read(answer);
    paintFacts(this.facts, answer);
  }

  /** @param {CompareAnswer} answer */
  paintChoices(answer) {
    const fill = (/** @type {string} */ name, /** @type {[string, string][]} */ options, /** @type {string} */ chosen) => {
      const select = this.choice(name), said = JSON.stringify(options);
      if (select.dataset.said !== said) { select.dataset.said = said; select.replaceChildren(...options.map(([value, text]) => el("option", { value }, text))); }
      select.value = chosen;
      /** @type {HTMLElement} */ (select.parentElement).hidden = !options.length;
    };
    fill("baseline", answer.columns.map(({ label, runs }) => [runs[0], label]), answer.columns[0].runs[0]);
    fill("judge", answer.tags.map((tag) => [tag, tag]), answer.judge ?? "");
    this.choice("at").value = this.metrics.measure;
    const isApart = this.app.view.get("apart") !== null;
    this.apart.hidden = !isApart && !answer.columns.some(({ runs }) => runs.length > 1);
    setAttribute(this.apart, "aria-pressed", String(isApart));
    setText(this.apart, "Seeds apart");
    if (isApart) this.apart.prepend(icon("lock"));
  }

  paintLift() {
    for (const [at, column] of (this.answer?.columns ?? []).entries()) setAttribute(this.head.children[at + 1], "data-lifted", this.app.lifted !== null && column.runs.includes(this.app.lifted) ? "" : null);
  }
}
