/** What the server is asked about metrics, and what it says of them and of hparams, as columns. Pure. */

import { column as decode } from "../api.js";
import { step as stepText, value } from "../format.js";
import { makeColumn } from "./table_model.js";

/** @import { Column as ColumnJson, Json64 } from "../types.d.ts" */
/** @import { Column } from "./table_model.js" */
/**
 * @typedef {{tag: string, group?: string, of?: string, step?: string, by?: string, by_group?: string, goal?: string | null}} Metric
 * @typedef {{name: string, display_name: string, description: string, kind: string, gaps: ColumnJson | null, values: ColumnJson | null, exact: Record<string, string>, codes: ColumnJson | null, words: unknown[] | null}} HparamJson
 * @typedef {Metric & {goal: string, goal_from: string, display_name: string, description: string, low: Json64 | null, high: Json64 | null, values: ColumnJson, gaps: ColumnJson | null, steps: (string | null)[]}} MetricJson
 * @typedef {{tag: string, group: string, runs: number, goal: string, display_name: string, named: boolean}} TagJson
 * @typedef {{revision: number, runs: string[], status: string[], hparams: HparamJson[], hparams_left_out: number, metrics: MetricJson[], tags: TagJson[]}} TableJson
 */

const NO_VALUE = 1, MISSING = 2; // gaps
const OF = { last: "last", best: "best", min: "least", max: "greatest", mean: "mean", at: "at the step", with: "at the best step" };

/** Names of the columns never meet: an hparam may be called like a scalar. */
export const hparamKey = (/** @type {string} */ name) => `h ${name}`;
export const metricKey = (/** @type {Metric} */ metric) => `m ${keyOf(metric)}`;

/** A scalar as lists name it. @param {{tag: string, group?: string}} scalar */
export const keyOf = ({ tag, group }) => (group ? `${tag} · ${group}` : tag);

/**
 * @param {{tag: string, group: string}} main the judge @param {{tag: string, group: string}[]} more
 * @param {{at: string, step: string, goal: string | null}} choices `at`: best, own, last or step
 * @returns {Metric[]} the judge first
 */
export function metricQuestions(main, more, { at, step, goal }) {
  const own = (/** @type {string} */ of) => [{ ...main, goal, of }, ...more.map(({ tag, group }) => ({ tag, group, of }))];
  if (at === "step" && /^-?\d+$/.test(step)) return own("at").map((one) => ({ ...one, step }));
  if (at === "last" || at === "step") return own("last");
  if (at === "own") return own("best");
  return [{ ...main, goal, of: "best" }, ...more.map(({ tag, group }) => ({ tag, group, of: "with", by: main.tag, by_group: main.group, goal }))];
}

/** @param {HparamJson} json @returns {Column} */
export function hparamColumn({ name, display_name, description, gaps, values, exact, codes, words }) {
  const numbers = values && decode(values), places = codes && decode(codes), holes = gaps && decode(gaps), count = (numbers ?? places ?? []).length;
  const cells = Array.from({ length: count }, (_, i) => (holes?.[i] === MISSING ? undefined : holes?.[i] === NO_VALUE ? null : numbers ? numbers[i] : wordOf(words?.[places?.[i] ?? -1])));
  const column = makeColumn({ key: hparamKey(name), label: display_name || name, group: "hparam", hint: [name, description].filter(Boolean).join("\n") }, cells);
  for (const [row, digits] of Object.entries(exact ?? {})) column.texts[Number(row)] = digits;
  return column;
}

/** @param {unknown} word */
function wordOf(word) {
  if (typeof word !== "object" || word === null || Array.isArray(word)) return word === undefined ? null : word;
  const { text, list, length, number } = /** @type {{text?: string, list?: unknown[], length?: number, number?: string}} */ (word);
  if (number !== undefined) return Number(number);
  if (list) return `${JSON.stringify(list).slice(0, -1)}, … ${length} in all]`;
  return `${text}… (${length} characters)`;
}

/** @param {MetricJson} json @returns {Column} */
export function metricColumn({ tag, group, of = "last", step, by, goal, goal_from, display_name, description, values, gaps, steps }) {
  const numbers = decode(values), holes = gaps && decode(gaps), label = `${display_name || tag}${group ? ` · ${group}` : ""}`;
  const cells = Array.from(numbers, (v, i) => (holes?.[i] === MISSING ? undefined : v)), isLess = goal === "min" ? of !== "max" : of === "min";
  const which = of === "at" ? `at step ${stepText(step ?? "")}` : of === "with" ? `at the step where ${by} was best` : OF[/** @type {keyof typeof OF} */ (of)] ?? of;
  const rule = `${goal === "min" ? "less" : "more"} is better${goal_from === "asked" ? "" : goal_from === "name" ? ", by its name" : ", as nothing says otherwise"}`;
  const column = makeColumn({ key: metricKey({ tag, group }), label, group: "metric", isLess, hint: [`${tag}, ${which}; ${rule}`, description].filter(Boolean).join("\n") }, cells);
  const texts = column.texts.map((text, i) => (text === null ? null : value(numbers[i]))); // as many digits in all rows
  return { ...column, isNumber: true, numbers, texts, steps };
}
