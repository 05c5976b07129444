// Makes graph columns out of a list of nodes, as the server would: for the tests of static/js/graph.

/**
 * @param {{name: string, op?: string, inputs?: string[], shape?: string, macs?: number, params?: number, source?: string, device?: string}[]} nodes
 * @param {object} [more] columns that differ
 */
export function graphJson(nodes, more = {}) {
  const strings = [""], number = new Map([["", 0]]);
  const sid = (text) => {
    if (!number.has(text)) number.set(text, strings.push(text) - 1);
    return number.get(text);
  };
  const groups = new Map([["", 0]]), json = { strings, group_name: [0], group_parent: [-1], group_class: [0], edges: [], edge_shape: [], edge_control: [], costs: null };
  const group = (path) => {
    if (groups.has(path)) return groups.get(path);
    const cut = path.lastIndexOf("/"), parent = group(path.slice(0, Math.max(0, cut))), leaf = path.slice(cut + 1);
    json.group_parent.push(parent);
    json.group_name.push(sid(leaf));
    json.group_class.push(sid(/^(.*)\[.*\]/.exec(leaf)?.[1] ?? ""));
    groups.set(path, json.group_name.length - 1);
    return json.group_name.length - 1;
  };
  for (const key of ["name", "group", "op", "shape", "dtype", "macs", "params", "bytes", "source", "device"]) json[`node_${key}`] = [];
  const at = new Map(nodes.map(({ name }, i) => [name, i]));
  for (const { name, op = "op", shape = "", macs = 0, params = 0, source = "", device = "" } of nodes) {
    const cut = name.lastIndexOf("/");
    json.node_group.push(group(name.slice(0, Math.max(0, cut))));
    json.node_name.push(sid(name.slice(cut + 1)));
    json.node_op.push(sid(op));
    json.node_shape.push(sid(shape));
    json.node_dtype.push(sid("float32"));
    json.node_macs.push(macs);
    json.node_params.push(params);
    json.node_bytes.push(0);
    json.node_source.push(sid(source));
    json.node_device.push(sid(device));
  }
  nodes.forEach(({ inputs = [] }, to) => {
    for (const text of inputs) {
      const isControl = text.startsWith("^"), from = at.get(isControl ? text.slice(1) : text);
      if (isControl) json.edge_control.push(json.edge_shape.length);
      json.edges.push(from, to);
      json.edge_shape.push(isControl ? 0 : json.node_shape[from]);
    }
  });
  const total = (column) => {
    const sums = json.group_name.map(() => 0);
    json[column].forEach((value, i) => { sums[json.node_group[i]] += value; });
    for (let g = sums.length - 1; g > 0; g--) sums[json.group_parent[g]] += sums[g];
    return sums;
  };
  if (nodes.some(({ macs, params }) => macs || params)) {
    json.costs = { how: "attributes", counted: "all of it", not_counted: [], input: "", notes: [], group_macs: total("node_macs"), group_params: total("node_params"), group_bytes: total("node_bytes"), blocks: [] };
  }
  return { ...json, ...more };
}

/** A transformer of some equal blocks, in the manner of our writer. @param {number} blocks */
export function transformer(blocks) {
  const nodes = [{ name: "x", op: "Placeholder", shape: "1×8" }, { name: "Net/Embedding[emb]/weight", op: "Const", params: 640 }, { name: "Net/Embedding[emb]/embedding", op: "embedding", inputs: ["x", "Net/Embedding[emb]/weight"], shape: "1×8×64" }];
  let last = "Net/Embedding[emb]/embedding";
  const add = (name, op, inputs, more = {}) => {
    nodes.push({ name, op, inputs, shape: "1×8×64", ...more });
    return name;
  };
  for (let b = 0; b < blocks; b++) {
    const scope = `Net/Block[h.${b}]`, start = last;
    const norm = add(`${scope}/LayerNorm[ln]/layer_norm`, "layer_norm", [start]);
    const projections = ["q", "k", "v"].map((name) => {
      nodes.push({ name: `${scope}/Attention[attn]/Linear[${name}]/weight`, op: "Const", params: 4096 });
      return add(`${scope}/Attention[attn]/Linear[${name}]/linear`, "linear", [norm, `${scope}/Attention[attn]/Linear[${name}]/weight`], { macs: 8 * 64 * 64 });
    });
    const attended = add(`${scope}/Attention[attn]/sdpa`, "scaled_dot_product_attention", projections);
    last = add(`${scope}/add`, "add", [start, attended]);
  }
  nodes.push({ name: "output", op: "Identity", inputs: [last], shape: "1×8×64" });
  return nodes;
}

/** Numbers that look random and are the same every time. @param {number} seed */
export function random(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
