/** One tag of a page of steps: its head, its runs side by side, and a step of its own where it is set free. */

import { arrange, el, icon, setAttribute } from "../dom.js";
import { splitName } from "../format.js";
import { allSteps } from "./image_series.js";
import { Scrubber } from "./scrubber.js";

/** @import { Against } from "./image_compare.js" */
/** @import { StepCell } from "./step_page.js" */

export class StepBlock {
  /**
   * @param {string} tag @param {() => StepCell[]} makeCells called when the tag comes near the window @param {number} count of cells
   * @param {HTMLElement} slider which is copied
   * @param {{free: number | null | undefined, onFree: (step: number | null | undefined) => void, signal: AbortSignal}} options
   * `free`: undefined follows the page, null follows the newest, a number is a step
   */
  constructor(tag, makeCells, count, slider, { free, onFree, signal }) {
    this.tag = tag;
    this.makeCells = makeCells;
    /** @type {StepCell[]} */
    this.cells = [];
    this.free = free;
    this.onFree = onFree;
    this.lock = el("button", { type: "button", class: "icon-button", "aria-label": `One step for all tags, ${tag} as well`, onclick: () => this.setFree(this.free === undefined ? this.pageStep : undefined) }, icon("lock"));
    const own = /** @type {HTMLElement} */ (slider.cloneNode(true));
    own.classList.add("scrubber-own");
    own.querySelector("input")?.setAttribute("aria-label", `Step of ${tag}`);
    this.scrubber = new Scrubber(own, { signal, onStep: (step) => this.setFree(step) });
    const [head, tail] = splitName(tag);
    this.root = el("section", { class: "image-tag" },
      el("div", { class: "image-head" }, el("h3", { title: tag }, el("span", {}, head), tail), this.lock), own,
      (this.row = el("div", { class: "image-row", "data-empty": true, vars: { "--runs": count } })));
    /** @type {number | null} */
    this.pageStep = null;
    this.readings = -1;
    /** @type {{numbers: ArrayLike<number>, steps: string[]}} */
    this.stops = { numbers: [], steps: [] };
  }

  fill() {
    if (!this.row.hasAttribute("data-empty")) return;
    this.row.removeAttribute("data-empty");
    this.update(this.makeCells, Number(this.row.style.getPropertyValue("--runs")));
  }

  /** Other runs: cells that stay are left where they are. @param {() => StepCell[]} makeCells @param {number} count */
  update(makeCells, count) {
    this.makeCells = makeCells;
    this.row.style.setProperty("--runs", String(count));
    if (this.row.hasAttribute("data-empty")) return;
    this.cells = makeCells();
    this.readings = -1;
    arrange(this.row, this.cells.map((cell) => cell.root));
  }

  /** @param {number | null | undefined} step */
  setFree(step) {
    this.free = step;
    this.onFree(step);
  }

  /** @param {number | null} pageStep @param {number} readings changes when a series did @param {string} mode @param {Against} against */
  show(pageStep, readings, mode, against) {
    this.pageStep = pageStep;
    const isFree = this.free !== undefined;
    setAttribute(this.lock, "aria-pressed", String(!isFree));
    this.lock.title = isFree ? "This tag has a step of its own: press to follow the page's" : "Follows the page's step: press for one of its own";
    if (isFree) {
      if (readings !== this.readings) this.stops = allSteps(this.cells.flatMap((cell) => cell.series ?? []));
      this.readings = readings;
      this.scrubber.show(this.stops, this.free ?? null);
    } else this.scrubber.hide();
    for (const cell of this.cells) if (cell.isSeen) cell.show(this.free === undefined ? pageStep : this.free, mode, against);
  }
}
