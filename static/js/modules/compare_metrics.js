/** The metrics side by side: each column's mean, its difference to the baseline, and the interval that it lies in. */

import { el, svg } from "../dom.js";
import { counted, signed, splitName, step, value } from "../format.js";
import { line, sectionHead, table } from "./compare_table.js";
import { MEASURE_NAMES, cellTitle, directionText, judgementText, measureOf, notFinite, reachOf } from "./compare_texts.js";

/** @import { App } from "../app.js" */
/** @import { CellJson, CompareAnswer, CompareColumn, Measure, MetricJson } from "../types.d.ts" */

const KEY = "metrics"; // in the address: "all" are shown
const FEW = 8, AT_ONCE = 60;
/** @type {Measure[]} */
const MEASURES = ["best", "last", "area"];

export class CompareMetrics {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    this.root = root;
    this.app = app;
    this.signal = signal;
    /** @type {Map<string, MetricJson>} */
    this.found = new Map();
    /** @type {CompareAnswer | null} */
    this.answer = null;
    this.asked = 0;
    this.failed = "";
    /** Tags whose three measures are shown. @type {Set<string>} */
    this.open = new Set();
  }

  get isAll() { return this.app.view.get(KEY) === "all"; }

  /** @returns {Measure} */
  get measure() { return MEASURES.find((one) => one === this.app.view.get("at")) ?? "best"; }

  /** Tags that are shown, the judge first. */
  get tags() {
    const { tags = [], judge = null } = this.answer ?? {}, ordered = judge ? [judge, ...tags.filter((tag) => tag !== judge)] : tags;
    return this.isAll ? ordered : ordered.slice(0, FEW);
  }

  /** @param {CompareAnswer} answer @param {object} question of the same columns */
  async read(answer, question) {
    const isOther = JSON.stringify(answer.columns) !== JSON.stringify(this.answer?.columns), asked = ++this.asked;
    this.answer = answer;
    this.question = question;
    if (isOther) this.found.clear();
    const { tags } = this;
    if (tags.every((tag) => this.found.has(tag))) this.paint();
    else this.paintHead();
    for (let at = 0; at < tags.length; at += AT_ONCE) {
      try {
        const part = await this.app.api.post("api/compare/metrics", { ...question, tags: tags.slice(at, at + AT_ONCE) }, { signal: this.signal });
        if (asked !== this.asked) return;
        for (const metric of part.metrics) this.found.set(metric.tag, metric);
        this.failed = "";
      } catch (error) {
        if (this.signal.aborted || asked !== this.asked) return;
        this.failed = error instanceof Error ? error.message : String(error);
      }
      this.paint();
    }
  }

  paintHead() {
    const { answer } = this, many = answer?.tags.length ?? 0;
    const said = !many ? "" : `${this.measure === "area" ? MEASURE_NAMES.area : `${MEASURE_NAMES[this.measure]} of each run`}: mean, difference to the baseline, 95\u202f% interval of each by itself (Welch's t)`;
    const more = many > FEW && el("button", { type: "button", "aria-expanded": String(this.isAll), onclick: () => this.toggleAll() }, this.isAll ? `show ${FEW}` : `show all ${many}`);
    const rest = answer?.alone ? `${counted(answer.alone, "scalar")} ${answer.alone === 1 ? "is" : "are"} in one column only` : "";
    const hadFocus = this.root.querySelector("h2 button") === document.activeElement;
    this.root.querySelector("h2")?.remove();
    const head = sectionHead("Metrics", el("span", { class: "count" }, said), more, el("span", { class: "count" }, rest));
    this.root.prepend(head);
    if (hadFocus) head.querySelector("button")?.focus();
  }

  toggleAll() {
    this.app.view.set(KEY, this.isAll ? null : "all");
    if (this.answer) void this.read(this.answer, this.question ?? {});
  }

  /** Drawn anew from what is known. */
  paint() {
    const { answer } = this;
    if (!answer) return;
    const focused = document.activeElement?.closest(".metric-line")?.getAttribute("data-tag");
    const rows = this.tags.flatMap((tag) => { const metric = this.found.get(tag); return metric ? this.rows(metric, answer.columns) : []; });
    this.root.replaceChildren(...(this.failed ? [el("p", { class: "notice", "data-kind": "failed" }, this.failed)] : []), ...(rows.length ? [table("Metrics", answer.columns, rows)] : []),
      ...(answer.tags.length ? [] : [el("p", { class: "compare-none" }, "No scalar is in two columns or more.")]));
    this.paintHead();
    if (focused) /** @type {HTMLElement | null} */ (this.root.querySelector(`.metric-line[data-tag="${CSS.escape(focused)}"] button`))?.focus();
  }

  /** @param {MetricJson} metric @param {CompareColumn[]} columns */
  rows(metric, columns) {
    const isOpen = this.open.has(metric.tag), measure = measureOf(metric, this.measure), [head, tail] = splitName(metric.tag);
    const isOther = measure !== this.measure ? MEASURE_NAMES[measure] : "";
    const name = el("button", { type: "button", class: "metric-name", title: `${metric.tag}\nbest, last and mean over steps`, "aria-expanded": String(isOpen), onclick: () => this.toggle(metric.tag) }, el("span", {}, head), el("strong", {}, tail));
    const first = this.line(metric, measure, columns, [name, el("small", {}, [directionText(metric), isOther].filter(Boolean).join(", "))]);
    if (!isOpen) return [first];
    const others = MEASURES.filter((one) => one !== measure && (one !== "best" || metric.direction));
    return [first, ...others.map((one) => this.line(metric, one, columns, [el("small", {}, one === "area" && metric.steps ? `mean over steps ${step(metric.steps[0])} to ${step(metric.steps[1])}` : MEASURE_NAMES[one])], true))];
  }

  /** @param {string} tag */
  toggle(tag) {
    if (this.open.has(tag)) this.open.delete(tag);
    else this.open.add(tag);
    this.paint();
  }

  /** @param {MetricJson} metric @param {Measure} measure @param {CompareColumn[]} columns @param {Node[]} name @param {boolean} [isMore] */
  line(metric, measure, columns, name, isMore = false) {
    const cells = metric.cells[measure], reach = reachOf(cells) * 1.08;
    const row = line(`metric-line${isMore ? " metric-more" : ""}`, name, cells.map((cell, at) => this.cell(cell, cells[0], at, reach)), (at) => ({ class: "metric-cell", title: cellTitle(cells[at], columns[at].runs) }));
    row.dataset.tag = metric.tag;
    return row;
  }

  /** @param {CellJson} cell @param {CellJson} baseline @param {number} at @param {number} reach @returns {(Node | false)[]} */
  cell(cell, baseline, at, reach) {
    const { difference, judgement } = cell, bad = notFinite(cell);
    const mean = el("b", {}, cell.mean === null ? (bad ? "NaN" : "–") : value(Number(cell.mean)));
    const flag = bad > 0 && el("small", { class: "metric-flag" }, cell.values.length > 1 ? `${bad} of ${cell.values.length} not finite` : "not finite");
    if (!at) return [mean, flag || el("small", {}, cell.spread === null ? "" : `± ${value(Number(cell.spread), 3)}`)];
    if (!difference) return [mean, flag];
    const kind = judgement === "better" || judgement === "worse" ? judgement : "plain", word = judgementText(cell, baseline);
    return [mean, el("span", { class: "metric-delta", "data-kind": kind }, signed(Number(difference.delta), 3) || "0", el("small", {}, word && ` ${word}`), flag), interval(difference, reach, kind)];
  }
}

/** Zero, the difference, and its interval on a scale that the row's columns share. @param {import("../types.d.ts").DifferenceJson} difference @param {number} reach @param {string} kind */
function interval({ delta, low, high }, reach, kind) {
  const x = (/** @type {import("../types.d.ts").Json64} */ v) => `${(50 + (reach ? (48 * Number(v)) / reach : 0)).toFixed(2)}%`;
  const shown = svg("svg", { class: "metric-plot", "data-kind": kind, "aria-hidden": "true" }, svg("line", { class: "zero", x1: "50%", x2: "50%", y1: 0, y2: 14 }),
    low !== null && high !== null && svg("line", { class: "ci", x1: x(low), x2: x(high), y1: 7, y2: 7 }));
  if (Number.isFinite(Number(delta))) shown.append(svg("circle", { cx: x(delta), cy: 7, r: 3.5 }));
  return shown;
}
