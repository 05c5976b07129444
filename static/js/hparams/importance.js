/** How much each hparam has to do with the metric, and how sure that is: in bars, intervals and one sentence. */

import { el, svg } from "../dom.js";
import { plain } from "../format.js";

/**
 * @typedef {{name: string, importance: number, low: number, high: number, matters: boolean, direction: {rho: number, n: number} | null}} Share
 * @typedef {{refused: string | null, runs: number, left_out: {why: string, count: number}[], sure: "well" | "partly" | "not", sentence: string, hparams: Share[], constant: string[], skipped: {name: string, why: string}[], inseparable: {names: string[], why: string}[], method: string}} ImportanceJson
 */

const MOST = 6; // hparams listed before the rest is folded away

/** @param {HTMLElement} root @param {string} metric @param {ImportanceJson | null} found null: it is being worked out @param {string} [failed] */
export function paintImportance(root, metric, found, failed = "") {
  const title = el("h2", {}, "Importance ", el("span", {}, `for ${metric}`));
  if (!found || found.refused || failed) {
    root.replaceChildren(title, el("p", { role: "status", "data-refused": !!(failed || found?.refused) }, failed || found?.refused || "Being worked out…"));
    return;
  }
  const { hparams, sure, sentence, constant, skipped, inseparable, left_out: leftOut, runs, method } = found, most = Math.max(1e-9, ...hparams.map(({ high }) => high)), isUnsure = sure === "not";
  const at = (/** @type {number} */ v) => `${Math.max(0, Math.min(1, v / most)) * 100}%`;
  const row = (/** @type {Share} */ one) => el("li", { "data-muted": isUnsure || !one.matters, title: `${one.name}: ${plain(one.importance, 3)}, 95 % interval ${plain(one.low, 3)} to ${plain(one.high, 3)}${one.direction ? `; Spearman's ρ ${plain(one.direction.rho, 2)} over ${one.direction.n} runs` : ""}` },
    el("span", { class: "hp-share-name" }, one.name),
    svg("svg", { "aria-hidden": "true" }, svg("rect", { x: 0, y: 2, width: at(one.importance), height: 10, rx: 1 }), svg("line", { x1: at(one.low), x2: at(one.high), y1: 7, y2: 7 })),
    el("span", { class: "hp-direction", title: one.direction ? (one.direction.rho > 0 ? "More of it goes with more of the metric" : "More of it goes with less of the metric") : null }, one.direction && Math.abs(one.direction.rho) >= 0.1 ? (one.direction.rho > 0 ? "↗" : "↘") : ""),
    el("span", { class: "number" }, Math.max(0, one.importance).toFixed(2)));
  const notes = [
    ...inseparable.map(({ names, why }) => `${names.join(" and ")} cannot be told apart (${why}): they share theirs.`),
    constant.length ? `The same in all: ${constant.join(", ")}.` : "",
    ...skipped.map(({ name, why }) => `${name} ${why}.`),
    ...leftOut.map(({ why, count }) => `${count} left out: ${why}.`),
  ].filter(Boolean);
  root.replaceChildren(title, isUnsure ? el("p", { "data-refused": true }, sentence) : "",
    el("ul", { "aria-label": `Importance for ${metric}` }, ...hparams.slice(0, MOST).map(row)),
    hparams.length > MOST ? el("details", {}, el("summary", {}, `${hparams.length - MOST} more`), el("ul", {}, ...hparams.slice(MOST).map(row))) : "",
    isUnsure ? "" : el("p", {}, sentence), el("details", {}, el("summary", {}, `How this was found, over ${runs} runs`), el("p", {}, method), ...notes.map((note) => el("p", {}, note))));
}
