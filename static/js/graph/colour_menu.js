/** The choice of what colours mean: only what this graph has anything of can be chosen. */
import { el } from "../dom.js";
import { bestColouring, Palette } from "./colour.js";
import { COSTS, COST_NAMES, isCost, knownCosts } from "./costs.js";

/** @import {ColourBy, Hierarchy} from "./graph_types.js" */
/** @import {LoggedSeries} from "./logged.js" */
/** @import {Overlay} from "./colour.js" */

const MOST_SERIES = 40;
/** @type {[ColourBy, string][]} */
const STRUCTURES = [["structure", "structure"], ["class", "class"], ["device", "device"], ["dtype", "data type"], ["none", "none"]];

export class ColourMenu {
  /** @param {HTMLSelectElement} select */
  constructor(select) {
    this.select = select;
  }

  get by() { return /** @type {ColourBy} */ (this.select.value); }

  /** The logged series that colours the graph, if one does. @returns {string | null} */
  get series() { return this.by.startsWith("log:") ? this.by.slice(4) : null; }

  /**
   * @param {Hierarchy} h
   * @param {{series: LoggedSeries[], isDiff: boolean, asked: string | null}} more asked: by the address
   */
  fill(h, { series, isDiff, asked }) {
    const known = new Set(knownCosts(h)), { nodeDevice, strings } = h.columns;
    const hasDevice = nodeDevice.some((device) => strings[device] !== "");
    const option = (/** @type {string} */ value, /** @type {string} */ text, isOff = false) => el("option", { value, disabled: isOff }, text);
    this.select.replaceChildren(
      ...(isDiff ? [option("diff", "differences")] : []),
      el("optgroup", { label: "Costs, as a share of the whole" }, ...COSTS.map((cost) => option(cost, COST_NAMES[cost], !known.has(cost)))),
      el("optgroup", { label: "What it is" }, ...STRUCTURES.map(([by, name]) => option(by, name, by === "device" && !hasDevice))),
      ...(series.length ? [el("optgroup", { label: "Logged values" }, ...series.slice(0, MOST_SERIES).map(({ name, tags }) => option(`log:${name}`, `${name} (${new Set(tags.map(({ item }) => item)).size} blocks)`)))] : []));
    const allowed = [...this.select.options].some((one) => one.value === asked && !one.disabled);
    this.select.value = allowed && asked !== null ? asked : isDiff ? "diff" : bestColouring(h);
  }

  /** @param {Hierarchy} h @param {(token: string) => string} token @param {{diff: () => Overlay | null, logged: () => Overlay | null}} overlays @returns {Palette} */
  palette(h, token, { diff, logged }) {
    const { by } = this;
    return new Palette(h, by, token, by === "diff" ? diff() : by.startsWith("log:") ? logged() : null);
  }

  /** Does the colour say a cost that this graph has? @param {Hierarchy} h */
  isCost(h) {
    const { by } = this;
    return isCost(by) && knownCosts(h).includes(by);
  }
}
