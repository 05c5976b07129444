/** Facts of the runs: how long, how fast, on what machine, from which commit. */

import { el } from "../dom.js";
import { line, sectionHead, table } from "./compare_table.js";
import { FACTS, factText } from "./compare_texts.js";

/** @import { CompareAnswer } from "../types.d.ts" */

/** @param {HTMLElement} root @param {CompareAnswer} answer */
export function paintFacts(root, { columns, facts }) {
  const rows = [];
  for (const [key, name, text] of FACTS) {
    const texts = columns.map(({ runs }) => {
      const values = runs.map((run) => facts[run]?.[key]).filter((v) => v !== undefined);
      return values.length ? factText(key, values, text) : "";
    });
    if (texts.every((one) => !one)) continue;
    const isLive = key === "state";
    rows.push(line("", [name], texts.map((one) => el("span", { class: "compare-value", title: one }, one || "–")), (at) => (at && !isLive && texts[at] === texts[0] ? { "data-same": true } : {})));
  }
  root.replaceChildren(sectionHead("Facts"), table("Facts", columns, rows));
}
