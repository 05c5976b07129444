/** The tensors page: everything that was logged and has no page of its own, at every step. */

import { isTyping, setAttribute } from "../dom.js";
import { BlobStore } from "./blob_store.js";
import { StepPage } from "./step_page.js";
import { TensorCell } from "./tensor_cell.js";

/** @import { App } from "../app.js" */
/** @import { DeltaEvent, TagsAnswer } from "../types.d.ts" */

const OTHER = "run_metadata"; // what is here beside tensors: costs and traces, which the graphs page shows where there is a graph

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController(), page = new TensorsPage(root, app, abort.signal);
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

class TensorStore extends BlobStore {
  /** @param {App} app */
  constructor(app) {
    super(app, "tensor");
    /** Tags of the other kind. @type {Set<string>} */
    this.others = new Set();
  }

  /** @param {string} tag */
  kindOf(tag) { return this.others.has(tag) ? OTHER : this.kind; }
}

/** @extends {StepPage<TensorCell>} */
class TensorsPage extends StepPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    const store = new TensorStore(app);
    super(root, app, signal, { kind: "tensor", many: "tensors", example: "writer.add_tensor(\"weights\", tensor, step)" }, store);
    this.tensors = store;
    this.paintChoice();
  }

  get form() { return this.app.view.get("values") === "table" ? "table" : "heat"; }

  wire() {
    super.wire();
    const { app, root, signal } = this;
    app.on("theme", () => { for (const cell of this.cells.values()) cell.paint(); }, { signal });
    app.on("navigated", () => this.paintChoice(), { signal });
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("button[data-choose]")) : null;
      if (button) this.chooseForm(button.dataset.choose ?? "");
    }, { signal });
    document.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event)) return;
      if (event.key === "m") this.chooseForm(this.form === "heat" ? "table" : "heat");
    }, { signal });
  }

  /** @param {string} form */
  chooseForm(form) {
    this.app.view.set("values", form === "table" ? "table" : null);
    this.paintChoice();
    this.showStep();
  }

  paintChoice() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("button[data-choose]"))) setAttribute(button, "aria-pressed", String(button.dataset.choose === this.form));
  }

  async readTags() {
    /** @type {TagsAnswer | null} */
    const other = await this.app.api.get("api/tags", { kind: OTHER }).catch(() => null);
    this.other = other;
    await super.readTags();
  }

  /** Tags of both kinds in one list. */
  paint() {
    const { tags, other } = this;
    if (tags && other?.tags.length && !tags.tags.some(({ tag }) => this.tensors.others.has(tag))) {
      const own = new Set(tags.tags.map(({ tag }) => tag)), runs = [...new Set([...tags.runs, ...other.runs])], added = other.tags.filter(({ tag }) => !own.has(tag));
      this.tensors.others = new Set(added.map(({ tag }) => tag));
      this.tags = { ...tags, runs, tags: [...tags.tags, ...added].map((one, i) => ({ ...one, runs: one.runs.map((k) => runs.indexOf((i < tags.tags.length ? tags : other).runs[k])) })) };
    }
    super.paint();
  }

  /** @param {DeltaEvent} delta */
  onDelta(delta) {
    const grew = Object.fromEntries(Object.entries(delta.grew ?? {}).map(([run, kinds]) => [run, { ...kinds, tensor: [...(kinds.tensor ?? []), ...(kinds[OTHER] ?? [])] }]));
    super.onDelta({ ...delta, grew });
  }

  /** @param {string} run @param {string} tag */
  makeCell(run, tag) { return new TensorCell(this.app, this.store, run, tag, () => this.form); }
}
