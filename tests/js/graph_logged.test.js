import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeColumns } from "../../static/js/graph/columns.js";
import { buildHierarchy } from "../../static/js/graph/hierarchy.js";
import { loggedSeries, moduleName, moduleNames, tagsAbout } from "../../static/js/graph/logged.js";
import { scaleOf, spreadValues, stepOf } from "../../static/js/graph/logged_scale.js";
import { NameIndex, fullName } from "../../static/js/graph/names.js";
import { evenBins, statistics } from "../../static/js/graph/weights.js";
import { graphJson, transformer } from "./graph_builder.js";

const h = buildHierarchy(decodeColumns(graphJson(transformer(4)))), names = new NameIndex(h), modules = moduleNames(h);
const at = (name) => names.find(name);

test("a block is known by the attributes on the way to it", () => {
  assert.equal(modules.get("h.2"), at("Net/Block[h.2]"));
  assert.equal(modules.get("h.2.attn.q"), at("Net/Block[h.2]/Attention[attn]/Linear[q]"));
  assert.equal(modules.get("Net"), at("Net"));
  assert.equal(moduleName(h, at("Net/Block[h.2]/Attention[attn]")), "h.2.attn");
  assert.equal(moduleName(h, at("Net")), "Net");
  assert.equal(moduleName(h, at("x")), "");
});

test("series: the block's name before or behind, with dots or slashes, of a parameter or of the block", () => {
  const tags = ["grad_norm/h.0", "grad_norm/h.1", "grad_norm/all", "h.0/attn/std", "h.1/attn/std", "weights/h.0.attn.q.weight", "weights/h.0.attn.k.weight", "act.deep/h/3/ln", "act.deep/h/2/ln", "h.1.lr", "h.2.lr", "loss", "lonely/h.0"];
  const found = Object.fromEntries(loggedSeries(tags, modules).map(({ name, tags: own }) => [name, own.map(({ item }) => item)]));
  assert.deepEqual(found, {
    "act.deep": [],
    ...{ grad_norm: [at("Net/Block[h.0]"), at("Net/Block[h.1]")], std: [at("Net/Block[h.0]/Attention[attn]"), at("Net/Block[h.1]/Attention[attn]")] },
    ...{ weights: [at("Net/Block[h.0]/Attention[attn]/Linear[q]"), at("Net/Block[h.0]/Attention[attn]/Linear[k]")], lr: [at("Net/Block[h.1]"), at("Net/Block[h.2]")] },
    "act.deep": [at("Net/Block[h.3]/LayerNorm[ln]"), at("Net/Block[h.2]/LayerNorm[ln]")],
  });
});

test("a module's path anywhere in a tag: longest first, with whatever before and behind it, and a number alone only where weights are meant", () => {
  const net = buildHierarchy(decodeColumns(graphJson(["Net/Sequential[encoder]/Linear[0]", "Net/Sequential[encoder]/Linear[2]", "Net/Linear[head]", "Net/Linear[other]", "Net/Linear[7]", "Net/Linear[8]"].map((scope) => ({ name: `${scope}/linear` })))));
  const blocks = moduleNames(net), find = (tag) => loggedSeries([tag, tag.replaceAll("encoder.0", "other").replaceAll("encoder/0", "other").replaceAll("head", "other").replaceAll("7", "8")], blocks).map(({ name, tags }) => [name, moduleName(net, tags[0].item)])[0] ?? null;
  const expected = {
    "grad_norm/encoder.0": ["grad_norm", "encoder.0"],
    "encoder.0/grad_norm": ["grad_norm", "encoder.0"],
    "gradients/encoder.0.weight": ["gradients", "encoder.0"],
    "gradients/model.encoder.0.bias": ["gradients/model", "encoder.0"],
    "encoder/0/weight": ["weight", "encoder.0"],
    "encoder.0.weight.grad": ["grad", "encoder.0"],
    "train/head/activation_mean": ["train/activation_mean", "head"],
    "train/head/activation_std": ["train/activation_std", "head"],
    "grad/7": ["grad", "7"],
    ...{ "loss/train": null, "lr/7": null, "encoders.0": null, "": null },
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((tag) => [tag, find(tag)])), expected);
});

test("blocks have the names that were recorded, those of other writers' scopes theirs, and a module called twice is its first call", () => {
  const json = graphJson(["Net/Block[b]/Linear[fc]", "Net/Block[b]#1/Linear[fc]", "tower/layer_0"].map((scope) => ({ name: `${scope}/op`, macs: 1 })));
  json.costs.blocks = [{ group: 2, name: "inner.b", class: "Block", calls: 2, tied: [] }];
  const graph = buildHierarchy(decodeColumns(json)), known = moduleNames(graph);
  const path = (name) => fullName(graph, known.get(name));
  assert.deepEqual(["inner.b", "b", "b.fc", "tower.layer_0", "tower"].map(path), ["Net/Block[b]", "Net/Block[b]", "Net/Block[b]/Linear[fc]", "tower/layer_0", "tower"]);
});

test("tags about a block are those that hold its whole name", () => {
  const tags = ["w/h.1.attn.weight", "w/h.1/attn", "w/h.11.attn", "h.1", "xh.1"];
  assert.deepEqual(tagsAbout(tags, "h.1"), ["w/h.1.attn.weight", "w/h.1/attn", "h.1"]);
  assert.deepEqual(tagsAbout(tags, ""), []);
});

test("the scale: logarithmic over what is positive, dead far below, broken where it is no number", () => {
  const scale = scaleOf([NaN, 0, 1e-4, 1, Infinity]);
  assert.deepEqual(scale, { low: 1e-4, high: 1, isLog: true });
  assert.deepEqual([1, 1e-4, 1e-2, 0, NaN, Infinity].map((v) => stepOf(scale, v)), [7, 0, 4, "dead", "broken", "broken"]);
  assert.equal(stepOf(scaleOf([-1, 3]), -1), 0);
  assert.equal(scaleOf([NaN]), null);
  assert.equal(stepOf(scaleOf([2, 2]), 2), 7);
  assert.equal(stepOf(scaleOf([1e-30, 1]), 1e-12), "dead");
});

test("a block without a value has the greatest inside, and what is no number is not hidden", () => {
  const q = at("Net/Block[h.0]/Attention[attn]/Linear[q]"), k = at("Net/Block[h.0]/Attention[attn]/Linear[k]"), attention = at("Net/Block[h.0]/Attention[attn]"), other = at("Net/Block[h.1]");
  const values = spreadValues(h, new Map([[q, 1], [k, 3], [other, NaN]]));
  assert.deepEqual([values.get(attention), values.get(at("Net/Block[h.0]")), values.get(at("Net"))], [3, 3, NaN]);
  assert.equal(spreadValues(h, new Map([[q, 1], [attention, 9]])).get(at("Net/Block[h.0]")), 9);
});

test("statistics of a histogram, and its bins made even", () => {
  const bins = { left: [-2, 0, 1, 5], right: [0, 1, 3, 9], count: [2, 0, 2, 0] };
  const facts = statistics(bins);
  assert.deepEqual([facts.n, facts.mean, facts.low, facts.high], [4, 0.5, -2, 3]);
  assert.ok(Math.abs(facts.deviation - 1.5) < 1e-12);
  assert.equal(statistics({ left: [0], right: [1], count: [0] }), null);
  assert.deepEqual(evenBins(bins, facts, 5), [1, 1, 0, 1, 1]);
  assert.deepEqual(evenBins({ left: [1], right: [1], count: [7] }, { low: 1, high: 1 }, 2).reduce((a, b) => a + b), 7);
});
