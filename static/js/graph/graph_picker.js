/** Which graph is shown: the list of all that were logged, the one in the URL, and what comes while the page is open. */
import { el } from "../dom.js";
import { step } from "../format.js";

/** @import {App} from "../app.js" */
/** @typedef {{run: string, tag: string, ref: string, step: string, nodes: number | null, file?: string}} GraphEntry file: name of a file that was dropped onto the page */

const RUN_GRAPH = "__run_graph__"; // the tag of a run's only graph, as TensorBoard has it

export class GraphPicker {
  /** @type {GraphEntry[]} */
  entries = [];
  /** @type {GraphEntry | null} */
  current = null;
  /** The graph that the shown one is compared with. @type {GraphEntry | null} */
  other = null;

  /** @param {App} app @param {{shown: HTMLSelectElement, other: HTMLSelectElement, profile: HTMLSelectElement}} selects @param {AbortSignal} signal */
  constructor(app, { shown, other, profile }, signal) {
    this.app = app;
    this.select = shown;
    this.otherSelect = other;
    this.profileSelect = profile;
    this.signal = signal;
  }

  /** Reads the list. @returns {Promise<boolean>} whether another graph is to be shown now */
  async read() {
    const answer = await this.app.api.get("api/graphs", {}, { signal: this.signal });
    this.entries = answer.graphs;
    return this.look();
  }

  /** Takes from the address what is to be shown. @returns {boolean} whether that is another graph than now, or another comparison */
  look() {
    const { current, other } = this;
    this.current = this.#wanted();
    const [run, tag, at] = this.app.view.getAll("with");
    const alike = this.entries.filter((entry) => entry.run === run && entry.tag === tag);
    this.other = alike.find((entry) => entry.step === at) ?? alike.at(-1) ?? null;
    this.paint();
    return !isSame(current, this.current) || !isSame(other, this.other);
  }

  /** @param {GraphEntry | null} entry null: no comparison */
  compareWith(entry) {
    this.other = entry;
    this.app.view.setAll("with", entry ? [entry.run, entry.tag, entry.step] : []);
    this.paint();
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
    view.set("tag", entry.file || new Set(ofRun.map(({ tag }) => tag)).size > 1 ? entry.tag : null);
    view.set("at", ofRun.filter(({ tag }) => tag === entry.tag).length > 1 ? entry.step : null);
    this.paint();
  }

  paint() {
    const { entries, select } = this;
    const several = new Set(), seen = new Set();
    for (const { run, tag } of entries) (seen.has(`${run}\n${tag}`) ? several : seen).add(`${run}\n${tag}`);
    const option = (/** @type {GraphEntry} */ entry) => el("option", { value: entries.indexOf(entry) }, this.nameOf(entry, several.has(`${entry.run}\n${entry.tag}`)));
    select.replaceChildren(...entries.map(option));
    select.selectedIndex = this.current ? entries.indexOf(this.current) : -1;
    select.title = this.current?.run ?? "";
    const { otherSelect: others } = this;
    const comparable = entries.filter((entry) => entry !== this.current);
    others.replaceChildren(el("option", { value: "" }, "nothing"), ...comparable.map(option));
    others.value = this.other ? String(entries.indexOf(this.other)) : "";
    const label = /** @type {HTMLElement} */ (others.closest("label"));
    label.hidden = !comparable.length;
  }

  /** @param {GraphEntry} entry @param {boolean} [withStep] */
  nameOf(entry, withStep = false) {
    if (entry.file) return entry.file;
    return [entry.run, entry.tag === RUN_GRAPH ? "" : entry.tag, withStep ? `step ${step(entry.step)}` : ""].filter(Boolean).join(" · ");
  }

  /** Columns of a graph. @param {GraphEntry} entry @param {AbortSignal} signal */
  columns(entry, signal) {
    const profile = entry === this.current ? this.app.view.get("profile") : null;
    return this.app.api.get("api/graph", { ...paramsOf(entry), profile }, { signal });
  }

  /** The measured steps that can lie under the shown graph; chosen from where there are several. @param {{profiles?: {tag: string, step: string}[], profile?: string | null}} json */
  offerProfiles({ profiles = [], profile = null }) {
    const { profileSelect: select } = this;
    /** @type {HTMLElement} */ (select.closest("label")).hidden = profiles.length < 2;
    select.replaceChildren(...profiles.map((one) => el("option", { value: one.tag }, one.tag)));
    select.value = profile ?? "";
  }

  /** All that the file says of one node of the shown graph. @param {string} name @param {AbortSignal} signal */
  node(name, signal) {
    return this.app.api.get("api/graph_node", { ...paramsOf(/** @type {GraphEntry} */ (this.current)), name }, { signal });
  }
}

const paramsOf = (/** @type {GraphEntry} */ { run, tag, ref }) => ({ run, tag, ref });
const isSame = (/** @type {GraphEntry | null} */ a, /** @type {GraphEntry | null} */ b) => a?.ref === b?.ref && a?.run === b?.run && a?.tag === b?.tag;
