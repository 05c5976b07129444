import assert from "node:assert/strict";
import { test } from "node:test";
import { layered } from "../../static/js/graph/layered.js";
import { wrapTall } from "../../static/js/graph/wrap.js";
import { connectedParts, packRows } from "../../static/js/graph/pack.js";
import { findBundles } from "../../static/js/graph/bundles.js";
import { random } from "./graph_builder.js";

/** @param {number} count @param {number} seed */
function network(count, seed, { skips = 0.3, reach = 12 } = {}) {
  const next = random(seed), from = [], to = [];
  for (let v = 1; v < count; v++) {
    from.push(Math.max(0, v - 1 - Math.floor(next() * 3)));
    to.push(v);
    if (next() < skips) {
      from.push(Math.max(0, v - 1 - Math.floor(next() * reach)));
      to.push(v);
    }
  }
  return input(count, from, to, next);
}

function input(count, from, to, next = random(1)) {
  return { count, widths: Float64Array.from({ length: count }, () => 40 + Math.floor(next() * 80)), heights: Float64Array.from({ length: count }, () => 20 + Math.floor(next() * 40)), from: Int32Array.from(from), to: Int32Array.from(to) };
}

function overlaps({ count, widths, heights }, { x, y }) {
  const order = Array.from({ length: count }, (_, v) => v).sort((a, b) => y[a] - heights[a] / 2 - (y[b] - heights[b] / 2));
  const found = [];
  for (let i = 0; i < count; i++) {
    const a = order[i];
    for (let j = i + 1; j < count; j++) {
      const b = order[j];
      if (y[b] - heights[b] / 2 >= y[a] + heights[a] / 2 - 1e-6) break;
      if (Math.abs(x[a] - x[b]) < (widths[a] + widths[b]) / 2 - 1e-6) found.push([a, b]);
    }
  }
  return found;
}

for (const [count, seed] of [[1, 1], [2, 2], [40, 3], [300, 4], [1500, 5]]) {
  test(`${count} boxes: none overlaps, edges go down, all lies inside`, () => {
    const graph = network(count, seed), result = layered(graph);
    assert.deepEqual(overlaps(graph, result), []);
    for (let e = 0; e < graph.from.length; e++) {
      const a = graph.from[e], b = graph.to[e], points = result.points[e];
      assert.ok(result.y[b] - graph.heights[b] / 2 > result.y[a] + graph.heights[a] / 2, `edge ${a} -> ${b}`);
      assert.deepEqual([points[0], points[1]], [result.x[a], result.y[a] + graph.heights[a] / 2]);
      assert.deepEqual([points.at(-2), points.at(-1)], [result.x[b], result.y[b] - graph.heights[b] / 2]);
      for (let i = 3; i < points.length; i += 2) assert.ok(points[i] >= points[i - 2], "an edge never goes up");
    }
    for (let v = 0; v < count; v++) {
      assert.ok(result.x[v] - graph.widths[v] / 2 >= -1e-6 && result.x[v] + graph.widths[v] / 2 <= result.width + 1e-6);
      assert.ok(result.y[v] - graph.heights[v] / 2 >= -1e-6 && result.y[v] + graph.heights[v] / 2 <= result.height + 1e-6);
    }
  });
}

test("the same graph is laid out the same", () => {
  const a = layered(network(400, 9)), b = layered(network(400, 9));
  assert.deepEqual(a.x, b.x);
  assert.deepEqual(a.points, b.points);
});

test("a chain of equal boxes stands in one line", () => {
  const graph = input(30, Array.from({ length: 29 }, (_, i) => i), Array.from({ length: 29 }, (_, i) => i + 1));
  graph.widths.fill(80);
  const { x, crossings } = layered(graph);
  assert.equal(new Set(x).size, 1);
  assert.equal(crossings, 0);
});

test("cycles, loops and parallel edges are drawn; only the closing edge goes up", () => {
  const graph = input(3, [0, 1, 2, 1, 0, 0], [1, 2, 0, 1, 1, 1]);
  const result = layered(graph);
  assert.deepEqual(overlaps(graph, result), []);
  assert.deepEqual([...result.isReversed], [0, 0, 1, 0, 0, 0]);
  assert.equal(result.points[3].length, 0);
  assert.ok(result.points[2][1] > result.points[2].at(-1));
});

test("an empty graph and one without edges", () => {
  assert.equal(layered(input(0, [], [])).width, 0);
  const graph = input(5, [], []);
  assert.deepEqual(overlaps(graph, layered(graph)), []);
});

test("edges over very many rows run beside the graph, not through thousands of bends", () => {
  const count = 3000, from = Array.from({ length: count - 1 }, (_, i) => i), to = from.map((v) => v + 1);
  for (let i = 0; i < 200; i++) {
    from.push(i);
    to.push(count - 1 - i);
  }
  const graph = input(count, from, to), begin = performance.now(), result = layered(graph);
  const ms = performance.now() - begin;
  assert.ok(result.points.at(-1).length <= 16);
  const right = Math.max(...graph.widths.map((w, v) => result.x[v] + w / 2));
  assert.ok(result.points.at(-1)[4] > right - 1e-6, "the lane lies right of all boxes");
  assert.ok(ms < 5000, `${ms} ms`);
});

test("time grows with the graph: 20,000 boxes against 2,000", () => {
  const time = (count) => {
    const graph = network(count, 7), begin = performance.now();
    layered(graph);
    return performance.now() - begin;
  };
  time(2000);
  const small = Math.min(time(2000), time(2000), time(2000)), large = Math.min(time(20000), time(20000));
  assert.ok(large < 60 * small, `${large} ms for ten times the ${small} ms graph`);
});

test("a sliver is broken into columns, the order of the rows kept in each", () => {
  const count = 300, from = Array.from({ length: count - 1 }, (_, i) => i), to = from.map((v) => v + 1);
  const graph = input(count, from, to), long = layered(graph), wrapped = wrapTall(graph, long);
  assert.ok(long.height > 10 * long.width);
  assert.ok(wrapped.height < 4 * wrapped.width && wrapped.width < 4 * wrapped.height);
  assert.deepEqual(overlaps(graph, wrapped), []);
  for (let e = 0; e < from.length; e++) {
    const points = wrapped.points[e], a = from[e], b = to[e];
    assert.deepEqual([points[0], points[1]], [wrapped.x[a], wrapped.y[a] + graph.heights[a] / 2]);
    assert.deepEqual([points.at(-2), points.at(-1)], [wrapped.x[b], wrapped.y[b] - graph.heights[b] / 2]);
    const sameColumn = wrapped.y[b] > wrapped.y[a];
    if (!sameColumn) assert.ok(wrapped.x[b] - graph.widths[b] / 2 > wrapped.x[a] + graph.widths[a] / 2, "the next column is to the right");
  }
  const small = input(20, from.slice(0, 19), to.slice(0, 19)), short = layered(small);
  assert.equal(wrapTall(small, short), short);
});

test("a thousand boxes without edges are no line", () => {
  const boxes = Array.from({ length: 1000 }, (_, i) => ({ w: 60 + (i % 7), h: i % 5 ? 24 : 40 }));
  const { x, y, width, height } = packRows(boxes, { gap: 10, aspect: 1.5 });
  assert.ok(width < 5 * height && height < 5 * width);
  const graph = { count: 1000, widths: Float64Array.from(boxes, ({ w }) => w), heights: Float64Array.from(boxes, ({ h }) => h) };
  assert.deepEqual(overlaps(graph, { x: x.map((v, i) => v + boxes[i].w / 2), y: y.map((v, i) => v + boxes[i].h / 2) }), []);
});

test("parts that hang together are found", () => {
  const { part, parts } = connectedParts(6, [5, 1], [0, 2]);
  assert.equal(parts, 4);
  assert.deepEqual([...part], [0, 1, 1, 2, 3, 0]);
});

test("a fan of equal neighbours is one bundle, different ones are none", () => {
  const from = [], to = [];
  for (let v = 1; v <= 50; v++) {
    from.push(0, v);
    to.push(v, 51);
  }
  const sizes = new Float64Array(60).fill(30);
  const [bundle, ...others] = findBundles(60, from, to, sizes, sizes);
  assert.deepEqual(bundle.members, Array.from({ length: 50 }, (_, i) => i + 1));
  assert.equal(others.length, 0);
  assert.ok(bundle.grid.width < 50 * 30 / 2);
  assert.deepEqual(findBundles(5, [0, 0], [1, 2], sizes, sizes), []);
});
