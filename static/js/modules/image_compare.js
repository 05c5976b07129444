/** What every picture is compared with, and how: out of the address, into words, and to the one picture that is meant. Pure. */

import { lastAt } from "./image_series.js";

/** @import { ImageSeries } from "./image_series.js" */
/** @typedef {"none" | "difference" | "blink" | "swipe"} CompareMode */
/**
 * `run`: another run's picture at the same step; `first`, `previous`: of the same run; `step`: of the same run at one step.
 * @typedef {{kind: "run", run: string} | {kind: "first"} | {kind: "previous"} | {kind: "step", step: number}} Against
 */

const MODES = ["none", "difference", "blink", "swipe"];

/** @param {string | null} text @returns {CompareMode} */
export const parseMode = (text) => /** @type {CompareMode} */ (MODES.includes(text ?? "") ? text : "none");

/** @param {string | null} text "run:NAME", "step:N", "first", "previous" @returns {Against} */
export function parseAgainst(text) {
  if (text?.startsWith("run:")) return { kind: "run", run: text.slice(4) };
  if (text?.startsWith("step:") && text.length > 5 && Number.isFinite(Number(text.slice(5)))) return { kind: "step", step: Number(text.slice(5)) };
  return { kind: text === "previous" ? "previous" : "first" };
}

/** @param {Against} against */
export function formatAgainst(against) {
  return against.kind === "run" ? `run:${against.run}` : against.kind === "step" ? `step:${against.step}` : against.kind;
}

/** Which run holds the picture that a picture of `run` is compared with. @param {Against} against @param {string} run */
export const runOf = (against, run) => (against.kind === "run" ? against.run : run);

/**
 * Where in the series of `runOf` the picture lies; -1 where there is none.
 * @param {Against} against @param {ImageSeries} series @param {number} index of the picture itself, in its own series @param {number} step that it stands for
 */
export function indexOf(against, series, index, step) {
  switch (against.kind) {
    case "run": return lastAt(series.numbers, step);
    case "first": return series.refs.length ? 0 : -1;
    case "previous": return index - 1;
    default: return lastAt(series.numbers, against.step);
  }
}
