/** The step slider of the images page: one stop for every logged step, keys, and play. */

import { need, setText } from "../dom.js";
import { step as stepText } from "../format.js";
import { lastAt } from "./image_series.js";

const PLAY_MS = 150; // a step, while playing

export class Scrubber {
  /**
   * @param {HTMLElement} root
   * @param {{onStep: (step: number | null) => void, signal: AbortSignal}} options `onStep` gets null where the newest is followed
   */
  constructor(root, { onStep, signal }) {
    this.root = root;
    this.onStep = onStep;
    /** @type {HTMLInputElement} */
    this.range = need(root, "input[type=range]", "scrubber");
    this.play = need(root, "[data-action=play]", "scrubber");
    this.title = need(root, "output span", "scrubber");
    this.note = need(root, "output small", "scrubber");
    this.ends = root.querySelectorAll(".scrubber-ends span");
    /** Rising. @type {ArrayLike<number>} */
    this.numbers = [];
    /** @type {string[]} */
    this.steps = [];
    this.timer = 0;
    this.range.addEventListener("input", () => this.choose(Number(this.range.value)), { signal });
    this.play.addEventListener("click", () => this.toggle(), { signal });
    signal.addEventListener("abort", () => this.stop());
  }

  /** @param {{numbers: ArrayLike<number>, steps: string[]}} all every stop @param {number | null} at the chosen step; null: the newest */
  show({ numbers, steps }, at) {
    this.numbers = numbers;
    this.steps = steps;
    this.root.hidden = steps.length === 0;
    if (!steps.length) return;
    const last = steps.length - 1;
    const index = at === null ? last : Math.max(0, lastAt(numbers, at));
    this.range.max = String(last);
    this.range.value = String(index);
    this.range.setAttribute("aria-valuetext", `step ${steps[index]}`);
    this.range.style.setProperty("--fill", `${last ? (100 * index) / last : 100}%`);
    setText(this.ends[0], stepText(steps[0]));
    setText(this.ends[1], last ? stepText(steps[last]) : "");
    setText(this.title, `step ${stepText(steps[index])}`);
    setText(this.note, at === null ? "the newest, follows" : `${index + 1} of ${steps.length} logged`);
  }

  /** @param {number} index of a stop; the last one follows what comes */
  choose(index) {
    const last = this.steps.length - 1;
    this.onStep(index >= last ? null : this.numbers[Math.max(0, index)]);
  }

  /** @param {number} by stops, negative: back */
  move(by) {
    this.choose(Number(this.range.value) + by);
  }

  hide() {
    this.root.hidden = true;
    this.stop();
  }

  toggle() {
    if (this.timer) this.stop();
    else this.start();
  }

  start() {
    if (Number(this.range.value) >= this.steps.length - 1) this.choose(0);
    this.play.setAttribute("aria-pressed", "true");
    this.timer = window.setInterval(() => {
      if (Number(this.range.value) >= this.steps.length - 1) this.stop();
      else this.move(1);
    }, PLAY_MS);
  }

  stop() {
    window.clearInterval(this.timer);
    this.timer = 0;
    this.play.setAttribute("aria-pressed", "false");
  }
}
