/** One row of the run list: chip, name, what was noticed, state, a number. Made once, then only what differs is written. */

import { el, icon, pathName, setAttribute, setText } from "../dom.js";
import { ago, bytes, splitName, value } from "../format.js";

/** @import { App } from "../app.js" */
/** @import { Run } from "../types.d.ts" */
/** @import { Badge } from "./run_notices.js" */
/** @typedef {{metric: number | undefined, hasMetric: boolean, readAt: number, badge: Badge | undefined}} Shown `readAt`: when the server said how long the run is quiet, ms */

export class RunRow {
  /** @param {Run} run @param {number} cut characters of the name that the group's head says already @param {boolean} isIndented */
  constructor(run, cut, isIndented) {
    this.name = run.name;
    this.short = run.name.slice(cut) || run.name;
    this.names = pathName("", "");
    this.told = "";
    this.chip = el("input", { type: "checkbox", class: "chip", "aria-label": `Show ${run.name}` });
    this.badge = el("span", { class: "badge", hidden: true });
    this.state = el("span", { class: "run-state" });
    this.number = el("span", { class: "number" });
    this.label = el("label", { class: "run-row", "data-name": run.name, "data-indent": isIndented, title: run.name }, this.chip, this.names,
      (this.marks = el("span", { class: "run-marks" }, this.kept = el("span", { class: "run-kept" }), this.badge, this.state,
        el("button", { type: "button", class: "run-more", "aria-label": `About ${run.name}`, title: "Name, colour, tags, note", "aria-haspopup": "dialog" }, icon("more")),
        el("button", { type: "button", class: "run-only", "aria-label": `Show only ${run.name}` }, "only"))), this.number);
    this.root = el("li", { "data-key": `run ${run.name}` }, this.label);
    this.said = "";
  }

  /** @param {Run} run @param {App} app @param {Shown} shown */
  paint(run, app, { metric, hasMetric, readAt, badge }) {
    const style = app.style(run), isOn = app.runs.isTicked(run.name);
    if (this.chip.checked !== isOn) this.chip.checked = isOn;
    if (this.chip.style.getPropertyValue("--run") !== style.colour) this.chip.style.setProperty("--run", style.colour);
    setAttribute(this.chip, "data-dash", style.dash ? "1" : null);
    setAttribute(this.label, "data-current", app.view.get("run") === run.name ? "" : null);
    this.badge.hidden = !badge;
    if (badge) {
      setText(this.badge, badge.label);
      setAttribute(this.badge, "data-kind", badge.kind);
      setAttribute(this.badge, "title", badge.title);
    }
    this.paintKept(run);
    this.paintState(run, readAt);
    setText(this.number, hasMetric ? (metric === undefined ? "–" : value(metric)) : "");
    this.number.toggleAttribute("data-empty", metric === undefined);
  }

  /** What people chose of it: its title in the name's place, a star, tags, that there is a note. @param {Run} run */
  paintKept(run) {
    const { title = "", star = false, archived = false, baseline = false, noted = false, tags = [] } = run, told = JSON.stringify([title, star, archived, baseline, noted, tags]);
    if (told === this.told) return;
    this.told = told;
    const [head, tail] = title ? ["", title] : splitName(this.short), [first, last] = this.names.children;
    setText(first, head);
    setAttribute(first, "data-short", head.length < 4 ? "" : null);
    setText(last, tail);
    this.label.title = [title ? `${title}\n${run.name}` : run.name, tags.length && `tags: ${tags.join(", ")}`, baseline && "baseline", archived && "archived"].filter(Boolean).join("\n");
    this.label.toggleAttribute("data-archived", archived);
    const mark = (/** @type {string} */ name, /** @type {string} */ said) => el("span", { class: `run-mark run-mark-${name}`, title: said, role: "img", "aria-label": said }, icon(name));
    const [tag, ...others] = tags;
    this.kept.replaceChildren(...[star && mark("star", "Starred"), noted && mark("note", "Has a note"), baseline && el("span", { class: "badge" }, "baseline"), archived && el("span", { class: "badge" }, "archived"), tag !== undefined && el("span", { class: "badge run-tag", title: tags.join(", ") }, tag), others.length > 0 && el("span", { class: "count" }, `+${others.length}`)].filter((one) => one !== false));
  }

  /** @param {Run} run @param {number} readAt */
  paintState(run, readAt) {
    const readable = run.bytes_total - run.problems.reduce((sum, one) => sum + (one.code === "unreadable_tail" ? one.length : 0), 0);
    const isReading = run.bytes_read < readable * 0.995 && run.state !== "live";
    const quiet = run.state === "stalled" ? ago((run.quiet_s ?? 0) + (Date.now() - readAt) / 1000) : "";
    const said = isReading ? `${Math.floor((100 * run.bytes_read) / readable)}\u202f%` : `${run.state}${quiet}`;
    if (said === this.said) return;
    this.said = said;
    setAttribute(this.state, "data-state", isReading ? "reading" : run.state);
    setAttribute(this.state, "title", isReading ? `Read ${bytes(run.bytes_read)} of ${bytes(readable)}` : TITLES[run.state](quiet));
    if (isReading) this.state.replaceChildren(said);
    else if (run.state === "stalled") this.state.replaceChildren(icon("clock"), quiet);
    else if (run.state === "starting") this.state.replaceChildren("starting");
    else this.state.replaceChildren(el("span", { class: "visually-hidden" }, run.state)); // the ordinary is silent
  }
}

/** @type {Record<import("../types.d.ts").RunState, (quiet: string) => string>} */
const TITLES = {
  starting: () => "No event yet", live: () => "Writing", finished: () => "Finished",
  stalled: (quiet) => `Nothing written for ${quiet}, longer than this run's rhythm explains`, stopped: () => "Nothing written for long, no end marker",
};
