/** What is done with all ticked runs at once: compare them, star them, tag them, put them away. */

import { el, need, setText } from "../dom.js";
import { counted, grouped } from "../format.js";
import { packNames, stringify } from "../view_state.js";
import { tagField, tagsInUse } from "./run_tags.js";

/** @import { App } from "../app.js" */

const MOST_COMPARED = 200; // runs; of columns there are at most eight
const MOST_AT_ONCE = 5_000;

/** Where the ticked runs are compared; "" and why not, where they cannot be. @param {App} app @returns {{url: string, why: string, count: number}} */
export function compareUrl(app) {
  const names = app.runs.visible().map((run) => run.name), count = names.length;
  if (count < 2) return { url: "", why: "Tick two runs or more to compare them", count };
  if (count > MOST_COMPARED) return { url: "", why: `Tick at most ${MOST_COMPARED} runs to compare them: at most 8 columns, seeds of one configuration in one`, count };
  const kept = [...new URLSearchParams(app.pageUrl("compare").split("?")[1] ?? "")].filter(([key]) => key !== "show" && key !== "hide" && key !== "query");
  return { url: `compare?${stringify([["show", packNames(names)], ...kept])}`, why: "", count };
}

export class RunMany {
  /** @param {HTMLElement} root the run list @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    this.app = app;
    this.button = el("button", { type: "button", class: "button run-compare", "data-act": "compare", onclick: () => this.compare() }, "Compare");
    this.why = el("span", { class: "visually-hidden", id: "run-compare-why" });
    this.button.setAttribute("aria-describedby", this.why.id);
    this.root = el("div", { class: "run-many-foot" }, this.button, this.why);
    this.archived = el("button", { type: "button", class: "run-put-away", onclick: () => app.showArchived(app.view.get("archived") === null) });
    this.archivedLine = el("p", { class: "run-archived" }, el("span"), this.archived);
    this.head = el("p", { class: "run-many-head count" });
    this.said = el("p", { class: "count", role: "status" });
    this.untag = el("label", { class: "choice" }, el("span", {}, "Remove a tag"), el("select", { "aria-label": "Remove a tag of all ticked runs", onchange: () => this.removeTag() }));
    const act = (/** @type {string} */ text, /** @type {Record<string, unknown>} */ chosen) => el("button", { type: "button", class: "button", onclick: () => this.change(chosen, text) }, text);
    this.box = el("div", { class: "run-many" }, this.head,
      el("div", { class: "run-many-buttons" }, act("Star", { star: true }), act("Unstar", { star: false }), act("Archive", { archived: true }), act("Unarchive", { archived: false })),
      tagField(app, "Add a tag to all ticked runs", signal, (tag) => this.change({ add_tags: [tag] }, `Tag ${tag}`)), this.untag, this.said);
    need(root, "#run-choose", "run_list").append(this.box);
    this.paint();
  }

  get names() { return this.app.runs.visible().map((run) => run.name); }

  paint() {
    const { app } = this, { url, why, count } = compareUrl(app), many = app.archived.size, isShown = app.view.get("archived") !== null;
    setText(this.button, count > 1 && url ? `Compare ${counted(count, "run")}` : "Compare");
    this.button.setAttribute("aria-disabled", String(!url));
    this.button.title = why || "Side by side: what differs, metrics, curves, images, graphs";
    setText(this.why, why);
    this.root.hidden = app.page === "compare" || !app.runs.list.length;
    setText(this.head, count ? `${counted(count, "ticked run")}` : "No run is ticked");
    for (const one of this.box.querySelectorAll("button")) one.disabled = !count;
    const own = new Set(app.runs.visible().flatMap((run) => run.tags ?? [])), options = ["", ...tagsInUse(app).filter((tag) => own.has(tag))], select = need(this.untag, "select", "run_many");
    this.untag.hidden = options.length < 2;
    if (select.childElementCount !== options.length) select.replaceChildren(...options.map((tag) => el("option", { value: tag }, tag || "which one")));
    this.archivedLine.hidden = !many;
    setText(/** @type {Element} */ (this.archivedLine.firstElementChild), `${grouped(String(many))} archived ${many === 1 ? "run" : "runs"} ${isShown ? "shown" : "put away"}`);
    setText(this.archived, isShown ? "hide" : "show");
  }

  compare() {
    const { url, why } = compareUrl(this.app);
    if (url) location.href = url;
    else this.app.say(why);
  }

  removeTag() {
    const select = /** @type {HTMLSelectElement} */ (need(this.untag, "select", "run_many")), tag = select.value;
    select.value = "";
    if (tag) void this.change({ remove_tags: [tag] }, `Remove ${tag}`);
  }

  /** @param {Record<string, unknown>} chosen @param {string} text */
  async change(chosen, text) {
    const names = this.names;
    try {
      for (let at = 0; at < names.length; at += MOST_AT_ONCE) await this.app.choose(names.slice(at, at + MOST_AT_ONCE), chosen);
      setText(this.said, `${text}: ${counted(names.length, "run")}.`);
    } catch (error) {
      setText(this.said, error instanceof Error ? error.message : String(error));
    }
  }
}
