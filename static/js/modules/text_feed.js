/** Asks for the texts in view, many in one question, and keeps what it was told: a text that was logged never changes. */

/** @import { App } from "../app.js" */
/**
 * @typedef {{run: string, tag: string, ref: string}} TextPlace
 * @typedef {"plain" | "markdown"} TextForm
 * @typedef {{text: string, is_regex: boolean}} Pattern
 * @typedef {{error: string | null, shape: number[], columns: number, single: boolean, slice: boolean, characters: number, cut: boolean,
 *   texts?: string[], marks?: [number, number, number][], html?: string, matched?: string[]}} TextJson
 */

const WAIT_MS = 25;
const MOST = 40; // in one question
const KEPT = 400;

export class TextFeed {
  /** @param {App} app @param {AbortSignal} signal */
  constructor(app, signal) {
    this.app = app;
    this.signal = signal;
    /** What is marked in every text. @type {Pattern | null} */
    this.find = null;
    /** @type {Map<string, TextJson>} */
    this.kept = new Map();
    /** @type {{key: string, place: TextPlace, form: TextForm, isWanted: () => boolean, tell: (answer: TextJson | null) => void}[]} */
    this.queue = [];
    this.timer = 0;
    this.isBusy = false;
  }

  /** @param {TextPlace} place @param {TextForm} form */
  key({ run, tag, ref }, form) {
    return [form, this.find?.is_regex ?? "", this.find?.text ?? "", run, tag, ref].join("\n");
  }

  /** @param {TextPlace} place @param {TextForm} form */
  peek(place, form) { return this.kept.get(this.key(place, form)) ?? null; }

  /** @param {TextPlace} place @param {TextForm} form @param {() => boolean} isWanted asked when its turn comes @returns {Promise<TextJson | null>} null: nobody wanted it any more */
  get(place, form, isWanted) {
    const known = this.peek(place, form);
    if (known) return Promise.resolve(known);
    return new Promise((tell) => {
      this.queue.push({ key: this.key(place, form), place, form, isWanted, tell });
      this.timer ||= window.setTimeout(() => { this.timer = 0; void this.ask(); }, WAIT_MS);
    });
  }

  async ask() {
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.queue.length && !this.signal.aborted) {
      const { form } = this.queue[0], { find } = this, due = [], rest = [];
      for (const one of this.queue) {
        if (!one.isWanted()) one.tell(null);
        else if (one.form === form && due.length < MOST) due.push(one);
        else rest.push(one);
      }
      this.queue = rest;
      if (!due.length) continue;
      /** @type {{texts: TextJson[]} | null} */
      const answer = await this.app.api.post("api/texts", { texts: due.map(({ place }) => place), form, find }, { signal: this.signal }).catch(() => null);
      due.forEach(({ key, tell }, i) => {
        const told = answer?.texts[i] ?? null;
        if (told) this.keep(key, told);
        tell(told);
      });
    }
    this.isBusy = false;
  }

  /** @param {string} key @param {TextJson} answer */
  keep(key, answer) {
    this.kept.set(key, answer);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
  }
}
