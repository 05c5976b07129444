/** What was logged about the weights and gradients of a block: statistics of the last histograms, and where their charts are. */
import { column } from "../api.js";
import { el, svg } from "../dom.js";
import { counted, step as stepText, value as valueText } from "../format.js";
import { tagsAbout } from "./logged.js";

/** @import {App} from "../app.js" */
/** @import {LoggedFeed} from "./logged_feed.js" */
/** @typedef {{left: ArrayLike<number>, right: ArrayLike<number>, count: ArrayLike<number>}} Bins */

const MOST = 6;
const WIDE = 64, HIGH = 18; // px of a sketch
const EVEN = 32; // bars of a sketch

/** Mean, deviation and extremes of a histogram, each bin taken at its middle. @param {Bins} bins */
export function statistics({ left, right, count }) {
  let n = 0, sum = 0, low = Infinity, high = -Infinity;
  for (let i = 0; i < count.length; i++) {
    if (!(count[i] > 0)) continue;
    const middle = (left[i] + right[i]) / 2;
    n += count[i];
    sum += count[i] * middle;
    low = Math.min(low, left[i]);
    high = Math.max(high, right[i]);
  }
  if (!n) return null;
  const mean = sum / n;
  let square = 0;
  for (let i = 0; i < count.length; i++) if (count[i] > 0) square += count[i] * ((left[i] + right[i]) / 2 - mean) ** 2;
  return { n, mean, deviation: Math.sqrt(square / n), low, high };
}

/**
 * @param {App} app
 * @param {LoggedFeed} feed
 * @param {string} name of the module, "encoder.0"
 * @param {AbortSignal} signal
 * @returns {HTMLElement | null} null where nothing was logged under that name
 */
export function weightsOf(app, feed, name, signal) {
  const histograms = tagsAbout(feed.tags.histogram, name), scalars = tagsAbout(feed.tags.scalar, name);
  if (!histograms.length && !scalars.length) return null;
  const rows = el("dl", {});
  const box = el("section", { class: "details-logged" }, el("h3", {}, "Logged under this name"), rows);
  for (const tag of histograms.slice(0, MOST)) {
    const cell = el("dd", {}, "…");
    rows.append(el("dt", { title: tag }, shortTag(tag, name)), cell);
    fill(cell, app, feed.run, tag, signal);
  }
  if (histograms.length > MOST) rows.append(el("dd", { class: "count" }, `and ${counted(histograms.length - MOST, "histogram")} more`));
  const links = [];
  if (scalars.length) links.push(el("a", { href: pageOf(app, "scalars", name) }, `${counted(scalars.length, "chart")} logged under this name`));
  if (histograms.length && document.querySelector('nav a[href^="histograms"]')) links.push(el("a", { href: pageOf(app, "histograms", name) }, counted(histograms.length, "histogram")));
  if (links.length) box.append(el("p", { class: "details-links" }, ...links));
  return box;
}

/** Address of a page that shows the tags of one module. */
function pageOf(/** @type {App} */ app, /** @type {string} */ page, /** @type {string} */ name) {
  const [path, query = ""] = app.pageUrl(page).split("?"), params = new URLSearchParams(query);
  params.set("tags", name);
  return `${path}?${params}`;
}

/** "weights/encoder.0.weight" -> "weights … weight" */
function shortTag(/** @type {string} */ tag, /** @type {string} */ name) {
  const plain = tag.replaceAll("/", "."), at = plain.indexOf(name);
  const parts = [tag.slice(0, at), tag.slice(at + name.length)].map((part) => part.replace(/^[./]+|[./]+$/g, "")).filter(Boolean);
  return parts.join(" ") || tag;
}

async function fill(/** @type {HTMLElement} */ cell, /** @type {App} */ app, /** @type {string} */ run, /** @type {string} */ tag, /** @type {AbortSignal} */ signal) {
  try {
    const answer = await app.api.get("api/histograms", { run, tag }, { signal }), row = answer.rows.at(-1);
    if (!row || row.error) return void (cell.textContent = row?.error ?? "nothing yet");
    const bins = { left: column(row.left), right: column(row.right), count: column(row.count) }, facts = statistics(bins);
    if (!facts) return void (cell.textContent = "empty");
    cell.replaceChildren(sketch(bins, facts), el("span", {}, `mean ${valueText(facts.mean, 3)}, std ${valueText(facts.deviation, 3)}, ${valueText(facts.low, 3)} to ${valueText(facts.high, 3)} `, el("span", { class: "count" }, `step ${stepText(answer.steps.at(-1))}`)));
  } catch (error) {
    if (!signal.aborted) cell.textContent = error instanceof Error ? error.message : String(error);
  }
}

/** The histogram as a small filled curve. */
function sketch(/** @type {Bins} */ bins, /** @type {{low: number, high: number}} */ facts) {
  const heights = evenBins(bins, facts, EVEN), most = Math.max(...heights) || 1, wide = WIDE / EVEN;
  const path = heights.map((n, i) => `L${(i * wide).toFixed(1)} ${(HIGH - (n / most) * HIGH).toFixed(1)}h${wide}`).join("");
  return svg("svg", { class: "details-sketch", viewBox: `0 0 ${WIDE} ${HIGH}`, width: WIDE, height: HIGH, "aria-hidden": "true" }, svg("path", { d: `M0 ${HIGH}${path}V${HIGH}Z` }));
}

/** Bins of any widths as bins of one width, each count spread evenly over where it was. @param {Bins} bins @param {{low: number, high: number}} range @param {number} count @returns {number[]} */
export function evenBins({ left, right, count: counts }, { low, high }, count) {
  const even = new Array(count).fill(0), unit = (high - low) / count || 1;
  for (let i = 0; i < counts.length; i++) {
    if (!(counts[i] > 0)) continue;
    const from = (left[i] - low) / unit, to = Math.max((right[i] - low) / unit, from + 1e-9);
    for (let b = Math.max(0, Math.floor(from)); b < Math.min(count, Math.max(to, Math.floor(from) + 1)); b++) {
      const overlap = Math.min(to, b + 1) - Math.max(from, b);
      if (overlap > 0) even[b] += (counts[i] * overlap) / (to - from);
    }
  }
  return even;
}
