/** A comparison as a report: Markdown and CSV. Pure. */

import { signed, value } from "../format.js";
import { judgementText, measureOf, settingText } from "./compare_texts.js";

/** @import { CompareAnswer, Measure, MetricJson } from "../types.d.ts" */

/** One cell of a table: nothing in it ends the cell, or is taken for markup. @param {string} text */
const cell = (text) => text.replace(/[\\|`*_<>[\]]/g, "\\$&").replace(/\s+/g, " ");

/** @param {string[][]} rows the first one is the head */
const table = ([head, ...rows]) => [head, head.map((_, i) => (i ? "---:" : "---")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** @param {CompareAnswer} answer @param {MetricJson[]} metrics @param {Measure} measure @param {string} address of the page */
export function markdownOf({ columns, headline, sentences, settings }, metrics, measure, address) {
  const head = columns.map(({ label, runs }, at) => `${cell(label)}${runs.length > 1 ? ` (${runs.length} seeds)` : ""}${at ? "" : ", baseline"}`);
  const differing = settings.filter((one) => one.differs);
  const parts = [`**${cell(headline)}**`, sentences.map(cell).join("\n")];
  if (metrics.length) parts.push(table([[`metric`, ...head], ...metrics.map((metric) => {
    const own = measureOf(metric, measure), cells = metric.cells[own];
    return [`${cell(metric.tag)} (${own === "area" ? "mean over steps" : own})`, ...cells.map((one) => {
      if (one.mean === null) return "–";
      const { difference } = one, word = judgementText(one, cells[0]);
      const between = difference?.low !== null && difference?.low !== undefined ? ` [${signed(Number(difference.low), 3)}, ${signed(Number(difference.high), 3)}]` : "";
      return `${value(Number(one.mean))}${difference ? ` (${signed(Number(difference.delta), 3)}${between}${word ? ` ${word}` : ""})` : one.spread === null ? "" : ` ± ${value(Number(one.spread), 3)}`}`;
    })];
  })]));
  if (differing.length) parts.push(table([["setting", ...head], ...differing.map(({ name, values }) => [cell(name), ...values.map((own) => cell(own.map(settingText).join(", ")))])]));
  parts.push(`Intervals: 95 % of the difference to the baseline, by Welch's t-test, each by itself. ${address.replace(/[<>)\s]/g, encodeURIComponent)}`);
  return `${parts.join("\n\n")}\n`;
}

/** A field of CSV; one that a table program would take for a formula is told to be text. @param {string | number} field */
function csv(field) {
  const text = typeof field === "number" ? String(field) : /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
}

/** One row for each metric, measure and column, all digits. @param {CompareAnswer} answer @param {MetricJson[]} metrics */
export function csvOf({ columns }, metrics) {
  const rows = [["metric", "measure", "column", "runs", "finite", "mean", "standard_deviation", "difference", "low_95", "high_95", "p", "judgement"]];
  for (const { tag, cells } of metrics)
    for (const [measure, own] of Object.entries(cells))
      own.forEach(({ finite, mean, spread, difference, judgement }, at) => {
        const { delta = "", low = "", high = "", p = "" } = difference ?? {};
        rows.push([tag, measure, columns[at].name, String(columns[at].runs.length), String(finite), ...[mean, spread, delta, low, high, p].map((v) => (v === null ? "" : String(v))), judgement]);
      });
  return rows.map((row, i) => row.map((field, k) => csv(i && k > 2 && k < 11 && field !== "" ? Number(field) : field)).join(",")).join("\n") + "\n";
}
