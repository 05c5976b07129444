/** A graph as the page works with it: hierarchy, layout, labels and the indexes that are made when they are first asked for. */
import { token } from "../theme.js";
import { elements } from "./columns.js";
import { buildHierarchy } from "./hierarchy.js";
import { Labels } from "./labels.js";
import { Layout } from "./layout.js";
import { Links } from "./links.js";
import { moduleNames } from "./logged.js";
import { NameIndex } from "./names.js";

/** @import {GraphColumns} from "./graph_types.js" */

const WIDEST = 3.2; // px of an edge

export class GraphModel {
  /** @type {Links | null} */
  #links = null;
  /** @type {Map<string, number> | null} */
  #modules = null;

  /** @param {GraphColumns} columns @param {CanvasRenderingContext2D} pen measures text */
  constructor(columns, pen) {
    const font = token("--font-ui");
    this.hierarchy = buildHierarchy(columns);
    /** Widths of texts, strong and plain: a graph of many nodes has few different names. */
    const widths = [new Map(), new Map()];
    this.labels = new Labels(this.hierarchy, (text, isStrong) => {
      const known = widths[isStrong ? 0 : 1];
      let width = known.get(text);
      if (width === undefined) {
        pen.font = isStrong ? `600 12px ${font}` : `11px ${font}`;
        known.set(text, (width = pen.measureText(text).width));
      }
      return width;
    });
    this.layout = new Layout(this.hierarchy, this.labels, (edge) => elements(columns.strings[columns.edgeShape[edge]]));
    this.names = new NameIndex(this.hierarchy);
  }

  get links() { return (this.#links ??= new Links(this.hierarchy)); }

  /** Blocks by the names under which a training script logs them. */
  get modules() { return (this.#modules ??= moduleNames(this.hierarchy)); }

  /** @param {number} edge of the file, -1 for none @returns {number} px */
  edgeWidth(edge) {
    const { strings, edgeShape } = this.hierarchy.columns;
    const size = edge < 0 ? 0 : elements(strings[edgeShape[edge]]);
    return size ? Math.max(1, Math.min(WIDEST, Math.log10(size) - 4.4)) : 1;
  }

  /** @param {number} edge */
  edgeText(edge) {
    const { strings, edgeShape } = this.hierarchy.columns;
    return edge < 0 ? "" : strings[edgeShape[edge]];
  }
}
