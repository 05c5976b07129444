/** The graphs page: reads a graph, draws it, and keeps drawing, list, details and URL of one mind. */
import { isTyping, need } from "../dom.js";
import { token } from "../theme.js";
import { bestColouring, COSTS, kindsOf, Palette } from "../graph/colour.js";
import { decodeColumns, elements } from "../graph/columns.js";
import { zoomAt } from "../graph/camera.js";
import { Details } from "../graph/details.js";
import { depthOf, opened, packOpen, topLevel, unpackOpen } from "../graph/expansion.js";
import { emptyGraph, failedGraph, paintCrumbs, readingGraph } from "../graph/graph_notes.js";
import { GraphPicker } from "../graph/graph_picker.js";
import { GraphTree } from "../graph/graph_tree.js";
import { buildHierarchy } from "../graph/hierarchy.js";
import { readInk } from "../graph/ink.js";
import { paintKey } from "../graph/key.js";
import { Labels, spoken } from "../graph/labels.js";
import { Layout } from "../graph/layout.js";
import { drawnAs, Links } from "../graph/links.js";
import { Minimap } from "../graph/minimap.js";
import { fullName, isBlock, NameIndex, nodeOf } from "../graph/names.js";
import { listenToPointer } from "../graph/pointer.js";
import { itemAt, neighbour } from "../graph/scene.js";
import { SearchBox } from "../graph/search_box.js";
import { Stage } from "../graph/stage.js";

/** @import {App} from "../app.js" */
/** @import {ColourBy, GraphJson, Hierarchy} from "../graph/graph_types.js" */
/** @import {Depth} from "../graph/expansion.js" */

/**
 * A graph that is shown.
 * @typedef {object} Shown
 * @property {Hierarchy} hierarchy
 * @property {Layout} layout
 * @property {Labels} labels
 * @property {Links} links
 * @property {NameIndex} names
 */

/** @param {HTMLElement} root @param {App} app @returns {Promise<() => void>} */
export async function start(root, app) {
  const stopping = new AbortController(), { signal } = stopping;
  const canvas = /** @type {HTMLCanvasElement} */ (need(root, ".graph-canvas > canvas", "graphs"));
  const pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  const colouring = /** @type {HTMLSelectElement} */ (need(root, "[data-choice=by]", "graphs"));
  const said = need(root, "[data-slot=said]", "graphs"), note = need(root, "[data-slot=note]", "graphs"), crumbs = need(root, ".graph-crumbs", "graphs");

  /** @type {Shown | null} */
  let shown = null;
  /** @type {AbortController | null} */
  let reading = null;
  /** @type {Palette | null} */
  let palette = null;
  let ink = readInk();
  let selected = 0, hovered = 0, clicked = 0;

  const stage = new Stage(canvas, () => shown && palette && {
    hierarchy: shown.hierarchy, root: shown.layout.root(), labels: shown.labels, palette, ink, selected, hovered,
    isFocused: document.activeElement === canvas, edgeWidth, edgeText,
  }, (view) => shown && minimap.follow(view, stage.screen, shown.layout.root()));
  const minimap = new Minimap(need(root, ".graph-map", "graphs"), (x, y) => {
    const { scale } = stage.view;
    stage.lookAt({ scale, x: stage.screen.w / 2 - x * scale, y: stage.screen.h / 2 - y * scale });
  }, signal);
  const tree = new GraphTree(need(root, ".cost-table", "graphs"), { select: (item) => select(item), setOpen, frame: (item) => stage.frame(item) }, signal);
  const picker = new GraphPicker(app, /** @type {HTMLSelectElement} */ (need(root, "[data-choice=graph]", "graphs")), signal);
  const details = new Details(need(root, ".details", "graphs"), { jump, attributes: (name, ask) => picker.node(name, ask) });
  new SearchBox(/** @type {HTMLInputElement} */ (need(root, ".toolbar input[type=search]", "graphs")), need(root, ".graph-matches", "graphs"), {
    hierarchy: () => shown?.hierarchy ?? null,
    jump: (item) => { jump(item); canvas.focus({ preventScroll: true }); },
    leave: () => canvas.focus({ preventScroll: true }),
  }, signal);

  function edgeWidth(/** @type {number} */ edge) {
    const { columns } = /** @type {Shown} */ (shown).hierarchy;
    const size = edge < 0 ? 0 : elements(columns.strings[columns.edgeShape[edge]]);
    return size ? Math.max(1, Math.min(3.2, Math.log10(size) - 4.4)) : 1;
  }
  function edgeText(/** @type {number} */ edge) {
    const { columns } = /** @type {Shown} */ (shown).hierarchy;
    return edge < 0 ? "" : columns.strings[columns.edgeShape[edge]];
  }

  /** @param {GraphJson} json */
  function show(json) {
    const hierarchy = buildHierarchy(decodeColumns(json));
    const font = token("--font-ui");
    const labels = new Labels(hierarchy, (text, isStrong) => {
      pen.font = isStrong ? `600 12px ${font}` : `11px ${font}`;
      return pen.measureText(text).width;
    });
    const layout = new Layout(hierarchy, labels, (edge) => elements(hierarchy.columns.strings[hierarchy.columns.edgeShape[edge]]));
    shown = { hierarchy, layout, labels, links: new Links(hierarchy), names: new NameIndex(hierarchy) };
    root.dataset.state = "shown";
    note.replaceChildren();
    const open = app.view.get("open"), depth = app.view.get("depth"), chosen = app.view.get("node");
    layout.setAllOpen(open !== null ? unpackOpen(hierarchy, shown.names, open) : depth === "all" ? opened(hierarchy, "all") : depth === "2" ? opened(hierarchy, 2) : topLevel(hierarchy));
    selected = drawnAs(hierarchy, (chosen && shown.names.find(chosen)) || 0);
    if (hierarchy.hidden[selected]) selected = 0;
    if (selected) layout.reveal(selected);
    const asked = /** @type {ColourBy | null} */ (app.view.get("by"));
    colouring.value = asked ?? bestColouring(hierarchy);
    for (const option of colouring.options) option.disabled = COSTS.includes(/** @type {any} */ (option.value)) && !hierarchy[/** @type {"macs"} */ (option.value)][0];
    stage.resize();
    tree.show(hierarchy, layout);
    recolour();
    stage.readable();
    if (selected) stage.show(selected);
    openChanged(depth === "all" ? depth : 1);
    select(selected, { isQuiet: true });
  }

  function recolour() {
    if (!shown) return;
    const by = /** @type {ColourBy} */ (colouring.value);
    palette = new Palette(shown.hierarchy, by, token);
    tree.setCost(by);
    paintKey(need(root, ".graph-key", "graphs"), by, { rule: shown.hierarchy.columns.costs?.counted ?? "", kinds: by === "structure" ? kindsOf(shown.hierarchy) : new Set() });
    drawMap();
    stage.redraw();
  }
  function drawMap() {
    if (!shown || !palette) return;
    const { layout } = shown;
    minimap.draw(layout.root(), palette, ink, (item) => layout.isOpen(item));
  }

  /** After a block opened or closed: list, depth, map, URL. */
  function openChanged(/** @type {Depth} */ asked = 1) {
    if (!shown) return;
    const { hierarchy, layout } = shown;
    const depth = depthOf(hierarchy, layout.open, asked);
    for (const button of root.querySelectorAll("[data-depth]")) button.setAttribute("aria-pressed", String(button.getAttribute("data-depth") === String(depth)));
    app.view.set("depth", depth === 2 || depth === "all" ? depth : null);
    app.view.set("open", depth === "custom" ? packOpen(hierarchy, layout.open) : null);
    tree.refresh();
    drawMap();
  }

  function setOpen(/** @type {number} */ item, /** @type {boolean} */ isOpen) {
    if (!shown || !isBlock(shown.hierarchy, item)) return;
    const { layout, links } = shown;
    stage.change(item, () => layout.setOpen(item, isOpen));
    // what was chosen inside a block that closed is no longer to be seen
    select(!isOpen && selected && links.isInside(selected, item) ? item : selected, { isQuiet: true });
    openChanged();
  }

  function setDepth(/** @type {Depth} */ depth) {
    if (!shown || depth === "custom") return;
    shown.layout.setAllOpen(opened(shown.hierarchy, depth));
    if (selected && !shown.layout.isVisible(selected)) select(0);
    openChanged(depth);
    stage.readable();
  }

  /** @param {number} item 0: nothing @param {{isQuiet?: boolean}} [options] quiet: the drawing stays where it is */
  function select(item, { isQuiet = false } = {}) {
    if (!shown) return;
    const { hierarchy, layout, links } = shown;
    selected = item;
    app.view.set("node", item ? fullName(hierarchy, item) : null);
    details.show(hierarchy, links, item);
    tree.select(item, true);
    paintCrumbs(crumbs, hierarchy, item, (outer) => { select(outer); stage.frame(outer); });
    said.textContent = item ? spoken(hierarchy, item, layout.isOpen(item)) : "";
    if (item && !isQuiet) stage.show(item);
    stage.redraw();
  }

  /** Chooses an item wherever it is, and opens what is around it. @param {number} item */
  function jump(item) {
    if (!shown) return;
    const { layout } = shown;
    if (!layout.isVisible(item)) {
      layout.reveal(item);
      openChanged();
    }
    select(item);
    if (stage.view.scale < 0.5) stage.frame(item);
  }

  listenToPointer(canvas, {
    view: () => stage.view,
    look: (view) => stage.lookAt(view),
    hover: (px, py) => {
      const item = px === null ? 0 : hit(px, py).item;
      if (item === hovered) return;
      hovered = item;
      canvas.style.cursor = item && shown && (isBlock(shown.hierarchy, item) || nodeOf(shown.hierarchy, item) >= 0) ? "pointer" : "";
      stage.redraw();
    },
    click: (px, py) => {
      const { item, isHead, isOpen } = hit(px, py);
      clicked = item;
      if (shown && item && isBlock(shown.hierarchy, item) && (!isOpen || isHead)) {
        select(item, { isQuiet: true });
        setOpen(item, !isOpen);
      } else select(item, { isQuiet: true });
    },
    doubleClick: () => {
      if (!clicked) return stage.fit(true);
      setOpen(clicked, true); // the first click may have closed it
      stage.frame(clicked);
    },
  }, signal);
  function hit(/** @type {number} */ px, /** @type {number} */ py) {
    const { scale, x, y } = stage.view;
    return shown ? itemAt(shown.layout.root(), (px - x) / scale, (py - y) / scale) : { item: 0, isHead: false, isOpen: false };
  }
  const zoom = (/** @type {number} */ factor) => stage.lookAt(zoomAt(stage.view, factor, stage.screen.w / 2, stage.screen.h / 2), true);

  canvas.addEventListener("keydown", (event) => {
    if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const { hierarchy, layout } = shown;
    const arrow = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" }[event.key];
    if (arrow) select(selected ? neighbour(hierarchy, layout.root(), selected, /** @type {"up"} */ (arrow)) : hierarchy.children[0][0] ?? 0);
    else if (event.key === "Enter" || event.key === " ") { if (selected) setOpen(selected, !layout.isOpen(selected)); }
    else if (event.key === "Escape" && selected) select(hierarchy.parent[selected]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
  for (const type of ["focus", "blur"]) canvas.addEventListener(type, () => stage.redraw(), { signal });
  document.addEventListener("keydown", (event) => {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "f") stage.fit(true);
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else return;
    event.preventDefault();
  }, { signal });
  root.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-zoom], [data-depth]"));
    if (button?.dataset.zoom) button.dataset.zoom === "fit" ? stage.fit(true) : zoom(button.dataset.zoom === "in" ? 1.25 : 0.8);
    else if (button?.dataset.depth) setDepth(button.dataset.depth === "all" ? "all" : /** @type {Depth} */ (Number(button.dataset.depth)));
  }, { signal });
  colouring.addEventListener("change", () => {
    app.view.set("by", colouring.value);
    recolour();
  }, { signal });
  picker.select.addEventListener("change", () => {
    picker.choose(picker.entries[picker.select.selectedIndex]);
    for (const key of ["open", "node", "depth"]) app.view.set(key, null);
    load();
  }, { signal });

  /** Reads the graph that the picker stands on. */
  async function load() {
    reading?.abort();
    const own = (reading = new AbortController());
    if (!picker.current) return sayEmpty();
    const timer = setTimeout(() => { if (!shown) note.replaceChildren(readingGraph()); }, 400);
    try {
      show(await picker.columns(own.signal));
    } catch (error) {
      if (own.signal.aborted) return;
      shown = null;
      root.dataset.state = "failed";
      note.replaceChildren(failedGraph(error));
    } finally {
      clearTimeout(timer);
    }
  }
  function sayEmpty() {
    shown = null;
    root.dataset.state = "empty";
    note.replaceChildren(emptyGraph());
  }
  async function readList() {
    if (await picker.read() || (!shown && !picker.current)) await load();
  }

  let isDue = false;
  async function readSoon() {
    if (isDue) return;
    isDue = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
    isDue = false;
    if (!signal.aborted) readList().catch((error) => console.warn(error.message));
  }
  app.on("delta", (delta) => {
    const isOfGraphs = Object.values(delta.grew ?? {}).some((kinds) => kinds.graph) || [delta.rebuilt, delta.removed].some((names) => names?.length);
    if (isOfGraphs) readSoon();
  }, { signal });
  app.on("stale", readSoon, { signal });
  app.on("selection", () => { if (picker.follow()) load(); }, { signal });
  app.on("theme", () => {
    ink = readInk();
    recolour();
  }, { signal });
  new ResizeObserver(() => { if (stage.resize()) stage.redraw(); }).observe(canvas);
  signal.addEventListener("abort", () => {
    reading?.abort();
    stage.stop();
  });
  if (!document.documentElement.dataset.rail) document.documentElement.dataset.rail = "folded";
  await readList();
  return () => stopping.abort();
}
