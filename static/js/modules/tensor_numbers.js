/** Numbers of a tensor in words, their place in a scale, and bytes that are none. Pure. */

import { grouped, value as valueText } from "../format.js";

/** @param {number | string | boolean} v integers beyond 2^53 come as digits, NaN and infinities by name @param {boolean} [isText] of a tensor of texts */
export function shown(v, isText = false) {
  if (typeof v === "boolean" || isText) return String(v);
  if (typeof v === "string") return /^-?\d+$/.test(v) ? grouped(v) : Number.isNaN(Number(v)) && v !== "NaN" ? v : valueText(Number(v)); // of complex numbers both parts
  const text = valueText(v, 6);
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

/** Bytes that are no text: where, which they are, and the letters among them. @param {string} hex two digits each, apart by spaces */
export function dump(hex) {
  const all = hex.split(" "), lines = [];
  for (let at = 0; at < all.length; at += 16) {
    const line = all.slice(at, at + 16), letters = line.map((one) => (one >= "20" && one < "7f" ? String.fromCharCode(parseInt(one, 16)) : "·")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${line.join(" ").padEnd(47)}  ${letters}`);
  }
  return lines.join("\n");
}

/** @typedef {{low: number, high: number, isSigned: boolean}} HeatScale */

/** What the colours stand for: of one sign from least to greatest, of both as far down as up. @param {ArrayLike<number>} values @returns {HeatScale} */
export function heatScale(values) {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low > high) return { low: 0, high: 0, isSigned: false };
  const isSigned = low < 0 && high > 0, most = Math.max(-low, high);
  return isSigned ? { low: -most, high: most, isSigned } : { low, high, isSigned };
}

/** Where in the scale a number lies, 0 to 1; NaN where it is none. @param {HeatScale} scale @param {number} v */
export function heatAt({ low, high }, v) {
  if (Number.isNaN(v)) return NaN;
  if (v === Infinity) return 1;
  if (v === -Infinity) return 0;
  return high > low ? (v / 2 - low / 2) / (high / 2 - low / 2) : 0.5; // halves: the ends of float64 are further apart than it has numbers
}
