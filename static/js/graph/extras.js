/** What the details tell of an item beside the graph's own facts: its trace, what differs, what was logged under its name. */
import { el } from "../dom.js";
import { diffList, diffNote } from "./diff_notes.js";
import { moduleName } from "./logged.js";
import { isBlock } from "./names.js";
import { traceBar } from "./trace_bar.js";
import { weightsOf } from "./weights.js";

/** @import {GraphPage} from "../modules/graphs.js" */

/** @param {GraphPage} page @param {number} item 0: the graph as a whole @param {AbortSignal} signal @returns {(Node | null)[]} */
export function extrasOf(page, item, signal) {
  const { view, diff } = page, other = page.side.view.model?.hierarchy;
  if (diff && other && page.isGone) return [diffNote(diff, "before", other, item)];
  const h = view.model?.hierarchy, side = page.side.diff ? "after" : "merged";
  if (!h) return [];
  if (!item) return [diff && diffList(diff, side, h, (found) => page.jump(found))];
  const actions = isBlock(h, item) && el("p", { class: "details-links" },
    el("button", { type: "button", onclick: () => page.openInside(item) }, "Open all inside"),
    el("button", { type: "button", onclick: () => view.stage.frame(item) }, "Show"));
  return [
    diff && diffNote(diff, side, h, item),
    traceBar(page.tracing, view.trace, (question) => page.follow(question)),
    actions || null,
    weightsOf(page.app, page.feed, moduleName(h, item), signal),
  ];
}
