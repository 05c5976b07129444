/** What kind of layer a block or node is, judged by its class, op and name. Pure. */
import { className, isBlock, nodeOf, title } from "./names.js";

/** @import {Hierarchy} from "./graph_types.js" */
/** @typedef {"norm" | "conv" | "linear" | "embed" | "act" | "other"} StructureKind */

const MANY = 5000;

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
