/** Which scalars one chart shows: its own, and those that a person added, on the left or on the right axis. Pure. */

/** @import { ViewState } from "../view_state.js" */
/** @import { ChartSpec } from "../types.d.ts" */

const ESCAPES = /** @type {[string, string][]} */ ([["~", "~0"], [",", "~1"], [">", "~2"]]);
/** @param {string} tag */
const escaped = (tag) => ESCAPES.reduce((text, [from, to]) => text.replaceAll(from, to), tag);
/** @param {string} text */
const unescaped = (text) => [...ESCAPES].reverse().reduce((found, [to, from]) => found.replaceAll(from, to), text);

/** `combine=own,other,>on the right`, repeated. @param {string[]} kept @returns {ChartSpec[]} */
export function readCombined(kept) {
  return kept.flatMap((text) => {
    const [own, ...others] = text.split(","), id = unescaped(own), tags = [id], right = [];
    for (const other of others) {
      const isRight = other.startsWith(">"), tag = unescaped(isRight ? other.slice(1) : other);
      if (!tag || tags.includes(tag)) continue;
      tags.push(tag);
      if (isRight) right.push(tag);
    }
    return tags.length > 1 ? [{ id, tags, right }] : [];
  });
}

/** @param {string[]} kept @param {ChartSpec} spec one with no other tag takes the chart's entry out */
export function writeCombined(kept, spec) {
  const others = kept.filter((text) => unescaped(text.split(",")[0]) !== spec.id);
  if (spec.tags.length < 2) return others;
  return [...others, [escaped(spec.id), ...spec.tags.filter((tag) => tag !== spec.id).map((tag) => (spec.right.includes(tag) ? ">" : "") + escaped(tag))].join(",")];
}

/** @param {ViewState} view @param {string} tag of the card @returns {ChartSpec} */
export const specOf = (view, tag) => readCombined(view.getAll("combine")).find((spec) => spec.id === tag) ?? { id: tag, tags: [tag], right: [] };

/** Every scalar that a chart is made of: the bounds of its bands, too. @param {ChartSpec} spec */
export const tagsOf = ({ tags, margins }) => (margins ? [...new Set([...tags, ...Object.values(margins).flatMap(({ lower, upper }) => [lower, upper])])] : tags);

/** What a chart is called. @param {ChartSpec} spec */
export const nameOf = ({ id, layout }) => layout?.title ?? id;

/** @param {ChartSpec} spec @param {string} tag @param {boolean} isRight @returns {ChartSpec} */
export const withTag = (spec, tag, isRight) => ({
  id: spec.id,
  tags: spec.tags.includes(tag) ? spec.tags : [...spec.tags, tag],
  right: [...spec.right.filter((one) => one !== tag), ...(isRight && tag !== spec.id ? [tag] : [])],
});

/** @param {ChartSpec} spec @param {string} tag @returns {ChartSpec} */
export const withoutTag = (spec, tag) => ({ id: spec.id, tags: spec.tags.filter((one) => one !== tag || one === spec.id), right: spec.right.filter((one) => one !== tag) });

/** Line of a tag that is not the chart's first one: dashes as Plotly and SVG take them. */
export const TAG_DASHES = ["", "6px,3px", "1.5px,2.5px", "8px,3px,1.5px,3px"];
