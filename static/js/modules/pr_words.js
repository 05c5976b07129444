/** How counts, shares and steps of precision-recall curves are said. Pure. */

import { clock, counted, duration, grouped, step as stepText, value } from "../format.js";

/** @import { RunCurve } from "./pr_data.js" */

const MOST = 4; // runs told one by one

/** A count: whole, as most are, or a sum of weights. @param {number} n */
export const count = (n) => (Number.isInteger(n) && Math.abs(n) < 1e15 ? grouped(String(n)) : value(n, 5));

/** From 0 to 1, with four digits after the point; nothing where there is none. @param {number} v */
export const shareText = (v) => (Number.isNaN(v) ? "–" : Number.isFinite(v) && Math.abs(v) < 100 ? v.toFixed(4).replace("-", "−") : value(v));

/** When a curve was logged, as the page's choice has it. @param {{step: string | null, wallTime: number, relative: number}} curve @param {string} kind */
export const when = ({ step, wallTime, relative }, kind) => (step === null ? "–" : kind === "relative" ? duration(relative) : kind === "wall" ? clock(wallTime) : stepText(step));

/** Which steps are shown. @param {RunCurve[]} runs */
export function stepsNote(runs) {
  const steps = [...new Set(runs.flatMap((one) => one.step ?? []))].sort((a, b) => Number(a) - Number(b));
  if (!steps.length) return "";
  if (steps.length === 1) return `step ${stepText(steps[0])}`;
  return `steps ${stepText(steps[0])} to ${stepText(steps[steps.length - 1])}: the last one of each run`;
}

/** What cannot be shown, or not fully, a sentence each; runs of one reason together. @param {RunCurve[]} runs @returns {string[]} */
export function faults(runs) {
  /** @type {Map<string, string[]>} */
  const why = new Map();
  for (const { run, step, firstStep, curve, error } of runs) {
    const reason = error ?? (step === null ? `the first curve is at step ${stepText(firstStep)}` : curve?.problem ? `no area: ${curve.problem}` : null);
    if (reason) why.set(reason, [...(why.get(reason) ?? []), run]);
  }
  return [...why].map(([reason, names]) => `${names.length > MOST ? counted(names.length, "run") : names.join(", ")}: ${reason}.`);
}
