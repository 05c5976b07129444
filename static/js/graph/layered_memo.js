/** Layered layouts kept by their input: of a thousand equal blocks one is computed. */
import { layered } from "./layered.js";
import { wrapTall } from "./wrap.js";

/** @import {LayeredInput, LayeredResult} from "./graph_types.js" */

const LARGEST = 80; // vertices; the key of a larger graph would cost more than it saves
const MOST = 4000;

export class LayeredMemo {
  /** @type {Map<string, LayeredResult>} */
  #known = new Map();

  /** @param {{nodeGap: number, rankGap: number}} gaps */
  constructor(gaps) {
    this.gaps = gaps;
  }

  /** @param {LayeredInput} graph @returns {LayeredResult} a copy of its own, free to be changed */
  layOut(graph) {
    if (graph.count > LARGEST) return this.#compute(graph);
    const key = `${graph.widths.join()};${graph.heights.join()};${graph.from.join()};${graph.to.join()}`;
    let result = this.#known.get(key);
    if (!result) {
      if (this.#known.size >= MOST) this.#known.clear();
      result = this.#compute(graph);
      this.#known.set(key, result);
    }
    return { ...result, x: result.x.slice(), y: result.y.slice(), points: result.points.map((line) => line.slice()) };
  }

  /** @param {LayeredInput} graph */
  #compute(graph) {
    return wrapTall(graph, layered(graph, this.gaps));
  }
}
