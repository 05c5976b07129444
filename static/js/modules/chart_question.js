/** What a chart asks the server for: one question for each of its scalars. */

/** @import { ChartChoices, ChartSpec, Group, PixelQuestion, Range } from "../types.d.ts" */

const FEW = 24, MANY = 48, CROWD = 400; // curves: of more than a few no raw curve is drawn
const LEAST_PX = 64, MARGINS_PX = 56;

/**
 * @param {string} id @param {ChartSpec} spec @param {(tag: string) => string[]} runsOf chosen runs that have the tag
 * @param {Group[] | null} groups @param {ChartChoices} choices @param {{width: number, range: Range | null}} shown px of the frame
 * @returns {PixelQuestion[]} empty where no run is chosen
 */
export function questionsOf(id, spec, runsOf, groups, choices, { width, range }) {
  const { margins } = spec, { x, xTag, smoothing, superseded, showRaw, centre, spread, partition } = choices;
  const asked = spec.tags.map((tag) => {
    const runs = runsOf(tag), having = new Set(runs);
    const own = groups?.map(({ name, runs: names }) => ({ name, runs: names.filter((run) => having.has(run)) })).filter((group) => group.runs.length) ?? null;
    return { tag, runs: own ? [] : runs, groups: own };
  });
  const count = asked.reduce((sum, one) => sum + one.runs.length + (one.groups?.length ?? 0), 0);
  // Of many curves each column is a little wider, still with its least and greatest value: a hundred lines of one pixel show no more.
  const columns = Math.max(LEAST_PX, Math.round((width - MARGINS_PX) / (count > CROWD ? 4 : count >= MANY ? 2 : 1)));
  return asked.flatMap(({ tag, runs, groups: own }, i) => (runs.length || own?.length
    ? [{ id: `${id}/${i}`, tag, runs, x, x_tag: xTag, range, width: columns, smoothing, superseded, raw: showRaw && count <= FEW, groups: own, centre, spread, partition, ...(margins?.[tag] && !own ? { margin: margins[tag] } : {}) }]
    : []));
}

/**
 * About single points or stretches, for each of a chart's scalars that a run has; the id is the number of the scalar.
 * @template T
 * @param {ChartSpec} spec @param {(tag: string) => string[]} runsOf @param {T} what is asked
 */
export const perTag = ({ tags }, runsOf, what) => tags.map((tag, i) => ({ id: String(i), tag, runs: runsOf(tag), ...what })).filter((one) => one.runs.length);
