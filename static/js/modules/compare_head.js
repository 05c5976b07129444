/** The first lines of the compare page, in words, and the heads of its columns. */

import { el } from "../dom.js";
import { counted, grouped } from "../format.js";

/** @import { App } from "../app.js" */
/** @import { CompareAnswer, RunStyle } from "../types.d.ts" */

/** A column has the colour of its first run. @param {Pick<CompareAnswer, "columns">} answer @param {App} app @returns {Map<string, RunStyle>} by run */
export function stylesOf({ columns }, app) {
  /** @type {Map<string, RunStyle>} */
  const styles = new Map();
  for (const { runs } of columns) {
    const first = app.runs.byName(runs[0]);
    if (first) for (const run of runs) styles.set(run, app.ownStyle(first));
  }
  return styles;
}

/** @param {HTMLElement} root @param {CompareAnswer} answer @param {string} more what the graphs say */
export function paintVerdict(root, { headline, sentences, judgement }, more) {
  const said = JSON.stringify([headline, sentences, more]);
  if (root.dataset.said === said) return; // read out once
  root.dataset.said = said;
  root.dataset.judgement = judgement;
  root.replaceChildren(el("h2", {}, headline), ...[...sentences, more].map((one) => one && el("p", {}, one)));
}

/** @param {HTMLElement} root @param {CompareAnswer} answer @param {App} app @param {(run: string) => void} onBaseline */
export function paintHead(root, { columns }, app, onBaseline) {
  const styles = stylesOf({ columns }, app), runs = columns.reduce((sum, one) => sum + one.runs.length, 0);
  const said = JSON.stringify([columns, [...styles]]);
  if (root.dataset.said === said) return;
  root.dataset.said = said;
  const hadFocus = root.contains(document.activeElement);
  root.replaceChildren(el("span", { class: "count" }, runs === columns.length ? counted(runs, "run") : `${counted(columns.length, "column")}, ${counted(runs, "run")}`),
    ...columns.map(({ name, label, runs: own }, at) => {
      const style = styles.get(own[0]);
      const head = el("div", { title: own.length === 1 ? own[0] : `${name}\n${own.join("\n")}` },
        el("span", { class: "chip", "data-on": true, "data-dash": style?.dash ? "1" : undefined, vars: { "--run": style?.colour ?? "var(--chart-muted)" } }),
        el("strong", {}, label), own.length > 1 && el("span", { class: "count" }, `${grouped(String(own.length))} seeds`),
        at ? el("button", { type: "button", class: "compare-base", title: `Compare with ${label}`, "aria-label": `Make ${label} the baseline`, onclick: () => onBaseline(own[0]) }, "baseline") : el("span", { class: "badge" }, "baseline"));
      head.addEventListener("pointerenter", () => app.lift(own.length === 1 ? own[0] : null));
      head.addEventListener("pointerleave", () => app.lift(null));
      return head;
    }));
  if (hadFocus) root.querySelector("button")?.focus();
}
