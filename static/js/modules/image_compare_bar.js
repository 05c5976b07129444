/** The choice of what pictures are compared with and how, and what moves meanwhile: the blink and the line of the swipe. */

import { el, need, setAttribute } from "../dom.js";
import { step as stepText } from "../format.js";
import { formatAgainst, parseAgainst, parseMode } from "./image_compare.js";

/** @import { App } from "../app.js" */
/** @import { Against, CompareMode } from "./image_compare.js" */

const BLINK_MS = 600;

export class ImageCompareBar {
  /**
   * @param {HTMLElement} bar @param {HTMLElement} root of all pictures @param {App} app
   * @param {{onChange: () => void, signal: AbortSignal}} options
   */
  constructor(bar, root, app, { onChange, signal }) {
    this.root = root;
    this.app = app;
    this.onChange = onChange;
    /** @type {CompareMode} */
    this.mode = parseMode(app.view.get("compare"));
    /** @type {Against} */
    this.against = parseAgainst(app.view.get("against"));
    /** The step that the slider stands at: "this step" is kept as a reference. @type {number | null} */
    this.step = null;
    this.offered = "";
    this.timer = 0;
    /** @type {NodeListOf<HTMLElement>} */
    this.how = bar.querySelectorAll("[data-mode]");
    /** @type {HTMLSelectElement} */
    this.what = need(bar, "select[name=against]", "image_compare_bar");
    for (const button of this.how) button.addEventListener("click", () => this.setMode(parseMode(button.dataset.mode ?? null)), { signal });
    this.what.addEventListener("change", () => this.setAgainst(this.what.value), { signal });
    signal.addEventListener("abort", () => clearInterval(this.timer));
    root.style.setProperty("--swipe", "0.5");
    this.paintMode();
  }

  /** As the address has it. */
  read() {
    this.mode = parseMode(this.app.view.get("compare"));
    this.against = parseAgainst(this.app.view.get("against"));
    this.offered = "";
    this.paintMode();
    this.onChange();
  }

  /** @param {CompareMode} mode */
  setMode(mode) {
    this.mode = mode;
    this.app.view.set("compare", mode === "none" ? null : mode);
    this.paintMode();
    this.onChange();
  }

  /** @param {string} value of the choice */
  setAgainst(value) {
    this.against = value === "now" ? { kind: "step", step: this.step ?? 0 } : parseAgainst(value);
    this.app.view.set("against", this.against.kind === "first" ? null : formatAgainst(this.against));
    this.offered = "";
    this.paint(this.app.runs.visible().map((run) => run.name));
    this.onChange();
  }

  paintMode() {
    this.root.dataset.compare = this.mode;
    for (const button of this.how) setAttribute(button, "aria-pressed", String(button.dataset.mode === this.mode));
    (this.what.closest("label") ?? this.what).hidden = this.mode === "none";
    clearInterval(this.timer);
    this.root.removeAttribute("data-blink");
    // Whoever asked for less motion changes the picture by the key.
    if (this.mode === "blink" && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.timer = window.setInterval(() => this.next(), BLINK_MS);
  }

  /** Blink: the other picture. */
  next() {
    if (this.mode === "blink") this.root.toggleAttribute("data-blink");
  }

  /** The line follows the pointer, in all pictures. @param {PointerEvent} event */
  swipeTo(event) {
    const spot = this.mode === "swipe" && event.target instanceof Element ? event.target.closest(".image-spot") : null;
    if (!spot) return;
    const box = spot.getBoundingClientRect();
    this.root.style.setProperty("--swipe", String(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width))));
  }

  /** What there is to compare with. @param {string[]} runs that are shown */
  paint(runs) {
    const { against } = this, said = JSON.stringify([runs, against]);
    if (said === this.offered) return;
    this.offered = said;
    const names = against.kind === "run" && !runs.includes(against.run) ? [...runs, against.run] : runs;
    this.what.replaceChildren(
      el("option", { value: "first" }, "first step"), el("option", { value: "previous" }, "step before"),
      ...(against.kind === "step" ? [el("option", { value: formatAgainst(against) }, `step ${stepText(against.step)}`)] : []),
      el("option", { value: "now" }, "this step, kept"),
      el("optgroup", { label: "run" }, ...names.map((name) => el("option", { value: `run:${name}` }, name))));
    this.what.value = formatAgainst(against);
  }
}
