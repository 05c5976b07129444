/** The graphs side by side: how large each is, and what differs from the baseline's; the graphs page draws it. */

import { el } from "../dom.js";
import { counted, short } from "../format.js";
import { decodeColumns } from "../graph/columns.js";
import { GraphDiff } from "../graph/diff.js";
import { ADDED, CHANGED, MARK_NAMES, REMOVED } from "../graph/diff_marks.js";
import { buildHierarchy } from "../graph/hierarchy.js";
import { fullName, title } from "../graph/names.js";
import { stringify } from "../view_state.js";
import { line, sectionHead, table } from "./compare_table.js";

/** @import { App } from "../app.js" */
/** @import { GraphColumns } from "../graph/graph_types.js" */
/** @import { CompareAnswer, CompareColumn } from "../types.d.ts" */
/** @typedef {{run: string, tag: string, ref: string, step: string}} Entry */
/** @typedef {{entry: Entry, columns: GraphColumns, blocks: number, params: number, macs: number}} Read */

const MOST = 8; // differences that are named
const AGAIN_MS = 20_000; // until new graphs of the same columns are looked for
const SMALL = 5_000; // nodes: graphs of no more are compared at once, for the first lines; others when they come into sight
const SIGNS = new Map([[ADDED, "+"], [REMOVED, "−"], [CHANGED, "≠"]]);

export class CompareGraphs {
  /** @param {HTMLElement} root @param {App} app @param {(sentence: string) => void} onRead what the graphs say of the columns, "" where that is nothing @param {AbortSignal} signal */
  constructor(root, app, onRead, signal) {
    this.root = root;
    this.onRead = onRead;
    this.app = app;
    this.signal = signal;
    /** Graphs by the run and the step that they are of. @type {Map<string, Promise<Read>>} */
    this.read_ = new Map();
    this.laid = "";
    this.asked = "";
    this.askedAt = 0;
    /** @type {(() => void) | null} */
    this.start = null;
    this.seen = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) { this.start?.(); this.start = null; } }, { root: root.closest("main"), rootMargin: "300px" });
    this.seen.observe(root);
    signal.addEventListener("abort", () => this.seen.disconnect());
  }

  /** The last graph of each column's first run that has one. @param {CompareAnswer} answer */
  async read(answer) {
    const columns = JSON.stringify(answer.columns), now = performance.now();
    if (columns === this.asked && now - this.askedAt < AGAIN_MS) return; // a live page compares anew every other second
    this.asked = columns;
    this.askedAt = now;
    const found = await this.app.api.get("api/graphs", {}, { signal: this.signal }).catch(() => null);
    if (!found || this.signal.aborted) return;
    const entries = answer.columns.map(({ runs }) => /** @type {Entry | null} */ (runs.map((run) => found.graphs.findLast((/** @type {Entry} */ one) => one.run === run)).find(Boolean) ?? null));
    const laid = JSON.stringify([entries, answer.columns]);
    if (laid === this.laid) return;
    this.laid = laid;
    this.onRead("");
    this.root.hidden = entries.filter(Boolean).length < 2;
    if (this.root.hidden) return;
    this.root.replaceChildren(sectionHead("Graph", el("span", { class: "count" }, "blocks by their names, else by their structure; the first run of each column")), el("p", { class: "compare-none" }, "Reading the graphs."));
    await this.app.calm;
    const isNear = this.root.getBoundingClientRect().top < innerHeight + 300, first = entries.find(Boolean);
    const isSmall = !isNear && first ? (await this.get(first).catch(() => null))?.columns : null;
    if (this.laid !== laid) return;
    if (isNear || (isSmall && isSmall.nodeCount <= SMALL)) void this.fill(answer.columns, entries);
    else this.start = () => { void this.fill(answer.columns, entries); };
  }

  /** @param {Entry} entry @returns {Promise<Read>} */
  get(entry) {
    const key = `${entry.run}\n${entry.tag}\n${entry.ref}`, known = this.read_.get(key);
    if (known) return known;
    const asked = this.app.api.get("api/graph", { run: entry.run, tag: entry.tag, ref: entry.ref }, { signal: this.signal }).then((json) => {
      const columns = decodeColumns(json), h = buildHierarchy(columns);
      return { entry, columns, blocks: columns.groupCount - 1, params: h.params[0], macs: h.macs[0] };
    });
    this.read_.set(key, asked);
    asked.catch(() => this.read_.delete(key));
    return asked;
  }

  /** @param {CompareColumn[]} columns @param {(Entry | null)[]} entries */
  async fill(columns, entries) {
    const { laid } = this, graphs = await Promise.all(entries.map((entry) => (entry ? this.get(entry).catch((error) => /** @type {Error} */ (error)) : null)));
    if (this.laid !== laid || this.signal.aborted) return;
    const good = graphs.map((one) => (one && !(one instanceof Error) ? one : null)), base = good[0];
    const row = (/** @type {string} */ name, /** @type {(one: Read) => string} */ text) => {
      const texts = good.map((one) => (one ? text(one) : "–"));
      return line("", [name], texts, (at) => (at ? { [texts[at] === texts[0] ? "data-same" : "data-changed"]: true } : {}));
    };
    const sizes = columns.flatMap(({ label }, at) => (good[at]?.params ? [`${label} has ${short(good[at].params)}`] : []));
    if (sizes.length > 1 && new Set(good.map((one) => one?.params)).size > 1) this.onRead(`By its graph ${sizes[0]} parameters, ${sizes.slice(1).join(", ")}.`);
    const differences = [];
    for (const [at, one] of good.entries()) {
      await new Promise((resolve) => setTimeout(resolve)); // a large graph takes a while: the page goes on between two
      const failed = graphs[at];
      differences.push(failed instanceof Error ? [el("span", { class: "compare-none" }, failed.message)] : !one ? ["no graph"] : !at ? [""] : base ? this.difference(base, one) : ["the baseline has none"]);
    }
    if (this.laid !== laid) return;
    const rows = [row("parameters", (one) => short(one.params)), row("multiply-adds", (one) => (one.macs ? short(one.macs) : "–")), row("blocks", (one) => String(one.blocks)), row("operations", (one) => String(one.columns.nodeCount)),
      line("compare-graphs", ["differences"], differences)];
    this.root.querySelector("[role=table], .compare-none")?.remove();
    this.root.append(table("Graph", columns, rows));
  }

  /** @param {Read} before @param {Read} after @returns {(Node | string | false)[]} */
  difference(before, after) {
    const diff = new GraphDiff(before.columns, after.columns), h = buildHierarchy(diff.merged.columns), items = diff.differences("merged", h), marks = items.map((item) => diff.mark("merged", h, item));
    const parts = [ADDED, REMOVED, CHANGED].map((mark) => [marks.filter((one) => one === mark).length, MARK_NAMES[mark]]).filter(([count]) => count).map(([count, name]) => `${count} ${name}`);
    if (!parts.length) return [diff.batch ? `same graph; the batch is ${diff.batch.join(" → ")}` : "same graph"];
    const url = (/** @type {string | null} */ node) => `graphs?${stringify([["run", after.entry.run], ["tag", after.entry.tag], ["with", before.entry.run], ["with", before.entry.tag], ["with", before.entry.step], ...(node ? [/** @type {[string, string]} */ (["node", node])] : [])])}`;
    const list = items.slice(0, MOST).map((item, i) => el("li", { title: fullName(h, item) }, el("span", { class: "diff-sign", "data-mark": MARK_NAMES[marks[i]] }, SIGNS.get(marks[i]) ?? ""),
      el("span", {}, `${title(h, item)}${marks[i] === CHANGED ? `: ${diff.changes("merged", h, item).map(({ what, from, to }) => `${what} ${from} → ${to}`).join(", ")}` : ""}`)));
    return [el("a", { href: url(null) }, `${parts.join(", ")}`), el("ul", {}, ...list), items.length > MOST && el("span", { class: "count" }, `and ${counted(items.length - MOST, "difference")} more`)];
  }
}
