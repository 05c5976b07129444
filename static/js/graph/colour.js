/** What colour means on the graph: nothing, the kind of a block, or its share of a cost. */
import { className, isBlock, nodeOf, title } from "./names.js";

/** @import {ColourBy, Cost, Hierarchy, Paint} from "./graph_types.js" */
/** @typedef {"norm" | "conv" | "linear" | "embed" | "act" | "other"} StructureKind */

export const COSTS = /** @type {const} */ (["macs", "params", "bytes"]);
/** @type {Record<Cost, string>} */
export const COST_NAMES = { macs: "multiply-adds", params: "parameters", bytes: "output bytes" };

/** @type {[StructureKind, string, RegExp][]} */
const KINDS = [
  ["norm", "normalisation", /norm|batch_?n|^bn\d*$/i],
  ["conv", "convolution", /conv(?!1d$|ert)|pool/i],
  ["embed", "embedding, position", /embed|^w[tp]e$|one_?hot|gather|rotary/i],
  ["linear", "linear, attention", /linear|dense|matmul|^mm$|bmm|addmm|einsum|attention|attn|sdpa|conv1d$|lstm|gru|rnn|mlp/i],
  ["act", "activation, dropout", /relu|gelu|silu|swish|sigmoid|tanh|softmax|softplus|elu|act|dropout|hardswish|mish/i],
];
/** @type {{kind: StructureKind, name: string}[]} */
export const KIND_NAMES = [...KINDS.map(([kind, name]) => ({ kind, name })), { kind: "other", name: "other" }];

/** Kind of an item, judged by class, else by op and name. @param {Hierarchy} h @param {number} item @returns {StructureKind} */
export function structureKind(h, item) {
  const node = nodeOf(h, item);
  const op = node >= 0 ? h.columns.strings[h.columns.nodeOp[node]] : "";
  for (const text of [className(h, item), op, isBlock(h, item) ? "" : title(h, item)]) {
    if (!text) continue;
    for (const [kind, , pattern] of KINDS) if (pattern.test(text.replace(/ ×\d+$/, ""))) return kind;
  }
  return "other";
}

/** Kinds that occur in a graph; of a large one, in its outer levels. @param {Hierarchy} h @returns {Set<StructureKind>} */
export function kindsOf(h) {
  const kinds = new Set();
  for (let item = 1; item < h.itemCount && kinds.size <= KINDS.length; item++) if (!h.hidden[item] && (h.nodeCount < MANY || h.depth[item] < 6)) kinds.add(structureKind(h, item));
  return kinds;
}

const MANY = 5000;
const STEPS = 8;
const STEPS_PER_DECADE = 2.6;

/** Share of the whole -> 0..7 on a scale of 0.1, 1, 10, 100 %. @param {number} share */
export function shareStep(share) {
  return Math.max(0, Math.min(STEPS - 1, Math.round(STEPS - 1 + Math.log10(share) * STEPS_PER_DECADE)));
}

/** The most telling colouring that this graph has figures for. @param {Hierarchy} h @returns {ColourBy} */
export function bestColouring(h) {
  return COSTS.slice(0, 2).find((cost) => h[cost][0] > 0) ?? "structure";
}

/** Paints items with the tokens of the theme; each answer is kept until theme or question changes. */
export class Palette {
  /** @type {Map<number, Paint>} */
  #paints = new Map();

  /** @param {Hierarchy} hierarchy @param {ColourBy} by @param {(token: string) => string} token */
  constructor(hierarchy, by, token) {
    this.hierarchy = hierarchy;
    this.by = by;
    this.token = token;
    /** @type {Paint} */
    this.plain = { fill: token("--graph-box"), ink: token("--color-ink"), inkSoft: token("--color-ink-2") };
    /** @type {Paint[]} */
    this.steps = Array.from({ length: STEPS }, (_, step) => {
      const isStrong = step >= Number(token("--seq-ink-from") || 5);
      const ink = token(isStrong ? "--color-ground" : "--color-ink");
      return { fill: token(`--seq-${step}`), ink, inkSoft: isStrong || step >= 3 ? ink : this.plain.inkSoft };
    });
  }

  /** @param {number} item @returns {Paint} */
  of(item) {
    let paint = this.#paints.get(item);
    if (!paint) this.#paints.set(item, (paint = this.#choose(item)));
    return paint;
  }

  /** @param {number} item @returns {Paint} */
  #choose(item) {
    const { hierarchy: h, by } = this;
    if (by === "none") return this.plain;
    if (by === "structure") return { ...this.plain, fill: this.token(`--kind-${structureKind(h, item)}`) };
    const value = h[by][item], whole = h[by][0];
    return value && whole ? this.steps[shareStep(value / whole)] : this.plain;
  }
}
