/** Two graphs compared: drawn as one, or one beside the other. */
import { buildHierarchy } from "./hierarchy.js";
import { matchGraphs } from "./diff_match.js";
import { ADDED, batchOf, CHANGED, changesOf, INSIDE, markGraphs, markOf, REMOVED, SAME } from "./diff_marks.js";
import { mergeGraphs } from "./diff_merge.js";
import { mix } from "./colour.js";
import { MARK_TOKENS } from "./key.js";
import { isBlock, isStack } from "./names.js";

/** @import {GraphColumns, Hierarchy} from "./graph_types.js" */
/** @import {Overlay} from "./colour.js" */
/** @import {Change, Marks} from "./diff_marks.js" */
/** @import {Merged} from "./diff_merge.js" */
/** @typedef {"merged" | "before" | "after"} Side */

const LONG = 34; // characters of a note on a box

export class GraphDiff {
  /** @type {Merged | null} */
  #merged = null;

  /** @param {GraphColumns} before @param {GraphColumns} after */
  constructor(before, after) {
    this.columns = { before, after };
    this.match = matchGraphs(before, after);
    this.batch = batchOf(before, after);
    this.marks = markGraphs(before, after, this.match, this.batch);
    this.before = buildHierarchy(before);
    this.after = buildHierarchy(after);
    this.groupsOfBefore = turned(this.match.groups, before.groupCount);
    this.nodesOfBefore = turned(this.match.nodes, before.nodeCount);
  }

  /** Both as one. */
  get merged() { return (this.#merged ??= mergeGraphs(this.columns.before, this.columns.after, this.match, this.marks.after)); }

  /** @param {Side} side @returns {Marks} */
  marksOf(side) {
    if (side !== "merged") return this.marks[side];
    const { groupMark, nodeMark } = this.merged.columns;
    return { group: /** @type {Uint8Array} */ (groupMark), node: /** @type {Uint8Array} */ (nodeMark) };
  }

  /** @param {Side} side @param {Hierarchy} h of that side @param {number} item */
  mark(side, h, item) {
    return markOf(h, this.marksOf(side), item);
  }

  /**
   * The same thing in both graphs, as items of `before` and `after`; 0 where it is not there.
   *
   * @param {Side} side @param {Hierarchy} h @param {number} item
   */
  ends(side, h, item) {
    if (isStack(h, item)) item = h.children[item][0];
    const isGroup = item < h.groupCount, i = isGroup ? item : item - h.groupCount;
    let old = -1, now = -1;
    if (side === "merged") {
      old = (isGroup ? this.merged.oldGroups : this.merged.oldNodes)[i];
      now = i < (isGroup ? this.merged.afterGroups : this.merged.afterNodes) ? i : -1;
    } else if (side === "after") {
      now = i;
      old = (isGroup ? this.match.groups : this.match.nodes)[i];
    } else {
      old = i;
      now = (isGroup ? this.groupsOfBefore : this.nodesOfBefore)[i];
    }
    const as = (/** @type {Hierarchy} */ other, /** @type {number} */ place) => (place < 0 ? 0 : isGroup ? place : other.groupCount + place);
    return { before: as(this.before, old), after: as(this.after, now) };
  }

  /** What differs at an item. @param {Side} side @param {Hierarchy} h @param {number} item @returns {Change[]} */
  changes(side, h, item) {
    const { before, after } = this.ends(side, h, item);
    return before && after ? changesOf(this.before, before, this.after, after) : [];
  }

  /** Outermost items that differ themselves, in the order of execution. @param {Side} side @param {Hierarchy} h @returns {number[]} */
  differences(side, h) {
    const found = [], stack = [0];
    while (stack.length) {
      const item = /** @type {number} */ (stack.pop()), mark = item ? this.mark(side, h, item) : INSIDE; // a module's only op is the module
      if (mark === ADDED || mark === REMOVED || mark === CHANGED) found.push(item);
      if (isBlock(h, item) && (mark === INSIDE || mark === CHANGED)) for (let i = h.children[item].length - 1; i >= 0; i--) stack.push(h.children[item][i]);
    }
    return found;
  }

  /** @param {Side} side @param {Hierarchy} h @param {(token: string) => string} token @returns {Overlay} */
  overlay(side, h, token) {
    const plain = { fill: token("--graph-box"), ink: token("--color-ink"), inkSoft: token("--color-ink-2") };
    const paints = MARK_TOKENS.map((name) => ({ ...plain, fill: token(name) })), ground = token("--color-ground");
    return {
      paint: (item) => paints[this.mark(side, h, item)],
      open: (item) => {
        const mark = this.mark(side, h, item);
        return mark === ADDED || mark === REMOVED ? mix(paints[mark].fill, ground, 0.45) : null;
      },
      note: (item) => {
        const mark = this.mark(side, h, item);
        if (mark === SAME || mark === INSIDE) return "";
        // said once, at the outermost block
        if (mark !== CHANGED) return h.parent[item] > 0 && this.mark(side, h, h.parent[item]) === mark ? "" : mark === ADDED ? "added" : "removed";
        const [first] = this.changes(side, h, item), text = first ? `${first.from} → ${first.to}` : "changed";
        return text.length > LONG ? `${first.what} changed` : text;
      },
    };
  }
}

/** The other way round: -1 where nothing points to. */
function turned(/** @type {Int32Array} */ match, /** @type {number} */ count) {
  const back = new Int32Array(count).fill(-1);
  match.forEach((old, now) => { if (old >= 0) back[old] = now; });
  return back;
}
