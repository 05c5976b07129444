/** The foot of the run list: which runs are shown by themselves, what the colours mean, what was noticed, what could not be read. */

import { el, icon, setText } from "../dom.js";
import { bytes, counted, grouped, value } from "../format.js";
import { NEWEST } from "../run_store.js";

/** @import { App } from "../app.js" */
/** @import { RunMany } from "./run_many.js" */
/** @import { RunMetric } from "./run_metric.js" */
/** @import { RunNotices } from "./run_notices.js" */
/** @import { RunWays } from "./run_ways.js" */

const QUIET = ["dropped", "rank"]; // facts that say something only where they are not 0
const MOST_NAMED = 12; // colours in the key

export class RunFoot {
  /** @param {HTMLElement} root @param {App} app @param {{metric: RunMetric, ways: RunWays, notices: RunNotices, many: RunMany}} parts */
  constructor(root, app, { metric, ways, notices, many }) {
    this.app = app;
    this.metric = metric;
    this.ways = ways;
    this.body = el("div", { class: "run-foot-body" });
    root.replaceChildren(this.body, notices.root, many.archivedLine, many.root);
    this.said = "";
  }

  paint() {
    const { app, metric, ways } = this, { runs } = app, problems = runs.list.flatMap((run) => run.problems), legend = ways.legend();
    const said = JSON.stringify([problems, app.focus?.length, metric.tag, metric.of, ways.key, ways.error, legend, runs.older.size, runs.list.length, runs.list.length === 1 && runs.list[0].facts]);
    if (said === this.said) return;
    this.said = said;
    const wasOpen = this.body.querySelector("details")?.open, parts = [];
    if (runs.list.length === 1) parts.push(facts(runs.list[0].facts));
    if (ways.error) parts.push(el("p", { class: "notice", "data-kind": "failed" }, icon("warn"), ways.error));
    if (problems.length) parts.push(el("details", { class: "notice", "data-kind": "stalled", open: wasOpen },
      el("summary", {}, icon("warn"), el("strong", {}, `${counted(new Set(problems.map((one) => one.file)).size, "file")} partly unreadable`)),
      ...problems.slice(0, 50).map((problem) => el("p", {}, `${problem.file}${problem.length ? ` (${bytes(problem.length)})` : ""}: ${problem.message}${problem.count > 1 ? ` ${problem.count} times.` : ""}`)),
      problems.length > 50 && el("p", {}, `and ${problems.length - 50} more`)));
    if (runs.older.size) parts.push(el("p", {}, el("span", {}, `Newest ${NEWEST} of ${grouped(String(runs.list.length))} ticked`),
      el("button", { type: "button", class: "run-all", onclick: () => { runs.all(true); app.selectionChanged(); } }, "all")));
    if (app.focus) parts.push(el("p", {}, el("span", {}, `Best ${app.focus.length} of ${grouped(String(runs.list.length))} in colour`), el("span", { class: "run-foot-by", title: metric.tag }, `by ${metric.of} ${metric.tag}`)));
    if (ways.key?.scale) {
      const { low, high, isLog } = ways.key.scale;
      parts.push(el("div", { class: "lr-key", role: "img", "aria-label": `Colour is ${ways.key.title}, from ${value(low)} to ${value(high)}` },
        el("p", {}, el("span", { class: "run-foot-by" }, ways.key.title), el("span", {}, isLog ? "logarithmic" : "")), el("i"), el("p", {}, el("span", {}, value(low)), el("span", {}, value(high)))));
    } else if (legend.length) parts.push(el("ul", { class: "run-key", "aria-label": "Colours" },
      ...legend.slice(0, MOST_NAMED).map(({ name, style }) => el("li", { title: name }, el("span", { class: "chip", "data-on": true, "data-dash": style.dash ? "1" : undefined, vars: { "--run": style.colour } }), el("span", {}, name || "(empty)"))),
      legend.length > MOST_NAMED && el("li", {}, `and ${legend.length - MOST_NAMED} more`)));
    this.body.replaceChildren(...parts.filter((one) => one !== null));
    this.body.hidden = !this.body.children.length;
  }
}

/** @param {Record<string, unknown>} known */
function facts(known) {
  const shown = Object.entries(known).filter(([key, v]) => v !== null && v !== "" && typeof v !== "object" && !(v === 0 && QUIET.includes(key))).slice(0, 12);
  return shown.length ? el("dl", { class: "facts" }, ...shown.flatMap(([key, v]) => [el("dt", {}, key.replaceAll("_", " ")), el("dd", {}, String(v))])) : null;
}

/** How many are shown of how many; on hover, how many the search leaves. @param {HTMLElement} slot @param {{total: number, shown: number, found: number}} counts */
export function paintCount(slot, { total, shown, found }) {
  const counts = shown === total ? grouped(String(total)) : `${grouped(String(shown))} of ${grouped(String(total))}`;
  setText(slot, total ? counts : "");
  slot.title = found === total ? "" : `${counted(found, "run")} listed`;
}
