/** Tags as chips, with a field for another one that offers those in use. */

import { el, icon } from "../dom.js";
import { Suggestions } from "./suggestions.js";

/** @import { App } from "../app.js" */

const MOST = 12; // that are offered

/** Every tag in use, the most frequent first. @param {App} app */
export function tagsInUse(app) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { tags = [] } of app.answer?.runs ?? []) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([tag]) => tag);
}

/**
 * A field in which a tag is typed or picked.
 * @param {App} app @param {string} label @param {AbortSignal} signal @param {(tag: string) => void} onAdd @param {() => string[]} [taken] which are there already
 */
export function tagField(app, label, signal, onAdd, taken = () => []) {
  const field = el("span", { class: "field run-tag-field" }, el("input", { placeholder: "Add a tag", "aria-label": label, maxlength: 200, autocomplete: "off", spellcheck: "false" }));
  const fill = () => {
    const text = input.value.trim().toLowerCase(), found = tagsInUse(app).filter((tag) => tag.toLowerCase().includes(text) && !taken().includes(tag)).slice(0, MOST);
    list.fill(found.map((tag) => ({ value: tag, parts: [tag] })));
    list.show(found.length > 0 && document.activeElement === input);
  };
  const add = (/** @type {string} */ tag) => {
    input.value = "";
    list.show(false);
    if (tag.trim()) onAdd(tag.trim());
  };
  const list = new Suggestions({ field, label: "Tags in use", signal, withTab: true, open: fill, close: () => list.show(false), pick: add, clear: () => { input.value = ""; } });
  const { input } = list;
  input.addEventListener("input", fill, { signal });
  input.addEventListener("focus", fill, { signal });
  // What is typed and not picked is a new one; the list's own keys come first.
  field.addEventListener("keydown", (event) => {
    if ((event.key !== "Enter" && event.key !== ",") || (list.isOpen && list.active >= 0 && event.key === "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    add(input.value);
  }, { signal, capture: true });
  return field;
}

/** @param {string[]} tags @param {(tag: string) => void} onRemove */
export const tagChips = (tags, onRemove) => tags.map((tag) => el("span", { class: "run-tag-chip" }, el("span", { title: tag }, tag), el("button", { type: "button", "aria-label": `Remove the tag ${tag}`, title: "Remove", onclick: () => onRemove(tag) }, icon("close"))));
