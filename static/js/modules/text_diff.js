/** How one text became another: lines that went and came, the words that changed in them, and what is equal left out. */

import { el } from "../dom.js";
import { counted } from "../format.js";
import { plainNodes } from "./text_body.js";

/**
 * @typedef {{kind: "same" | "removed" | "added" | "skipped", left?: number | null, right?: number | null, parts?: [string, boolean][], count?: number}} DiffRow
 * @typedef {{rows: DiffRow[], added: number, removed: number, cut: boolean}} DiffAnswer
 */

const SIGNS = { same: "", removed: "−", added: "+", skipped: "" };
const SAID = { same: "", removed: "removed: ", added: "added: ", skipped: "" };
/** @param {DiffAnswer} answer @param {string} label @param {() => void} onAll equal lines are asked for, too */
export function drawDiff({ rows, cut }, label, onAll) {
  const lines = rows.map((row) => (row.kind === "skipped" ? skipped(row.count ?? 0, onAll) : line(row)));
  return el("div", { class: "text-diff", tabindex: "0", role: "group", "aria-label": label }, el("table", {}, el("tbody", {}, ...lines)), cut && el("p", { class: "text-rest" }, "There is more than can be compared or shown here."));
}

/** @param {DiffRow} row */
function line({ kind, left, right, parts }) {
  const text = (parts ?? []).flatMap(([part, isChanged]) => (isChanged ? [el(kind === "added" ? "ins" : "del", {}, ...plainNodes(part))] : plainNodes(part)));
  return el("tr", { "data-kind": kind }, el("td", { class: "diff-number" }, left ? String(left) : ""), el("td", { class: "diff-number" }, right ? String(right) : ""),
    el("td", { class: "diff-sign", "aria-hidden": "true" }, SIGNS[kind]), el("td", { class: "diff-line" }, SAID[kind] && el("span", { class: "visually-hidden" }, SAID[kind]), ...text));
}

/** @param {number} count @param {() => void} onAll */
const skipped = (count, onAll) => el("tr", { "data-kind": "skipped" }, el("td", { colspan: 4 }, el("button", { type: "button", title: "Show all lines", onclick: onAll }, counted(count, "equal line"))));

/** @param {DiffAnswer} answer */
export const diffText = ({ added, removed }) => `+${added} −${removed} lines`;
