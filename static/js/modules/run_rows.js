/** The rows of the run list: of ten thousand only those near the window exist; arrow keys go through all. */

import { el, setAttribute } from "../dom.js";

/** @typedef {{key: string}} Item */

const ALL = 150; // rows: so few are simply there
const AHEAD = 15; // rows above and below what is in view

/** @template {Item} T */
export class RunRows {
  /** @param {{list: HTMLElement, make: (item: T) => Element, signal: AbortSignal}} options `make` gives the same element for the same item as long as it is the same row */
  constructor({ list, make, signal }) {
    this.list = list;
    this.make = make;
    /** @type {T[]} */
    this.items = [];
    this.above = el("li", { class: "run-space", "aria-hidden": "true" });
    this.below = el("li", { class: "run-space", "aria-hidden": "true" });
    this.height = 26;
    this.frame = 0;
    const later = () => { this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.render(); }); };
    list.addEventListener("scroll", () => { if (this.items.length > ALL) later(); }, { signal, passive: true });
    list.addEventListener("keydown", (event) => this.key(event), { signal });
    const resizing = new ResizeObserver(later);
    resizing.observe(list);
    signal.addEventListener("abort", () => resizing.disconnect());
  }

  /** @param {T[]} items */
  set(items) {
    this.items = items;
    this.render();
  }

  render() {
    const { items, list } = this, n = items.length, isWhole = n <= ALL;
    const height = list.querySelector(".run-row")?.getBoundingClientRect().height;
    if (height) this.height = height;
    const from = isWhole ? 0 : Math.max(0, Math.min(n - 1, Math.floor(list.scrollTop / this.height) - AHEAD));
    const to = isWhole ? n : Math.min(n, Math.ceil((list.scrollTop + list.clientHeight) / this.height) + AHEAD);
    const nodes = items.slice(from, to).map((item, i) => {
      const node = this.make(item);
      setAttribute(node, "aria-posinset", isWhole ? null : String(from + i + 1));
      setAttribute(node, "aria-setsize", isWhole ? null : String(n));
      return node;
    });
    if (!isWhole) {
      this.above.style.height = `${from * this.height}px`;
      this.below.style.height = `${(n - to) * this.height}px`;
      nodes.unshift(this.above);
      nodes.push(this.below);
    }
    this.show(nodes);
  }

  /** Only what differs is touched: a row under the pointer or with the focus stays the element that it is. @param {Element[]} nodes */
  show(nodes) {
    const { list } = this, wanted = new Set(nodes);
    for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach((node, i) => { if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null); });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity }[event.key];
    const row = event.target instanceof Element ? event.target.closest("[data-key]") : null;
    if (by === undefined || !row || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.items.findIndex((item) => item.key === row.getAttribute("data-key"));
    if (at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.focus(Math.max(0, Math.min(this.items.length - 1, at + by)));
  }

  /** @param {number} at */
  focus(at) {
    const { list, height } = this, top = at * height;
    if (this.items.length > ALL && (top < list.scrollTop || top + height > list.scrollTop + list.clientHeight)) {
      list.scrollTop = top < list.scrollTop ? top : top + height - list.clientHeight;
      this.render();
    }
    const row = /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="${CSS.escape(this.items[at].key)}"] input`));
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }
}
