/** The costs that a graph may have figures for: their names, units and texts. Pure. */
import { short } from "../format.js";

/** @import {Cost, Hierarchy} from "./graph_types.js" */

export const COSTS = /** @type {const} */ (["macs", "params", "bytes", "saved", "memory", "forward", "backward"]);
/** @type {Record<Cost, string>} */
export const COST_NAMES = {
  macs: "multiply-adds",
  params: "parameters",
  bytes: "output bytes",
  saved: "memory kept for backward",
  memory: "memory allocated",
  forward: "forward time",
  backward: "backward time",
};
/** Heads of the table's columns. @type {Record<Cost, string>} */
export const COST_HEADS = { macs: "MAC", params: "params", bytes: "output", saved: "kept", memory: "memory", forward: "forward", backward: "backward" };

const THIN = "\u202f";
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** @param {string} by @returns {by is Cost} */
export const isCost = (by) => COSTS.includes(/** @type {Cost} */ (by));

/** Costs that a graph has figures for. @param {Hierarchy} h @returns {Cost[]} */
export const knownCosts = (h) => COSTS.filter((cost) => h[cost][0] > 0);

/** 1536 -> "1.50 KiB" @param {number} count */
export function bytesText(count) {
  let unit = 0;
  while (count >= 1024 && unit < UNITS.length - 1) {
    count /= 1024;
    unit++;
  }
  return `${unit && count < 100 ? count.toPrecision(3) : Math.round(count)}${THIN}${UNITS[unit]}`;
}

/** 0.00123 -> "1.23 ms" @param {number} s */
export function secondsText(s) {
  if (s >= 1) return `${Number(s.toPrecision(3))}${THIN}s`;
  return s >= 1e-3 ? `${Number((s * 1e3).toPrecision(3))}${THIN}ms` : `${Number((s * 1e6).toPrecision(3))}${THIN}µs`;
}

/** @param {Cost} cost @param {number} value */
export function costText(cost, value) {
  if (!value) return "–";
  if (cost === "bytes" || cost === "saved" || cost === "memory") return bytesText(value);
  return cost === "forward" || cost === "backward" ? secondsText(value) : short(value);
}

/** "124 M params · 146 G MAC" @param {Hierarchy} h @param {number} item */
export function costLine(h, item) {
  const parts = [];
  if (h.params[item]) parts.push(`${short(h.params[item])} params`);
  if (h.macs[item]) parts.push(`${short(h.macs[item])}${THIN}MAC`);
  return parts.join(" · ");
}

/** @param {number} share of the whole */
export function shareText(share) {
  if (!share) return "–";
  const percent = 100 * share;
  return (percent < 0.1 ? "<0.1" : percent.toFixed(percent < 9.95 ? 1 : 0)) + `${THIN}%`;
}
