/** What of a graph is not worth a box: constants and parameters, updates nobody reads, scopes left empty. */

/** @import {GraphColumns} from "./graph_types.js" */

export const SHOWN = 0;
/** A constant or parameter: told of in the details of the node that takes it. */
export const CONSTANT = 1;
/** Changes a buffer in place and nobody reads the result, as BatchNorm's `num_batches_tracked.add_`. */
export const DEAD_END = 2;
/** A scope with nothing shown inside. */
export const EMPTY = 3;

const CONSTANT_OPS = new Set(["Const", "HostConst", "prim::Constant", "prim::GetAttr", "onnx::Constant"]);
/** Only constant where all it takes is. */
const CONSTANT_LISTS = new Set(["prim::ListConstruct", "prim::TupleConstruct"]);

/**
 * Says of every node whether it is shown. In a graph of constants only, all are.
 *
 * @param {GraphColumns} columns
 * @returns {Uint8Array} SHOWN, CONSTANT or DEAD_END, per node
 */
export function foldNodes(columns) {
  const { nodeCount, nodeOp, strings, edgeFrom, edgeTo } = columns;
  const isConstantOp = strings.map((op) => CONSTANT_OPS.has(op));
  const isListOp = strings.map((op) => CONSTANT_LISTS.has(op));
  const isInPlaceOp = strings.map((op) => op.endsWith("_"));
  const hidden = new Uint8Array(nodeCount);
  let shown = nodeCount;
  for (let v = 0; v < nodeCount; v++) if (isConstantOp[nodeOp[v]] || isListOp[nodeOp[v]]) {
    hidden[v] = CONSTANT;
    shown--;
  }
  if (!shown) return new Uint8Array(nodeCount);

  // a list of anything that is computed is shown; lists hold lists, hence until nothing changes
  for (let changed = true; changed; ) {
    changed = false;
    for (let e = 0; e < edgeFrom.length; e++) {
      const to = edgeTo[e];
      if (hidden[to] && !hidden[edgeFrom[e]] && isListOp[nodeOp[to]]) {
        hidden[to] = SHOWN;
        changed = true;
      }
    }
  }
  const isRead = new Uint8Array(nodeCount), isFed = new Uint8Array(nodeCount);
  for (let e = 0; e < edgeFrom.length; e++) {
    isRead[edgeFrom[e]] = 1;
    if (!hidden[edgeFrom[e]]) isFed[edgeTo[e]] = 1;
  }
  for (let v = 0; v < nodeCount; v++) if (!hidden[v] && !isRead[v] && !isFed[v] && isInPlaceOp[nodeOp[v]]) hidden[v] = DEAD_END;
  return hidden;
}

/**
 * Numbers nodes in an order in which every node comes after what it takes, the file's order kept where that allows it:
 * torch's trace writes the output before the model.
 *
 * @param {GraphColumns} columns
 * @returns {Int32Array} place of each node
 */
export function executionOrder({ nodeCount, edgeFrom, edgeTo }) {
  let isSorted = true;
  for (let e = 0; e < edgeFrom.length && isSorted; e++) isSorted = edgeFrom[e] < edgeTo[e];
  if (isSorted) return Int32Array.from({ length: nodeCount }, (_, v) => v);

  const start = new Int32Array(nodeCount + 1);
  for (const to of edgeTo) start[to + 1]++;
  for (let v = 0; v < nodeCount; v++) start[v + 1] += start[v];
  const next = start.slice(0, nodeCount), inputs = new Int32Array(edgeFrom.length);
  for (let e = 0; e < edgeFrom.length; e++) inputs[next[edgeTo[e]]++] = edgeFrom[e];
  next.set(start.subarray(0, nodeCount));

  const place = new Int32Array(nodeCount).fill(-1), seen = new Uint8Array(nodeCount);
  let placed = 0;
  for (let v = 0; v < nodeCount; v++) {
    if (seen[v]) continue;
    const stack = [v];
    seen[v] = 1;
    while (stack.length) {
      const top = stack[stack.length - 1];
      if (next[top] < start[top + 1]) {
        const input = inputs[next[top]++];
        if (!seen[input]) {
          seen[input] = 1;
          stack.push(input);
        }
      } else {
        place[top] = placed++;
        stack.pop();
      }
    }
  }
  return place;
}
