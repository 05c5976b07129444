/** Takes a comparison out of the page: Markdown for a report, CSV for a table, JSON for a program. */

import { need, saveBlob } from "../dom.js";
import { markdownOf, csvOf } from "./compare_report.js";

/** @import { App } from "../app.js" */
/** @import { CompareAnswer, MetricJson, Measure } from "../types.d.ts" */
/** @typedef {{answer: CompareAnswer, metrics: {found: Map<string, MetricJson>, tags: string[], measure: Measure}}} Shown */

/** @param {App} app @param {() => Shown | null} shown what the page shows @param {AbortSignal} signal */
export function wireExport(app, shown, signal) {
  const box = need(document, "#compare-export", "compare"), said = need(box, "[role=status]", "compare");
  box.addEventListener("click", async (event) => {
    const what = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("[data-export]"))?.dataset.export : undefined, now = shown();
    if (!what) return;
    if (!now) { said.textContent = "There is no comparison to export."; return; }
    const { answer, metrics } = now, found = metrics.tags.flatMap((tag) => metrics.found.get(tag) ?? []);
    if (what === "csv") save("comparison.csv", "text/csv", csvOf(answer, found));
    else if (what === "json") save("comparison.json", "application/json", JSON.stringify({ ...answer, metrics: found, address: location.href }, null, 1));
    else {
      try {
        await navigator.clipboard.writeText(markdownOf(answer, found, metrics.measure, location.href));
        said.textContent = "Copied.";
      } catch {
        save("comparison.md", "text/markdown", markdownOf(answer, found, metrics.measure, location.href));
        said.textContent = "The clipboard is not to be had; saved as a file.";
      }
    }
  }, { signal });
}

/** @param {string} name @param {string} type @param {string} text */
const save = (name, type, text) => saveBlob(new Blob([text], { type }), name);
