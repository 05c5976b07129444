/** Over the points: what their colours mean, and what the axes are. */

import { el, setText } from "../dom.js";
import { grouped } from "../format.js";
import { rangeText } from "./embedding_colour.js";

/** @import { Colouring } from "./embedding_colour.js" */

/** @param {number[]} rgb */
const css = (rgb) => `rgb(${rgb.join(" ")})`;

/** @param {HTMLElement} root @param {string} name of the column, "" for none @param {Colouring} colouring @param {number[][]} scale @param {(code: number) => void} onPick */
export function showKey(root, name, { entries, range }, scale, onPick) {
  root.hidden = !name;
  if (!name) { root.replaceChildren(); return; }
  const title = el("strong", { title: name }, name);
  if (range) {
    const [low, high] = rangeText(range);
    root.replaceChildren(title, el("i", { class: "space-scale", vars: { background: `linear-gradient(90deg, ${scale.map(css).join(", ")})` } }), el("p", {}, el("span", {}, low), el("span", {}, high)));
    return;
  }
  root.replaceChildren(title, el("ul", {}, ...entries.map(({ word, code, count, colour }) => el("li", {}, code < 0
    ? el("span", {}, el("i", { vars: { "background-color": css(colour) } }), word, el("span", { class: "count" }, grouped(String(count))))
    : el("button", { type: "button", title: `Choose ${word || "what has none"}`, onclick: () => onPick(code) }, el("i", { vars: { "background-color": css(colour) } }), el("span", {}, word || "–"), el("span", { class: "count" }, grouped(String(count))))))));
}

/**
 * Which principal component lies along which axis.
 * @param {HTMLElement} root @param {{axes: number[], shares: number[], isFlat: boolean, dimensions: number, note: string}} what @param {(axes: number[]) => void} onChange
 */
export function showAxes(root, { axes, shares, isFlat, dimensions, note }, onChange) {
  const count = Math.min(shares.length, dimensions), used = axes.slice(0, isFlat ? 2 : 3).filter((one) => one < count);
  const held = used.filter((one, i) => used.indexOf(one) === i).reduce((sum, one) => sum + (shares[one] ?? 0), 0);
  root.replaceChildren(
    ...axes.slice(0, isFlat ? 2 : 3).map((axis, i) => {
      if (axis >= count) return ""; // fewer dimensions than axes
      const select = el("select", { "aria-label": `Component along ${"xyz"[i]}`, onchange: () => onChange(axes.map((one, k) => (k === i ? Number(select.value) : one))) },
        ...Array.from({ length: count }, (_, k) => el("option", { value: k, selected: k === axis }, `${k + 1}: ${percent(shares[k])}`)));
      return el("label", { class: "choice" }, el("span", {}, "xyz"[i]), select);
    }),
    el("span", {}, `${percent(held)} of the variance${note ? `. ${note}` : ""}`));
}

/** @param {number} share */
const percent = (share) => (Number.isFinite(share) ? `${(100 * share).toPrecision(share >= 0.0995 ? 3 : 2)}\u202f%` : "–");

/**
 * Texts whose points' middles an axis joins.
 * @param {HTMLElement} root @param {string[]} ends x from, x to, y from, y to @param {string} note @param {(ends: string[]) => void} onChange
 */
export function showEnds(root, ends, note, onChange) {
  let fields = [...root.querySelectorAll("input")];
  if (fields.length !== 4) { // made once: what is being typed stays
    fields = ["x from", "x to", "y from", "y to"].map((label) => el("input", { type: "text", placeholder: label, "aria-label": `Points that ${label.replace(" ", " goes ")}`, onchange: () => onChange(fields.map((one) => one.value)) }));
    root.replaceChildren(el("div", { class: "space-ends" }, ...fields), el("span"));
  }
  fields.forEach((field, i) => { if (field !== document.activeElement && !field.value) field.value = ends[i]; });
  setText(/** @type {HTMLElement} */ (root.lastElementChild), note || "From the middle of the points that match one text to the middle of those that match another.");
}
