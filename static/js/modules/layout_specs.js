/** Charts out of the layouts that writers left: what each one shows, what it is called, what of it cannot be shown. Pure. */

import { counted } from "../format.js";

/** @import { ChartSpec, LayoutChartJson, LayoutsAnswer } from "../types.d.ts" */
/** @typedef {{title: string, isClosed: boolean, ids: string[]}} Category */

/** A slash parts the section from the chart: one inside a category's title does not. @param {string} text */
const escaped = (text) => text.replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * @param {LayoutsAnswer["categories"]} categories @param {(tag: string) => boolean} isTag whether any run has a scalar
 * @returns {{categories: Category[], specs: Map<string, ChartSpec>}} charts by their ids, which are for the address
 */
export function chartsOf(categories, isTag) {
  /** @type {Map<string, ChartSpec>} */
  const specs = new Map();
  return {
    categories: categories.map(({ title, closed, charts }) => ({
      title: title || "untitled", isClosed: closed,
      ids: charts.map((chart) => {
        const named = chart.title || wanted(chart).join(", ") || "untitled", first = `${escaped(title || "untitled")}/${named}`;
        let id = first;
        for (let n = 2; specs.has(id); n++) id = `${first} (${n})`; // two of one title are two charts
        specs.set(id, specOf(id, named, chart, isTag));
        return id;
      }),
    })),
    specs,
  };
}

/** What a chart asks for, as its writer has it. @param {LayoutChartJson} chart */
const wanted = ({ patterns, margins }) => [...patterns.map(({ pattern }) => pattern), ...margins.map(({ value }) => value)];

/** @param {string} id @param {string} title @param {LayoutChartJson} chart @param {(tag: string) => boolean} isTag @returns {ChartSpec} */
function specOf(id, title, chart, isTag) {
  const missing = [...new Set(chart.margins.flatMap(({ value, lower, upper }) => [value, lower, upper]))].filter((tag) => !isTag(tag));
  const faults = [
    ...chart.patterns.flatMap(({ pattern, count, error }) => (error ? [`“${pattern}”: ${error}.`] : count ? [] : [`“${pattern}” matches no scalar.`])),
    ...(missing.length ? [`There is no scalar ${missing.map((tag) => `“${tag}”`).join(", ")}.`] : []),
    ...(chart.more ? [`${counted(chart.more, "more scalar")} that it matches ${chart.more === 1 ? "is" : "are"} not drawn.`] : []),
    ...(wanted(chart).length ? [] : ["The layout names no scalar for it."]),
  ];
  const margins = Object.fromEntries(chart.margins.map(({ value, lower, upper }) => [value, { lower, upper }]));
  return { id, tags: chart.margins.length ? Object.keys(margins) : chart.tags, right: [], ...(chart.margins.length ? { margins } : {}), layout: { title, faults } };
}

/**
 * Sections of the page: pins first, then the categories; charts that the filter leaves out are not there, nor are
 * categories without any.
 * @param {Category[]} categories @param {{test: (id: string) => boolean, pins: string[], place: (ids: string[]) => string[], pinned: string}} how `pinned`: the key of the first section
 */
export function sectionsOf(categories, { test, pins, place, pinned }) {
  const known = new Set(categories.flatMap(({ ids }) => ids)), top = pins.filter((id) => known.has(id));
  const groups = categories.map(({ title, ids }) => ({ key: title, title, isPinned: false, tags: place(ids.filter((id) => !top.includes(id) && test(id))) })).filter(({ tags }) => tags.length);
  return top.length ? [{ key: pinned, title: "Pinned", isPinned: true, tags: top }, ...groups] : groups;
}
