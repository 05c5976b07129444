/** Runs as rows, hparams and metrics as columns: in which order, which of them, and what is in a cell. Pure. */

import { plain } from "../format.js";
import { packNames, unpackNames } from "../view_state.js";

/**
 * @typedef {{
 *   key: string, label: string, group: "run" | "hparam" | "metric", isNumber: boolean, numbers: Float64Array, texts: (string | null)[],
 *   isConstant: boolean, having: number, hint?: string, isLess?: boolean, steps?: (string | null)[],
 * }} Column `numbers`: NaN where there is none; of a column of texts, the place among its categories. `texts`: what a cell says, null where the run has nothing
 * @typedef {{key: string, down: boolean}} SortKey
 * @typedef {{kind: "range", low: number, high: number} | {kind: "among", names: Set<string>}} Filter ends included
 */

export const NONE = "None"; // a value like any other: the run has it, and it is nothing
const collator = new Intl.Collator(undefined, { numeric: true });

/**
 * A column out of cells: numbers where all that have a value have a number.
 *
 * @param {Pick<Column, "key" | "label" | "group"> & {hint?: string, isLess?: boolean}} about @param {unknown[]} cells undefined where the run has nothing
 * @returns {Column}
 */
export function makeColumn(about, cells) {
  const count = cells.length, numbers = new Float64Array(count).fill(NaN), texts = /** @type {(string | null)[]} */ (new Array(count).fill(null));
  let having = 0, isNumber = true;
  const distinct = new Set();
  for (let i = 0; i < count; i++) {
    const cell = cells[i];
    if (cell === undefined) continue;
    having++;
    distinct.add(typeof cell === "number" ? cell : spelt(cell));
    if (typeof cell === "number") { numbers[i] = cell; texts[i] = plain(cell); }
    else {
      texts[i] = spelt(cell);
      if (cell !== null) isNumber = false;
    }
  }
  isNumber &&= having > 0 && cells.some((cell) => typeof cell === "number");
  if (!isNumber) {
    const places = new Map(categoriesOf(texts).map((text, i) => [text, i]));
    for (let i = 0; i < count; i++) numbers[i] = texts[i] === null ? NaN : /** @type {number} */ (places.get(/** @type {string} */ (texts[i])));
  }
  return { ...about, isNumber, numbers, texts, having, isConstant: distinct.size <= 1 && (having === count || having === 0) };
}

/** @param {unknown} cell */
const spelt = (cell) => (cell === null ? NONE : typeof cell === "string" ? cell : typeof cell === "object" ? JSON.stringify(cell) : String(cell));

/** Each text once, in the order of people. @param {(string | null)[]} texts @returns {string[]} */
export function categoriesOf(texts) {
  return [...new Set(texts.filter((text) => text !== null))].sort(collator.compare);
}

/**
 * Row numbers in the order asked for; runs without a value come last, whichever way it goes.
 *
 * @param {Map<string, Column>} columns @param {SortKey[]} keys the first weighs most @param {ArrayLike<number>} rows
 * @returns {Uint32Array}
 */
export function sortRows(columns, keys, rows) {
  const order = Uint32Array.from(rows), by = keys.flatMap(({ key, down }) => { const column = columns.get(key); return column ? [{ numbers: column.numbers, sign: down ? -1 : 1 }] : []; });
  if (!by.length) return order;
  return order.sort((a, b) => {
    for (const { numbers, sign } of by) {
      const x = numbers[a], y = numbers[b];
      if (x === y) continue;
      const isOddX = Number.isNaN(x), isOddY = Number.isNaN(y);
      if (isOddX || isOddY) { if (isOddX !== isOddY) return isOddX ? 1 : -1; continue; }
      return x < y ? -sign : sign;
    }
    return a - b;
  });
}

/** Does a row pass? A run without a value passes no range. @param {Column} column @param {Filter} filter @param {number} row */
export function passes(column, filter, row) {
  if (filter.kind === "among") return filter.names.has(column.texts[row] ?? "");
  const v = column.numbers[row];
  return v >= filter.low && v <= filter.high;
}

/** @param {Map<string, Column>} columns @param {Map<string, Filter>} filters @param {number} count @param {(row: number) => boolean} isFound by the query @returns {Uint32Array} rows */
export function filterRows(columns, filters, count, isFound) {
  const asked = [...filters].flatMap(([key, filter]) => { const column = columns.get(key); return column ? [{ column, filter }] : []; }), rows = [];
  for (let row = 0; row < count; row++) if (isFound(row) && asked.every(({ column, filter }) => passes(column, filter, row))) rows.push(row);
  return Uint32Array.from(rows);
}

/** As an address has it: kind, ends or names, and the column's name last, whatever it holds. @param {Map<string, Filter>} filters @returns {string[]} */
export const packFilters = (filters) => [...filters].map(([key, filter]) => (filter.kind === "range" ? `${filter.low}..${filter.high}:${key}` : `=${encodeURIComponent(packNames(filter.names))}:${key}`));

/** @param {string[]} packed @returns {Map<string, Filter>} those that make sense */
export function unpackFilters(packed) {
  /** @type {Map<string, Filter>} */
  const filters = new Map();
  for (const text of packed) {
    const cut = text.indexOf(":"), what = text.slice(0, cut), key = text.slice(cut + 1), [low, high] = what.split("..").map(Number);
    if (cut < 0) continue;
    if (what.startsWith("=")) { try { filters.set(key, { kind: "among", names: new Set(unpackNames(decodeURIComponent(what.slice(1)))) }); } catch { /* cut short on its way */ } }
    else if (low <= high) filters.set(key, { kind: "range", low, high });
  }
  return filters;
}

/** "-loss", "lr": down and up. @param {SortKey[]} keys */
export const packSort = (keys) => keys.map(({ key, down }) => (down ? `-${key}` : `+${key}`));
/** @param {string[]} packed @returns {SortKey[]} */
export const unpackSort = (packed) => packed.filter((text) => /^[-+]./.test(text)).map((text) => ({ key: text.slice(1), down: text[0] === "-" }));

/**
 * A click on a head: the only key, or with Shift one more; the same once more turns it round, and a third time takes it out.
 *
 * @param {SortKey[]} keys @param {string} key @param {boolean} isMore @param {boolean} isDownFirst @returns {SortKey[]}
 */
export function nextSort(keys, key, isMore, isDownFirst) {
  const own = keys.find((one) => one.key === key), others = isMore ? keys.filter((one) => one.key !== key) : [];
  if (!own || (!isMore && keys.length > 1)) return [...others, { key, down: isDownFirst }];
  return own.down === isDownFirst ? (isMore ? keys.map((one) => (one === own ? { key, down: !own.down } : one)) : [{ key, down: !own.down }]) : others;
}

/** Columns in the order that the person chose; those nobody placed come in the order they came. @template {{key: string}} T @param {T[]} columns @param {string[]} order keys @returns {T[]} */
export function placed(columns, order) {
  const places = new Map(order.map((key, i) => [key, i])), last = order.length;
  return columns.map((column, i) => ({ column, place: places.get(column.key) ?? last, i })).sort((a, b) => a.place - b.place || a.i - b.i).map(({ column }) => column);
}
