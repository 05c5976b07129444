/** Logged values as the colours of the graph: at the step of the cursor, or of the slider in the key. */
import { el } from "../dom.js";
import { step as stepText } from "../format.js";
import { paintLogKey } from "./key.js";
import { noteText, scaleOf, spreadValues, stepOf } from "./logged_scale.js";

/** @import {App} from "../app.js" */
/** @import {Hierarchy, Paint} from "./graph_types.js" */
/** @import {LoggedFeed, Steps} from "./logged_feed.js" */
/** @import {LoggedSeries} from "./logged.js" */
/** @import {Overlay} from "./colour.js" */
/** @import {Scale} from "./logged_scale.js" */

const REST_MS = 60; // of the cursor
const APART_MS = 1000; // at least, between questions while more is logged

export class LoggedOverlay {
  /** @type {AbortController | null} */
  #asking = null;
  /** @type {Scale | null} */
  #scale = null;
  /** @type {Steps | null} */
  #steps = null;
  /** @type {LoggedSeries | null} */
  series = null;
  /** @type {Map<number, number>} */
  values = new Map();
  #timer = 0;
  #drawn = "";

  /**
   * @param {App} app @param {LoggedFeed} feed
   * @param {{key: HTMLElement, hierarchy: () => Hierarchy | null, changed: () => void}} page
   * @param {AbortSignal} signal
   */
  constructor(app, feed, page, signal) {
    this.app = app;
    this.feed = feed;
    this.page = page;
    this.slider = el("input", { type: "range", "aria-label": "Step of the logged values", step: 1 });
    this.said = el("output", {});
    this.slider.addEventListener("input", () => {
      const at = Number(this.slider.value);
      app.setCursor(at, true);
      app.view.set("step", at);
    }, { signal });
    app.on("cursor", () => this.readSoon(), { signal });
    signal.addEventListener("abort", () => this.#asking?.abort());
  }

  /** @param {string | null} name of a series; null for none */
  async choose(name) {
    this.#asking?.abort();
    this.series = this.feed.series.find((series) => series.name === name) ?? null;
    this.values = new Map();
    this.#scale = this.#steps = null;
    if (name !== null) this.paintKey(name);
    if (this.series) await this.#read(true);
  }

  /** Values anew: the cursor moved, or more was logged. @param {boolean} [isLonger] */
  readSoon(isLonger = false) {
    if (!this.series || (isLonger && this.#timer)) return;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#read(isLonger);
    }, isLonger ? APART_MS : REST_MS);
  }

  async #read(/** @type {boolean} */ isLonger) {
    const { series, feed, app } = this, h = this.page.hierarchy();
    if (!series || !h) return;
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    try {
      if (isLonger || !this.#scale) {
        const { values, steps } = await feed.range(series, signal);
        this.#scale = scaleOf(values);
        this.#steps = steps;
      }
      const at = app.cursor.x ?? this.#steps?.high ?? 0;
      this.values = spreadValues(h, await feed.valuesAt(series, at, signal));
    } catch (error) {
      if (signal.aborted) return;
      console.warn(error instanceof Error ? error.message : error);
    }
    if (signal.aborted) return;
    this.paintKey(series.name);
    this.page.changed();
  }

  /** @param {string} name */
  paintKey(name) {
    const steps = this.#steps, at = this.app.cursor.x ?? steps?.high ?? 0;
    if (steps) {
      this.slider.min = String(steps.low);
      this.slider.max = String(steps.high);
      if (document.activeElement !== this.slider || this.app.cursor.x !== null) this.slider.value = String(at);
      this.slider.style.setProperty("--fill", `${(100 * (Math.max(steps.low, Math.min(steps.high, at)) - steps.low)) / Math.max(1, steps.high - steps.low)}%`);
      this.said.textContent = `step ${stepText(at)}`;
    }
    const drawn = JSON.stringify([name, this.#scale]);
    if (steps && this.#drawn === drawn && this.page.key.contains(this.slider)) return; // a slider that is held stays
    this.#drawn = drawn;
    paintLogKey(this.page.key, name, this.#scale, steps ? [el("div", { class: "graph-key-step" }, this.slider, this.said)] : []);
  }

  /** @param {(token: string) => string} token @returns {Overlay} */
  overlay(token) {
    const scale = this.#scale, { values } = this;
    /** @type {Paint} */
    const bad = { fill: token("--color-failed-wash"), ink: token("--color-failed"), inkSoft: token("--color-failed") };
    return {
      paint: (item) => {
        const value = values.get(item);
        if (value === undefined || !scale) return "plain";
        const step = stepOf(scale, value);
        return typeof step === "number" ? step : bad;
      },
      note: (item) => {
        const value = values.get(item);
        return value === undefined ? "" : noteText(value);
      },
    };
  }
}
