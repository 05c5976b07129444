/** All thresholds of one curve in a table that sorts by any column: of thousands only the rows in sight exist. */

import { el, setAttribute } from "../dom.js";
import { count, shareText } from "./pr_words.js";
import { POINT_KEYS, pointsOf } from "./pr_data.js";

/** @import { Point, PrCurve } from "./pr_data.js" */

const SPARE = 8; // rows beyond those in sight
/** @type {Record<typeof POINT_KEYS[number], string>} */
export const TITLES = { threshold: "Threshold", precision: "Precision", recall: "Recall", f1: "F1", tp: "TP", fp: "FP", tn: "TN", fn: "FN" };

/** What a cell of a key says. @param {Point} point @param {typeof POINT_KEYS[number]} key */
export const cellText = (point, key) => (key === "threshold" || key === "precision" || key === "recall" || key === "f1" ? shareText(point[key]) : count(point[key]));

export class ThresholdTable {
  /** @param {(threshold: number) => void} pick */
  constructor(pick) {
    this.pick = pick;
    /** @type {Point[]} */
    this.points = [];
    /** @type {{key: typeof POINT_KEYS[number], down: boolean}} */
    this.sorting = { key: "threshold", down: false };
    /** @type {number | null} */
    this.pinned = null;
    this.body = el("tbody");
    this.heads = POINT_KEYS.map((key) => el("th", { class: "number", scope: "col" }, el("button", { type: "button", class: "sort", onclick: () => this.sort(key) }, TITLES[key])));
    this.table = el("table", { class: "data-table" }, el("thead", {}, el("tr", {}, ...this.heads)), this.body);
    this.root = el("div", { class: "pr-thresholds", tabindex: 0, role: "region", "aria-label": "All thresholds" }, this.table);
    this.root.addEventListener("scroll", () => this.paint(), { passive: true });
    this.body.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("tr[data-threshold]"));
      if (row) this.pick(Number(row.dataset.threshold));
    });
  }

  /** @param {PrCurve | null} curve @param {number | null} pinned its threshold that stands out */
  show(curve, pinned) {
    this.points = curve ? pointsOf(curve) : [];
    this.pinned = pinned;
    this.arrange();
  }

  /** @param {typeof POINT_KEYS[number]} key */
  sort(key) {
    this.sorting = { key, down: this.sorting.key === key && !this.sorting.down };
    this.arrange();
  }

  arrange() {
    const { key, down } = this.sorting;
    this.points.sort((a, b) => Number(Number.isNaN(a[key])) - Number(Number.isNaN(b[key])) || (down ? b[key] - a[key] : a[key] - b[key]));
    this.heads.forEach((head, i) => setAttribute(head, "aria-sort", POINT_KEYS[i] === key ? (down ? "descending" : "ascending") : null));
    setAttribute(this.table, "aria-rowcount", String(this.points.length + 1));
    this.paint();
  }

  /** The rows in sight, with room in the place of the others. */
  paint() {
    const height = parseFloat(getComputedStyle(document.documentElement).fontSize) * 1.625, { points, root } = this; // --size-row
    const first = Math.max(0, Math.floor(root.scrollTop / height) - SPARE), stop = Math.min(points.length, first + Math.ceil((root.clientHeight || 320) / height) + 2 * SPARE);
    const room = (/** @type {number} */ rows) => (rows > 0 ? [el("tr", { "aria-hidden": "true" }, el("td", { colspan: POINT_KEYS.length, class: "room", vars: { "--room": `${rows * height}px` } }))] : []);
    this.body.replaceChildren(...room(first), ...points.slice(first, stop).map((point, i) => el("tr", { "data-threshold": point.threshold, "aria-rowindex": first + i + 2, "data-pinned": point.threshold === this.pinned || null },
      ...POINT_KEYS.map((key) => el("td", { class: "number" }, cellText(point, key))))), ...room(points.length - stop));
  }
}
