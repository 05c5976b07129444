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
    cell.replaceChildren(sketch(bins), ` mean ${valueText(facts.mean, 3)}, std ${valueText(facts.deviation, 3)}, ${valueText(facts.low, 3)} … ${valueText(facts.high, 3)} `, el("span", { class: "count" }, `step ${stepText(answer.steps.at(-1))}`));
  } catch (error) {
    if (!signal.aborted) cell.textContent = error instanceof Error ? error.message : String(error);
  }
}

/** The histogram as a small filled curve; heights are densities, for bins differ in width. */
function sketch(/** @type {Bins} */ { left, right, count }) {
  const low = left[0], wide = right[right.length - 1] - low || 1;
  const density = Array.from(count, (n, i) => n / Math.max(right[i] - left[i], wide / 1e6)), most = Math.max(...density) || 1;
  let path = `M0 ${HIGH}`;
  density.forEach((d, i) => {
    const y = HIGH - (d / most) * HIGH;
    path += `L${(((left[i] - low) / wide) * WIDE).toFixed(1)} ${y.toFixed(1)}L${(((right[i] - low) / wide) * WIDE).toFixed(1)} ${y.toFixed(1)}`;
  });
  return svg("svg", { class: "details-sketch", viewBox: `0 0 ${WIDE} ${HIGH}`, width: WIDE, height: HIGH, "aria-hidden": "true" }, svg("path", { d: `${path}L${WIDE} ${HIGH}Z` }));
}
