import assert from "node:assert/strict";
import { test } from "node:test";
import { overviewOf, packLook, readableView, unpackLook } from "../../static/js/graph/camera.js";
import { Categories, deviceName } from "../../static/js/graph/categories.js";
import { mix, Palette } from "../../static/js/graph/colour.js";
import { decodeColumns } from "../../static/js/graph/columns.js";
import { bytesText, costText, knownCosts, secondsText } from "../../static/js/graph/costs.js";
import { costCsv } from "../../static/js/graph/cost_csv.js";
import { blocksIn, opened } from "../../static/js/graph/expansion.js";
import { flameBoxes, flameRoot } from "../../static/js/graph/flame.js";
import { buildHierarchy } from "../../static/js/graph/hierarchy.js";
import { Labels } from "../../static/js/graph/labels.js";
import { Layout } from "../../static/js/graph/layout.js";
import { Links } from "../../static/js/graph/links.js";
import { NameIndex, fullName, isBlock, title } from "../../static/js/graph/names.js";
import { eachItem, neighbour } from "../../static/js/graph/scene.js";
import { SvgPen } from "../../static/js/graph/svg_pen.js";
import { packTrace, traceFrom, unpackTrace } from "../../static/js/graph/trace.js";
import { graphJson, transformer } from "./graph_builder.js";

const hierarchy = (nodes, more) => buildHierarchy(decodeColumns(graphJson(nodes, more)));
const find = (h, name) => new NameIndex(h).find(name);
const layoutOf = (h) => new Layout(h, new Labels(h, (text) => text.length * 6), () => 1);
const packed = (type, dtype, list) => ({ dtype, bdata: Buffer.from(type.from(list).buffer).toString("base64") });

test("packed columns say the same as lists, and are checked as they are", () => {
  const json = graphJson(transformer(3)), more = {};
  for (const key of ["group_name", "group_parent", "group_class", "node_name", "node_group", "node_op", "node_shape", "edges", "edge_shape"]) more[key] = packed(Int32Array, "i4", json[key]);
  for (const key of ["node_macs", "node_params"]) more[key] = packed(Float64Array, "f8", json[key]);
  assert.deepEqual(decodeColumns({ ...json, ...more }), decodeColumns(json));
  assert.throws(() => decodeColumns({ ...json, node_op: packed(Int32Array, "i4", [1]) }), /node_op has 1 entries/);
  assert.throws(() => decodeColumns({ ...json, node_op: { dtype: "x9", bdata: "" } }), /unknown type x9/);
});

test("times, memory and devices come from the columns; -1 is nothing", () => {
  const nodes = [{ name: "a/x" }, { name: "a/b/y", inputs: ["a/x"] }], json = graphJson(nodes, { node_forward_s: [0.5, -1], node_memory: [8, 16] });
  const blocks = [{ group: 2, name: "b", class: "B", calls: 1, tied: [] }];
  json.costs = { how: "", counted: "", not_counted: [], input: "", notes: [], group_macs: [0, 0, 0], group_params: [0, 0, 0], group_bytes: [0, 0, 0], group_forward_s: [0.25, 0.25, 0.25], group_saved_bytes: [64, -1, 64], group_backward_s: null, measured: { by: "watch", steps: 3, on: "clock", tag: "" }, blocks };
  const h = buildHierarchy(decodeColumns(json));
  assert.deepEqual([...h.forward], [0.25, 0.25, 0.25, 0.5, 0]);
  assert.deepEqual([h.saved[0], h.saved[1], h.memory[0], h.memory[2]], [64, 0, 24, 16]);
  assert.deepEqual(knownCosts(h), ["saved", "memory", "forward"]);
  assert.equal(h.columns.costs.measured, "by watch, 3 steps, clock");
});

test("units", () => {
  assert.deepEqual([bytesText(1536), secondsText(0.00123), secondsText(2.5), secondsText(4e-6), costText("macs", 0)], ["1.50\u202fKiB", "1.23\u202fms", "2.5\u202fs", "4\u202fµs", "–"]);
});

test("a trace goes as many nodes as asked, up and down, and lights the blocks around", () => {
  const h = hierarchy(transformer(3)), links = new Links(h), q = find(h, "Net/Block[h.1]/Attention[attn]/Linear[q]");
  const names = (trace) => [...trace.lit.keys()].filter((item) => trace.lit[item] && !isBlock(h, item)).map((item) => fullName(h, item));
  const one = traceFrom(h, links, q, { direction: "in", depth: 1 });
  assert.deepEqual(new Set(names(one)), new Set([fullName(h, q), "Net/Block[h.1]/LayerNorm[ln]"]));
  assert.equal(one.inputs, 1);
  const all = traceFrom(h, links, q, { direction: "in", depth: Infinity });
  assert.ok(names(all).includes("x") && names(all).includes("Net/Block[h.0]/add") && !names(all).includes("Net/Block[h.2]/add"));
  const out = traceFrom(h, links, q, { direction: "out", depth: 2 });
  assert.deepEqual(new Set(names(out)), new Set([fullName(h, q), "Net/Block[h.1]/Attention[attn]/sdpa", "Net/Block[h.1]/add"]));
  const norm = find(h, "Net/Block[h.1]/LayerNorm[ln]"), attention = find(h, "Net/Block[h.1]/Attention[attn]");
  assert.ok(one.pairs.has(norm * h.itemCount + attention) && one.enters.has(q), "the edge is lit as it is drawn: to the block, and from its border in");
  const both = traceFrom(h, links, attention, { direction: "both", depth: 1 });
  assert.deepEqual([both.inputs, both.outputs], [1, 1]);
});

test("a trace in the address", () => {
  for (const text of ["in.1", "out.all", "both.25"]) assert.equal(packTrace(unpackTrace(text)), text);
  for (const text of [null, "", "in", "in.0", "up.3", "in.9999999"]) assert.equal(unpackTrace(text), null);
  assert.equal(packTrace(null), null);
});

test("the strip: the parts of a block fill it by their share, a stack's blocks follow each other, small ones are left out", () => {
  const h = hierarchy(transformer(12)), net = find(h, "Net");
  assert.equal(flameRoot(h, "macs"), h.children[net][1], "nothing outside the stack computes");
  const boxes = flameBoxes(h, "params", { rows: 3, narrowest: 0 });
  const row = boxes.filter((box) => box.row === 0);
  assert.deepEqual(row.map(({ item }) => title(h, item)), ["emb", ...Array.from({ length: 12 }, (_, i) => `h.${i}`)]);
  assert.ok(Math.abs(row.reduce((sum, { width }) => sum + width, 0) - 1) < 1e-9);
  row.reduce((end, { left, width }) => {
    assert.ok(Math.abs(left - end) < 1e-9);
    return left + width;
  }, 0);
  assert.ok(boxes.some((box) => box.row === 2 && title(h, box.item) === "q"));
  assert.ok(flameBoxes(h, "params", { rows: 3, narrowest: 0.02 }).length < boxes.length);
  assert.deepEqual(flameBoxes(h, "forward", { rows: 3, narrowest: 0 }), []);
});

test("depths: a stack opens one later than a block; everything inside a block", () => {
  const h = hierarchy(transformer(12)), net = find(h, "Net"), stack = h.children[net][1];
  const has = (depth) => { const items = new Set(opened(h, depth)); return [items.has(stack), items.has(find(h, "Net/Block[h.0]"))]; };
  assert.deepEqual([1, 2, 3, 4].map(has), [[false, false], [false, false], [true, false], [true, true]]);
  assert.equal(blocksIn(h, stack).length, 24);
  assert.equal(opened(h, "all").length, blocksIn(h, 0).length);
});

test("left to right: nothing overlaps, edges go to the right, arrows follow them", () => {
  const h = hierarchy(transformer(4)), layout = layoutOf(h);
  layout.setAllOpen(opened(h, "all"));
  layout.turn(true);
  const root = layout.root(), boxes = new Map();
  eachItem(root, (item, x, y, w, hgt) => boxes.set(item, { x, y, w, h: hgt }) && true);
  for (const [item, box] of boxes) {
    const around = boxes.get(h.parent[item]);
    if (around) assert.ok(box.x >= around.x && box.y >= around.y && box.x + box.w <= around.x + around.w + 1e-6 && box.y + box.h <= around.y + around.h + 1e-6, fullName(h, item));
    for (const other of h.children[h.parent[item]]) {
      const b = boxes.get(other);
      if (other > item && b) assert.ok(box.x + box.w <= b.x || b.x + b.w <= box.x || box.y + box.h <= b.y || b.y + b.h <= box.y, `${fullName(h, item)} and ${fullName(h, other)}`);
    }
  }
  for (const { points } of root.edges) assert.ok(points[0] < points[points.length - 2]);
  assert.equal(title(h, neighbour(h, root, find(h, "x"), "right")), "Net");
  assert.equal(title(h, neighbour(h, root, find(h, "output"), "left")), "Net");
  const before = root.width;
  layout.turn(false);
  assert.notEqual(layout.root().width, before);
});

test("classes, devices and types: the frequent first, blocks by what is in them", () => {
  const nodes = [{ name: "a/one", device: "/job:w/device:GPU:0" }, { name: "a/two", device: "/device:GPU:1" }, { name: "a/three", device: "/device:GPU:1" }, { name: "b", device: "" }];
  const h = hierarchy(nodes), devices = new Categories(h, "device");
  assert.deepEqual(devices.names, ["GPU:1", "GPU:0"]);
  assert.deepEqual(devices.shares(find(h, "a")), [{ category: 0, share: 2 / 3 }, { category: 1, share: 1 / 3 }]);
  assert.deepEqual(devices.shares(find(h, "b")), []);
  assert.equal(deviceName("cuda:0"), "cuda:0");
  const net = hierarchy(transformer(12)), classes = new Categories(net, "class");
  assert.equal(classes.names[0], "Linear");
  assert.deepEqual(classes.shares(net.children[find(net, "Net")][1]), [{ category: classes.place.get("Block"), share: 1 }]);
  const paint = new Palette(h, "device", (name) => ({ "--color-ground": "#ffffff" })[name] ?? "#000000").of(find(h, "a"));
  assert.equal(paint.stripes.length, 2);
  assert.equal(mix("#000000", "#ffffff", 0.5), "#808080");
});

test("CSV: every block and node once, quoted, nothing a spreadsheet would run", () => {
  const h = hierarchy([...transformer(12), { name: '=1+2,"x"', op: "op" }]), lines = costCsv(h).trimEnd().split("\r\n");
  assert.match(lines[0], /^name,class,op,depth,nodes,parameters/);
  assert.ok(lines.every((line) => !line.startsWith("=")));
  assert.ok(lines.some((line) => line.startsWith(`"'=1+2,""x"""`)));
  assert.equal(lines.filter((line) => line.startsWith("Net/Block[h.3],Block")).length, 1);
  assert.equal(lines.filter((line) => /×/.test(line.split(",")[0])).length, 0);
  assert.equal(costCsv(h, { blocksOnly: true }).split("\r\n").filter((line) => line.includes("/sdpa")).length, 0);
});

test("SVG: what is drawn, with text as text", () => {
  const pen = new SvgPen((text) => text.length * 6);
  pen.fillStyle = '"><script>';
  pen.roundRect(0, 0, 10, 10, 3);
  pen.fill();
  pen.font = "600 12px A, \"B\"";
  pen.textAlign = "center";
  pen.fillText("<b>&\u0000", 3, 4);
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, 5, 5);
  pen.clip();
  pen.fillRect(0, 0, 9, 9);
  pen.restore();
  const file = pen.file(20, 30, "<title>");
  assert.match(file, /^<svg xmlns="[^"]+" width="20" height="30"/);
  assert.ok(file.includes("&lt;b&gt;&amp;\ufffd</text>") && file.includes('text-anchor="middle"') && file.includes('font-weight="600"'));
  assert.ok(!file.includes("<script") && !file.includes("<title><title>"));
  assert.equal(file.split("<g ").length, file.split("</g>").length);
});

test("where one looks: into the address and back; a wide graph starts at its left if it runs across", () => {
  const screen = { w: 1000, h: 600 }, view = { scale: 0.75, x: -120, y: 33 }, again = unpackLook(packLook(view, screen), screen);
  for (const key of ["scale", "x", "y"]) assert.ok(Math.abs(again[key] - view[key]) < 0.01);
  for (const text of [null, "", "1,2", "1,2,0", "1,2,NaN", "a,b,c", "1,2,1e9"]) assert.equal(unpackLook(text, screen), null);
  assert.equal(readableView({ x: 0, y: 0, w: 9000, h: 300 }, screen, true).x, 30);
  assert.ok(overviewOf({ x: 0, y: 0, w: 2000, h: 1500 }, screen).scale < 0.4);
  assert.ok(overviewOf({ x: 0, y: 0, w: 90000, h: 1500 }, screen).scale > 0.08);
});
