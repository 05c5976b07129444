/** The series of one kind that a page has asked for: each once, kept, asked for again when it grew. */

import { decodeSeries } from "./image_series.js";

/** @import { App } from "../app.js" */
/** @import { ImageSeries } from "./image_series.js" */

export class BlobStore {
  /** @param {App} app @param {string} kind of all its series */
  constructor(app, kind) {
    this.app = app;
    this.kind = kind;
    /** @type {Map<string, ImageSeries>} */
    this.series = new Map();
    /** @type {Map<string, Promise<ImageSeries>>} */
    this.asked = new Map();
    /** How many series were read so far: whoever adds them up knows when to do so again. */
    this.readings = 0;
  }

  /** Of a series. @param {string} tag @returns {string} */
  kindOf(tag) { void tag; return this.kind; }

  /** What is known already. @param {string} run @param {string} tag */
  peek(run, tag) {
    return this.series.get(`${run}\n${tag}`) ?? null;
  }

  /** @param {string} run @param {string} tag @returns {Promise<ImageSeries>} */
  get(run, tag) {
    const key = `${run}\n${tag}`, known = this.series.get(key);
    return known ? Promise.resolve(known) : this.read(run, tag);
  }

  /** Ask anew; what was known holds until the answer is there. @param {string} run @param {string} tag @returns {Promise<ImageSeries>} */
  read(run, tag) {
    const key = `${run}\n${tag}`;
    let asked = this.asked.get(key);
    if (!asked) {
      asked = this.app.api.get("api/blobs", { kind: this.kindOf(tag), run, tag }).then((answer) => {
        const series = decodeSeries(answer);
        this.series.set(key, series);
        this.readings++;
        return series;
      });
      this.asked.set(key, asked);
      const forget = () => this.asked.delete(key);
      asked.then(forget, forget);
    }
    return asked;
  }
}
