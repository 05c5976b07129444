/** What runs are grouped and coloured by: the keys in the address, and what they make of the runs. Pure. */

import { value } from "../format.js";

/** @import { Json64, Run, RunStyle } from "../types.d.ts" */
/** @typedef {{by: "none" | "run" | "best" | "group" | "folder" | "hparam" | "regex", name: string}} Way `name`: of the hyper-parameter, or the pattern */
/** @typedef {{name: string, runs: string[], value: unknown}} Group */

const FIRST_STEP = 3, STEPS = 5; // of the sequential scale: a line in its palest three is hard to see

/** `hparam:optim.lr` -> {by: "hparam", name: "optim.lr"} @param {string | null} text @returns {Way} */
export function readWay(text) {
  const [, by, name] = /^(none|run|best|group|folder|hparam|regex)(?::(.*))?$/s.exec(text ?? "") ?? [null, "none", ""];
  if ((by === "hparam" || by === "regex") && name === undefined) return { by: "none", name: "" };
  return { by: /** @type {Way["by"]} */ (by), name: name ?? "" };
}

/** @param {Way} way @returns {string | null} */
export const writeWay = (way) => (way.by === "none" ? null : way.by === "hparam" || way.by === "regex" ? `${way.by}:${way.name}` : way.by);

/** The folder of a run, with its slash. @param {string} name */
export const folderOf = (name) => name.slice(0, name.lastIndexOf("/") + 1);

/** @param {Run[]} runs @returns {Group[]} */
export function byFolder(runs) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const { name } of runs) {
    const folder = folderOf(name), own = groups.get(folder);
    if (own) own.push(name);
    else groups.set(folder, [name]);
  }
  return [...groups].sort(([a], [b]) => collator.compare(a, b)).map(([folder, names]) => ({ name: folder.replace(/\/$/, ""), runs: names, value: null }));
}
const collator = new Intl.Collator(undefined, { numeric: true });

/** A hyper-parameter's value as a number, NaN where it is none. @param {unknown} v */
export function asNumber(v) {
  if (typeof v === "number") return v;
  if (v && typeof v === "object" && "number" in v) return Number(/** @type {{number: Json64}} */ (v).number);
  return NaN;
}

/** A hyper-parameter's value as people read it. @param {unknown} v @returns {string} */
export function asText(v) {
  if (v === null || v === undefined) return "none";
  if (typeof v === "number") return value(v);
  if (typeof v === "string") return v;
  if (typeof v === "object") {
    if ("number" in v) return String(v.number);
    if ("text" in v) return `${v.text}…`;
    if (Array.isArray(v)) return `[${v.map(asText).join(", ")}]`;
    if ("list" in v) return `[${/** @type {unknown[]} */ (v.list).map(asText).join(", ")}, …]`;
  }
  return String(v);
}

/** @typedef {{low: number, high: number, isLog: boolean, at: (v: number) => number}} Scale `at` is 0 to 1 */

/** A sequential scale over some numbers; logarithmic where they span more than a factor of twenty. @param {number[]} values @returns {Scale | null} null where they do not differ */
export function scaleOf(values) {
  const finite = values.filter(Number.isFinite), low = Math.min(...finite), high = Math.max(...finite);
  if (!(high > low)) return null;
  const isLog = low > 0 && high / low >= 20, to = isLog ? Math.log : (/** @type {number} */ v) => v;
  return { low, high, isLog, at: (v) => (to(v) - to(low)) / (to(high) - to(low)) };
}

/** @param {Scale} scale @param {number} v @returns {RunStyle} */
export function scaled(scale, v) {
  const step = FIRST_STEP + Math.max(0, Math.min(STEPS - 1, Math.floor(scale.at(v) * STEPS)));
  return { colour: `var(--seq-${step})`, dash: 0 };
}

/** Order of the list. @typedef {{by: "start" | "name" | "state" | "metric", isBackwards: boolean}} Sort */

/** @param {string | null} text @returns {Sort | null} */
export function readSort(text) {
  const [, minus, by] = /^(-?)(start|name|state|metric)$/.exec(text ?? "") ?? [];
  return by ? { by: /** @type {Sort["by"]} */ (by), isBackwards: minus === "-" } : null;
}

const STATES = ["live", "starting", "stalled", "stopped", "finished"];

/** @param {Run[]} runs in the order of their starts @param {Sort} sort @param {(names: string[]) => string[]} ranked names, best first */
export function sorted(runs, sort, ranked) {
  let out = [...runs];
  if (sort.by === "name") out.sort((a, b) => collator.compare(a.name, b.name));
  else if (sort.by === "state") out.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
  else if (sort.by === "metric") {
    const place = new Map(ranked(out.map((run) => run.name)).map((name, i) => [name, i]));
    out.sort((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0));
  }
  if (sort.isBackwards) out = out.reverse();
  return out;
}
