/** A long list of rows of unlike heights: only those in view exist. What is read stays where it is when rows are added or turn out higher. */

import { el } from "../dom.js";

const AHEAD_PX = 400; // above and below what is in view
const NEAR_PX = 4;

/**
 * `estimate`: of a row's height, px. `isNewestFirst`: the last item stands on top, else at the end. `isFollowing`: who is at the newest stays there.
 * @typedef {{label: string, estimate: number, isNewestFirst: boolean, make: (item: number) => HTMLElement, signal: AbortSignal}} ListOptions
 */

export class VirtualList {
  /** @param {ListOptions} options */
  constructor({ label, estimate, isNewestFirst, make, signal }) {
    this.estimate = estimate;
    this.isNewestFirst = isNewestFirst;
    this.make = make;
    this.count = 0;
    /** Of each item, 0 where it was never seen. */
    this.heights = new Float32Array(0);
    /** Where each place begins, and the end, px. */
    this.tops = new Float64Array(1);
    /** @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    this.inner = el("div", { class: "virtual-rows", role: "list" });
    this.root = el("div", { class: "virtual", tabindex: "0", role: "group", "aria-label": label }, this.inner);
    this.due = 0;
    /** Whether the newest is in view and stays so. */
    this.isFollowing = true;
    /** What was gone to stays on top while rows turn out higher, until a hand scrolls. @type {number | null} */
    this.target = null;
    this.root.addEventListener("scroll", () => { this.isFollowing = this.target === null && this.isAtNewest(); this.drawSoon(); }, { signal, passive: true });
    for (const name of ["wheel", "pointerdown", "touchstart", "keydown"]) this.root.addEventListener(name, () => { this.target = null; }, { signal, passive: true });
    this.root.addEventListener("keydown", (event) => this.onKey(event), { signal });
    this.sizes = new ResizeObserver((entries) => this.onSizes(entries));
    this.sizes.observe(this.root);
    signal.addEventListener("abort", () => this.sizes.disconnect());
  }

  /** The place of an item, and the item at a place. @param {number} i */
  flip(i) { return this.isNewestFirst ? this.count - 1 - i : i; }

  isAtNewest() {
    const { scrollTop, clientHeight } = this.root;
    return this.isNewestFirst ? scrollTop < NEAR_PX : scrollTop + clientHeight > this.tops[this.count] - NEAR_PX;
  }

  /** Items are only ever added at the end, as far as rows know; `clear` where others have come. @param {number} count */
  setCount(count) {
    if (count === this.count) return;
    const anchor = this.anchor();
    if (count < this.count) this.clear();
    if (count > this.heights.length) {
      const longer = new Float32Array(Math.max(64, count * 1.5));
      longer.set(this.heights);
      this.heights = longer;
    }
    this.count = count;
    for (const [item, row] of this.rows) row.setAttribute("aria-posinset", String(this.flip(item) + 1));
    this.place(anchor);
  }

  /** All rows are made anew. */
  clear() {
    for (const item of [...this.rows.keys()]) this.drop(item);
    this.drawSoon();
  }

  /** Heights are no longer what they were either. */
  forget() {
    this.heights.fill(0);
    this.clear();
  }

  /** @param {number} item */
  reveal(item) {
    this.isFollowing = false;
    this.target = item;
    this.layOut();
    this.root.scrollTop = this.tops[this.flip(item)];
    this.draw();
  }

  /** The item that stays where it is: the first one in view, and how far its top is above the window's. @returns {{item: number, off: number} | null} */
  anchor() {
    if (!this.count) return null;
    if (this.target !== null && this.target < this.count) return { item: this.target, off: 0 };
    const at = this.placeAt(this.root.scrollTop);
    return { item: this.flip(at), off: this.root.scrollTop - this.tops[at] };
  }

  layOut() {
    if (this.tops.length !== this.count + 1) this.tops = new Float64Array(this.count + 1);
    let top = 0;
    for (let at = 0; at < this.count; at++) {
      this.tops[at] = top;
      top += this.heights[this.flip(at)] || this.estimate;
    }
    this.tops[this.count] = top;
    this.inner.style.height = `${top}px`;
  }

  /** Everything where it belongs; what is read does not move. @param {{item: number, off: number} | null} anchor */
  place(anchor) {
    this.layOut();
    for (const [item, row] of this.rows) row.style.top = `${this.tops[this.flip(item)]}px`;
    if (this.isFollowing) this.root.scrollTop = this.isNewestFirst ? 0 : this.tops[this.count];
    else if (anchor) {
      const top = this.tops[this.flip(anchor.item)] + anchor.off;
      if (Math.abs(top - this.root.scrollTop) > 0.5) this.root.scrollTop = top;
    }
    this.draw();
  }

  /** The place that a height falls in. @param {number} y */
  placeAt(y) {
    let low = 0, high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  drawSoon() {
    this.due ||= requestAnimationFrame(() => { this.due = 0; this.draw(); });
  }

  draw() {
    const { scrollTop, clientHeight } = this.root;
    if (!this.root.isConnected || !clientHeight || !this.count) return;
    const first = this.placeAt(scrollTop - AHEAD_PX), last = this.placeAt(scrollTop + clientHeight + AHEAD_PX);
    for (const item of [...this.rows.keys()]) if (this.flip(item) < first || this.flip(item) > last) this.drop(item);
    /** @type {Element | null} */
    let next = this.inner.firstElementChild;
    for (let at = first; at <= last; at++) {
      const item = this.flip(at), known = this.rows.get(item);
      if (known) { next = known.nextElementSibling; continue; }
      const row = this.make(item);
      row.style.top = `${this.tops[at]}px`;
      row.setAttribute("role", "listitem");
      row.setAttribute("aria-setsize", String(this.count));
      row.setAttribute("aria-posinset", String(at + 1));
      this.rows.set(item, row);
      this.inner.insertBefore(row, next); // in reading order; a frame that is moved would load again
      this.sizes.observe(row);
    }
  }

  /** @param {number} item */
  drop(item) {
    const row = this.rows.get(item);
    if (!row) return;
    this.sizes.unobserve(row);
    row.remove();
    this.rows.delete(item);
  }

  /** @param {ResizeObserverEntry[]} entries */
  onSizes(entries) {
    const heights = new Map(entries.map((entry) => [entry.target, entry.borderBoxSize[0].blockSize])), anchor = this.anchor();
    let isOther = heights.has(this.root);
    for (const [item, row] of this.rows) {
      const height = heights.get(row);
      if (!height || Math.abs(height - (this.heights[item] || this.estimate)) < 0.5) continue;
      this.heights[item] = height;
      isOther = true;
    }
    if (isOther) this.place(anchor);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.target !== this.root || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Home") this.root.scrollTop = 0;
    else if (event.key === "End") this.root.scrollTop = this.tops[this.count];
    else return;
    event.preventDefault();
  }
}
