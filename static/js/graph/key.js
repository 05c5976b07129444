/** The key to the colours, at the foot of the drawing. */
import { el } from "../dom.js";
import { COST_NAMES, KIND_NAMES } from "./colour.js";

/** @import {ColourBy} from "./graph_types.js" */

/**
 * @param {HTMLElement} root
 * @param {ColourBy} by
 * @param {{rule: string, kinds: Set<string>}} more how it was counted; kinds of blocks that there are
 */
export function paintKey(root, by, { rule, kinds }) {
  root.hidden = by === "none";
  if (by === "none") return;
  root.dataset.by = by === "structure" ? "structure" : "cost";
  root.title = by === "structure" ? "" : rule;
  if (by === "structure") {
    root.replaceChildren(...KIND_NAMES.filter(({ kind }) => kinds.has(kind)).map(({ kind, name }) => el("span", {}, el("i", { vars: { "--kind": `var(--kind-${kind})` } }), name)));
    return;
  }
  root.replaceChildren(el("strong", {}, COST_NAMES[by]), ", share of the whole", el("i", {}), el("p", {}, ...["0.1", "1", "10", "100"].map((n) => el("span", {}, `${n}\u202f%`))));
}
