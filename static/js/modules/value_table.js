/** A table of runs and numbers that sorts by any of its columns. */

import { el } from "../dom.js";
import { fileTail } from "../format.js";
import { runName } from "../run_name.js";
import { TAG_DASHES } from "./combined.js";

/** @import { App } from "../app.js" */
/**
 * @typedef {{key: string, title: string, hint?: string, show: (row: Row) => string | Node, of: (row: Row) => number | string | null}} ValueColumn `of`: what it is sorted by, null last
 * @typedef {{run: string, line: string, tag: string, tagIndex: number, [more: string]: any}} Row
 * @typedef {{key: string, down: boolean}} Sorting
 */

const MOST_ROWS = 500;
const collator = new Intl.Collator(undefined, { numeric: true });

/** @param {ValueColumn} column @param {boolean} down @returns {(a: Row, b: Row) => number} */
const order = ({ of }, down) => (a, b) => {
  const [x, y] = [of(a), of(b)], isOdd = (/** @type {number | string | null} */ v) => v === null || Number.isNaN(v);
  if (isOdd(x) || isOdd(y)) return Number(isOdd(x)) - Number(isOdd(y));
  const found = typeof x === "number" && typeof y === "number" ? x - y : collator.compare(String(x), String(y));
  return down ? -found : found;
};

/** @param {HTMLElement} home @param {App} app @param {ValueColumn[]} columns the name of the run stands before them @param {Row[]} rows @param {Sorting} sorting a click on a head changes it */
export function fillTable(home, app, columns, rows, sorting) {
  /** @type {ValueColumn} */
  const name = { key: "run", title: "Run", show: (row) => nameCell(app, row, tags > 1), of: (row) => `${row.run} ${row.tag} ${row.line}` };
  const tags = new Set(rows.map((row) => row.tag)).size, all = [name, ...columns], by = all.find((column) => column.key === sorting.key) ?? name;
  const sorted = [...rows].sort(order(by, sorting.down)), shown = sorted.slice(0, MOST_ROWS);
  const sort = (/** @type {ValueColumn} */ column) => { Object.assign(sorting, { key: column.key, down: column === by && !sorting.down }); fillTable(home, app, columns, rows, sorting); };
  const head = all.map((column, i) => el("th", { class: i ? "number" : null, scope: "col", "aria-sort": column === by ? (sorting.down ? "descending" : "ascending") : null, title: column.hint },
    !column.title ? el("span", { class: "visually-hidden" }, "Download") : el("button", { type: "button", class: "sort", onclick: () => sort(column) }, column.title)));
  const body = shown.map((row) => el("tr", { "data-run": row.run, onpointerenter: () => app.lift(row.run), onpointerleave: () => app.lift(null) }, ...all.map((column, i) => el("td", { class: i ? "number" : null }, column.show(row)))));
  const more = sorted.length - shown.length;
  home.replaceChildren(el("table", { class: "data-table" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body), more > 0 && el("tfoot", {}, el("tr", {}, el("td", { colspan: all.length }, `${more} more`)))));
}

/** @param {App} app @param {Row} row @param {boolean} withTag */
function nameCell(app, row, withTag) {
  const style = app.style(row.run), name = runName(app, row.run);
  name.prepend(el("span", { class: "chip", "data-on": true, "data-dash": style.dash || null, vars: { "--run": style.colour } }));
  if (withTag) name.append(el("span", { class: "count", "data-tag-dash": TAG_DASHES[row.tagIndex] ? "" : null }, `\u2002${row.tag}`));
  if (row.line) name.append(el("span", { class: "count", title: row.line }, `\u2002${fileTail(row.line)}`));
  return name;
}
