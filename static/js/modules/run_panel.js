/** What a person says of one run: a name for display, a star, tags, a note; and whether it is put away. Files are never touched. */

import { el, icon, setAttribute, setText } from "../dom.js";
import { tagChips, tagField } from "./run_tags.js";
import { tints } from "./run_tint.js";
import { TextFrame } from "./text_frame.js";

/** @import { App } from "../app.js" */
/** @typedef {{title: string, colour: string | null, note: string, note_html: string, star: boolean, archived: boolean, baseline: boolean, tags: string[], kept: boolean, reason: string}} Chosen */

const PREVIEW_MS = 250;

/** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal @returns {(name: string, at: HTMLElement) => Promise<void>} opens it for a run, beside an element */
export function runPanel(root, app, signal) {
  /** @type {RunPanel | null} */
  let panel = null; // made when it is first wanted: few open it, and its frame is a document
  return (name, at) => {
    if (!panel) root.append((panel = new RunPanel(app, signal)).box);
    return panel.open(name, at);
  };
}

class RunPanel {
  /** @param {App} app @param {AbortSignal} signal */
  constructor(app, signal) {
    this.app = app;
    this.run = "";
    /** @type {Chosen | null} */
    this.chosen = null;
    this.timer = 0;
    this.name = el("p", { class: "run-panel-name" });
    this.title = el("input", { "aria-label": "Name for display", maxlength: 500, autocomplete: "off", spellcheck: "false" });
    const toggle = (/** @type {"star" | "archived" | "baseline"} */ key, /** @type {string} */ text, /** @type {string} */ said) => el("button", { type: "button", class: "button", "data-key": key, "aria-pressed": "false", title: said, onclick: () => this.toggle(key) }, text);
    this.toggles = [toggle("star", "Star", "Found by: starred"), toggle("baseline", "Baseline", "What others are compared with"), toggle("archived", "Archive", "Put away: shown where archived runs are asked for")];
    this.toggles[0].prepend(icon("star"));
    this.tints = tints((colour) => this.change({ colour }));
    this.tags = el("span", { class: "run-tag-chips" });
    this.note = el("textarea", { rows: 5, placeholder: "Note, in Markdown", "aria-label": "Note, in Markdown", maxlength: 100_000 });
    this.frame = new TextFrame("Note as it reads");
    this.preview = el("div", { class: "run-note-preview" }, this.frame.root);
    this.said = el("p", { class: "count", role: "status" });
    this.box = el("div", { class: "popover run-panel", popover: "auto", role: "dialog", "aria-label": "About the run" },
      this.name, el("label", { class: "field" }, this.title),
      el("div", { class: "run-panel-toggles" }, ...this.toggles), this.tints.root,
      el("div", { class: "run-panel-tags" }, this.tags, tagField(app, "Add a tag", signal, (tag) => this.change({ tags: [...(this.chosen?.tags ?? []), tag] }), () => this.chosen?.tags ?? [])),
      this.note, this.preview, this.said);
    this.title.addEventListener("change", () => this.change({ title: this.title.value.trim() === this.run ? "" : this.title.value.trim() }), { signal });
    this.title.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); this.title.blur(); this.title.focus(); } }, { signal });
    this.note.addEventListener("input", () => { clearTimeout(this.timer); this.timer = window.setTimeout(() => this.show(), PREVIEW_MS); }, { signal });
    this.note.addEventListener("change", () => this.change({ note: this.note.value }), { signal });
    this.box.addEventListener("keydown", (event) => { if (event.key !== "Escape") event.stopPropagation(); }, { signal });
    this.box.addEventListener("toggle", (event) => { if (/** @type {ToggleEvent} */ (event).newState === "closed") void this.close(); }, { signal });
    app.on("theme", () => this.frame.paintTheme(), { signal });
    app.on("runs", () => { if (this.box.matches(":popover-open") && !this.isTyping) void this.read(); }, { signal });
  }

  /** Somebody writes here: what comes from elsewhere waits. */
  get isTyping() { return document.activeElement === this.note || document.activeElement === this.title; }

  /** @param {string} name @param {HTMLElement} at */
  async open(name, at) {
    this.run = name;
    this.chosen = null;
    this.from = at;
    setText(this.said, "");
    await this.read();
    this.box.showPopover();
    const place = at.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = this.box;
    this.box.style.left = `${Math.max(8, Math.min(place.right + 8, innerWidth - width - 8))}px`;
    this.box.style.top = `${Math.max(8, Math.min(place.top - 8, innerHeight - height - 8))}px`;
    this.title.focus();
    this.title.select();
  }

  /** What is typed and not sent yet is; the focus goes back. */
  async close() {
    const { chosen } = this;
    if (chosen && this.note.value !== chosen.note) await this.change({ note: this.note.value });
    if (this.from?.isConnected && (document.activeElement === document.body || !document.activeElement)) this.from.focus();
  }

  async read() {
    const { run } = this;
    try {
      const found = await this.app.api.get("api/runs/chosen", { run });
      if (run !== this.run) return;
      this.chosen = found;
      this.paint();
    } catch (error) { this.fail(error); }
  }

  paint() {
    const { chosen, run } = this;
    if (!chosen) return;
    setText(this.name, run);
    this.title.value = chosen.title || run;
    if (document.activeElement !== this.note) this.note.value = chosen.note;
    for (const button of this.toggles) setAttribute(button, "aria-pressed", String(chosen[/** @type {"star"} */ (button.dataset.key)]));
    this.tints.paint(chosen.colour);
    this.tags.replaceChildren(...tagChips(chosen.tags, (tag) => this.change({ tags: chosen.tags.filter((one) => one !== tag) })));
    this.preview.hidden = !chosen.note_html;
    this.frame.show(chosen.note_html);
    if (!chosen.kept) setText(this.said, `Nothing is kept: ${chosen.reason}`);
  }

  /** The note as it will read. */
  async show() {
    const answer = await this.app.api.post("api/note", { text: this.note.value }).catch(() => null);
    if (!answer) return;
    this.preview.hidden = !answer.html;
    this.frame.show(answer.html);
  }

  /** @param {"star" | "archived" | "baseline"} key */
  async toggle(key) {
    const isOn = !this.chosen?.[key];
    if (key === "baseline" && isOn) { // there is one
      const others = (this.app.answer?.runs ?? []).filter((run) => run.baseline && run.name !== this.run).map((run) => run.name);
      if (others.length) await this.app.choose(others, { baseline: false }).catch((error) => this.fail(error));
    }
    await this.change({ [key]: isOn });
  }

  /** @param {Partial<Chosen>} change */
  async change(change) {
    try {
      await this.app.choose([this.run], change);
      setText(this.said, "Kept.");
      await this.read();
    } catch (error) { this.fail(error); }
  }

  /** @param {unknown} error */
  fail(error) { setText(this.said, error instanceof Error ? error.message : String(error)); }
}
