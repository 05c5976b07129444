/** Asks for the two ends of a vertical axis. */

import { el } from "../dom.js";
import { typedSpan } from "./chart_spans.js";

/** @import { Range } from "../types.d.ts" */

const DIGITS = 4;

/** @param {string} tag @param {Range} now @returns {Promise<Range | null>} null: it stays as it is */
export function askSpan(tag, now) {
  return new Promise((resolve) => {
    /** @type {Range | null} */
    let chosen = null;
    const [low, high] = now.map((v, i) => el("input", { class: "number-box", inputmode: "decimal", value: String(Number(v.toPrecision(DIGITS))), "aria-label": i ? "Upper end" : "Lower end", "aria-describedby": "span-fault" }));
    const fault = el("p", { class: "chart-note", id: "span-fault", "data-kind": "warn", role: "alert" });
    const form = el("form", { method: "dialog" }, el("h2", {}, "Vertical range"), el("p", { class: "chart-note" }, tag),
      el("div", { class: "setting" }, el("span", {}, "from"), low, el("span", {}, "to"), high), fault,
      el("div", { class: "dialog-end" }, el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"), el("button", { type: "submit", class: "button", "data-kind": "primary" }, "Fix")));
    const dialog = el("dialog", { class: "tag-chooser span-form", "aria-label": `Vertical range of ${tag}` }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const typed = typedSpan(low.value, high.value);
      fault.textContent = typed.fault;
      if (!typed.range) return;
      chosen = typed.range;
      dialog.close();
    });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(chosen); });
    (document.querySelector("dialog[open]") ?? document.body).append(dialog);
    dialog.showModal();
    low.select();
  });
}
