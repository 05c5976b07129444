/** Shapes that the graph's modules hand to each other. Numbers of items: groups first (0 is the whole graph), then nodes, then stacks. */

/** A column as it travels: a list, or packed little-endian numbers in base64. */
export type Numbers = number[] | { dtype: string; bdata: string };

export interface GraphJson {
  strings: string[];
  group_name: Numbers;
  group_parent: Numbers;
  group_class: Numbers;
  node_name: Numbers;
  node_group: Numbers;
  node_op: Numbers;
  node_shape: Numbers;
  node_dtype: Numbers;
  node_macs: Numbers;
  node_params: Numbers;
  node_bytes: Numbers;
  node_source: Numbers;
  /** Absent where the server is older than the page. */
  node_device?: Numbers;
  /** -1: not measured; null: of no node. */
  node_forward_s?: Numbers | null;
  node_memory?: Numbers | null;
  edges: Numbers;
  edge_shape: Numbers;
  edge_control?: Numbers;
  missing_inputs?: number;
  costs: CostsJson | null;
}

export interface CostsJson {
  how: string;
  counted: string;
  not_counted: string[];
  input: string;
  notes: string[];
  group_macs: Numbers;
  group_params: Numbers;
  group_bytes: Numbers;
  group_saved_bytes?: Numbers | null;
  group_forward_s?: Numbers | null;
  group_backward_s?: Numbers | null;
  measured?: { by: string; steps: number; on: string; tag: string } | null;
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
  nodeDevice: Int32Array;
  nodeCosts: Partial<Record<Cost, Float64Array>>;
  edgeFrom: Int32Array;
  edgeTo: Int32Array;
  edgeShape: Int32Array;
  edgeIsControl: Uint8Array;
  /** Of two graphs made one: what became of each group, node and edge (see diff_marks.js). */
  groupMark?: Uint8Array;
  nodeMark?: Uint8Array;
  edgeMark?: Uint8Array;
  missingInputs: number;
  costs: GraphCosts | null;
}

export interface GraphCosts {
  how: string;
  counted: string;
  notCounted: string[];
  input: string;
  notes: string[];
  /** How time and memory were measured; "" where they were not. */
  measured: string;
  /** Totals, one a group. */
  group: Partial<Record<Cost, Float64Array>>;
  blocks: Map<number, BlockJson>;
}

export type Cost = "macs" | "params" | "bytes" | "saved" | "memory" | "forward" | "backward";
/** "log:NAME" is a series of scalars that are named after modules. */
export type ColourBy = "none" | "structure" | "class" | "device" | "dtype" | "diff" | Cost | `log:${string}`;

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
  /** Bytes. */
  saved: Float64Array;
  memory: Float64Array;
  /** Seconds. */
  forward: Float64Array;
  backward: Float64Array;
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
  /** Nodes that gather the whole graph, and their edges, which are not drawn. */
  gathered: Map<number, number>;
}

/** Edges of one group, each pair of siblings once. */
export interface SiblingEdges {
  from: number[];
  to: number[];
  /** The heaviest edge of the file between the two. */
  edge: number[];
  count: number[];
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
  items: readonly number[];
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
  /** Edges go from left to right; the ports are then places down the side. */
  isAcross: boolean;
}

export interface PlacedEdge {
  /** Items; -1 is the port of the group. */
  from: number;
  to: number;
  /** Number of the heaviest edge of the file that it stands for. */
  edge: number;
  count: number;
  points: Float64Array;
  /** Place among the edges that the layout was given. */
  row: number;
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
  /** Of a block that holds several: side by side. */
  stripes?: { fill: string; share: number }[];
}

export type Measure = (text: string, isStrong: boolean) => number;
