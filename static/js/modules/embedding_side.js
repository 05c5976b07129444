/** Beside the points: what is known of the chosen one and which ones are nearest, the matches of a search, or what the embedding is. */

import { el, icon } from "../dom.js";
import { counted, grouped, splitName, value } from "../format.js";

/** @import { About, Near } from "./embedding_data.js" */
/**
 * @typedef {object} SideActions
 * @property {(point: number | null) => void} choose
 * @property {(point: number | null) => void} hover
 * @property {(points: number[] | null) => void} isolate
 * @property {() => void} clear of the matches
 * @property {(key: string, value: string | null) => void} set in the address
 * @property {(point: number) => string} label
 */
/** @typedef {{which: import("./embedding_data.js").Which, about: About, hits: number[] | null, said: string, chosen: number | null, near: Near | null, error: string, isolated: number[] | null, metric: string, count: number, picture: ((point: number) => HTMLElement | null)}} SideState */

const MOST_ROWS = 200;
const SHOWN_VALUES = 24;
const COUNTS = [10, 20, 50, 100, 500];

export class EmbeddingSide {
  /** @param {HTMLElement} root @param {SideActions} actions */
  constructor(root, actions) {
    this.root = root;
    this.actions = actions;
    root.addEventListener("pointerover", (event) => this.actions.hover(pointOf(event)));
    root.addEventListener("pointerleave", () => this.actions.hover(null));
    root.addEventListener("focusin", (event) => this.actions.hover(pointOf(event)));
    root.addEventListener("click", (event) => { const point = pointOf(event); if (point !== null) this.actions.choose(point); });
  }

  /** @param {SideState} state */
  show(state) {
    const focused = document.activeElement instanceof HTMLElement && this.root.contains(document.activeElement) ? document.activeElement.dataset.key ?? null : null;
    const { chosen, hits, isolated } = state;
    this.root.replaceChildren(...[
      isolated && this.isolated(isolated),
      chosen !== null && this.point(state, chosen),
      hits && this.hits(state, hits),
      chosen === null && !hits && this.facts(state),
    ].filter((one) => one instanceof HTMLElement));
    if (focused) /** @type {HTMLElement | null} */ (this.root.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {number[]} points */
  isolated(points) {
    return el("p", { class: "notice" }, `Only ${counted(points.length, "point")} shown.`, el("button", { type: "button", "data-key": "all", onclick: () => this.actions.isolate(null) }, "Show all"));
  }

  /** @param {SideState} state */
  facts({ which, about }) {
    const [head, tail] = splitName(which.tensor);
    return el("section", { class: "space-facts" },
      el("h2", { title: which.tensor }, el("span", {}, head), tail),
      el("p", {}, `${counted(about.points, "point")} in ${counted(about.dimensions, "dimension")}`),
      ...about.notes.map((note) => el("p", { class: "notice", "data-kind": "stalled" }, icon("warn"), el("span", {}, note))),
      about.columns.length > 0 && el("h3", {}, "Metadata"),
      about.columns.length > 0 && el("dl", {}, ...about.columns.flatMap(({ name, distinct, numeric }) => [el("dt", {}, name), el("dd", {}, `${grouped(String(distinct))} ${numeric ? "numbers" : "words"}`)])),
      el("p", { class: "count" }, "Click a point for its nearest neighbours. Shift and drag chooses many."));
  }

  /** @param {SideState} state @param {number[]} hits */
  hits({ said, error }, hits) {
    const shown = hits.slice(0, MOST_ROWS);
    return el("section", { class: "space-hits", "aria-label": "Matches" },
      el("div", { class: "space-head" }, el("h2", {}, `${counted(hits.length, "point")} ${said}`),
        hits.length > 0 && el("button", { type: "button", "data-key": "isolate", onclick: () => this.actions.isolate(hits) }, "Isolate"),
        el("button", { type: "button", "data-key": "clear", onclick: () => this.actions.clear() }, "Clear")),
      error && el("p", { class: "notice", "data-kind": "failed" }, error),
      this.table(shown.map((point) => [point, null]), "Matches"),
      hits.length > shown.length && el("p", { class: "count" }, `and ${grouped(String(hits.length - shown.length))} more, lit among the points`));
  }

  /** @param {SideState} state @param {number} point */
  point({ near, metric, count, picture, error, hits }, point) {
    return el("section", { class: "space-point" },
      el("div", { class: "space-head" }, picture(point), el("h2", {}, this.actions.label(point) || `point ${point}`),
        el("button", { type: "button", class: "icon-button", "aria-label": "Choose nothing", "data-key": "none", onclick: () => this.actions.choose(null) }, icon("close"))),
      error && !hits && el("p", { class: "notice", "data-kind": "failed" }, error),
      near && el("dl", {}, el("dt", {}, "row"), el("dd", {}, grouped(String(point))), ...near.metadata.flatMap(([name, word]) => [el("dt", {}, name), el("dd", {}, word || "–")]),
        el("dt", {}, "values"), el("dd", { class: "space-values" }, near.values.slice(0, SHOWN_VALUES).map((v) => value(Number(v), 3)).join("  ") + (near.values.length > SHOWN_VALUES ? "  …" : ""))),
      el("div", { class: "space-head" }, el("h3", {}, "Nearest, in all dimensions"),
        near && near.points.length > 0 && el("button", { type: "button", "data-key": "isolate-near", onclick: () => this.actions.isolate([point, ...near?.points ?? []]) }, "Isolate")),
      el("div", { class: "space-ways" },
        el("div", { class: "segments", role: "group", "aria-label": "Distance" }, ...["cosine", "euclidean"].map((one) => el("button", { type: "button", "data-key": one, "aria-pressed": String(metric === one), onclick: () => this.actions.set("near", one === "cosine" ? null : one) }, one))),
        this.countChoice(count)),
      near && this.table(near.points.map((one, i) => [one, near.distances[i]]), "Nearest points"));
  }

  /** @param {number} count */
  countChoice(count) {
    const select = el("select", { "data-key": "count", "aria-label": "How many neighbours", onchange: () => this.actions.set("count", select.value === "20" ? null : select.value) }, ...[...new Set([...COUNTS, count])].sort((a, b) => a - b).map((n) => el("option", { value: n, selected: n === count }, String(n))));
    return el("label", { class: "choice" }, el("span", {}, "count"), select);
  }

  /** @param {[number, number | null][]} rows @param {string} label */
  table(rows, label) {
    const greatest = Math.max(...rows.map(([, distance]) => distance ?? 0), 1e-12);
    return el("ol", { class: "space-rows", "aria-label": label }, ...rows.map(([point, distance]) => el("li", {},
      el("button", { type: "button", "data-point": point, "data-key": `p${point}` }, el("span", {}, this.actions.label(point) || `point ${point}`),
        distance !== null && el("i", { "aria-hidden": "true", vars: { "--share": `${(100 * distance) / greatest}%` } }),
        distance !== null && el("b", { class: "number" }, value(distance, 3))))));
  }
}

/** @param {Event} event @returns {number | null} */
function pointOf(event) {
  const row = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("[data-point]")) : null;
  return row ? Number(row.dataset.point) : null;
}
