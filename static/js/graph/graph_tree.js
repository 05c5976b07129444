/** The blocks as a list with their costs: what the drawing shows, for the keyboard, for screen readers and for sorting. */
import { el, icon } from "../dom.js";
import { COST_HEADS, COST_NAMES, costText, isCost, knownCosts, shareText } from "./costs.js";
import { className, isBlock, nodeOf, title } from "./names.js";

/** @import {Cost, ColourBy, Hierarchy} from "./graph_types.js" */
/** @import {Layout} from "./layout.js" */

/**
 * @typedef {object} TreeActions
 * @property {(item: number) => void} select
 * @property {(item: number, isOpen: boolean) => void} setOpen
 * @property {(item: number) => void} frame
 * @property {(item: number) => void} hover 0: the pointer left
 */
/** @typedef {{item: number, level: number, position: number, siblings: number}} Row */
/** @typedef {"order" | Cost} Sorting */

const ROW = 26; // px, --size-row at the usual font size; measured where it differs
const SPARE = 8; // rows drawn beyond what is in sight
const MOST_COLUMNS = 3;

export class GraphTree {
  /** @type {Hierarchy | null} */
  #hierarchy = null;
  /** @type {Layout | null} */
  #layout = null;
  /** @type {Row[]} */
  #rows = [];
  #selected = 0;
  #hovered = 0;
  #rowHeight = ROW;
  /** @type {Cost} */
  #cost = "macs";
  /** @type {Sorting} */
  sorting = "order";
  /** Columns that this graph has figures for; without any, what the nodes put out is shown instead. @type {Cost[]} */
  #columns = [];

  /** @param {HTMLElement} root @param {TreeActions} actions @param {AbortSignal} signal */
  constructor(root, actions, signal) {
    this.root = root;
    this.actions = actions;
    this.head = /** @type {HTMLElement} */ (root.querySelector(".cost-head"));
    this.grid = /** @type {HTMLElement} */ (root.querySelector("[role=treegrid]"));
    this.body = /** @type {HTMLElement} */ (root.querySelector(".cost-rows"));
    root.addEventListener("scroll", () => this.#paint(), { signal, passive: true });
    const resizing = new ResizeObserver(() => this.#paint());
    resizing.observe(root);
    signal.addEventListener("abort", () => resizing.disconnect());
    this.body.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.body.addEventListener("dblclick", (event) => { const row = this.#rowOf(event); if (row) actions.frame(row.item); }, { signal });
    this.grid.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.body.addEventListener("pointerover", (event) => actions.hover(this.#rowOf(event)?.item ?? 0), { signal });
    this.body.addEventListener("pointerleave", () => actions.hover(0), { signal });
    this.head.addEventListener("click", (event) => {
      const sorting = /** @type {Sorting | undefined} */ (/** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-sort]"))?.dataset.sort);
      if (!sorting) return;
      this.sorting = this.sorting === sorting ? "order" : sorting;
      this.refresh();
      /** @type {HTMLElement | null} */ (this.head.querySelector(`[data-sort=${sorting}] button`))?.focus();
    }, { signal });
  }

  /** @param {Hierarchy} hierarchy @param {Layout} layout */
  show(hierarchy, layout) {
    this.#hierarchy = hierarchy;
    this.#layout = layout;
    this.root.scrollTop = 0;
    this.refresh();
  }

  /** @param {ColourBy} by the share bars and the last column follow the colours, where these are a cost */
  setCost(by) {
    const h = this.#hierarchy;
    if (!h) return;
    const known = knownCosts(h);
    this.#columns = /** @type {Cost[]} */ (["params", "macs"]).filter((cost) => known.includes(cost));
    if (isCost(by) && known.includes(by)) this.#cost = by;
    else this.#cost = this.#columns.at(-1) ?? known[0] ?? "macs";
    for (const cost of /** @type {Cost[]} */ ([this.#cost, "forward"])) if (known.includes(cost) && !this.#columns.includes(cost) && this.#columns.length < MOST_COLUMNS) this.#columns.push(cost);
    if (known.length && !this.#columns.includes(this.#cost)) this.#columns[this.#columns.length - 1] = this.#cost;
    if (this.sorting !== "order" && !this.#columns.includes(this.sorting)) this.sorting = "order";
    this.root.dataset.columns = String(this.#columns.length);
    this.refresh();
  }

  #paintHead() {
    this.head.replaceChildren(
      el("span", { role: "columnheader" }, "Block"),
      ...this.#columns.map((cost) => el("span", { role: "columnheader", class: "number", "data-col": cost, "data-sort": cost, "aria-sort": this.sorting === cost ? "descending" : "none" },
        el("button", { type: "button", title: `Sort by ${COST_NAMES[cost]}` }, COST_HEADS[cost]))),
      el("span", this.#columns.length ? { role: "columnheader", class: "number", "data-col": "share" } : { role: "columnheader", "data-col": "shape" },
        this.#columns.length ? el("span", { class: "visually-hidden" }, `share of all ${COST_NAMES[this.#cost]}`) : "output"));
  }

  /** Rows anew: something opened, or the order changed. */
  refresh() {
    const h = this.#hierarchy, layout = this.#layout;
    if (!h || !layout) return;
    this.#rows = [];
    /** @type {Row[]} */
    const stack = this.#sorted(h, 0, 0).reverse();
    while (stack.length) {
      const row = /** @type {Row} */ (stack.pop());
      this.#rows.push(row);
      if (isBlock(h, row.item) && layout.isOpen(row.item)) for (const child of this.#sorted(h, row.item, row.level + 1).reverse()) stack.push(child);
    }
    this.#paintHead();
    this.grid.setAttribute("aria-rowcount", String(this.#rows.length + 1));
    this.#paint();
  }

  /** @returns {Row[]} */
  #sorted(/** @type {Hierarchy} */ h, /** @type {number} */ group, /** @type {number} */ level) {
    let items = h.children[group];
    const { sorting } = this;
    if (sorting !== "order") items = [...items].sort((a, b) => h[sorting][b] - h[sorting][a]);
    return items.map((item, i) => ({ item, level, position: i + 1, siblings: items.length }));
  }

  /** @param {number} item @param {boolean} isFollowed scroll to it */
  select(item, isFollowed) {
    this.#selected = item;
    const at = this.#rows.findIndex((row) => row.item === item);
    if (isFollowed && at >= 0) {
      const top = at * this.#rowHeight, head = this.body.offsetTop, { scrollTop, clientHeight } = this.root;
      if (top < scrollTop) this.root.scrollTop = top;
      else if (top + head + this.#rowHeight > scrollTop + clientHeight) this.root.scrollTop = top + head + this.#rowHeight * 2 - clientHeight;
    }
    this.#paint();
  }

  /** Marks the row of what the pointer is over in the drawing. @param {number} item 0: nothing */
  mark(item) {
    this.#hovered = item;
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll("[data-item]"))) row.toggleAttribute("data-hovered", Number(row.dataset.item) === item);
  }

  #paint() {
    const h = this.#hierarchy, layout = this.#layout;
    if (!h || !layout) return;
    const height = this.#rowHeight, count = this.#rows.length;
    const first = Math.max(0, Math.floor(this.root.scrollTop / height) - SPARE);
    const last = Math.min(count, Math.ceil((this.root.scrollTop + this.root.clientHeight) / height) + SPARE);
    this.body.style.height = `${count * height}px`;
    const rows = [];
    for (let i = first; i < last; i++) rows.push(this.#row(h, layout, this.#rows[i], i));
    this.body.replaceChildren(...rows);
    const measured = rows[0]?.offsetHeight;
    if (measured && measured !== height) {
      this.#rowHeight = measured;
      this.#paint();
      return;
    }
    const active = this.body.querySelector('[aria-selected="true"]');
    if (active) this.grid.setAttribute("aria-activedescendant", active.id);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  /** @returns {HTMLElement} */
  #row(/** @type {Hierarchy} */ h, /** @type {Layout} */ layout, /** @type {Row} */ { item, level, position, siblings }, /** @type {number} */ index) {
    const canOpen = isBlock(h, item), isOpen = canOpen && layout.isOpen(item);
    const share = h[this.#cost][0] ? h[this.#cost][item] / h[this.#cost][0] : 0;
    const name = title(h, item), kind = className(h, item);
    return el("div", {
      role: "row", id: `graph-row-${item}`, class: "cost-row", "data-item": item, "data-op": !canOpen && item >= h.groupCount,
      "aria-level": level + 1, "aria-posinset": position, "aria-setsize": siblings, "aria-rowindex": index + 2,
      "aria-expanded": canOpen ? String(isOpen) : null, "aria-selected": String(item === this.#selected), "data-hovered": item === this.#hovered,
      vars: { "--depth": level, "--row": index },
    },
      el("span", { role: "rowheader", class: "cost-name", title: kind ? `${name} ${kind}` : name },
        canOpen ? icon(isOpen ? "down" : "right") : el("i"),
        el("b", {}, name), kind ? el("span", {}, kind) : null),
      ...this.#columns.map((cost) => el("span", { role: "gridcell", class: "number", "data-col": cost }, costText(cost, h[cost][item]))),
      !this.#columns.length && el("span", { role: "gridcell", "data-col": "shape" }, shapeOf(h, item)),
      this.#columns.length > 0 && el("span", { role: "gridcell", class: "number", "data-col": "share", title: share ? `${(100 * share).toPrecision(3)}\u202f%` : null }, shareText(share), el("span", { class: "share", vars: { "--share": `${100 * share}%` } })));
  }

  /** @returns {Row | undefined} */
  #rowOf(/** @type {Event} */ event) {
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-item]"));
    return row ? this.#rows.find(({ item }) => item === Number(row.dataset.item)) : undefined;
  }

  #onClick(/** @type {MouseEvent} */ event) {
    const row = this.#rowOf(event), h = this.#hierarchy, layout = this.#layout;
    if (!row || !h || !layout) return;
    this.grid.focus({ preventScroll: true });
    if (/** @type {Element} */ (event.target).closest(".icon")) this.actions.setOpen(row.item, !layout.isOpen(row.item));
    else this.actions.select(row.item);
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    const h = this.#hierarchy, layout = this.#layout;
    if (!h || !layout || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.#rows.findIndex((row) => row.item === this.#selected), row = this.#rows[at];
    const page = Math.max(1, Math.floor(this.root.clientHeight / this.#rowHeight) - 2);
    const go = (/** @type {number} */ to) => this.actions.select(this.#rows[Math.max(0, Math.min(this.#rows.length - 1, to))].item);
    const canOpen = row && isBlock(h, row.item), isOpen = canOpen && layout.isOpen(row.item);
    switch (event.key) {
      case "ArrowDown": go(at + 1); break;
      case "ArrowUp": go(at < 0 ? 0 : at - 1); break;
      case "PageDown": go(at + page); break;
      case "PageUp": go(at - page); break;
      case "Home": go(0); break;
      case "End": go(this.#rows.length - 1); break;
      case "ArrowRight":
        if (canOpen && !isOpen) this.actions.setOpen(row.item, true);
        else if (isOpen) go(at + 1);
        break;
      case "ArrowLeft":
        if (isOpen) this.actions.setOpen(row.item, false);
        else if (row && h.parent[row.item] > 0) this.actions.select(h.parent[row.item]);
        break;
      case "Enter":
      case " ":
        if (canOpen) this.actions.setOpen(row.item, !isOpen);
        break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

function shapeOf(/** @type {Hierarchy} */ h, /** @type {number} */ item) {
  const node = nodeOf(h, item);
  return node < 0 ? "" : h.columns.strings[h.columns.nodeShape[node]];
}
