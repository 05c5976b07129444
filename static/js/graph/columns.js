/** Decodes the JSON of a graph into typed arrays, and refuses one that does not hang together. */

/** @import {CostsJson, GraphColumns, GraphCosts, GraphJson} from "./graph_types.js" */

/**
 * @param {GraphJson} json
 * @returns {GraphColumns}
 * @throws {Error} columns of different length, or numbers out of range
 */
export function decodeColumns(json) {
  const groupCount = json.group_name.length, nodeCount = json.node_name.length, edgeCount = json.edge_shape.length;
  const words = json.strings.length;
  const ints = (/** @type {keyof GraphJson} */ key, /** @type {number} */ length, /** @type {number} */ below) => {
    const column = Int32Array.from(/** @type {number[]} */ (json[key]));
    if (column.length !== length) throw new Error(`the graph's column ${key} has ${column.length} entries instead of ${length}`);
    for (let i = 0; i < length; i++) if (column[i] >= below || (column[i] < 0 && key !== "group_parent")) throw new Error(`the graph's column ${key} has ${column[i]} at ${i}`);
    return column;
  };
  const floats = (/** @type {keyof GraphJson} */ key) => Float64Array.from(/** @type {number[]} */ (json[key]));
  const groupParent = ints("group_parent", groupCount, groupCount);
  for (let g = 1; g < groupCount; g++) if (groupParent[g] < 0 || groupParent[g] >= g) throw new Error(`the graph's group ${g} comes before its parent`);
  const ends = ints("edges", 2 * edgeCount, nodeCount);
  const edgeIsControl = new Uint8Array(edgeCount);
  for (const e of json.edge_control ?? []) edgeIsControl[e] = 1;
  return {
    strings: json.strings,
    groupCount,
    nodeCount,
    groupName: ints("group_name", groupCount, words),
    groupParent,
    groupClass: ints("group_class", groupCount, words),
    nodeName: ints("node_name", nodeCount, words),
    nodeGroup: ints("node_group", nodeCount, groupCount),
    nodeOp: ints("node_op", nodeCount, words),
    nodeShape: ints("node_shape", nodeCount, words),
    nodeDtype: ints("node_dtype", nodeCount, words),
    nodeSource: ints("node_source", nodeCount, words),
    nodeMacs: floats("node_macs"),
    nodeParams: floats("node_params"),
    nodeBytes: floats("node_bytes"),
    edgeFrom: ends.filter((_, i) => i % 2 === 0),
    edgeTo: ends.filter((_, i) => i % 2 === 1),
    edgeShape: ints("edge_shape", edgeCount, words),
    edgeIsControl,
    missingInputs: json.missing_inputs ?? 0,
    costs: json.costs && decodeCosts(json.costs),
  };
}

/** @returns {GraphCosts} */
function decodeCosts(/** @type {CostsJson} */ costs) {
  return {
    how: costs.how,
    counted: costs.counted,
    notCounted: costs.not_counted,
    input: costs.input,
    notes: costs.notes ?? [],
    groupMacs: Float64Array.from(costs.group_macs),
    groupParams: Float64Array.from(costs.group_params),
    groupBytes: Float64Array.from(costs.group_bytes),
    blocks: new Map(costs.blocks.map((block) => [block.group, block])),
  };
}

/**
 * Elements of a tensor whose shape is written "1×3×224×224"; 1 for a scalar, 0 where a size is unknown.
 *
 * @param {string} shape
 */
export function elements(shape) {
  if (!shape || shape.includes("?")) return 0;
  if (shape === "scalar") return 1;
  let product = 1;
  for (const size of shape.split("×")) product *= Number(size);
  return Number.isFinite(product) ? product : 0;
}
