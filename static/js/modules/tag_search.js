/** The filter field for tags: plain text at once, regexes by the server, whose engine never hangs; a list of what matches under it. */

import { setAttribute } from "../dom.js";
import { grouped } from "../format.js";
import { Suggestions } from "./suggestions.js";

/** @import { App } from "../app.js" */
/** @typedef {{app: App, kind: string, field: HTMLElement, names: () => string[], onChange: () => void, onPick: (tag: string) => void, signal: AbortSignal}} Options */

const MOST = 25; // shown; the rest is counted
const WAIT_MS = 80;

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
    this.list = new Suggestions({ field, label: "Matching tags", signal, open: () => this.open(), close: () => this.list.show(false), pick: (tag) => this.pick(tag), clear: () => this.set("") });
    this.input = this.list.input;
    /** What the server found for a regex; null: the text is none, or it has not answered yet. @type {Set<string> | null} */
    this.matched = null;
    this.error = "";
    this.timer = 0;
    /** @type {AbortController | null} */
    this.asking = null;
    this.input.value = app.view.get("tags") ?? "";
    this.plain = contains(this.input.value);
    this.ask();
    this.input.addEventListener("input", () => { this.changed(); this.open(); }, { signal });
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
    setAttribute(this.input, "aria-invalid", this.error ? "true" : null);
    this.input.title = this.error ? `${this.error}: taken as plain text` : "";
    this.onChange();
    if (this.list.isOpen) this.open();
  }

  open() {
    const found = this.text ? this.names().filter((name) => this.test(name)) : [];
    const rest = found.length - MOST, note = this.error ? `${this.error}: taken as plain text` : rest > 0 ? `and ${grouped(String(rest))} more` : this.text && !found.length ? "No tag matches" : "";
    this.list.fill(found.slice(0, MOST).map((tag) => ({ value: tag, title: tag, parts: [tag] })), note);
    this.list.show(this.text !== "" && document.activeElement === this.input && !(found.length === 1 && found[0] === this.text));
  }

  /** @param {string} tag */
  pick(tag) {
    this.set(tag);
    this.list.show(false);
    this.onPick(tag);
  }
}
