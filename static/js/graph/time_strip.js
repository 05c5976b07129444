/** One cost by block under the graph, in the order of execution: a flame of boxes, linked with the drawing. */
import { el } from "../dom.js";
import { COST_NAMES, costText, isCost, knownCosts, shareText } from "./costs.js";
import { flameBoxes } from "./flame.js";
import { className, fullName, title } from "./names.js";

/** @import {ColourBy, Cost, Hierarchy} from "./graph_types.js" */
/** @import {Palette} from "./colour.js" */

const ROWS = 3, NARROWEST = 3, LETTER = 6.2, PADDING = 8; // px

export class TimeStrip {
  /** @type {Hierarchy | null} */
  #hierarchy = null;
  /** @type {Palette | null} */
  #palette = null;
  /** @type {Cost | null} */
  #cost = null;
  #selected = 0;

  /** @param {HTMLElement} root @param {{jump: (item: number) => void}} actions @param {AbortSignal} signal */
  constructor(root, actions, signal) {
    this.root = root;
    this.head = /** @type {HTMLElement} */ (root.querySelector("p"));
    this.body = /** @type {HTMLElement} */ (root.querySelector("div"));
    this.body.addEventListener("click", (event) => {
      const box = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-item]"));
      if (box) actions.jump(Number(box.dataset.item));
    }, { signal });
    let width = 0;
    const resizing = new ResizeObserver(() => {
      if (Math.abs(this.body.clientWidth - width) < 8) return;
      width = this.body.clientWidth;
      this.#paint();
    });
    resizing.observe(this.body);
    signal.addEventListener("abort", () => resizing.disconnect());
  }

  /** @param {Hierarchy | null} h @param {Palette} palette */
  show(h, palette) {
    this.#hierarchy = h;
    this.#palette = palette;
    this.#cost = h && costFor(h, palette.by);
    this.root.hidden = !h || !this.#cost || flameBoxes(h, this.#cost, { rows: 1, narrowest: 0 }).length < 2;
    this.#paint();
  }

  /** @param {number} item */
  select(item) {
    this.#selected = item;
    for (const box of this.body.children) box.toggleAttribute("data-selected", Number(/** @type {HTMLElement} */ (box).dataset.item) === item);
  }

  #paint() {
    const h = this.#hierarchy, palette = this.#palette, cost = this.#cost, width = this.body.clientWidth;
    if (!h || !palette || !cost || !width) return;
    const name = COST_NAMES[cost], measured = cost === "forward" || cost === "backward" ? h.columns.costs?.measured : "";
    this.head.replaceChildren(el("span", {}, `${name[0].toUpperCase()}${name.slice(1)}, in the order of execution`), el("span", {}, [costText(cost, h[cost][0]), measured].filter(Boolean).join(", ")));
    const boxes = flameBoxes(h, cost, { rows: ROWS, narrowest: NARROWEST / width });
    this.body.style.setProperty("--rows", String(Math.max(1, ...boxes.map(({ row }) => row + 1))));
    this.body.replaceChildren(...boxes.map(({ item, row, left, width: share, share: whole }) => {
      const paint = palette.of(item), text = title(h, item), kind = className(h, item);
      return el("div", {
        "data-item": item, "data-selected": item === this.#selected, title: `${fullName(h, item)}${kind ? ` (${kind})` : ""}\n${costText(cost, h[cost][item])}, ${shareText(whole)}`,
        vars: { "--left": `${100 * left}%`, "--width": `calc(${100 * share}% - 1px)`, "--row": row, "--fill": paint.fill, "--ink": paint.ink },
      }, share * width > text.length * LETTER + PADDING ? text : "");
    }));
  }
}

/** The cost that colours the graph, else time, else what there is. @param {Hierarchy} h @param {ColourBy} by @returns {Cost | null} */
export function costFor(h, by) {
  const known = knownCosts(h);
  if (isCost(by) && known.includes(by)) return by;
  return known.find((cost) => cost === "forward") ?? known[0] ?? null;
}
