/** The key to the colours, at the foot of the drawing. */
import { el } from "../dom.js";
import { value as valueText } from "../format.js";
import { MOST_CATEGORIES } from "./categories.js";
import { COST_NAMES, isCost } from "./costs.js";
import { ADDED, CHANGED, INSIDE, MARK_NAMES, REMOVED } from "./diff_marks.js";
import { KIND_NAMES, kindsOf } from "./kinds.js";

/** @import {Palette} from "./colour.js" */
/** @import {Scale} from "./logged_scale.js" */

const swatch = (/** @type {string} */ colour, /** @type {string} */ name) => el("span", {}, el("i", { vars: { "--kind": colour } }), name);

/**
 * @param {HTMLElement} root
 * @param {Palette} palette
 * @param {{rule: string, measured: string}} counted how it was counted and measured
 */
export function paintKey(root, palette, { rule, measured }) {
  const { by } = palette;
  root.hidden = by === "none" || by.startsWith("log:");
  if (root.hidden) return;
  root.dataset.by = isCost(by) ? "cost" : "names";
  root.title = isCost(by) ? (["saved", "memory", "forward", "backward"].includes(by) ? measured : rule) : "";
  if (isCost(by)) {
    root.replaceChildren(el("strong", {}, COST_NAMES[by]), ", share of the whole", el("i", {}), el("p", {}, ...["0.1", "1", "10", "100"].map((n) => el("span", {}, `${n}\u202f%`))));
  } else if (by === "diff") {
    root.replaceChildren(...[ADDED, REMOVED, CHANGED, INSIDE].map((mark) => swatch(palette.token(MARK_TOKENS[mark]), MARK_NAMES[mark])));
  } else if (palette.categories) {
    const { names, more } = palette.categories;
    root.replaceChildren(...names.map((name, i) => swatch(palette.tint(i), name)), ...(more ? [swatch(palette.tint(MOST_CATEGORIES), `${more} more`)] : []));
  } else {
    const kinds = kindsOf(palette.hierarchy);
    root.replaceChildren(...KIND_NAMES.filter(({ kind }) => kinds.has(kind)).map(({ kind, name }) => swatch(`var(--kind-${kind})`, name)));
  }
}

/** Tokens that say what became of a block. */
export const MARK_TOKENS = ["--graph-box", "--color-sunk", "--color-stalled-wash", "--div-4", "--div-2"];

/**
 * The key to logged values: their scale, and what is dead or no number.
 *
 * @param {HTMLElement} root
 * @param {string} name of the series
 * @param {Scale | null} scale
 * @param {Node[]} controls of the step
 */
export function paintLogKey(root, name, scale, controls) {
  root.hidden = false;
  root.dataset.by = "cost";
  root.title = "";
  root.replaceChildren(el("strong", {}, name), scale ? (scale.isLog ? ", logarithmic" : "") : ": no value yet",
    ...(scale ? [el("i", {}), el("p", {}, el("span", {}, valueText(scale.low, 3)), el("span", {}, valueText(scale.high, 3))), el("p", { class: "graph-key-bad" }, swatch("var(--color-failed-wash)", "dead (0), or not a number"))] : []),
    ...controls);
}
