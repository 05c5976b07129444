/** Links to this view, short or whole, and the views that people gave names: kept by the board, the same for everybody. */

import { api } from "./api.js";
import { el, icon, need, setText } from "./dom.js";

/** @import { App } from "./app.js" */
/** @typedef {{id: string, name: string, page: string, query: string}} NamedView */

const SAID_MS = 4000;

/** @param {App} app */
export function startViews(app) {
  new ViewsMenu(app, need(document, "#views", "views_menu"));
}

class ViewsMenu {
  /** @param {App} app @param {HTMLElement} root */
  constructor(app, root) {
    this.app = app;
    this.list = need(root, ".views-list", "views_menu");
    this.empty = need(root, ".views-empty", "views_menu");
    this.said = need(root, ".views-said", "views_menu");
    this.form = /** @type {HTMLFormElement} */ (need(root, "form", "views_menu"));
    this.input = /** @type {HTMLInputElement} */ (need(root, "input[name=name]", "views_menu"));
    this.root = root;
    this.timer = 0;
    root.addEventListener("toggle", (event) => { if (/** @type {ToggleEvent} */ (event).newState === "open") void this.read(); });
    need(root, "[data-copy=short]", "views_menu").addEventListener("click", () => this.copyShort());
    need(root, "[data-copy=long]", "views_menu").addEventListener("click", () => this.copy(location.href, "Copied."));
    need(root, "[data-reset]", "views_menu").addEventListener("click", () => { this.close(); app.visit(""); });
    const file = /** @type {HTMLInputElement} */ (need(root, "[data-import]", "views_menu"));
    file.addEventListener("change", () => { if (file.files?.[0]) void this.takeIn(file.files[0]); file.value = ""; });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); void this.keep(); });
  }

  close() { this.root.hidePopover(); }

  /** What another board, or an earlier day, has exported. @param {File} file */
  async takeIn(file) {
    try {
      const text = await file.text();
      /** @type {unknown} */
      let state;
      try { state = JSON.parse(text); } catch { throw new Error(`${file.name} is no JSON.`); }
      const found = await api.post("api/state/import", state);
      await this.read();
      this.app.rereadRuns();
      this.say(`Taken in: ${found.views} views, ${found.runs} runs, colours of ${found.colours} runs.`);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {string} text */
  say(text) {
    setText(this.said, text);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => setText(this.said, ""), SAID_MS);
  }

  /** @param {unknown} error */
  fail(error) {
    setText(this.said, error instanceof Error ? error.message : String(error));
  }

  async read() {
    setText(this.said, "");
    try {
      /** @type {{kept: boolean, reason: string, views: NamedView[]}} */
      const answer = await api.get("api/views");
      this.form.hidden = !answer.kept;
      this.empty.hidden = answer.views.length > 0 || !answer.kept;
      this.list.replaceChildren(...answer.views.map((view) => this.row(view)));
      if (!answer.kept) setText(this.said, answer.reason);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {NamedView} view */
  row(view) {
    const now = this.app.view.toString().replace(/^\?/, "") === view.query.replace(/^\?/, "") && view.page === this.app.page;
    const link = el("a", { href: `${view.page}${view.query ? `?${view.query.replace(/^\?/, "")}` : ""}`, "aria-current": now ? "true" : null, title: view.name }, view.name, view.page === this.app.page ? null : el("span", { class: "count" }, `\u2002${view.page}`));
    link.addEventListener("click", (event) => {
      if (view.page !== this.app.page || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault(); // the same page: nothing needs to be read again
      this.close();
      this.app.visit(link.search);
    });
    const tool = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ onclick) => el("button", { type: "button", class: "icon-button", "aria-label": `${label} ${view.name}`, title: label, onclick }, icon(name));
    return el("li", {}, link, tool("edit", "Rename", () => this.rename(view)), tool("close", "Delete", () => this.remove(view)));
  }

  async copyShort() {
    try {
      const { url } = await api.post("api/views", { name: null, page: this.app.page, query: this.app.view.toString() });
      await this.copy(new URL(url, document.baseURI).href, "A short link is copied.");
    } catch (error) {
      await this.copy(location.href, `${error instanceof Error ? error.message : error} The whole address is copied instead.`);
    }
  }

  /** @param {string} text @param {string} said */
  async copy(text, said) {
    try {
      await navigator.clipboard.writeText(text);
      this.say(said);
    } catch { // over plain http from another machine browsers have no clipboard
      const field = el("input", { value: text, readonly: true, "aria-label": "Link" });
      this.said.replaceChildren("Copy it from here: ", field);
      field.select();
    }
    this.app.say(said);
  }

  async keep() {
    const name = this.input.value.trim();
    if (!name) return;
    try {
      await api.post("api/views", { name, page: this.app.page, query: this.app.view.toString() });
      this.input.value = "";
      await this.read();
      this.say(`Kept as ${name}.`);
    } catch (error) {
      this.fail(error);
    }
  }

  /** In the place of its row. @param {NamedView} view */
  rename(view) {
    const input = el("input", { value: view.name, maxlength: 200, "aria-label": `New name of ${view.name}` }), form = el("form", { class: "views-rename" }, el("span", { class: "field" }, input), el("button", { type: "submit", class: "button" }, "Rename"));
    const row = [...this.list.children].find((one) => one.querySelector("a")?.title === view.name);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await api.post("api/views/rename", { id: view.id, name: input.value.trim() });
        await this.read();
      } catch (error) {
        this.fail(error);
      }
    });
    input.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); void this.read(); } });
    row?.replaceChildren(form);
    input.select();
  }

  /** @param {NamedView} view */
  async remove(view) {
    try {
      await api.post("api/views/delete", { id: view.id });
      await this.read();
      setText(this.said, "");
      this.said.append(`${view.name} is deleted. `, el("button", { type: "button", class: "views-undo", onclick: async () => {
        await api.post("api/views", { name: view.name, page: view.page, query: view.query }).catch((error) => this.fail(error));
        await this.read();
      } }, "Undo"));
    } catch (error) {
      this.fail(error);
    }
  }
}
