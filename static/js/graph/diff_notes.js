/** What differs between two graphs, in words: the list of differences, and those of one block. */
import { el } from "../dom.js";
import { counted } from "../format.js";
import { ADDED, CHANGED, MARK_NAMES, REMOVED } from "./diff_marks.js";
import { className, fullName, isStack, title } from "./names.js";

/** @import {Hierarchy} from "./graph_types.js" */
/** @import {GraphDiff, Side} from "./diff.js" */

const MOST = 40;
const SIGNS = new Map([[ADDED, "+"], [REMOVED, "−"], [CHANGED, "≠"]]);

/**
 * All differences, outermost first; each leads there.
 *
 * @param {GraphDiff} diff
 * @param {Side} side
 * @param {Hierarchy} h of that side
 * @param {(item: number) => void} jump
 */
export function diffList(diff, side, h, jump) {
  const items = diff.differences(side, h), marks = items.map((item) => diff.mark(side, h, item));
  const count = (/** @type {number} */ mark) => marks.filter((one) => one === mark).length;
  const parts = [ADDED, REMOVED, CHANGED].filter(count).map((mark) => `${count(mark)} ${MARK_NAMES[mark]}`);
  const summary = parts.length ? parts.join(", ") : "No difference: the same blocks, ops, shapes and types";
  return el("section", { class: "diff-list" },
    el("h3", {}, diff.batch ? `${summary}; the batch is ${diff.batch.join(" → ")}` : summary),
    ...items.slice(0, MOST).map((item, i) => el("div", { class: "details-link" },
      el("span", { class: "diff-sign", "data-mark": MARK_NAMES[marks[i]], title: MARK_NAMES[marks[i]] }, SIGNS.get(marks[i]) ?? ""),
      el("button", { type: "button", onclick: () => jump(item), title: fullName(h, item) }, place(h, item)),
      el("span", {}, marks[i] === CHANGED ? words(diff, side, h, item) : className(h, item)))),
    items.length > MOST && el("div", { class: "count" }, `and ${counted(items.length - MOST, "difference")} more`));
}

/** "layer1 › 0 › conv2": the model's own name says nothing here. */
function place(/** @type {Hierarchy} */ h, /** @type {number} */ item) {
  const names = [title(h, item)];
  for (let outer = h.parent[item]; outer > 0 && h.parent[outer] > 0; outer = h.parent[outer]) if (!isStack(h, outer)) names.unshift(title(h, outer));
  return names.join(" › ");
}

const words = (/** @type {GraphDiff} */ diff, /** @type {Side} */ side, /** @type {Hierarchy} */ h, /** @type {number} */ item) => diff.changes(side, h, item).map(({ what, from, to }) => `${what} ${from} → ${to}`).join(", ");

/** What became of one block. @param {GraphDiff} diff @param {Side} side @param {Hierarchy} h @param {number} item */
export function diffNote(diff, side, h, item) {
  const mark = diff.mark(side, h, item), changes = diff.changes(side, h, item);
  if (!mark && !changes.length) return el("p", { class: "count" }, "The same in both graphs.");
  return el("section", { class: "diff-list" }, el("h3", { "data-mark": MARK_NAMES[mark] }, `${MARK_NAMES[mark][0].toUpperCase()}${MARK_NAMES[mark].slice(1)}`),
    changes.length > 0 && el("dl", {}, ...changes.flatMap(({ what, from, to }) => [el("dt", {}, what), el("dd", {}, `${from} → ${to}`)])));
}
