/** Fetches what was logged under the names of modules: which series there are, and their values at a step. */
import { number } from "../api.js";
import { loggedSeries } from "./logged.js";

/** @import {App} from "../app.js" */
/** @import {LoggedSeries} from "./logged.js" */

const TOGETHER = 100; // charts of one request, as many as the server takes
const MOST_TAGS = 2000; // of one series
const WIDTH = 64; // columns of pixels that extremes are read from
/** @typedef {{low: number, high: number}} Steps first and last */

export class LoggedFeed {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.run = "";
    /** @type {LoggedSeries[]} */
    this.series = [];
    /** Tags of the shown run. @type {{scalar: string[], histogram: string[]}} */
    this.tags = { scalar: [], histogram: [] };
  }

  /** @param {string} run @param {() => Map<string, number>} modules asked for only where anything was logged */
  async read(run, modules) {
    this.run = run;
    const [scalar, histogram] = await Promise.all([this.#tagsOf("scalar", run), this.#tagsOf("histogram", run)]);
    this.tags = { scalar, histogram };
    this.series = scalar.length ? loggedSeries(scalar, modules()) : [];
  }

  /** @returns {Promise<string[]>} */
  async #tagsOf(/** @type {string} */ kind, /** @type {string} */ run) {
    const answer = await this.app.tags(kind), place = answer.runs.indexOf(run);
    return place < 0 ? [] : answer.tags.filter(({ runs }) => runs.includes(place)).map(({ tag }) => tag);
  }

  /** The greatest value of each block at or next to a step. @param {LoggedSeries} series @param {number} step @param {AbortSignal} signal @returns {Promise<Map<number, number>>} */
  async valuesAt(series, step, signal) {
    /** @type {Map<number, number>} */
    const values = new Map();
    await this.#inParts(series, "api/nearest", (tag) => ({ id: tag, tag, runs: [this.run], x: "step", at: step, smoothing: NO_SMOOTHING }), signal, (item, chart) => {
      for (const point of chart.points) {
        const v = number(point.value), before = values.get(item);
        if (before === undefined || Number.isNaN(v) || Math.abs(v) > Math.abs(before)) values.set(item, v);
      }
    });
    return values;
  }

  /** Extremes of all values, and the first and last step. @param {LoggedSeries} series @param {AbortSignal} signal @returns {Promise<{values: number[], steps: Steps | null}>} */
  async range(series, signal) {
    /** @type {number[]} */
    const values = [];
    let low = Infinity, high = -Infinity;
    await this.#inParts(series, "api/pixels", (tag) => ({ id: tag, tag, runs: [this.run], x: "step", range: null, width: WIDTH, smoothing: NO_SMOOTHING, superseded: false }), signal, (_item, chart) => {
      for (const line of chart.lines ?? []) {
        if (line.y_range) values.push(...line.y_range.map(number));
        if (!line.x_range) continue;
        low = Math.min(low, number(line.x_range[0]));
        high = Math.max(high, number(line.x_range[1]));
      }
    });
    return { values, steps: low <= high ? { low, high } : null };
  }

  /** Asks about every tag of a series, not too many at once. */
  async #inParts(/** @type {LoggedSeries} */ series, /** @type {string} */ path, /** @type {(tag: string) => object} */ question, /** @type {AbortSignal} */ signal, /** @type {(item: number, chart: any) => void} */ take) {
    const tags = series.tags.slice(0, MOST_TAGS);
    for (let at = 0; at < tags.length; at += TOGETHER) {
      const part = tags.slice(at, at + TOGETHER);
      const answer = await this.app.api.post(path, { charts: part.map(({ tag }) => question(tag)) }, { signal });
      answer.charts.forEach((/** @type {any} */ chart, /** @type {number} */ i) => take(part[i].item, chart));
    }
  }
}

const NO_SMOOTHING = { kind: "none", amount: 0 };
