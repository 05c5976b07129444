/** How much a slider from 0 to 1 smooths, and what that is in points. Pure. */

import { short } from "../format.js";

/** @import { Smoothing } from "../types.d.ts" */

/** What the slider's amount, 0 to 1, means for a kind: a window of points grows with it up to a thousand. @param {string} kind @param {number} amount @returns {Smoothing} */
export function smoothingOf(kind, amount) {
  if (!(amount > 0)) return { kind: "none", amount: 0 };
  if (kind === "ema" || kind === "time_ema") return { kind, amount };
  const points = Math.max(1, Math.round(1000 ** amount));
  return kind === "mean" ? { kind, amount: points | 1 } : { kind: "gaussian", amount: Math.min(500, Number((points / 2).toFixed(1))) };
}

/** The amount in a unit that people understand. @param {string} kind @param {number} amount of the slider */
export function smoothingText(kind, amount) {
  const { kind: found, amount: size } = smoothingOf(kind, amount);
  if (found === "none") return "off";
  if (found === "mean") return `${size} points`;
  if (found === "gaussian") return `σ ${size} points`;
  if (found === "time_ema") return `${amount.toFixed(2)} half in ${short((100 * Math.log(0.5)) / Math.log(Math.min(Math.sqrt(amount), 0.999)) / 1000)} % of the range`;
  return `${amount.toFixed(amount > 0.99 ? 3 : 2)} ≈ ${short(1 / (1 - amount))} points`;
}
