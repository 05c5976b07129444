/** The list of suggestions under a search field, gone through by keys and by hand; what stands in it is its owner's. */

import { el } from "../dom.js";

/**
 * @typedef {{
 *   field: HTMLElement, label: string, signal: AbortSignal, withTab?: boolean,
 *   open: () => void, close: () => void, pick: (value: string) => void, clear: () => void,
 * }} Owner `withTab`: Tab takes the marked one, as Enter does
 * @typedef {{value: string, title?: string, parts: (Node | string)[]}} Suggestion
 */

let made = 0;

export class Suggestions {
  /** @param {Owner} owner */
  constructor(owner) {
    const { field, label, signal } = owner, id = `suggestions-${++made}`;
    this.owner = owner;
    this.input = /** @type {HTMLInputElement} */ (field.querySelector("input"));
    this.list = el("div", { class: "suggestions", role: "listbox", id, "aria-label": label, hidden: true });
    this.active = -1;
    field.append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" })) this.input.setAttribute(name, value);
    this.input.addEventListener("keydown", (event) => this.key(event), { signal });
    this.input.addEventListener("focus", () => { if (this.input.value) owner.open(); }, { signal });
    this.input.addEventListener("blur", () => owner.close(), { signal });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault(), { signal }); // the field keeps the focus
    this.list.addEventListener("click", (event) => {
      event.preventDefault(); // or the label around it takes the focus back from what was picked
      const option = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("[role=option]")) : null;
      if (option) owner.pick(option.dataset.value ?? "");
    }, { signal });
  }

  get isOpen() { return !this.list.hidden; }

  /** @param {Suggestion[]} found @param {string} [note] under them */
  fill(found, note = "") {
    this.active = -1;
    this.list.replaceChildren(...found.map(({ value, title, parts }, i) => el("div", { role: "option", id: `${this.list.id}-${i}`, "data-value": value, "aria-selected": "false", title }, ...parts)));
    if (note) this.list.append(el("p", { role: "note" }, note));
  }

  /** @param {boolean} isOpen */
  show(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { owner, input } = this, by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && !this.isOpen) owner.open();
    const options = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role=option]")]);
    if (by) {
      if (!options.length) return;
      this.active = (this.active + by + options.length + (this.active < 0 && by < 0 ? 1 : 0)) % options.length;
      options.forEach((option, i) => option.setAttribute("aria-selected", String(i === this.active)));
      options[this.active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[this.active].id);
    } else if (event.key === "Enter" || (event.key === "Tab" && owner.withTab && this.active >= 0 && this.isOpen)) {
      const value = this.isOpen ? options[this.active]?.dataset.value : undefined;
      if (value === undefined) owner.close();
      else owner.pick(value);
    } else if (event.key === "Escape") {
      if (this.isOpen) owner.close();
      else { owner.clear(); input.blur(); }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
