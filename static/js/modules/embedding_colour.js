/** What points are coloured by: one colour, a word of their metadata, or a number. Pure. */

import { value } from "../format.js";

/** @import { Cells } from "./embedding_data.js" */
/** @typedef {[number, number, number]} Rgb 0 to 255 */
/** @typedef {{plain: Rgb, muted: Rgb, words: Rgb[], scale: Rgb[]}} Palette */
/** @typedef {{word: string, code: number, count: number, colour: Rgb}} KeyEntry `code` -1: all others */
/** @typedef {{colours: Uint8Array, entries: KeyEntry[], range: [number, number] | null}} Colouring `colours`: three a point */

const FEW = 24; // whole numbers of at most so many values are classes

/** Whether a column's numbers are classes, as digits are. @param {Cells} cells */
export const isOfClasses = ({ numbers, words }) => !numbers || (words.length <= FEW && words.every((word) => !word.trim() || Number.isInteger(Number(word))));

/** @param {Cells | null} cells null: all in one colour @param {number} count of points @param {Palette} palette @returns {Colouring} */
export function colouring(cells, count, { plain, muted, words: hues, scale }) {
  const colours = new Uint8Array(3 * count);
  if (!cells) {
    for (let i = 0; i < count; i++) colours.set(plain, 3 * i);
    return { colours, entries: [], range: null };
  }
  if (!isOfClasses(cells) && cells.numbers) {
    let low = Infinity, high = -Infinity;
    for (const v of cells.numbers) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); }
    for (let i = 0; i < count; i++) colours.set(onScale(scale, (cells.numbers[i] - low) / (high - low || 1)) ?? muted, 3 * i);
    return { colours, entries: [], range: [low, high] };
  }
  const { words, codes } = cells, counts = new Uint32Array(words.length);
  for (let i = 0; i < count; i++) counts[codes[i]]++;
  const order = [...words.keys()].sort((a, b) => counts[b] - counts[a] || a - b), own = order.length > hues.length ? order.slice(0, hues.length - 1) : order;
  own.sort((a, b) => byName(words[a], words[b]));
  /** @type {Rgb[]} */
  const ofCode = words.map(() => muted);
  own.forEach((code, place) => { ofCode[code] = hues[place]; });
  for (let i = 0; i < count; i++) colours.set(ofCode[codes[i]], 3 * i);
  const entries = own.map((code) => ({ word: words[code], code, count: counts[code], colour: ofCode[code] }));
  const rest = order.length - own.length;
  if (rest) entries.push({ word: `${rest} others`, code: -1, count: count - entries.reduce((sum, one) => sum + one.count, 0), colour: muted });
  return { colours, entries, range: null };
}

/** @param {string} a @param {string} b */
function byName(a, b) {
  const m = Number(a), n = Number(b);
  return Number.isNaN(m) || Number.isNaN(n) ? (a < b ? -1 : 1) : m - n;
}

/** Between two neighbours of the scale. @param {Rgb[]} scale @param {number} share 0 to 1 @returns {Rgb | null} null for NaN */
export function onScale(scale, share) {
  if (Number.isNaN(share)) return null;
  const at = Math.min(1, Math.max(0, share)) * (scale.length - 1), low = Math.min(scale.length - 2, Math.floor(at)), part = at - low;
  return /** @type {Rgb} */ (scale[low].map((v, i) => Math.round(v + (scale[low + 1][i] - v) * part)));
}

/** @param {[number, number]} range */
export const rangeText = ([low, high]) => /** @type {[string, string]} */ ([value(low), value(high)]);
