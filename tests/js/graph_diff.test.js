import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeColumns } from "../../static/js/graph/columns.js";
import { GraphDiff } from "../../static/js/graph/diff.js";
import { ADDED, CHANGED, INSIDE, REMOVED, SAME } from "../../static/js/graph/diff_marks.js";
import { buildHierarchy } from "../../static/js/graph/hierarchy.js";
import { NameIndex, className, fullName, title } from "../../static/js/graph/names.js";
import { graphJson, transformer } from "./graph_builder.js";

const columns = (nodes) => decodeColumns(graphJson(nodes));
const find = (h, name) => new NameIndex(h).find(name);
const compare = (before, after) => {
  const diff = new GraphDiff(columns(before), columns(after)), h = buildHierarchy(diff.merged.columns);
  return { diff, h, mark: (name) => diff.mark("merged", h, find(h, name)), found: diff.differences("merged", h).map((item) => fullName(h, item)) };
};

test("equal graphs have no difference, and the merged one is the graph itself", () => {
  const { diff, h, found } = compare(transformer(4), transformer(4));
  assert.deepEqual(found, []);
  assert.equal(h.itemCount, diff.after.itemCount);
  assert.equal(className(h, find(h, "Net/Block[h.0]×4")), "Block ×4");
  assert.ok([...diff.merged.columns.edgeMark].every((mark) => mark === SAME));
});

test("blocks that are gone stand in the merged graph, wired as they were, with what they cost", () => {
  const { h, diff, found, mark } = compare(transformer(5), transformer(3));
  assert.deepEqual(found, ["Net/Block[h.3]", "Net/Block[h.4]"]);
  assert.deepEqual(["Net/Block[h.4]", "Net/Block[h.4]/add", "Net", "Net/Block[h.2]", "output"].map(mark), [REMOVED, REMOVED, INSIDE, SAME, SAME]);
  assert.equal(h.params[find(h, "Net/Block[h.4]")], 3 * 4096);
  const { edgeMark, edgeFrom, edgeTo, nodeName, strings } = diff.merged.columns;
  const marked = (which) => [...edgeMark.keys()].filter((e) => edgeMark[e] === which).map((e) => `${strings[nodeName[edgeFrom[e]]]}>${strings[nodeName[edgeTo[e]]]}`);
  assert.deepEqual(marked(ADDED), ["add>output"]);
  assert.ok(marked(REMOVED).includes("add>output") && marked(REMOVED).length > 5);
});

test("the other way round they are added", () => {
  const { found, mark } = compare(transformer(3), transformer(5));
  assert.deepEqual(found, ["Net/Block[h.3]", "Net/Block[h.4]"]);
  assert.equal(mark("Net/Block[h.3]"), ADDED);
});

test("a changed class, op, shape and parameter are told, and nothing else is marked", () => {
  const model = (kind, op, wide) => [
    { name: "x", op: "Placeholder", shape: "1×8" },
    { name: "Net/Linear[fc]/weight", op: "Const", shape: `8×${wide}`, params: 8 * wide },
    { name: "Net/Linear[fc]/linear", op: "linear", inputs: ["x", "Net/Linear[fc]/weight"], shape: `1×${wide}`, macs: 8 * wide },
    { name: `Net/${kind}[act]/${op}`, op, inputs: ["Net/Linear[fc]/linear"], shape: `1×${wide}` },
    { name: "Net/sum", op: "sum", inputs: [`Net/${kind}[act]/${op}`], shape: "scalar" },
  ];
  const { diff, h, found, mark } = compare(model("GELU", "gelu", 16), model("ReLU", "relu", 32));
  assert.deepEqual(found, ["Net/Linear[fc]", "Net/ReLU[act]"]);
  assert.equal(mark("Net/sum"), SAME);
  const told = (name) => diff.changes("merged", h, find(h, name)).map(({ what, from, to }) => `${what} ${from} ${to}`);
  assert.deepEqual(told("Net/Linear[fc]"), ["output 1×16 1×32", "parameters 128 256", "multiply-adds 128 256"]);
  assert.deepEqual(told("Net/ReLU[act]"), ["class GELU ReLU", "op gelu relu", "output 1×16 1×32"]);
  assert.equal(title(diff.before, diff.ends("merged", h, find(h, "Net/ReLU[act]")).before), "act");
});

test("a block whose name changed is known by its structure", () => {
  const renamed = transformer(1).map(({ name, inputs, ...rest }) => ({ ...rest, name: name.replace("h.0", "layer.0"), inputs: inputs?.map((text) => text.replace("h.0", "layer.0")) }));
  const { found, mark } = compare(transformer(1), renamed);
  assert.deepEqual(found, []);
  assert.equal(mark("Net/Block[layer.0]"), SAME);
});

/** Layers one after the other, "Linear:16" with its width, each called by its place. */
function chain(layers, batch = 4) {
  const nodes = [{ name: "x", op: "Placeholder", shape: `${batch}×8` }];
  let last = "x", width = 8;
  layers.forEach((layer, i) => {
    const [kind, wide = width] = layer.split(":"), scope = `Net/${kind}[${i}]`, op = kind.toLowerCase(), inputs = [last];
    if (kind === "Linear") inputs.push(nodes[nodes.push({ name: `${scope}/weight`, op: "Const", shape: `${wide}×${width}`, params: wide * width }) - 1].name);
    nodes.push({ name: `${scope}/${op}`, op, inputs, shape: `${batch}×${wide}` });
    [last, width] = [`${scope}/${op}`, wide];
  });
  return nodes;
}

test("what stands behind an inserted or a removed layer is what it was, whatever its number", () => {
  const short = ["Linear:16", "ReLU", "Linear:2"], long = ["Linear:16", "Dropout", "ReLU", "Linear:2"];
  const added = compare(chain(short), chain(long)), removed = compare(chain(long), chain(short));
  assert.deepEqual(added.found, ["Net/Dropout[1]"]);
  assert.equal(added.mark("Net/Dropout[1]"), ADDED);
  assert.equal(title(added.diff.before, added.diff.ends("merged", added.h, find(added.h, "Net/Linear[3]")).before), "2");
  assert.deepEqual([removed.found, removed.mark("Net/Dropout[1]")], [["Net/Dropout[1]"], REMOVED]);
  assert.deepEqual(compare(chain(["Linear:16", "Linear:8", "Linear:24", "Linear:8"]), chain(["ReLU", "Linear:16", "Linear:8", "Linear:24", "Linear:8"])).found, ["Net/ReLU[0]"]);
});

test("another size of the batch is no change, a wider layer is one", () => {
  const layers = ["Linear:16", "ReLU", "Linear:2"], { diff, found } = compare(chain(layers, 1), chain(layers, 4));
  assert.deepEqual([found, diff.batch], [[], [1, 4]]);
  // its weights have grown as the batch has
  assert.deepEqual(compare(chain(["Linear:8", "Linear:2"], 1), chain(["Linear:32", "Linear:2"], 4)).found, ["Net/Linear[0]", "Net/Linear[1]"]);
});

test("partners lead from each side to the other", () => {
  const diff = new GraphDiff(columns(transformer(3)), columns(transformer(4)));
  const there = (side, h, name) => diff.ends(side, h, find(h, name));
  assert.equal(fullName(diff.before, there("after", diff.after, "Net/Block[h.1]/add").before), "Net/Block[h.1]/add");
  assert.equal(fullName(diff.after, there("before", diff.before, "Net/Block[h.1]/add").after), "Net/Block[h.1]/add");
  assert.deepEqual(there("after", diff.after, "Net/Block[h.3]").before, 0);
  assert.equal(diff.mark("before", diff.before, find(diff.before, "Net/Block[h.1]")), SAME);
});

test("a run of equal blocks is no stack over what differs: the new ones are one of their own", () => {
  const { h } = compare(transformer(6), transformer(9));
  const titles = h.children[find(h, "Net")].map((item) => title(h, item));
  assert.deepEqual(titles, ["emb", "h.0–5", "h.6–8"]);
});

test("two quite different graphs still make one that can be laid out", () => {
  const { found, h } = compare(transformer(2), [{ name: "a" }, { name: "b", inputs: ["a"] }, { name: "Other/c", inputs: ["b"] }]);
  assert.ok(found.length >= 4);
  assert.equal(h.nodeCount, h.columns.nodeName.length);
  assert.equal(CHANGED, 2);
});
