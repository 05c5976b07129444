/** One run's values of one tag that has no page of its own: what it is, its statistics, and a piece of it. */

import { column, number } from "../api.js";
import { el, icon, pathName, setText } from "../dom.js";
import { bytes, clock, grouped, splitName, step as stepText } from "../format.js";
import { lastAt } from "./image_series.js";
import { drawHeat, heatKey } from "./tensor_heat.js";
import { dump, heatScale, shown } from "./tensor_numbers.js";
import { plainNodes } from "./text_body.js";
import { pieces } from "./text_pieces.js";

/** @import { App } from "../app.js" */
/** @import { BlobStore } from "./blob_store.js" */
/** @import { ImageSeries } from "./image_series.js" */
/** @import { Column } from "../types.d.ts" */
/**
 * @typedef {{index: number[], row: number, column: number, rows: number, columns: number, height: number, width: number, heat: Column | null, values: (number | string | boolean)[][] | null}} PieceJson
 * @typedef {{count: number, nan: number, positive_infinity: number, negative_infinity: number, zeros: number, least: number | string | null, greatest: number | string | null, mean: number | string | null, std: number | string | null, total_bytes: number | null, longest: number | null}} StatisticsJson
 * @typedef {{plugin: string, encoding: string, bytes: number, error: string | null, size?: number, head?: string, text?: string, dtype?: string, shape?: number[], statistics?: StatisticsJson, piece?: PieceJson}} TensorJson
 */

export class TensorCell {
  /** @param {App} app @param {BlobStore} store @param {string} run @param {string} tag @param {() => string} form "heat" or "table" */
  constructor(app, store, run, tag, form) {
    this.app = app;
    this.store = store;
    this.run = run;
    this.tag = tag;
    this.form = form;
    this.isSeen = false;
    this.item = -1;
    this.key = "";
    this.isAsking = false;
    /** Which piece: of each leading dimension, and where it begins. */
    this.at = { index: /** @type {number[]} */ ([]), row: 0, column: 0 };
    /** @type {TensorJson | null} */
    this.answer = null;
    this.chip = el("span", { class: "chip", "data-on": true });
    this.where = el("span");
    this.note = el("span", { class: "text-facts" });
    this.file = el("button", { type: "button", class: "icon-button", "aria-label": `Download ${tag} of ${run}`, title: "Download: .npy, or the bytes", onclick: () => this.download() }, icon("export"));
    this.facts = el("p", { class: "tensor-facts" });
    this.numbers = el("dl", { class: "tensor-numbers" });
    this.pickers = el("div", { class: "tensor-pickers" });
    this.values = el("div", { class: "tensor-values" });
    this.root = el("figure", { class: "tensor-cell" },
      el("div", { class: "image-run", title: run }, this.chip, pathName(...splitName(run)), el("span", { class: "image-tools" }, this.file)),
      this.facts, this.numbers, this.pickers, this.values, el("figcaption", {}, this.where, this.note));
  }

  /** @returns {ImageSeries | null} */
  get series() { return this.store.peek(this.run, this.tag); }

  paintRun() {
    const { colour, dash } = this.app.style(this.run);
    this.chip.style.setProperty("--run", colour);
    this.chip.dataset.dash = String(dash);
  }

  /** @param {number | null} step null: the newest */
  show(step) {
    const { series } = this;
    if (!series) return;
    this.item = step === null ? series.refs.length - 1 : lastAt(series.numbers, step);
    const isLate = this.item < 0 || (step !== null && series.numbers[this.item] < step);
    setText(this.where, this.item < 0 ? "none yet at this step" : `step ${stepText(series.steps[this.item])} · ${clock(series.times[this.item])}`);
    this.where.classList.toggle("image-late", isLate);
    if (this.item >= 0) void this.ask();
    else { this.key = ""; this.answer = null; this.paint(); }
  }

  get place() { return { run: this.run, tag: this.tag, kind: this.store.kindOf(this.tag), ref: this.series?.refs[this.item] ?? "" }; }

  /** One question at a time, however fast the slider goes: the last one wins. */
  async ask() {
    const question = { ...this.place, ...this.at, form: this.form() }, key = JSON.stringify(question);
    if (key === this.key || this.isAsking) return;
    this.isAsking = true;
    this.key = key;
    /** @type {TensorJson | Error} */
    const answer = await this.app.api.get("api/tensor", question).catch((error) => error);
    this.isAsking = false;
    if (answer instanceof Error && this.at.index.length) { this.at = { index: [], row: 0, column: 0 }; void this.ask(); return; } // another shape at this step
    this.answer = answer instanceof Error ? { plugin: "", encoding: "", bytes: 0, error: answer.message } : answer;
    this.paint();
    if (this.item >= 0) void this.ask(); // what was chosen meanwhile
  }

  paint() {
    const { answer } = this;
    if (!answer) { for (const one of [this.facts, this.numbers, this.pickers, this.values]) one.replaceChildren(); return; }
    const { plugin, dtype, shape, encoding, error, size } = answer;
    const what = dtype ? `${dtype} ${shape?.length ? shape.join(" × ") : "scalar"}` : size === undefined ? "" : `${bytes(size)} of content`;
    this.facts.replaceChildren(...[what, plugin && `plugin ${plugin}`, encoding === "none" ? "no value" : encoding && encoding !== "tensor" ? encoding : ""].filter(Boolean).flatMap((text, i) => [i ? " · " : "", ...plainNodes(text)]));
    setText(this.note, answer.bytes ? `${bytes(answer.bytes)} in the log` : "");
    this.paintNumbers(answer.statistics);
    this.paintPickers(shape ?? [], answer.piece);
    if (error) this.values.replaceChildren(el("p", { class: "text-note", "data-kind": "failed" }, error));
    else if (answer.piece) this.paintPiece(answer.piece);
    else this.values.replaceChildren(size ? el("pre", { tabindex: "0", "aria-label": `Bytes of ${this.tag} of ${this.run}` }, ...(pieces(answer.text ?? "").some((piece) => piece.sign) ? [dump(answer.head ?? "")] : plainNodes(answer.text ?? "")), size > 512 ? "\n…" : "") : el("p", { class: "text-note" }, "empty: a tag and nothing more"));
  }

  /** @param {StatisticsJson | undefined} found */
  paintNumbers(found) {
    /** @type {[string, number | string | null | undefined][]} */
    const rows = !found ? [] : found.total_bytes !== null
      ? [["texts", found.count], ["bytes", found.total_bytes], ["longest", found.longest]]
      : [["min", found.least], ["max", found.greatest], ["mean", found.mean], ["std", found.std], ["zeros", found.zeros], ["NaN", found.nan || null], ["+∞", found.positive_infinity || null], ["−∞", found.negative_infinity || null]];
    this.numbers.replaceChildren(...rows.filter(([, v]) => v !== null && v !== undefined).map(([name, v]) => el("div", { "data-odd": ["NaN", "+∞", "−∞"].includes(name) }, el("dt", {}, name), el("dd", { title: String(v) }, shown(/** @type {number | string} */ (v))))));
  }

  /** @param {number[]} shape @param {PieceJson | undefined} piece */
  paintPickers(shape, piece) {
    if (!piece) { this.pickers.replaceChildren(); return; }
    /** @type {{name: string, value: number, last: number, set: (v: number) => void}[]} */
    const pickers = piece.index.map((value, i) => ({ name: `dimension ${i}`, value, last: shape[i] - 1, set: (v) => { this.at.index = piece.index.map((one, k) => (k === i ? v : one)); } }));
    if (piece.height < piece.rows) pickers.push({ name: "from row", value: piece.row, last: piece.rows - 1, set: (v) => { this.at.row = v; } });
    if (piece.width < piece.columns) pickers.push({ name: "from column", value: piece.column, last: piece.columns - 1, set: (v) => { this.at.column = v; } });
    // Who types into one of them keeps it: only its bounds can have changed.
    if (this.pickers.contains(document.activeElement) && this.pickers.childElementCount === pickers.length) return;
    this.pickers.replaceChildren(...pickers.map(({ name, value, last, set }) => el("label", {}, name,
      el("input", { type: "number", class: "number-box", min: 0, max: last, value, onchange: (/** @type {Event} */ event) => {
        set(Math.max(0, Math.min(last, Math.round(Number(/** @type {HTMLInputElement} */ (event.target).value) || 0))));
        void this.ask();
      } }), el("span", { class: "count" }, `of ${grouped(String(last + 1))}`))));
  }

  /** @param {PieceJson} piece */
  paintPiece(piece) {
    const { width, height, rows, columns, row } = piece, isText = this.answer?.dtype === "string", label = `${this.tag} of ${this.run}`;
    if (!width || !height) this.values.replaceChildren(el("p", { class: "text-note" }, "no elements"));
    else if (piece.heat && rows * columns > 1) this.paintHeat(piece, column(piece.heat), label);
    else if (rows * columns === 1) this.values.replaceChildren(el("p", { class: "tensor-alone" }, ...plainNodes(shown(piece.values ? piece.values[0][0] : column(/** @type {Column} */ (piece.heat))[0], isText))));
    else {
      const table = el("table", {}, el("thead", {}, el("tr", {}, el("td"), ...Array.from({ length: width }, (_, j) => el("th", { scope: "col" }, String(piece.column + j))))),
        el("tbody", {}, ...(piece.values ?? []).map((line, i) => el("tr", {}, el("th", { scope: "row" }, String(row + i)), ...line.map((v) => el("td", {}, ...plainNodes(shown(v, isText))))))));
      const isPart = height < rows || width < columns;
      this.values.replaceChildren(el("div", { class: "tensor-table", tabindex: "0", role: "group", "aria-label": `Values of ${label}` }, table), isPart ? el("p", { class: "text-rest" }, `${height} × ${width} of ${rows} × ${columns}`) : "");
    }
  }

  /** @param {PieceJson} piece @param {Float64Array} values @param {string} label */
  paintHeat(piece, values, label) {
    const isStrip = piece.columns === 1 && piece.rows > 1, width = isStrip ? piece.height : piece.width, height = isStrip ? 1 : piece.height; // a vector lies
    const canvas = this.values.querySelector("canvas") ?? el("canvas"), scale = heatScale(values), pointed = el("span", { class: "count" });
    drawHeat(canvas, values, width, height);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Heat map of ${label}, ${height} × ${width}, ${shown(scale.low)} to ${shown(scale.high)}`);
    canvas.style.setProperty("--ratio", String(Math.max(0.1, Math.min(12, width / height))));
    canvas.onpointermove = (event) => {
      const box = canvas.getBoundingClientRect(), j = Math.floor(((event.clientX - box.left) / box.width) * width), i = Math.floor(((event.clientY - box.top) / box.height) * height);
      if (i >= 0 && j >= 0 && i < height && j < width) setText(pointed, `[${(isStrip ? [piece.row + j] : [...piece.index, piece.row + i, piece.column + j]).join(", ")}] ${shown(number(values[i * width + j]))}`);
    };
    canvas.onpointerleave = () => setText(pointed, "");
    this.values.replaceChildren(canvas, el("p", { class: "tensor-key" }, heatKey(scale, shown), pointed));
  }

  async download() {
    if (this.item < 0) return;
    const response = await fetch(this.app.api.url("api/tensor_file", this.place), { credentials: "same-origin" });
    if (!response.ok) { setText(this.note, (await response.json().catch(() => null))?.error ?? response.statusText); return; }
    const name = [this.run, this.tag, this.series?.steps[this.item]].join("-").replace(/[^\w.-]+/g, "_");
    const url = URL.createObjectURL(await response.blob());
    el("a", { href: url, download: name + (response.headers.get("X-File-Suffix") ?? "") }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}
