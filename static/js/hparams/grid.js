/** The table of runs: only the rows in sight exist; heads sort, move and widen; one row is current for the keyboard. */

import { el, icon, setAttribute } from "../dom.js";
import { step as stepText } from "../format.js";
import { extent } from "../modules/chart_data.js";
import { runName } from "../run_name.js";
import { draggedHead } from "./head_hand.js";

/** @import { App } from "../app.js" */
/** @import { Column, SortKey } from "./table_model.js" */
/**
 * @typedef {{
 *   sort: (key: string, isMore: boolean) => void, menu: (key: string, head: HTMLElement) => void, move: (key: string, before: string | null) => void, widen: (key: string, width: number | null) => void,
 *   tick: (names: string[], isOn: boolean) => void, tickAll: (isOn: boolean) => void, address: (name: string) => string, whole: (column: Column, row: number, cell: HTMLElement) => void,
 * }} Actions
 * @typedef {{runs: string[], rows: Uint32Array, columns: Column[], sorting: SortKey[], filtered: Set<string>, widths: Map<string, number>, main: string | null}} Shown
 */

const ROW = 26, SPARE = 10, NAME_PX = 280, NUMBER_PX = 104, TEXT_PX = 120, BAR_PX = 216;
const LEAST_PX = 56, MOST_TEXT = 60; // characters in a cell; the whole is one click away

export class Grid {
  /** @param {HTMLElement} root scrolls @param {App} app @param {Actions} actions @param {AbortSignal} signal */
  constructor(root, app, actions, signal) {
    this.root = root;
    this.app = app;
    this.actions = actions;
    /** @type {Shown} */
    this.shown = { runs: [], rows: new Uint32Array(0), columns: [], sorting: [], filtered: new Set(), widths: new Map(), main: null };
    this.current = -1;
    /** @type {number | null} */
    this.anchor = null;
    this.heads = el("div", { class: "hp-heads", role: "row", "aria-rowindex": 1 });
    this.body = el("div", { class: "hp-rows", role: "rowgroup" });
    this.grid = el("div", { class: "hp-grid", role: "grid", "aria-label": "Runs, their hparams and metrics", "aria-multiselectable": "true", tabindex: 0 }, el("div", { class: "hp-head", role: "rowgroup" }, this.heads), this.body);
    root.replaceChildren(this.grid);
    const options = { signal }, paint = () => this.paint();
    root.addEventListener("scroll", paint, { signal, passive: true });
    const sizes = new ResizeObserver(paint);
    sizes.observe(root);
    signal.addEventListener("abort", () => sizes.disconnect());
    this.body.addEventListener("click", (event) => this.#onClick(event), options);
    this.body.addEventListener("pointerover", (event) => { const row = this.#rowOf(event.target); app.lift(row < 0 ? null : this.nameAt(row)); }, options);
    this.body.addEventListener("pointerleave", () => app.lift(null), options);
    this.grid.addEventListener("keydown", (event) => this.#onKey(event), options);
    draggedHead(this.heads, { move: actions.move, widen: actions.widen, keys: () => this.shown.columns.map(({ key }) => key), least: LEAST_PX }, signal);
    app.on("lift", () => this.paintLift(), options);
  }

  /** @param {number} at place in the table */
  nameAt(at) { return this.shown.runs[this.shown.rows[at]] ?? null; }

  /** @param {Shown} shown */
  show(shown) {
    const name = this.nameAt(this.current);
    this.shown = shown;
    this.current = name === null ? -1 : shown.rows.findIndex((row) => shown.runs[row] === name);
    const { columns, widths, rows, main } = shown, width = (/** @type {Column} */ c) => widths.get(c.key) ?? (c.key === main ? BAR_PX : c.isNumber ? NUMBER_PX : TEXT_PX);
    this.grid.style.setProperty("--columns", [`${widths.get("run") ?? NAME_PX}px`, ...columns.map((c) => `${width(c)}px`)].join(" "));
    this.body.style.height = `${rows.length * ROW}px`;
    this.grid.setAttribute("aria-rowcount", String(rows.length + 1));
    this.grid.setAttribute("aria-colcount", String(columns.length + 1));
    this.range = main ? extent(columns.find(({ key }) => key === main)?.numbers ?? new Float64Array(0)) : /** @type {[number, number]} */ ([0, 1]);
    this.#paintHeads();
    this.paint();
  }

  #paintHeads() {
    const { columns, sorting, filtered, rows, runs } = this.shown, { app, actions } = this, focused = document.activeElement instanceof HTMLElement && this.heads.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.getAttribute("data-key") : null;
    const isOn = Array.from(rows).filter((row) => app.runs.isTicked(runs[row])).length;
    const all = el("input", { type: "checkbox", class: "chip", "aria-label": "Tick all runs listed", onchange: () => actions.tickAll(all.checked) });
    all.checked = rows.length > 0 && isOn === rows.length;
    all.indeterminate = isOn > 0 && isOn < rows.length;
    const head = (/** @type {string} */ key, /** @type {string} */ label, /** @type {Column | null} */ column, /** @type {number} */ i) => {
      const place = sorting.findIndex((one) => one.key === key), own = sorting[place];
      return el("div", { class: "hp-col", role: "columnheader", "data-key": key, "data-number": column?.isNumber, "data-group": column?.group, "aria-colindex": i + 1, "aria-sort": own ? (own.down ? "descending" : "ascending") : "none", title: column?.hint ?? "Click sorts, Shift-click sorts by this as well, dragging moves" },
        i === 0 && all,
        el("button", { type: "button", class: "hp-sort", onclick: (/** @type {MouseEvent} */ event) => actions.sort(key, event.shiftKey) }, el("span", {}, label), own ? el("span", { class: "hp-arrow", "aria-hidden": "true" }, `${own.down ? "↓" : "↑"}${sorting.length > 1 ? place + 1 : ""}`) : null),
        column && el("button", { type: "button", class: "icon-button hp-menu", "aria-label": `Column ${label}`, "aria-pressed": filtered.has(key) ? "true" : null, onclick: (/** @type {MouseEvent} */ event) => actions.menu(key, /** @type {HTMLElement} */ (event.currentTarget)) }, icon(filtered.has(key) ? "filter" : "more")),
        el("span", { class: "hp-resize", "aria-hidden": "true" }));
    };
    this.heads.replaceChildren(head("run", "Run", null, 0), ...columns.map((column, i) => head(column.key, column.label, column, i + 1)));
    if (focused) /** @type {HTMLElement | null} */ (this.heads.querySelector(`[data-key="${CSS.escape(focused)}"] .hp-sort`))?.focus();
  }

  paint() {
    const { rows } = this.shown, { scrollTop, clientHeight } = this.root, first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE), last = Math.min(rows.length, Math.ceil((scrollTop + clientHeight) / ROW) + SPARE), made = [];
    for (let at = first; at < last; at++) made.push(this.#row(at));
    this.body.replaceChildren(...made);
    this.#paintCurrent();
  }

  /** @param {number} at */
  #row(at) {
    const { app } = this, { runs, rows, columns, main } = this.shown, row = rows[at], name = runs[row], run = app.runs.byName(name), style = app.style(name);
    const [low, high] = this.range ?? [0, 1], chip = el("input", { type: "checkbox", class: "chip", tabindex: -1, "aria-label": `Show ${name}`, "data-dash": style.dash || null, vars: { "--run": style.colour } });
    chip.checked = app.runs.isTicked(name);
    return el("div", { class: "hp-row", role: "row", id: `hp-row-${row}`, "data-at": at, "data-name": name, "aria-rowindex": at + 2, "aria-selected": String(chip.checked), "data-lifted": app.lifted === name, vars: { "--row": at } },
      el("div", { class: "hp-cell hp-name", role: "gridcell", title: name }, chip, el("a", { href: this.actions.address(name), tabindex: -1, "aria-label": `Scalars of ${name}` }, runName(app, name)), run?.star ? icon("star") : null, run && run.state !== "finished" ? el("span", { class: "run-state", "data-state": run.state, title: run.state }, run.state === "live" ? el("span", { class: "visually-hidden" }, "live") : run.state) : null),
      ...columns.map((column) => {
        const text = column.texts[row], isLong = text !== null && text.length > MOST_TEXT, step = column.steps?.[row];
        const said = text === null ? el("span", { class: "hp-none", title: "The run has none" }, "–") : isLong ? el("button", { type: "button", class: "hp-long", tabindex: -1, "data-key": column.key }, text.slice(0, MOST_TEXT) + "…") : text;
        const isBar = column.key === main && Number.isFinite(column.numbers[row]);
        return el("div", { class: isBar ? "hp-cell hp-bar" : "hp-cell", role: "gridcell", "data-number": column.isNumber, "data-odd": text === "None" || text === "NaN", title: step ? `at step ${stepText(step)}` : isLong ? null : text },
          isBar ? el("i", { vars: { "--at": String(high > low ? (column.numbers[row] - low) / (high - low) : 0.5) } }) : null, said);
      }));
  }

  paintLift() {
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll(".hp-row"))) row.toggleAttribute("data-lifted", row.dataset.name === this.app.lifted);
  }

  /** Ticks and colours anew. */
  restyle() { this.#paintHeads(); this.paint(); }

  #paintCurrent() {
    const row = this.current < 0 ? undefined : this.shown.rows[this.current];
    for (const one of this.body.querySelectorAll("[data-current]")) one.removeAttribute("data-current");
    this.body.querySelector(`#hp-row-${row}`)?.setAttribute("data-current", "");
    setAttribute(this.grid, "aria-activedescendant", row === undefined || !this.body.querySelector(`#hp-row-${row}`) ? null : `hp-row-${row}`);
  }

  /** @param {EventTarget | null} target @returns {number} */
  #rowOf(target) {
    const row = target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest(".hp-row")) : null;
    return row ? Number(row.dataset.at) : -1;
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = /** @type {HTMLElement} */ (event.target), at = this.#rowOf(target), { shown, actions } = this;
    if (at < 0) return;
    if (target.closest("a")) return;
    const long = /** @type {HTMLElement | null} */ (target.closest(".hp-long")), column = long && shown.columns.find(({ key }) => key === long.dataset.key);
    if (long && column) { actions.whole(column, shown.rows[at], long); return; }
    this.#tick(at, event.shiftKey);
  }

  /** @param {number} at @param {boolean} isRange all from the one before */
  #tick(at, isRange) {
    const { runs, rows } = this.shown, from = isRange && this.anchor !== null ? this.anchor : at, isOn = !this.app.runs.isTicked(runs[rows[at]]);
    this.anchor = this.current = at;
    this.actions.tick(Array.from(rows.slice(Math.min(from, at), Math.max(from, at) + 1), (row) => runs[row]), isOn);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.shown.rows.length - 1, page = Math.max(1, Math.floor(this.root.clientHeight / ROW) - 3);
    const to = { ArrowDown: this.current + 1, ArrowUp: this.current - 1, PageDown: this.current + page, PageUp: this.current - page, Home: 0, End: last }[event.key];
    if (to !== undefined) this.go(Math.max(0, Math.min(last, to)));
    else if (event.key === " " && this.current >= 0) this.#tick(this.current, event.shiftKey);
    else if (event.key === "Enter" && this.current >= 0) location.assign(this.actions.address(/** @type {string} */ (this.nameAt(this.current))));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} at */
  go(at) {
    if (at < 0) return;
    const top = at * ROW, { scrollTop, clientHeight } = this.root, head = this.heads.offsetHeight;
    this.current = at;
    if (top < scrollTop) this.root.scrollTop = top;
    else if (top + ROW + head > scrollTop + clientHeight) this.root.scrollTop = top + ROW + head - clientHeight;
    this.paint();
    this.app.lift(this.nameAt(at));
  }
}
