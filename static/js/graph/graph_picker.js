/** Which graph is shown: the list of all that were logged, the one in the URL, and what comes while the page is open. */
import { el } from "../dom.js";
import { step } from "../format.js";

/** @import {App} from "../app.js" */
/** @typedef {{run: string, tag: string, ref: string, step: string, nodes: number | null}} GraphEntry */

const RUN_GRAPH = "__run_graph__"; // the tag of a run's only graph, as TensorBoard has it

export class GraphPicker {
  /** @type {GraphEntry[]} */
  entries = [];
  /** @type {GraphEntry | null} */
  current = null;

  /** @param {App} app @param {HTMLSelectElement} select @param {AbortSignal} signal */
  constructor(app, select, signal) {
    this.app = app;
    this.select = select;
    this.signal = signal;
  }

  /** Reads the list. @returns {Promise<boolean>} whether another graph is to be shown now */
  async read() {
    const answer = await this.app.api.get("api/graphs", {}, { signal: this.signal });
    this.entries = answer.graphs;
    const before = this.current;
    this.current = this.#wanted();
    this.paint();
    return before?.ref !== this.current?.ref || before?.run !== this.current?.run || before?.tag !== this.current?.tag;
  }

  /** The graph of the URL; else the first of the chosen runs; else any. @returns {GraphEntry | null} */
  #wanted() {
    const { view, runs } = this.app;
    const run = view.get("run"), tag = view.get("tag"), at = view.get("at");
    const named = run === null ? [] : this.entries.filter((entry) => entry.run === run);
    const tagged = named.filter((entry) => tag === null || entry.tag === tag);
    const exact = tagged.find((entry) => entry.step === at) ?? tagged.at(-1) ?? named.at(-1);
    if (exact) return exact;
    const { current } = this;
    const kept = current && this.entries.find((entry) => entry.run === current.run && entry.tag === current.tag && entry.ref === current.ref);
    return kept ?? this.entries.find((entry) => runs.isVisible(entry.run)) ?? this.entries[0] ?? null;
  }

  /** Other runs were chosen: a graph of one of them, if the shown one's run is not among them. @returns {boolean} whether that is another graph */
  follow() {
    if (!this.current || this.app.runs.isVisible(this.current.run)) return false;
    const other = this.entries.find((entry) => this.app.runs.isVisible(entry.run));
    if (!other) return false;
    this.choose(other);
    return true;
  }

  /** @param {GraphEntry} entry */
  choose(entry) {
    const { view } = this.app;
    this.current = entry;
    const ofRun = this.entries.filter(({ run }) => run === entry.run);
    view.set("run", entry.run);
    view.set("tag", new Set(ofRun.map(({ tag }) => tag)).size > 1 ? entry.tag : null);
    view.set("at", ofRun.filter(({ tag }) => tag === entry.tag).length > 1 ? entry.step : null);
    this.paint();
  }

  paint() {
    const { entries, select } = this;
    const several = new Set(), seen = new Set();
    for (const { run, tag } of entries) (seen.has(`${run}\n${tag}`) ? several : seen).add(`${run}\n${tag}`);
    select.replaceChildren(...entries.map((entry, i) => {
      const isOnly = entry.tag === RUN_GRAPH;
      const text = [entry.run, isOnly ? "" : entry.tag, several.has(`${entry.run}\n${entry.tag}`) ? `step ${step(entry.step)}` : ""].filter(Boolean).join(" · ");
      return el("option", { value: i }, text);
    }));
    select.selectedIndex = this.current ? entries.indexOf(this.current) : -1;
    select.title = this.current?.run ?? "";
  }

  /** Columns of the shown graph. @param {AbortSignal} signal */
  columns(signal) {
    return this.app.api.get("api/graph", this.#params(), { signal });
  }

  /** All that the file says of one node. @param {string} name @param {AbortSignal} signal */
  node(name, signal) {
    return this.app.api.get("api/graph_node", { ...this.#params(), name }, { signal });
  }

  #params() {
    const { run, tag, ref } = /** @type {GraphEntry} */ (this.current);
    return { run, tag, ref };
  }
}
