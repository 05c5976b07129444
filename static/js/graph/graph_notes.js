/** What the page says in the drawing's place, and where in the graph one is. */
import { el } from "../dom.js";
import { title } from "./names.js";

/** @import {Hierarchy} from "./graph_types.js" */

/** No graph yet: the one line that changes it. */
export function emptyGraph() {
  return el("div", { class: "graph-empty" },
    el("h2", {}, "No graph has been logged yet"),
    el("p", {}, "Call this once in the training script, with a batch as the model takes it; the graph appears here without a reload."),
    el("pre", {}, "writer.add_graph(model, inputs)"),
    el("p", {}, "Graphs of TensorFlow, Keras, PyTorch and tensorboardX writers are shown as well, and a .pbtxt, .onnx or .pt2 file that is dropped here."));
}

/** @param {unknown} error @param {() => void} [close] where there is a graph behind the note */
export function failedGraph(error, close) {
  return el("p", { class: "notice", "data-kind": "failed" }, `This graph could not be shown: ${error instanceof Error ? error.message : error}`, close ? el("button", { type: "button", onclick: close }, "Close") : null);
}

/** @param {string} [name] of a file */
export const readingGraph = (name) => el("p", { class: "graph-note" }, name ? `Reading ${name} …` : "Reading the graph …");

/**
 * The way from the outermost block to the chosen item; each step leads there.
 *
 * @param {HTMLElement} root
 * @param {Hierarchy} h
 * @param {number} selected 0 for none
 * @param {(item: number) => void} go
 */
export function paintCrumbs(root, h, selected, go) {
  const path = [];
  for (let item = selected; item > 0; item = h.parent[item]) path.unshift(item);
  root.hidden = !path.length;
  root.replaceChildren(...path.flatMap((item, i) => [i ? "›" : "", el("button", { type: "button", "aria-current": item === selected ? "true" : null, onclick: () => go(item) }, title(h, item))]));
}
