/** What is known of the chosen block or node, and of the graph where nothing is chosen. */
import { el } from "../dom.js";
import { counted, short, step } from "../format.js";
import { CONSTANT, DEAD_END } from "./folding.js";
import { deviceName } from "./categories.js";
import { bytesText, costText } from "./costs.js";
import { outputText } from "./labels.js";
import { className, fullName, isBlock, nodeOf, title } from "./names.js";

/** @import {BlockJson, Cost, Hierarchy} from "./graph_types.js" */
/** @import {Link, Links} from "./links.js" */
/** @typedef {{key: string, value: string, cut: number}} Attribute */

const MOST_LINKS = 6;

export class Details {
  /**
   * @param {HTMLElement} root
   * @param {{jump: (item: number) => void, extras: (item: number) => (Node | null)[], attributes: ((name: string, signal: AbortSignal) => Promise<{device: string, attributes: Attribute[]}>)}} actions
   *   extras: what else the page knows, under the heading
   */
  constructor(root, actions) {
    this.root = root;
    this.actions = actions;
    /** @type {AbortController | null} */
    this.asking = null;
  }

  /** @param {Hierarchy} h @param {() => Links} links @param {number} item 0: the graph as a whole */
  show(h, links, item) {
    this.asking?.abort();
    const [heading, ...facts] = item ? this.#item(h, links(), item) : overview(h);
    this.root.replaceChildren(heading, .../** @type {Node[]} */ (this.actions.extras(item).filter(Boolean)), ...facts);
    this.root.scrollTop = 0;
  }

  /** @returns {Node[]} */
  #item(/** @type {Hierarchy} */ h, /** @type {Links} */ links, /** @type {number} */ item) {
    const node = nodeOf(h, item), { columns } = h;
    const name = fullName(h, node >= 0 ? h.groupCount + node : item);
    /** @type {[string, (Node | string)[]][]} */
    const rows = [];
    const add = (/** @type {string} */ key, /** @type {(Node | string | null)[]} */ ...values) => {
      const kept = /** @type {(Node | string)[]} */ (values.filter((value) => value !== null && value !== ""));
      if (kept.length) rows.push([key, kept]);
    };
    const op = node >= 0 ? columns.strings[columns.nodeOp[node]] : "";
    if (op !== title(h, item) && op !== className(h, item)) add("op", op);
    if (h.repeat[item]) add("stack of", `${h.repeat[item]} equal blocks, ${step(h.nodes[item])} nodes`);
    else if (isBlock(h, item)) add("inside", `${step(h.nodes[item])} nodes`);
    add("inputs", ...this.#links(h, links.inputs(item), true));
    if (node >= 0) add("output", [outputText(columns, node), h.bytes[item] && bytesText(h.bytes[item])].filter(Boolean).join(", "));
    add("goes to", ...this.#links(h, links.outputs(item), false));
    add("takes", constants(h, links, item));
    const block = item < h.groupCount ? columns.costs?.blocks.get(item) : undefined;
    if (h.params[item] || block) add("parameters", paramsText(h, item, block));
    if (h.macs[item]) add("multiply-adds", `${step(h.macs[item])}${shareOf(h, "macs", item)}`);
    if (node < 0 && block?.output_bytes) add("output", bytesText(block.output_bytes));
    if (node < 0 && h.bytes[item]) add("output bytes", `${bytesText(h.bytes[item])} in all nodes inside`);
    if (block && block.calls > 1) add("calls", String(block.calls));
    for (const [key, cost] of MEASURED) if (h[cost][item]) add(key, `${costText(cost, h[cost][item])}${shareOf(h, cost, item)}`);
    if (node >= 0) add("device", deviceName(columns.strings[columns.nodeDevice[node]]));
    if (node >= 0) add("source", columns.strings[columns.nodeSource[node]]);

    /** @type {Node[]} */
    const parts = [heading(title(h, item), className(h, item)), el("p", { class: "count" }, name), list(rows)];
    if (node >= 0) parts.push(this.#attributes(name));
    return parts;
  }

  /** Names at the other ends, as buttons that lead there. @returns {Node[]} */
  #links(/** @type {Hierarchy} */ h, /** @type {Link[]} */ links, /** @type {boolean} */ isInput) {
    /** @type {Node[]} */
    const lines = links.slice(0, MOST_LINKS).map(({ item, edge }) => el("div", { class: "details-link" },
      el("button", { type: "button", onclick: () => this.actions.jump(item), title: fullName(h, item) }, title(h, item)),
      el("span", {}, h.columns.edgeIsControl[edge] ? "only waits for it" : h.columns.strings[h.columns.edgeShape[edge]])));
    if (links.length > MOST_LINKS) lines.push(el("div", { class: "count" }, `and ${links.length - MOST_LINKS} more ${isInput ? "sources" : "takers"}`));
    return lines;
  }

  /** Attributes as the file has them, fetched when they are opened. */
  #attributes(/** @type {string} */ name) {
    const body = el("dl", {});
    const box = el("details", { class: "details-more" }, el("summary", {}, "Attributes in the file"), body);
    box.addEventListener("toggle", async () => {
      if (!box.open || body.childElementCount) return;
      this.asking = new AbortController();
      try {
        const { device, attributes } = await this.actions.attributes(name, this.asking.signal);
        const rows = attributes.map(({ key, value, cut }) => /** @type {[string, string[]]} */ ([key, [value + (cut ? ` … (${step(cut)} more)` : "")]]));
        if (device) rows.unshift(["device", [device]]);
        body.replaceChildren(...(rows.length ? entries(rows) : [el("dd", {}, "none")]));
      } catch (error) {
        if (!(error instanceof DOMException && error.name === "AbortError")) body.replaceChildren(el("dd", { class: "details-failed" }, error instanceof Error ? error.message : String(error)));
      }
    });
    return box;
  }
}

/** @returns {Node[]} */
function overview(/** @type {Hierarchy} */ h) {
  const { columns } = h, { costs } = columns;
  let constant = 0, deadEnd = 0, blocks = 0;
  for (let item = 1; item < h.itemCount; item++) {
    if (h.hidden[item] === CONSTANT) constant++;
    else if (h.hidden[item] === DEAD_END) deadEnd++;
    else if (!h.hidden[item] && item < h.groupCount) blocks++;
  }
  /** @type {[string, (Node | string)[]][]} */
  const rows = [["nodes", [`${step(columns.nodeCount)}, ${step(h.nodes[0])} of them drawn`]], ["blocks", [step(blocks)]], ["edges", [step(columns.edgeFrom.length)]]];
  if (constant) rows.push(["folded", [`${counted(constant, "constant")}, parameters among them: see the nodes that take them`]]);
  if (deadEnd) rows.push(["left out", [`${counted(deadEnd, "update")} in place that nothing reads`]]);
  if (columns.missingInputs) rows.push(["not in the file", [`${counted(columns.missingInputs, "input")} from nodes that the graph does not have`]]);
  if (h.params[0]) rows.push(["parameters", [step(h.params[0])]]);
  if (h.macs[0]) rows.push(["multiply-adds", [step(h.macs[0])]]);
  for (const [key, cost] of MEASURED) if (h[cost][0]) rows.push([key, [costText(cost, h[cost][0])]]);
  if (costs?.measured) rows.push(["measured", [costs.measured]]);
  if (costs?.input) rows.push(["for the input", [costs.input]]);
  if (costs?.notes.length) rows.push(["notes", costs.notes.map((text) => el("p", {}, text))]);
  if (!costs) rows.push(["costs", ["none: this graph's writer recorded neither parameters nor multiply-adds"]]);
  /** @type {Node[]} */
  const parts = [heading("The whole graph", ""), list(rows)];
  if (costs) {
    /** @type {[string, string[]][]} */
    const rules = [["counted", [costs.counted]]];
    if (costs.notCounted.length) rules.push(["not counted", [costs.notCounted.join(", ")]]);
    parts.push(el("details", { class: "details-more" }, el("summary", {}, "How this was counted"), list(rules)));
  }
  return parts;
}

const heading = (/** @type {string} */ name, /** @type {string} */ kind) => el("h2", {}, name, kind ? " " : "", kind ? el("span", {}, kind) : null);
const list = (/** @type {[string, (Node | string)[]][]} */ rows) => el("dl", {}, ...entries(rows));
const entries = (/** @type {[string, (Node | string)[]][]} */ rows) => rows.flatMap(([key, values]) => [el("dt", {}, key), el("dd", {}, ...values)]);

/** "weight 64×3×7×7, bias 64" */
function constants(/** @type {Hierarchy} */ h, /** @type {Links} */ links, /** @type {number} */ item) {
  const { columns } = h, found = links.constants(item);
  const text = found.slice(0, MOST_LINKS).map((v) => `${columns.strings[columns.nodeName[v]]} ${columns.strings[columns.nodeShape[v]]}`.trim()).join(", ");
  return found.length > MOST_LINKS ? `${text} and ${found.length - MOST_LINKS} more constants` : text;
}

function paramsText(/** @type {Hierarchy} */ h, /** @type {number} */ item, /** @type {BlockJson | undefined} */ block) {
  const parts = [h.params[item] ? step(h.params[item]) + shareOf(h, "params", item) : "none"];
  if (block?.params && block.params !== h.params[item]) parts.push(`${short(block.params)} of its own`);
  if (block?.trainable !== undefined && block.params && block.trainable !== block.params) parts.push(block.trainable ? `${short(block.trainable)} trainable` : "frozen");
  if (block?.buffers) parts.push(`${short(block.buffers)} in buffers`);
  if (block?.tied.length) parts.push(`tied, counted elsewhere: ${block.tied.join(", ")}`);
  return parts.join("; ");
}

/** @type {[string, Cost][]} */
const MEASURED = [["kept for backward", "saved"], ["memory", "memory"], ["forward", "forward"], ["backward", "backward"]];

function shareOf(/** @type {Hierarchy} */ h, /** @type {Cost} */ cost, /** @type {number} */ item) {
  const whole = h[cost][0];
  return whole && h[cost][item] < whole ? `, ${((100 * h[cost][item]) / whole).toPrecision(2)}\u202f% of the graph` : "";
}

