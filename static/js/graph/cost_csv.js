/** The costs of every block and node as CSV, for a spreadsheet. Pure. */
import { COSTS } from "./costs.js";
import { className, fullName, isBlock, isStack, nodeOf } from "./names.js";
import { deviceName } from "./categories.js";

/** @import {Hierarchy} from "./graph_types.js" */

const HEAD = ["name", "class", "op", "depth", "nodes", "parameters", "trainable", "buffers", "multiply_adds", "output_bytes", "saved_bytes", "memory_bytes", "forward_s", "backward_s", "dtype", "shape", "device", "source"];

/** @param {Hierarchy} h @param {{blocksOnly?: boolean}} [options] @returns {string} RFC 4180, stacks left out: their blocks are there */
export function costCsv(h, { blocksOnly = false } = {}) {
  const { columns } = h, { strings } = columns;
  const lines = [HEAD.join(",")];
  const stack = [...h.children[0]].reverse();
  while (stack.length) {
    const item = /** @type {number} */ (stack.pop()), node = nodeOf(h, item);
    if (node < 0) stack.push(...[...h.children[item]].reverse());
    if (isStack(h, item) || (blocksOnly && !isBlock(h, item) && item >= h.groupCount)) continue;
    const block = item < h.groupCount ? columns.costs?.blocks.get(item) : undefined;
    const [macs, params, bytes, saved, memory, forward, backward] = COSTS.map((cost) => h[cost][item]);
    const known = (/** @type {number} */ value) => value || "";
    const text = (/** @type {Int32Array} */ column) => (node < 0 ? "" : strings[column[node]]);
    let kind = item < h.groupCount ? strings[columns.groupClass[item]] : "";
    if (!kind && h.repeat[item]) kind = className(h, item);
    const row = [fullName(h, item), kind, text(columns.nodeOp), depthOf(h, item), h.nodes[item], params, block?.trainable ?? "", block?.buffers ?? "", macs, known(bytes), known(saved), known(memory), known(forward), known(backward), text(columns.nodeDtype), text(columns.nodeShape), node < 0 ? "" : deviceName(text(columns.nodeDevice)), text(columns.nodeSource)];
    lines.push(row.map(field).join(","));
  }
  return lines.join("\r\n") + "\r\n";
}

function depthOf(/** @type {Hierarchy} */ h, /** @type {number} */ item) {
  let depth = 0;
  for (let outer = h.parent[item]; outer > 0; outer = h.parent[outer]) if (!isStack(h, outer)) depth++;
  return depth;
}

/** A name that starts like a formula is none: a spreadsheet takes "'" as "this is text". */
function field(/** @type {string | number} */ value) {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
