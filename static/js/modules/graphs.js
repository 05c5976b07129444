/** The graphs page: reads a graph, or two to compare, and keeps drawing, list, details and address of one mind. */
import { need } from "../dom.js";
import { token } from "../theme.js";
import { ColourMenu } from "../graph/colour_menu.js";
import { decodeColumns } from "../graph/columns.js";
import { Details } from "../graph/details.js";
import { GraphDiff } from "../graph/diff.js";
import { blocksIn, depthOf, opened, packOpen, topLevel, unpackOpen } from "../graph/expansion.js";
import { extrasOf } from "../graph/extras.js";
import { emptyGraph, failedGraph, paintCrumbs, readingGraph } from "../graph/graph_notes.js";
import { listenToBoard, listenToControls, paintControls, startTools } from "../graph/graph_controls.js";
import { GraphPicker } from "../graph/graph_picker.js";
import { GraphTree } from "../graph/graph_tree.js";
import { GraphView } from "../graph/graph_view.js";
import { readInk } from "../graph/ink.js";
import { paintKey } from "../graph/key.js";
import { spoken } from "../graph/labels.js";
import { LoggedFeed } from "../graph/logged_feed.js";
import { LoggedOverlay } from "../graph/logged_overlay.js";
import { GraphModel } from "../graph/model.js";
import { fullName, isBlock } from "../graph/names.js";
import { packLook, unpackLook } from "../graph/camera.js";
import { SideView } from "../graph/side_view.js";
import { TimeStrip } from "../graph/time_strip.js";
import { packTrace, unpackTrace } from "../graph/trace.js";

/** @import {App} from "../app.js" */
/** @import {GraphColumns} from "../graph/graph_types.js" */
/** @import {Depth} from "../graph/expansion.js" */
/** @import {TraceQuestion} from "../graph/trace.js" */

const LOOK_MS = 300; // of rest, then the place is written into the address
const KEPT = ["open", "node", "depth", "look", "trace", "profile"]; // of one graph only

/** @param {HTMLElement} root @param {App} app @returns {Promise<() => void>} */
export async function start(root, app) {
  const stopping = new AbortController();
  const page = new GraphPage(root, app, stopping.signal);
  if (!document.documentElement.dataset.rail) document.documentElement.dataset.rail = "folded";
  await page.readList();
  return () => stopping.abort();
}

export class GraphPage {
  /** @type {AbortController | null} */
  #reading = null;
  /** What the details are still asking for. */
  #asking = new AbortController();
  /** @type {GraphDiff | null} */
  diff = null;
  /** @type {TraceQuestion | null} */
  tracing = null;
  /** The details tell of something that only the older graph has. */
  isGone = false;
  #lookTimer = 0;

  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    const find = (/** @type {string} */ selector) => need(root, selector, "graphs");
    this.root = root;
    this.app = app;
    this.signal = signal;
    this.pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
    this.said = find("[data-slot=said]");
    this.note = find("[data-slot=note]");
    this.crumbs = find(".graph-crumbs");
    this.key = find(".graph-key");
    this.canvas = find(".graph-canvas[data-side=after]");
    this.view = new GraphView(this.canvas, {
      select: (item, quietly) => this.select(item, quietly),
      open: (item, isOpen) => this.setOpen(item, isOpen),
      look: () => {},
      hover: (item) => this.tree.mark(item),
      moved: (view, before) => {
        this.side.moved(view, before);
        this.#keepLook();
      },
    }, signal);
    this.side = new SideView(find(".graph-canvas[data-side=before]"), this.view, { select: (item) => this.select(item, { isQuiet: true }), selectGone: (item) => this.#showDetails(item, true), open: (item, isOpen) => this.setOpen(item, isOpen) }, signal);
    this.tree = new GraphTree(find(".cost-table"), { select: (item) => this.select(item), setOpen: (item, isOpen) => this.setOpen(item, isOpen), frame: (item) => this.view.stage.frame(item), hover: (item) => { this.view.hovered = item; this.view.stage.redraw(); } }, signal);
    this.strip = new TimeStrip(find(".time-strip"), { jump: (item) => this.jump(item) }, signal);
    this.picker = new GraphPicker(app, { shown: /** @type {HTMLSelectElement} */ (find("[data-choice=graph]")), other: /** @type {HTMLSelectElement} */ (find("[data-choice=with]")), profile: /** @type {HTMLSelectElement} */ (find("[data-choice=profile]")) }, signal);
    this.colours = new ColourMenu(/** @type {HTMLSelectElement} */ (find("[data-choice=by]")));
    this.feed = new LoggedFeed(app);
    this.logged = new LoggedOverlay(app, this.feed, { key: this.key, hierarchy: () => this.view.model?.hierarchy ?? null, changed: () => this.#paint() }, signal);
    this.details = new Details(find(".details"), { jump: (item) => this.jump(item), extras: (item) => extrasOf(this, item, this.#asking.signal), attributes: (name, ask) => this.picker.node(name, ask) });
    this.search = startTools(this, find, signal);
    listenToControls(this, signal);
    listenToBoard(this, app, signal);
  }

  /** @param {GraphColumns} columns @param {GraphColumns | null} before to compare with */
  show(columns, before) {
    const { app, view, side } = this, address = app.view;
    const isBeside = !!before && address.get("sides") === "side";
    this.diff = before && new GraphDiff(before, columns);
    const model = new GraphModel(this.diff && !isBeside ? this.diff.merged.columns : columns, this.pen), { hierarchy, layout, names } = model;
    this.root.dataset.state = "shown";
    this.root.dataset.sides = before ? (isBeside ? "side" : "merged") : "";
    this.note.replaceChildren();
    layout.turn(address.get("dir") === "across");
    const open = address.get("open"), depth = address.get("depth"), chosen = address.get("node");
    const asked = depth === "all" ? "all" : Number(depth) > 1 ? Number(depth) : 1;
    layout.setAllOpen(open !== null ? unpackOpen(hierarchy, names, open) : asked === 1 ? topLevel(hierarchy) : opened(hierarchy, asked));
    view.show(model, (chosen && names.find(chosen)) || 0);
    side.diff = isBeside ? this.diff : null;
    side.view.show(isBeside && before ? new GraphModel(before, this.pen) : null);
    side.view.model?.layout.turn(layout.isAcross);
    this.tracing = view.selected ? unpackTrace(address.get("trace")) : null;
    this.colours.fill(hierarchy, { series: this.feed.series, isDiff: !!before, asked: address.get("by") });
    this.tree.show(hierarchy, layout);
    this.recolour();
    for (const one of [view, side.view]) one.stage.resize(); // the strip may have come
    const look = unpackLook(address.get("look"), view.stage.screen);
    if (look) view.stage.lookAt(look);
    else this.#lookAround(asked);
    if (view.selected && !look) view.stage.show(view.selected);
    side.copyOpen();
    this.#openChanged(asked);
    this.select(view.selected, { isQuiet: true });
    this.#readLogged();
  }

  /** What was logged under the modules' names comes later: it may colour the graph, and is told of in the details. */
  async #readLogged() {
    const { picker, view, feed } = this, { model } = view;
    if (!picker.current || !model) return;
    await feed.read(picker.current.run, () => model.modules).catch((error) => console.warn(error.message));
    if (view.model !== model) return;
    this.colours.fill(model.hierarchy, { series: feed.series, isDiff: !!this.diff, asked: this.app.view.get("by") });
    if (this.colours.series !== null) this.recolour();
    if (view.selected) this.#showDetails(view.selected);
  }

  recolour() {
    const { view, colours } = this, h = view.model?.hierarchy;
    if (!h) return;
    this.tree.setCost(colours.by);
    this.#paint();
    if (view.palette) paintKey(this.key, view.palette, { rule: h.columns.costs?.counted ?? "", measured: h.columns.costs?.measured ?? "" });
    this.logged.choose(colours.series).catch((error) => console.warn(error.message));
  }

  #paint() {
    const { view, side, colours } = this, diff = this.diff;
    for (const [one, which] of /** @type {const} */ ([[view, side.diff ? "after" : "merged"], [side.view, "before"]])) {
      const h = one.model?.hierarchy;
      if (h) one.paint(colours.palette(h, token, { diff: () => diff && diff.overlay(which, h, token), logged: () => (one === view ? this.logged.overlay(token) : null) }));
    }
    if (view.model && view.palette) this.strip.show(view.model.hierarchy, view.palette);
  }

  /** After a block opened or closed: list, depth, map, address. */
  #openChanged(/** @type {Depth} */ asked = 1) {
    const { model } = this.view, address = this.app.view;
    if (!model) return;
    const depth = depthOf(model.hierarchy, model.layout.open, asked);
    paintControls(this.root, { depth, isAcross: model.layout.isAcross });
    address.set("depth", depth === 1 || depth === "custom" ? null : depth);
    address.set("open", depth === "custom" ? packOpen(model.hierarchy, model.layout.open) : null);
    this.tree.refresh();
    this.view.drawMap();
  }

  /** @param {number} item @param {boolean} isOpen @param {number[]} [also] blocks inside that open with it */
  setOpen(item, isOpen, also = []) {
    const { view } = this, { model, selected } = view;
    if (!model || !isBlock(model.hierarchy, item)) return;
    view.setOpen(item, isOpen, also);
    this.side.setOpen(item, isOpen);
    // what was chosen inside a block that closed is no longer to be seen
    if (!isOpen && selected && selected !== item && model.links.isInside(selected, item)) this.select(item, { isQuiet: true });
    this.#openChanged();
  }

  /** Opens a block and everything in it. @param {number} item */
  openInside(item) {
    const h = this.view.model?.hierarchy;
    if (h) this.setOpen(item, true, blocksIn(h, item));
  }

  /** @param {Depth} depth */
  setDepth(depth) {
    const { view } = this, { model } = view;
    if (!model || depth === "custom") return;
    this.app.view.set("look", null);
    view.stage.changeAll(() => model.layout.setAllOpen(opened(model.hierarchy, depth)), () => this.#lookAround(depth));
    if (view.selected && !model.layout.isVisible(view.selected)) this.select(0);
    this.#openChanged(depth);
    this.side.copyOpen();
  }

  /** Everything opened is a map, looked at as a whole; else the start, at a size that can be read. */
  #lookAround(/** @type {Depth} */ depth) {
    if (depth === "all") this.view.stage.overview();
    else this.view.stage.readable();
  }

  /** @param {boolean} isAcross edges from left to right */
  turn(isAcross) {
    const { view, side } = this;
    for (const one of [view, side.view]) one.model?.layout.turn(isAcross);
    this.app.view.set("dir", isAcross ? "across" : null);
    this.app.view.set("look", null);
    this.#openChanged();
    if (view.selected) view.stage.frame(view.selected);
    else view.stage.readable();
    side.copyOpen();
  }

  /** @param {number} item 0: nothing @param {{isQuiet?: boolean}} [quietly] quiet: the drawing stays where it is */
  select(item, quietly = {}) {
    const { view, app } = this, { model } = view;
    if (!model) return;
    const { hierarchy, layout } = model;
    view.select(item, quietly);
    app.view.set("node", item ? fullName(hierarchy, item) : null);
    this.tree.select(item, true);
    this.strip.select(item);
    paintCrumbs(this.crumbs, hierarchy, item, (outer) => { this.select(outer); view.stage.frame(outer); });
    this.said.textContent = item ? spoken(hierarchy, item, layout.isOpen(item)) : "";
    if (this.side.diff && this.side.view.selected !== this.side.partnerOf(item)) this.side.select(item);
    this.follow(item ? this.tracing : null);
  }

  /** Traces what is chosen. @param {TraceQuestion | null} question */
  follow(question) {
    this.tracing = question;
    this.app.view.set("trace", packTrace(question));
    this.view.follow(question);
    this.#showDetails(this.view.selected);
  }

  #showDetails(/** @type {number} */ item, isGone = false) {
    const { model } = (isGone ? this.side : this).view;
    this.isGone = isGone;
    this.#asking.abort();
    this.#asking = new AbortController();
    if (model) this.details.show(model.hierarchy, () => model.links, item);
  }

  /** Chooses an item wherever it is, and opens what is around it. @param {number} item */
  jump(item) {
    if (this.view.jump(item)) this.#openChanged();
    this.select(item);
  }

  /** Reads the graph that the picker stands on, and the one that it is compared with. */
  async load() {
    this.#reading?.abort();
    const { signal } = (this.#reading = new AbortController()), { picker } = this, { current, other } = picker;
    if (!current) return this.#sayNothing("empty", emptyGraph());
    const timer = setTimeout(() => { if (!this.view.model) this.note.replaceChildren(readingGraph()); }, 400);
    try {
      const [json, before] = await Promise.all([picker.columns(current, signal), other && picker.columns(other, signal)]);
      this.show(decodeColumns(json), before && decodeColumns(before));
      picker.offerProfiles(json);
      for (const [slot, entry] of /** @type {const} */ ([["after", current], ["before", other]])) need(this.root, `[data-slot=${slot}]`, "graphs").textContent = entry ? picker.nameOf(entry, true) : "";
    } catch (error) {
      if (!signal.aborted) this.#sayNothing("failed", failedGraph(error));
    } finally {
      clearTimeout(timer);
    }
  }

  #sayNothing(/** @type {"empty" | "failed"} */ state, /** @type {Node} */ words) {
    this.view.show(null);
    this.root.dataset.state = state;
    this.note.replaceChildren(words);
  }

  async readList() {
    if (await this.picker.read() || (!this.view.model && !this.picker.current)) await this.load();
  }

  /** More values were logged: under new names only once the page is read anew. */
  loggedMore() {
    this.logged.readSoon(true);
    if (!this.feed.series.length) this.#readLogged();
  }

  retheme() {
    this.view.ink = this.side.view.ink = readInk();
    this.recolour();
  }

  fit() {
    this.app.view.set("look", null);
    this.view.stage.fit(true);
    if (this.side.diff) this.side.view.stage.fit(true);
  }

  /** What was open and chosen in one graph says nothing in another. */
  forget() { for (const key of KEPT) this.app.view.set(key, null); }

  #keepLook() {
    clearTimeout(this.#lookTimer);
    this.#lookTimer = window.setTimeout(() => this.app.view.set("look", packLook(this.view.stage.view, this.view.stage.screen)), LOOK_MS);
  }
}
