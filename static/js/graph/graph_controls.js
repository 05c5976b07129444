/** Buttons, choices and keys of the graphs page, and what the board tells it. */
import { acceptFiles } from "./drop_file.js";
import { startExports } from "./export_menu.js";
import { failedGraph, readingGraph } from "./graph_notes.js";
import { SearchBox } from "./search_box.js";

/** @import {App} from "../app.js" */
/** @import {GraphPage} from "../modules/graphs.js" */
/** @import {Depth} from "./expansion.js" */

/**
 * Search, exports, and files that are dropped.
 *
 * @param {GraphPage} page @param {(selector: string) => HTMLElement} find @param {AbortSignal} signal
 * @returns {SearchBox}
 */
export function startTools(page, find, signal) {
  const { view, note, app, picker } = page, toCanvas = () => view.canvas.focus({ preventScroll: true });
  startExports(find("#graph-export"), { still: () => view.picture(), name: () => (picker.current ? picker.nameOf(picker.current) : "graph") }, signal);
  acceptFiles(page.root, {
    busy: (name) => note.replaceChildren(readingGraph(name)),
    failed: (error) => note.replaceChildren(failedGraph(error, () => note.replaceChildren())),
    opened: (id) => {
      app.view.set("run", "");
      app.view.set("tag", `file:${id}`);
      page.forget();
      page.readList();
    },
  }, signal);
  return new SearchBox(/** @type {HTMLInputElement} */ (find(".toolbar input[type=search]")), find(".graph-matches"), {
    hierarchy: () => view.model?.hierarchy ?? null,
    jump: (item) => { page.jump(item); toCanvas(); },
    leave: toCanvas,
  }, signal);
}

/** @param {HTMLElement} root @param {{depth: Depth, isAcross: boolean}} state */
export function paintControls(root, { depth, isAcross }) {
  const press = (/** @type {string} */ key, /** @type {string} */ value) => {
    for (const button of root.querySelectorAll(`button[data-${key}]`)) button.setAttribute("aria-pressed", String(button.getAttribute(`data-${key}`) === value));
  };
  press("depth", String(depth));
  press("sides", root.dataset.sides ?? "");
  press("turn", isAcross ? "" : "down");
}

/** @param {GraphPage} page @param {AbortSignal} signal */
export function listenToControls(page, signal) {
  const { picker, root, app } = page;
  page.colours.select.addEventListener("change", () => {
    app.view.set("by", page.colours.by);
    page.recolour();
  }, { signal });
  picker.select.addEventListener("change", () => {
    picker.choose(picker.entries[Number(picker.select.value)]);
    page.forget();
    page.load();
  }, { signal });
  picker.profileSelect.addEventListener("change", () => {
    app.view.set("profile", picker.profileSelect.value);
    page.load();
  }, { signal });
  picker.otherSelect.addEventListener("change", () => {
    picker.compareWith(picker.otherSelect.value === "" ? null : picker.entries[Number(picker.otherSelect.value)]);
    app.view.set("by", null);
    page.load();
  }, { signal });
  root.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-zoom], [data-depth], [data-turn], button[data-sides]"));
    const { zoom, depth, sides } = button?.dataset ?? {};
    if (zoom) zoom === "fit" ? page.fit() : page.view.zoom(zoom === "in" ? 1.25 : 0.8);
    else if (depth) page.setDepth(depth === "all" ? "all" : Number(depth));
    else if (sides) {
      app.view.set("sides", sides === "side" ? "side" : null);
      page.load();
    } else if (button) page.turn(!page.view.model?.layout.isAcross);
  }, { signal });
  // before the shell and the run list, whose "/" this page takes
  document.addEventListener("keydown", (event) => onKey(page, event), { signal, capture: true });
}

function onKey(/** @type {GraphPage} */ page, /** @type {KeyboardEvent} */ event) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest?.("select, textarea, [contenteditable], input:not([type=checkbox], [type=radio])") || event.ctrlKey || event.metaKey || event.altKey || document.querySelector(":popover-open, dialog[open]")) return;
  const { view } = page;
  if (event.key === "/" || event.key === "t") page.search.input.focus();
  else if (event.key === "f") page.fit();
  else if (event.key === "+" || event.key === "=") view.zoom(1.25);
  else if (event.key === "-") view.zoom(0.8);
  else if (event.key === "l") page.turn(!view.model?.layout.isAcross);
  else if (event.key === "Enter" && event.shiftKey && view.selected) page.openInside(view.selected);
  else if ((event.key === "i" || event.key === "o") && view.selected) {
    const direction = event.key === "i" ? "in" : "out", before = page.tracing;
    page.follow(before?.direction === direction ? null : { direction, depth: before?.depth ?? Infinity });
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {GraphPage} page @param {App} app @param {AbortSignal} signal */
export function listenToBoard(page, app, signal) {
  let isDue = false;
  const readSoon = async () => {
    if (isDue) return;
    isDue = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
    isDue = false;
    if (!signal.aborted) page.readList().catch((error) => console.warn(error.message));
  };
  app.on("delta", (delta) => {
    const grew = Object.values(delta.grew ?? {}), has = (/** @type {string} */ kind) => grew.some((/** @type {any} */ kinds) => kinds[kind]);
    if (has("graph") || [delta.rebuilt, delta.removed].some((names) => names?.length)) readSoon();
    if (has("scalar") || has("histogram")) page.loggedMore();
  }, { signal });
  app.on("stale", readSoon, { signal });
  app.on(/** @type {any} */ ("navigated"), () => {
    page.picker.look();
    page.load();
  }, { signal });
  app.on("selection", () => {
    if (!page.picker.follow()) return;
    page.forget();
    page.load();
  }, { signal });
  app.on("theme", () => page.retheme(), { signal });
}
