/** What differs in hyper-parameters and configuration; equal ones are folded away, long texts compared line by line. */

import { el } from "../dom.js";
import { counted } from "../format.js";
import { line, sectionHead, table } from "./compare_table.js";
import { isLong, settingText } from "./compare_texts.js";
import { diffText, drawDiff } from "./text_diff.js";

/** @import { App } from "../app.js" */
/** @import { CompareAnswer, CompareColumn, Setting } from "../types.d.ts" */

const KEY = "equal"; // in the address: equal ones are shown

export class CompareSettings {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    this.root = root;
    this.app = app;
    this.signal = signal;
    /** @type {CompareAnswer | null} */
    this.answer = null;
    /** Names whose texts are shown compared. @type {Set<string>} */
    this.open = new Set();
  }

  get isShown() { return this.app.view.get(KEY) !== null; }

  toggle() {
    this.app.view.set(KEY, this.isShown ? null : "");
    if (this.answer) this.paint(this.answer);
    /** @type {HTMLElement | null} */ (this.root.querySelector("h2 button"))?.focus();
  }

  /** @param {CompareAnswer} answer */
  paint(answer) {
    this.answer = answer;
    const { settings, columns } = answer, differing = settings.filter((one) => one.differs), equal = settings.filter((one) => !one.differs);
    const rows = [...differing, ...(this.isShown ? equal : [])].flatMap((setting) => this.rows(setting, columns));
    const button = equal.length > 0 && el("button", { type: "button", "aria-expanded": String(this.isShown), onclick: () => this.toggle() }, `${this.isShown ? "hide" : "show"} ${equal.length} equal`);
    const none = !settings.length ? "No hyper-parameters were logged, and no config, hparams or args file lies beside the runs." : !differing.length ? `${counted(settings.length, "hyper-parameter")}, all the same.` : "";
    this.root.replaceChildren(sectionHead("What differs", button), ...(none ? [el("p", { class: "compare-none" }, none)] : []), ...(rows.length ? [table("What differs", columns, rows)] : []));
  }

  /** @param {Setting} setting @param {CompareColumn[]} columns @returns {HTMLElement[]} */
  rows(setting, columns) {
    const { name, values } = setting, base = JSON.stringify(values[0]);
    const isText = setting.differs && values.filter((own) => own.some(isLong)).length > 1;
    const cells = values.map((own) => {
      const text = own.map(settingText).join(", ");
      return el("span", { class: "compare-value", title: text }, text);
    });
    const more = isText && el("button", { type: "button", class: "compare-more", "aria-expanded": String(this.open.has(name)), onclick: () => this.toggleText(name) }, "difference");
    const row = line("", [el("span", { title: name }, name), more], cells, (at) => (at && setting.differs ? { [JSON.stringify(values[at]) === base ? "data-same" : "data-changed"]: true } : { "data-same": !setting.differs }));
    return this.open.has(name) ? [row, this.difference(name, columns, values)] : [row];
  }

  /** @param {string} name */
  toggleText(name) {
    if (this.open.has(name)) this.open.delete(name);
    else this.open.add(name);
    if (this.answer) this.paint(this.answer);
  }

  /** The first run of each column against the baseline's. @param {string} name @param {CompareColumn[]} columns @param {unknown[][]} values */
  difference(name, columns, values) {
    const cells = columns.map((column, at) => {
      const box = el("div", { class: "compare-text" });
      const isThere = [values[0], values[at]].every((own) => settingText(own[0]) !== "–");
      if (at && isThere && JSON.stringify(values[at]) !== JSON.stringify(values[0])) this.read(box, name, columns[0].runs[0], column.runs[0]);
      return box;
    });
    return line("compare-texts", [], cells);
  }

  /** @param {HTMLElement} box @param {string} name @param {string} before @param {string} after @param {number | null} [context] equal lines around what differs */
  async read(box, name, before, after, context = 3) {
    try {
      const found = await this.app.api.post("api/compare/text", { name, runs: [before, after], context }, { signal: this.signal });
      box.replaceChildren(el("p", { class: "count" }, diffText(found)), drawDiff(found, `${name} of ${after} beside ${before}`, () => this.read(box, name, before, after, null)));
    } catch (error) {
      if (!this.signal.aborted) box.replaceChildren(el("p", { class: "count" }, error instanceof Error ? error.message : String(error)));
    }
  }
}
