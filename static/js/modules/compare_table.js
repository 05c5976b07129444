/** Rows of the compare page: one cell for the name, one for each column, as a table for those who cannot see the columns. */

import { el } from "../dom.js";

/** @import { CompareColumn } from "../types.d.ts" */
/** @typedef {Node | string | null | false} Part */

/** @param {string} label @param {CompareColumn[]} columns @param {HTMLElement[]} rows @returns {HTMLElement} */
export function table(label, columns, rows) {
  const head = el("div", { role: "row", class: "visually-hidden" }, el("span", { role: "columnheader" }, "name"), ...columns.map((column) => el("span", { role: "columnheader" }, column.label)));
  return el("div", { role: "table", "aria-label": label }, head, ...rows);
}

/** @param {string} kind of the line, for its look @param {Part[]} name @param {(Part | Part[])[]} cells @param {((at: number) => Record<string, unknown>)} [props] of each cell */
export function line(kind, name, cells, props = () => ({})) {
  return el("div", { role: "row", class: `compare compare-line${kind ? ` ${kind}` : ""}` },
    el("div", { role: "rowheader" }, ...name), ...cells.map((parts, at) => el("div", { role: "cell", ...props(at) }, ...(Array.isArray(parts) ? parts : [parts]))));
}

/** A head whose count and buttons stand beside it. @param {string} title @param {Part[]} beside */
export const sectionHead = (title, ...beside) => el("h2", {}, title, ...beside);
