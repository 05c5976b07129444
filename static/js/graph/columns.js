/** Decodes the JSON of a graph into typed arrays, and refuses one that does not hang together. */
/** @import {CostsJson, GraphColumns, GraphCosts, GraphJson, Numbers} from "./graph_types.js" */

/** @type {Record<string, {new (buffer: ArrayBuffer): ArrayLike<number>}>} */
const ARRAYS = { i4: Int32Array, u4: Uint32Array, f8: Float64Array, f4: Float32Array, u2: Uint16Array, u1: Uint8Array };

/** @param {Numbers} column @returns {ArrayLike<number>} */
function unpack(column) {
  if (Array.isArray(column)) return column;
  const type = ARRAYS[column.dtype];
  if (!type) throw new Error(`the graph has a column of the unknown type ${column.dtype}`);
  return new type(fromBase64(column.bdata).buffer);
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function fromBase64(text) {
  const native = /** @type {{fromBase64?: (text: string) => Uint8Array<ArrayBuffer>}} */ (/** @type {unknown} */ (Uint8Array)).fromBase64; // newer browsers
  if (native) return native.call(Uint8Array, text);
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

const floats = (/** @type {Numbers} */ column) => Float64Array.from(unpack(column));
/** -1 stands for what was not measured. */
const measuredOf = (/** @type {Numbers | null | undefined} */ column) => (column ? Float64Array.from(unpack(column), (v) => Math.max(0, v)) : undefined);

/**
 * @param {GraphJson} json
 * @returns {GraphColumns}
 * @throws {Error} columns of different length, or numbers out of range
 */
export function decodeColumns(json) {
  const words = json.strings.length;
  const ints = (/** @type {keyof GraphJson} */ key, /** @type {number} */ length, /** @type {number} */ below) => {
    const raw = unpack(/** @type {Numbers} */ (json[key])), column = raw instanceof Int32Array ? raw : Int32Array.from(raw);
    if (length >= 0 && column.length !== length) throw new Error(`the graph's column ${key} has ${column.length} entries instead of ${length}`);
    const least = key === "group_parent" ? -1 : 0;
    for (let i = 0; i < column.length; i++) if (column[i] >= below || column[i] < least) throw new Error(`the graph's column ${key} has ${column[i]} at ${i}`);
    return column;
  };
  const groupName = ints("group_name", -1, words), nodeName = ints("node_name", -1, words), edgeShape = ints("edge_shape", -1, words);
  const groupCount = groupName.length, nodeCount = nodeName.length, edgeCount = edgeShape.length;
  const groupParent = ints("group_parent", groupCount, groupCount);
  for (let g = 1; g < groupCount; g++) if (groupParent[g] < 0 || groupParent[g] >= g) throw new Error(`the graph's group ${g} comes before its parent`);
  const ends = ints("edges", 2 * edgeCount, nodeCount);
  const edgeFrom = new Int32Array(edgeCount), edgeTo = new Int32Array(edgeCount);
  for (let e = 0; e < edgeCount; e++) {
    edgeFrom[e] = ends[2 * e];
    edgeTo[e] = ends[2 * e + 1];
  }
  const edgeIsControl = new Uint8Array(edgeCount);
  for (const e of json.edge_control ? ints("edge_control", -1, edgeCount) : []) edgeIsControl[e] = 1;
  const nodeGroup = ints("node_group", nodeCount, groupCount);
  const nodeCosts = { macs: floats(json.node_macs), params: floats(json.node_params), bytes: floats(json.node_bytes), memory: measuredOf(json.node_memory), forward: measuredOf(json.node_forward_s) };
  return {
    strings: json.strings,
    groupCount,
    nodeCount,
    groupName,
    groupParent,
    groupClass: ints("group_class", groupCount, words),
    nodeName,
    nodeGroup,
    nodeOp: ints("node_op", nodeCount, words),
    nodeShape: ints("node_shape", nodeCount, words),
    nodeDtype: ints("node_dtype", nodeCount, words),
    nodeSource: ints("node_source", nodeCount, words),
    nodeDevice: json.node_device ? ints("node_device", nodeCount, words) : new Int32Array(nodeCount),
    nodeCosts,
    edgeFrom,
    edgeTo,
    edgeShape,
    edgeIsControl,
    missingInputs: json.missing_inputs ?? 0,
    costs: json.costs && decodeCosts(json.costs, (values) => nodeTotals(values, nodeGroup, groupParent), nodeCosts),
  };
}

/** @returns {GraphCosts} */
function decodeCosts(/** @type {CostsJson} */ costs, /** @type {(values: Float64Array) => Float64Array} */ totalsOf, /** @type {{macs: Float64Array, memory?: Float64Array}} */ { macs, memory }) {
  const how = costs.measured;
  return {
    how: costs.how,
    counted: costs.counted,
    notCounted: costs.not_counted,
    input: costs.input,
    notes: costs.notes ?? [],
    measured: how ? `by ${how.by}${how.steps > 1 ? `, ${how.steps} steps` : ""}${how.on ? `, ${how.on}` : ""}` : "",
    group: {
      macs: callsApart(floats(costs.group_macs), totalsOf(macs)),
      params: floats(costs.group_params),
      bytes: floats(costs.group_bytes),
      saved: measuredOf(costs.group_saved_bytes),
      memory: memory && totalsOf(memory),
      forward: measuredOf(costs.group_forward_s),
      backward: measuredOf(costs.group_backward_s),
    },
    blocks: new Map(costs.blocks.map((block) => [block.group, block])),
  };
}

/** A module that is called several times has a group for each call; its whole cost stands at the first. The nodes tell what is whose. */
function callsApart(/** @type {Float64Array} */ recorded, /** @type {Float64Array} */ sums) {
  return Math.abs(sums[0] - recorded[0]) <= 1e-9 * recorded[0] ? sums : recorded;
}

/** Sums of what nodes have, for every group. */
function nodeTotals(/** @type {Float64Array} */ values, /** @type {Int32Array} */ groups, /** @type {Int32Array} */ parents) {
  const sums = new Float64Array(parents.length);
  for (let v = 0; v < values.length; v++) sums[groups[v]] += values[v];
  for (let g = parents.length - 1; g > 0; g--) sums[parents[g]] += sums[g];
  return sums;
}

/** @type {Map<string, number>} */
const known = new Map();

/**
 * Elements of a tensor whose shape is written "1×3×224×224"; 1 for a scalar, 0 where a size is unknown.
 *
 * @param {string} shape
 */
export function elements(shape) {
  let product = known.get(shape);
  if (product === undefined) {
    if (known.size > 10_000) known.clear();
    known.set(shape, (product = countElements(shape)));
  }
  return product;
}

function countElements(/** @type {string} */ shape) {
  if (!shape || shape.includes("?")) return 0;
  if (shape === "scalar") return 1;
  let product = 1;
  for (const size of shape.split("×")) product *= Number(size);
  return Number.isFinite(product) ? product : 0;
}
