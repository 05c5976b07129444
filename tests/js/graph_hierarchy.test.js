import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeColumns, elements } from "../../static/js/graph/columns.js";
import { depthOf, opened, packOpen, topLevel, unpackOpen } from "../../static/js/graph/expansion.js";
import { CONSTANT, DEAD_END, EMPTY, SHOWN } from "../../static/js/graph/folding.js";
import { buildHierarchy, siblingEdges } from "../../static/js/graph/hierarchy.js";
import { Labels } from "../../static/js/graph/labels.js";
import { bytesText } from "../../static/js/graph/costs.js";
import { Layout } from "../../static/js/graph/layout.js";
import { Links } from "../../static/js/graph/links.js";
import { NameIndex, attribute, className, fullName, isBlock, isStack, title } from "../../static/js/graph/names.js";
import { eachItem, itemAt, neighbour, rectOf } from "../../static/js/graph/scene.js";
import { findItems } from "../../static/js/graph/search.js";
import { bestColouring, shareStep } from "../../static/js/graph/colour.js";
import { structureKind } from "../../static/js/graph/kinds.js";
import { graphJson, transformer } from "./graph_builder.js";

const hierarchy = (nodes) => buildHierarchy(decodeColumns(graphJson(nodes)));
const find = (h, name) => new NameIndex(h).find(name);
const titles = (h, item) => h.children[item].map((child) => title(h, child));
const layoutOf = (h) => new Layout(h, new Labels(h, (text) => text.length * 6), () => 1);

test("columns that do not hang together are refused, with what is wrong", () => {
  const good = graphJson([{ name: "a/b" }, { name: "c", inputs: ["a/b"] }]);
  assert.equal(decodeColumns(good).edgeFrom[0], 0);
  assert.throws(() => decodeColumns({ ...good, node_op: [1] }), /node_op has 1 entries instead of 2/);
  assert.throws(() => decodeColumns({ ...good, edges: [0, 9] }), /edges has 9/);
  assert.throws(() => decodeColumns({ ...good, node_name: [0, 99] }), /node_name/);
  assert.throws(() => decodeColumns({ ...good, group_parent: [-1, 1] }), /group 1 comes before its parent/);
});

test("elements of a shape", () => {
  assert.deepEqual(["1×3×2", "scalar", "?×3", "", "7", "2, 3"].map(elements), [6, 1, 0, 0, 7, 0]);
});

test("constants, parameters and updates that nobody reads are folded away", () => {
  const h = hierarchy([
    { name: "x", op: "Placeholder" },
    { name: "n/weight", op: "Const" }, { name: "n/tracked", op: "Const" },
    { name: "n/add_", op: "add_", inputs: ["n/tracked"] },
    { name: "n/norm", op: "batch_norm", inputs: ["x", "n/weight"] },
    { name: "one", op: "prim::Constant" }, { name: "list", op: "prim::ListConstruct", inputs: ["one"] }, { name: "mixed", op: "prim::ListConstruct", inputs: ["one", "n/norm"] },
    { name: "only/weight", op: "Const" },
  ]);
  const hidden = (name) => h.hidden[find(h, name)];
  assert.deepEqual(["n/weight", "n/tracked", "n/add_", "n/norm", "one", "list", "mixed", "only/weight", "only"].map(hidden), [CONSTANT, CONSTANT, DEAD_END, SHOWN, CONSTANT, CONSTANT, SHOWN, CONSTANT, EMPTY]);
  assert.deepEqual(new Links(h).constants(find(h, "n")).map((v) => h.columns.strings[h.columns.nodeName[v]]), ["weight"]);
});

test("a graph of constants only is shown all the same", () => {
  assert.equal(hierarchy([{ name: "a", op: "Const" }, { name: "b", op: "Const" }]).nodes[0], 2);
});

test("a module with one op is drawn as the module", () => {
  const h = hierarchy([{ name: "Net/Conv2d[c]/weight", op: "Const" }, { name: "Net/Conv2d[c]/7", op: "aten::conv", inputs: ["Net/Conv2d[c]/weight"] }, { name: "Net/8", op: "aten::relu_", inputs: ["Net/Conv2d[c]/7"] }]);
  const [conv, relu] = h.children[find(h, "Net")];
  assert.deepEqual([title(h, conv), className(h, conv), isBlock(h, conv)], ["c", "Conv2d", false]);
  assert.deepEqual([title(h, relu), className(h, relu)], ["relu_", ""]);
  assert.equal(fullName(h, h.single[conv]), "Net/Conv2d[c]/7");
});

test("order is that of execution, though the file has another", () => {
  const h = hierarchy([{ name: "out", inputs: ["b/op"] }, { name: "b/op", inputs: ["a/op"] }, { name: "a/op" }]);
  assert.deepEqual(titles(h, 0), ["a", "b", "out"]);
});

test("equal blocks whose names differ in a number are one stack; q, k and v are none", () => {
  const h = hierarchy(transformer(12));
  const net = find(h, "Net");
  assert.deepEqual(titles(h, net), ["emb", "h.0–11"]);
  const stack = h.children[net][1];
  assert.ok(isStack(h, stack) && isBlock(h, stack));
  assert.equal(className(h, stack), "Block ×12");
  assert.equal(h.repeat[stack], 12);
  assert.equal(h.params[stack], 12 * 3 * 4096);
  assert.equal(h.macs[stack], 12 * 3 * 8 * 64 * 64);
  assert.equal(h.parent[find(h, "Net/Block[h.3]")], stack);
  assert.deepEqual(titles(h, find(h, "Net/Block[h.3]/Attention[attn]")), ["q", "k", "v", "sdpa"]);
});

test("two equal blocks, or one that differs, are no run", () => {
  assert.deepEqual(titles(hierarchy(transformer(2)), find(hierarchy(transformer(2)), "Net")), ["emb", "h.0", "h.1"]);
  const nodes = transformer(5);
  nodes.find(({ name }) => name === "Net/Block[h.2]/Attention[attn]/sdpa").op = "another";
  assert.deepEqual(titles(hierarchy(nodes), find(hierarchy(nodes), "Net")), ["emb", "h.0", "h.1", "h.2", "h.3", "h.4"]);
});

test("a group of nothing but equal blocks is the stack itself", () => {
  const nodes = transformer(4).map(({ name, inputs, ...rest }) => {
    const moved = (text) => text.replace("Block[h.", "ModuleList[h]/Block[");
    return { ...rest, name: moved(name), inputs: inputs?.map(moved) };
  });
  const h = hierarchy(nodes), list = find(h, "Net/ModuleList[h]");
  assert.equal(h.repeat[list], 4);
  assert.equal(className(h, list), "Block ×4");
  assert.deepEqual(titles(h, list), ["0", "1", "2", "3"]);
});

test("edges are lifted to the siblings they run between, parallel ones joined", () => {
  const h = hierarchy([{ name: "a/x", shape: "2" }, { name: "a/y", shape: "9" }, { name: "b/x", inputs: ["a/x"] }, { name: "b/y", inputs: ["a/y", "b/x"] }]);
  const outer = siblingEdges(h, 0, (e) => elements(h.columns.strings[h.columns.edgeShape[e]]));
  assert.deepEqual([[...outer.from], [...outer.to], [...outer.count]], [[find(h, "a")], [find(h, "b")], [2]]);
  assert.equal(h.columns.strings[h.columns.edgeShape[outer.edge[0]]], "9");
  assert.equal(siblingEdges(h, find(h, "b"), () => 1).from.length, 1);
  assert.ok(h.entersBy[find(h, "b/x")] >= 0 && h.leavesBy[find(h, "a/y")] >= 0);
  assert.equal(h.entersBy[find(h, "b")], -1);
});

test("names: attributes of scopes, nodes named like their scope, markup letter for letter", () => {
  assert.deepEqual(["GPT2Block[h.0]", "Linear[fc]#1", "plain", "[x]", "a<b>c</b>"].map(attribute), ["h.0", "fc#1", "plain", "x", "a<b>c</b>"]);
  const json = graphJson([{ name: "W/(W)" }, { name: "W/read", inputs: ["W/(W)"] }]);
  const h = buildHierarchy(decodeColumns(json));
  assert.deepEqual(h.children[1].map((item) => fullName(h, item)), ["W", "W/read"]);
});

test("links of nodes and of blocks, from outside only", () => {
  const h = hierarchy(transformer(3)), links = new Links(h);
  const block = find(h, "Net/Block[h.1]");
  assert.deepEqual(links.inputs(block).map(({ item }) => fullName(h, item)), ["Net/Block[h.0]/add"]);
  assert.deepEqual(new Set(links.outputs(block).map(({ item }) => fullName(h, item))), new Set(["Net/Block[h.2]/LayerNorm[ln]", "Net/Block[h.2]/add"]));
  assert.deepEqual(links.inputs(find(h, "Net/Embedding[emb]")).map(({ item }) => title(h, item)), ["x"]);
  assert.ok(links.isInside(find(h, "Net/Block[h.1]/add"), h.parent[block]) && !links.isInside(find(h, "x"), block));
});

test("the start is the first level that says something; depths; the URL", () => {
  const h = hierarchy(transformer(12)), names = new NameIndex(h), net = find(h, "Net"), block = find(h, "Net/Block[h.3]");
  assert.deepEqual(topLevel(h), [net]);
  const layout = layoutOf(h);
  layout.setAllOpen(topLevel(h));
  assert.equal(depthOf(h, layout.open), 1);
  layout.reveal(find(h, "Net/Block[h.3]/add"));
  assert.equal(depthOf(h, layout.open), "custom");
  const text = packOpen(h, layout.open);
  assert.equal(text, "Net/Block[h.3]");
  assert.deepEqual(new Set(unpackOpen(h, names, text)), new Set([net, h.parent[block], block]));
  assert.deepEqual(unpackOpen(h, names, "no such block,x"), []);
  layout.setAllOpen(opened(h, "all"));
  assert.equal(depthOf(h, layout.open), "all");
});

test("what is visible never overlaps, lies inside its group, and is found under its middle", () => {
  const h = hierarchy(transformer(6)), layout = layoutOf(h);
  layout.setAllOpen(opened(h, "all"));
  const root = layout.root(), boxes = new Map();
  eachItem(root, (item, x, y, w, hgt) => boxes.set(item, { x, y, w, h: hgt }) && true);
  let shown = 0;
  for (let item = 1; item < h.itemCount; item++) if (layout.isVisible(item) && !(h.parent[item] && h.single[h.parent[item]] === item)) shown++;
  assert.equal(boxes.size, shown);
  for (const [item, box] of boxes) {
    assert.deepEqual(rectOf(h, root, item), box);
    const around = boxes.get(h.parent[item]);
    if (around) assert.ok(box.x >= around.x && box.y >= around.y && box.x + box.w <= around.x + around.w && box.y + box.h <= around.y + around.h, fullName(h, item));
    for (const other of h.children[h.parent[item]]) {
      const b = boxes.get(other);
      if (other > item) assert.ok(box.x + box.w <= b.x || b.x + b.w <= box.x || box.y + box.h <= b.y || b.y + b.h <= box.y, `${fullName(h, item)} and ${fullName(h, other)}`);
    }
    if (!layout.isOpen(item)) assert.equal(itemAt(root, box.x + box.w / 2, box.y + box.h / 2).item, item);
  }
  assert.equal(itemAt(root, -5, 3).item, 0);
});

test("opening a block lays out that block and those around it, and nothing else", () => {
  const h = hierarchy(transformer(8)), layout = layoutOf(h), net = find(h, "Net");
  layout.setAllOpen([net]);
  layout.reveal(find(h, "Net/Block[h.2]"));
  layout.setOpen(find(h, "Net/Block[h.2]"), true);
  const before = layout.root(), stackBefore = before.inner[before.items.indexOf(net)];
  const third = stackBefore.inner.find(Boolean).inner.find(Boolean);
  layout.setOpen(find(h, "Net/Block[h.5]"), true);
  const after = layout.root(), stack = after.inner[after.items.indexOf(net)].inner.find(Boolean);
  assert.notEqual(after, before);
  assert.equal(stack.inner[2], third);
  layout.setOpen(find(h, "Net/Block[h.5]"), false);
  assert.deepEqual(layout.root(), before);
});

test("a thousand nodes under one parent are no line, wired or not", () => {
  const many = Array.from({ length: 1000 }, (_, i) => ({ name: `g/n${i}`, inputs: i < 500 ? ["x"] : [] }));
  const h = hierarchy([{ name: "x" }, ...many]), layout = layoutOf(h);
  layout.setAllOpen(opened(h, "all"));
  const { width, height } = layout.root();
  assert.ok(width < 6 * height, `${width} x ${height}`);
});

test("arrow keys follow the edges, and lead out of a block at its end", () => {
  const h = hierarchy(transformer(3)), layout = layoutOf(h);
  layout.setAllOpen(opened(h, "all"));
  const root = layout.root(), go = (name, direction) => title(h, neighbour(h, root, find(h, name), direction));
  assert.equal(go("Net/Block[h.0]/Attention[attn]/Linear[q]", "down"), "sdpa");
  assert.equal(go("Net/Block[h.0]/add", "up"), "attn");
  assert.equal(go("Net/Block[h.0]/Attention[attn]/Linear[q]", "right"), "k");
  assert.equal(go("Net/Block[h.0]/Attention[attn]/Linear[q]", "left"), "q");
  assert.equal(go("x", "down"), "Net");
  assert.equal(go("Net/Block[h.0]/Attention[attn]/sdpa", "down"), "attn");
});

test("search: every word, in the item or around it; the title first", () => {
  const nodes = transformer(12);
  nodes.find(({ name }) => name === "Net/Block[h.7]/add").source = "gpt.py:12";
  const h = hierarchy(nodes), names = (text) => findItems(h, text).items.map((item) => fullName(h, item));
  assert.equal(findItems(h, "sdpa").total, 12);
  assert.deepEqual(names("h.3 sdpa"), ["Net/Block[h.3]/Attention[attn]/sdpa"]);
  assert.deepEqual(names("Block[h.3]/Attention[attn]/Linear[q]"), ["Net/Block[h.3]/Attention[attn]/Linear[q]"]);
  assert.deepEqual(names("1 sdpa").length, 12, "a shape of 1×8×64");
  assert.deepEqual(names("11 sdpa"), ["Net/Block[h.11]/Attention[attn]/sdpa"]);
  assert.deepEqual(names("gpt.py"), ["Net/Block[h.7]/add"]);
  assert.equal(names("attention")[0], "Net/Block[h.0]/Attention[attn]");
  assert.equal(findItems(h, "LINEAR", 5).items.length, 5);
  assert.deepEqual(findItems(h, "  "), { items: [], total: 0 });
  assert.deepEqual(names("weight"), []);
  assert.deepEqual(names("nothing like it"), []);
});

test("colours: kinds by class, shares on a logarithmic scale", () => {
  const h = hierarchy(transformer(3));
  assert.equal(structureKind(h, find(h, "Net/Block[h.0]/LayerNorm[ln]")), "norm");
  assert.equal(structureKind(h, find(h, "Net/Block[h.0]/Attention[attn]/Linear[q]")), "linear");
  assert.equal(structureKind(h, find(h, "Net/Embedding[emb]")), "embed");
  assert.equal(structureKind(h, find(h, "Net/Block[h.0]/add")), "other");
  assert.deepEqual([1, 0.1, 0.01, 0.001, 0.0000001].map(shareStep), [7, 4, 2, 0, 0]);
  assert.equal(bestColouring(h), "macs");
  assert.equal(bestColouring(hierarchy([{ name: "a" }])), "structure");
});

test("bytes as people read them", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 150 * 1024 * 1024, 3.5 * 2 ** 40].map(bytesText), ["0\u202fB", "1023\u202fB", "1.00\u202fKiB", "1.50\u202fKiB", "150\u202fMiB", "3.50\u202fTiB"]);
});
