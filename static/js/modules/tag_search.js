/** The filter field for tags: plain text at once, regexes by the server, whose engine never hangs; a list of what matches under it. */

import { el } from "../dom.js";
import { grouped } from "../format.js";

/** @import { App } from "../app.js" */
/** @typedef {{app: App, kind: string, field: HTMLElement, names: () => string[], onChange: () => void, onPick: (tag: string) => void, signal: AbortSignal}} Options */

const MOST = 25; // shown; the rest is counted
const WAIT_MS = 80;
let made = 0;

/** Whether text as people type it may be a regex. @param {string} text */
export const looksLikeRegex = (text) => /[\\^$*+?()[\]{}|]/.test(text);

/** Plain text; case counts only where a capital is typed. @param {string} text @returns {(name: string) => boolean} */
export function contains(text) {
  const want = text.trim();
  if (!want) return () => true;
  return want !== want.toLowerCase() ? (name) => name.includes(want) : (name) => name.toLowerCase().includes(want);
}

export class TagSearch {
  /** @param {Options} options */
  constructor({ app, kind, field, names, onChange, onPick, signal }) {
    this.app = app;
    this.kind = kind;
    this.names = names;
    this.onChange = onChange;
    this.onPick = onPick;
    this.signal = signal;
    this.input = /** @type {HTMLInputElement} */ (field.querySelector("input"));
    this.list = el("div", { class: "suggestions", role: "listbox", id: `suggestions-${++made}`, "aria-label": "Matching tags", hidden: true });
    field.append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": this.list.id, "aria-expanded": "false" })) this.input.setAttribute(name, value);
    /** What the server found for a regex; null: the text is none, or it has not answered yet. @type {Set<string> | null} */
    this.matched = null;
    this.error = "";
    this.active = -1;
    this.timer = 0;
    /** @type {AbortController | null} */
    this.asking = null;
    this.input.value = app.view.get("tags") ?? "";
    this.plain = contains(this.input.value);
    this.ask();
    this.input.addEventListener("input", () => { this.changed(); this.open(); }, { signal });
    this.input.addEventListener("keydown", (event) => this.key(event), { signal });
    this.input.addEventListener("focus", () => { if (this.input.value) this.open(); }, { signal });
    this.input.addEventListener("blur", () => this.close(), { signal });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault(), { signal }); // the field keeps the focus
    this.list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("[role=option]")) : null;
      if (option) this.pick(option.dataset.tag ?? "");
    }, { signal });
  }

  get text() { return this.input.value.trim(); }

  /** @param {string} name */
  test(name) {
    return this.plain(name) || (this.matched?.has(name) ?? false);
  }

  /** @param {string} text */
  set(text) {
    if (this.input.value !== text) this.input.value = text;
    this.changed();
  }

  changed() {
    this.app.view.set("tags", this.input.value || null);
    this.plain = contains(this.input.value);
    this.error = "";
    clearTimeout(this.timer);
    if (looksLikeRegex(this.text)) this.timer = window.setTimeout(() => this.ask(), WAIT_MS); // until then what matched last stays
    else { this.asking?.abort(); this.matched = null; }
    this.told();
  }

  /** Of a regex, and again when there are new tags. */
  async ask() {
    if (!looksLikeRegex(this.text)) return;
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    /** @type {{tags: string[], error: string | null} | null} */
    const answer = await this.app.api.get("api/tags/match", { kind: this.kind, pattern: this.text }, { signal: asking.signal }).catch(() => null);
    if (!answer || asking.signal.aborted || this.signal.aborted) return;
    this.matched = new Set(answer.tags);
    this.error = answer.error ?? "";
    this.told();
  }

  told() {
    this.input.toggleAttribute("aria-invalid", Boolean(this.error));
    this.input.title = this.error ? `${this.error}: taken as plain text` : "";
    this.onChange();
    if (!this.list.hidden) this.open();
  }

  open() {
    const found = this.text ? this.names().filter((name) => this.test(name)) : [];
    this.active = -1;
    this.list.replaceChildren(...found.slice(0, MOST).map((tag, i) => el("div", { role: "option", id: `${this.list.id}-${i}`, "data-tag": tag, "aria-selected": "false", title: tag }, tag)));
    const rest = found.length - MOST, note = this.error ? `${this.error}: taken as plain text` : rest > 0 ? `and ${grouped(String(rest))} more` : this.text && !found.length ? "No tag matches" : "";
    if (note) this.list.append(el("p", { role: "note" }, note));
    this.show(this.text !== "" && document.activeElement === this.input && !(found.length === 1 && found[0] === this.text));
  }

  close() { this.show(false); }

  /** @param {boolean} isOpen */
  show(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {string} tag */
  pick(tag) {
    this.set(tag);
    this.close();
    this.onPick(tag);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const options = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role=option]")]), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      if (this.list.hidden) this.open();
      if (!options.length) return;
      this.active = (this.active + by + options.length + (this.active < 0 && by < 0 ? 1 : 0)) % options.length;
      options.forEach((option, i) => option.setAttribute("aria-selected", String(i === this.active)));
      options[this.active].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", options[this.active].id);
    } else if (event.key === "Enter") {
      const tag = this.list.hidden ? undefined : options[this.active]?.dataset.tag;
      if (tag === undefined) { this.close(); return; }
      this.pick(tag);
    } else if (event.key === "Escape") {
      if (!this.list.hidden) this.close();
      else { this.set(""); this.input.blur(); }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
