/** Shapes that the graph's modules hand to each other. Numbers of items: groups first (0 is the whole graph), then nodes, then stacks. */

export interface GraphJson {
  strings: string[];
  group_name: number[];
  group_parent: number[];
  group_class: number[];
  node_name: number[];
  node_group: number[];
  node_op: number[];
  node_shape: number[];
  node_dtype: number[];
  node_macs: number[];
  node_params: number[];
  node_bytes: number[];
  node_source: number[];
  edges: number[];
  edge_shape: number[];
  edge_control?: number[];
  missing_inputs?: number;
  costs: CostsJson | null;
}

export interface CostsJson {
  how: string;
  counted: string;
  not_counted: string[];
  input: string;
  notes: string[];
  group_macs: number[];
  group_params: number[];
  group_bytes: number[];
  blocks: BlockJson[];
}

/** What our writer noted of one block. Bytes and seconds; absent where it was not measured. */
export interface BlockJson {
  group: number;
  name: string;
  class: string;
  calls: number;
  tied: string[];
  params?: number;
  trainable?: number;
  buffers?: number;
  macs?: number;
  output_bytes?: number;
  saved_bytes?: number;
  forward_s?: number;
  backward_s?: number;
  params_total?: number;
  macs_total?: number;
}

export interface GraphColumns {
  strings: string[];
  groupCount: number;
  nodeCount: number;
  groupName: Int32Array;
  groupParent: Int32Array;
  groupClass: Int32Array;
  nodeName: Int32Array;
  nodeGroup: Int32Array;
  nodeOp: Int32Array;
  nodeShape: Int32Array;
  nodeDtype: Int32Array;
  nodeSource: Int32Array;
  nodeMacs: Float64Array;
  nodeParams: Float64Array;
  nodeBytes: Float64Array;
  edgeFrom: Int32Array;
  edgeTo: Int32Array;
  edgeShape: Int32Array;
  edgeIsControl: Uint8Array;
  missingInputs: number;
  costs: GraphCosts | null;
}

export interface GraphCosts {
  how: string;
  counted: string;
  notCounted: string[];
  input: string;
  notes: string[];
  groupMacs: Float64Array;
  groupParams: Float64Array;
  groupBytes: Float64Array;
  blocks: Map<number, BlockJson>;
}

export type Cost = "macs" | "params" | "bytes";
export type ColourBy = "none" | "structure" | Cost;

/** The tree that is drawn. Every array is indexed by item. */
export interface Hierarchy {
  columns: GraphColumns;
  groupCount: number;
  nodeCount: number;
  itemCount: number;
  parent: Int32Array;
  depth: Int32Array;
  children: number[][];
  /** 0 shown, else why not: see folding.js. */
  hidden: Uint8Array;
  /** Of a group that is drawn as its only node: that node; -1 otherwise. */
  single: Int32Array;
  /** Of an item that holds nothing but equal blocks: how many; 0 otherwise. It is drawn as a stack. */
  repeat: Int32Array;
  /** Equal for items of equal structure; -1 where it was not asked. */
  signature: Int32Array;
  macs: Float64Array;
  params: Float64Array;
  bytes: Float64Array;
  /** Shown nodes inside. */
  nodes: Int32Array;
  /** An edge (its number) that comes in from outside the item's parent, or -1. */
  entersBy: Int32Array;
  leavesBy: Int32Array;
  /** Edges between siblings: those of group g are rows groupEdgeStart[g] .. groupEdgeStart[g + 1]. */
  groupEdgeStart: Int32Array;
  siblingFrom: Int32Array;
  siblingTo: Int32Array;
  siblingEdge: Int32Array;
}

/** Edges of one group, each pair of siblings once. */
export interface SiblingEdges {
  from: Int32Array;
  to: Int32Array;
  /** The heaviest edge of the file between the two. */
  edge: Int32Array;
  count: Int32Array;
}

export interface LayeredInput {
  count: number;
  widths: Float64Array;
  heights: Float64Array;
  from: Int32Array;
  to: Int32Array;
}

export interface LayeredOptions {
  nodeGap?: number;
  rankGap?: number;
  /** Edges over more ranks than this run beside the graph. */
  maxSpan?: number;
}

export interface LayeredResult {
  /** Centres. */
  x: Float64Array;
  y: Float64Array;
  rank: Int32Array;
  width: number;
  height: number;
  /** x, y, x, y ... from source to target. */
  points: Float64Array[];
  isReversed: Uint8Array;
  crossings: number;
}

/** One open group, laid out; coordinates are relative to its top left corner. */
export interface PlacedGroup {
  group: number;
  width: number;
  height: number;
  items: Int32Array;
  x: Float64Array;
  y: Float64Array;
  w: Float64Array;
  h: Float64Array;
  inner: (PlacedGroup | null)[];
  edges: PlacedEdge[];
  /** x of the place where edges from outside go in and out, or -1. */
  portIn: number;
  portOut: number;
  /** Boxes around siblings with the same neighbours: x, y, width, height. */
  bundles: Float64Array[];
}

export interface PlacedEdge {
  /** Items; -1 is the port of the group. */
  from: number;
  to: number;
  /** Number of the heaviest edge of the file that it stands for. */
  edge: number;
  count: number;
  points: Float64Array;
}

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface View {
  scale: number;
  x: number;
  y: number;
}

export interface Paint {
  fill: string;
  ink: string;
  inkSoft: string;
}

export type Measure = (text: string, isStrong: boolean) => number;
