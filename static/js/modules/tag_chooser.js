/** Asks for one of many scalars: a field to search in, and the list of what it finds. */

import { el, pathName } from "../dom.js";
import { counted, splitName } from "../format.js";
import { contains } from "./tag_search.js";

const MOST = 60; // shown at once

/** @param {string[]} tags @param {string} title @returns {Promise<string | null>} null: none was chosen */
export function chooseTag(tags, title) {
  return new Promise((resolve) => {
    /** @type {string | null} */
    let chosen = null;
    const field = el("input", { type: "search", placeholder: "Search scalars", "aria-label": "Search scalars", autocomplete: "off", spellcheck: "false" });
    const list = el("div", { class: "tag-options", role: "listbox", "aria-label": "Scalars" }), rest = el("p", { class: "chart-note" });
    const dialog = el("dialog", { class: "tag-chooser", "aria-label": title }, el("h2", {}, title), el("label", { class: "field" }, field), list, rest);
    const choose = (/** @type {string} */ tag) => { chosen = tag; dialog.close(); };
    const fill = () => {
      const found = tags.filter(contains(field.value));
      list.replaceChildren(...found.slice(0, MOST).map((tag) => el("button", { type: "button", role: "option", "aria-selected": "false", title: tag, onclick: () => choose(tag) }, pathName(...splitName(tag)))));
      rest.textContent = found.length > MOST ? `and ${counted(found.length - MOST, "more")}: type to find them` : found.length ? "" : "No scalar matches.";
    };
    field.addEventListener("input", fill);
    dialog.addEventListener("keydown", (event) => {
      const options = /** @type {HTMLElement[]} */ ([...list.children]), at = options.findIndex((one) => one === document.activeElement), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by) { const next = at + by; (next < 0 ? field : options[Math.min(next, options.length - 1)])?.focus(); }
      else if (event.key === "Enter" && event.target === field) options[0]?.click();
      else return;
      event.preventDefault();
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(chosen); });
    (document.querySelector("dialog[open]") ?? document.body).append(dialog);
    fill();
    dialog.showModal();
    field.focus();
  });
}
