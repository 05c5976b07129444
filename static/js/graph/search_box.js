/** The search field: a list of matches under it; Enter or a click jumps. */
import { el } from "../dom.js";
import { className, fullName, title } from "./names.js";
import { findItems } from "./search.js";

/** @import {Hierarchy} from "./graph_types.js" */

const MOST = 40;

export class SearchBox {
  /** @type {number[]} */
  #items = [];
  #active = -1;

  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list a listbox
   * @param {{hierarchy: () => Hierarchy | null, jump: (item: number) => void, leave: () => void}} actions
   * @param {AbortSignal} signal
   */
  constructor(input, list, actions, signal) {
    this.input = input;
    this.list = list;
    this.actions = actions;
    input.addEventListener("input", () => this.#find(), { signal });
    input.addEventListener("focus", () => this.#find(), { signal });
    input.addEventListener("blur", () => this.#close(), { signal });
    input.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    // before the field loses the focus, and the list with it
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-item]"));
      if (option) this.#jump(Number(option.dataset.item));
    }, { signal });
  }

  #find() {
    const h = this.actions.hierarchy(), text = this.input.value.trim();
    if (!h || !text) return this.#close();
    const { items, total } = findItems(h, text, MOST);
    this.#items = items;
    this.#active = items.length ? 0 : -1;
    this.list.replaceChildren(
      el("p", { class: "count", role: "presentation" }, total ? `${total} ${total === 1 ? "match" : "matches"}${total > items.length ? `, the first ${items.length}` : ""}` : `Nothing called “${text}” in this graph`),
      ...items.map((item, i) => {
        const path = fullName(h, item), kind = className(h, item);
        return el("div", { role: "option", id: `graph-match-${i}`, "data-item": item, title: path }, el("span", {}, el("b", {}, title(h, item)), kind ? ` ${kind}` : ""), el("small", {}, path));
      }));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#mark();
  }

  #mark() {
    const options = this.list.querySelectorAll("[role=option]");
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === this.#active)));
    if (this.#active >= 0) {
      this.input.setAttribute("aria-activedescendant", `graph-match-${this.#active}`);
      options[this.#active].scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  #close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  #jump(/** @type {number} */ item) {
    this.#close();
    this.actions.jump(item);
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#items.length) {
      if (this.list.hidden) this.#find();
      else this.#active = (this.#active + step + this.#items.length) % this.#items.length;
      this.#mark();
    } else if (event.key === "Enter") {
      if (this.list.hidden) this.#find();
      else if (this.#active >= 0) this.#jump(this.#items[this.#active]);
    } else if (event.key === "Escape") {
      if (this.input.value && !this.list.hidden) this.input.value = "";
      else this.actions.leave();
      this.#close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
