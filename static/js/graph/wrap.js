/** Breaks a layout that is one long sliver into columns side by side, as text is broken into lines. */

/** @import {LayeredInput, LayeredResult} from "./graph_types.js" */

const TALL = 4000; // px that are never broken
const RATIO = 3; // height over width from which a layout is broken
const ASPECT = 1.3; // width over height that is aimed at
const EARLY = 0.75, LATE = 1.15; // of the wanted height: where a column may end
const MOST_CROSSING = 24; // edges from one column to the next
const GUTTER = 36, LANE = 6, MARGIN = 14;

/**
 * Breaks a tall layout between two rows, where few edges go from one to the other. Such an edge leaves its column at the
 * bottom, goes up in the gutter and enters the next column at the top.
 *
 * @param {LayeredInput} graph
 * @param {LayeredResult} result of `layered` for that graph
 * @returns {LayeredResult} the same where there is nothing to break
 */
export function wrapTall(graph, result) {
  if (result.height < TALL || result.height < RATIO * result.width) return result;
  const rows = rowsOf(graph, result);
  const wanted = Math.sqrt((result.height * (result.width + GUTTER)) / ASPECT);
  const cuts = chooseCuts(rows, wanted);
  if (!cuts.length) return result;

  const starts = [0, ...cuts.map((r) => r + 1)], columns = starts.length;
  const columnOf = new Int32Array(rows.count);
  for (let c = 0, r = 0; r < rows.count; r++) {
    if (c + 1 < columns && r >= starts[c + 1]) c++;
    columnOf[r] = c;
  }
  const top = Float64Array.from(starts, (r) => rows.top[r]);
  const bottom = Float64Array.from(starts, (_, c) => rows.bottom[(c + 1 < columns ? starts[c + 1] : rows.count) - 1]);
  // a point belongs to the column whose rows end below it
  const columnAt = (/** @type {number} */ y) => {
    let c = 0;
    while (c + 1 < columns && y >= (bottom[c] + top[c + 1]) / 2) c++;
    return c;
  };

  const left = new Float64Array(columns).fill(Infinity), right = new Float64Array(columns).fill(-Infinity);
  for (let v = 0; v < graph.count; v++) {
    const c = columnOf[result.rank[v]];
    left[c] = Math.min(left[c], result.x[v] - graph.widths[v] / 2);
    right[c] = Math.max(right[c], result.x[v] + graph.widths[v] / 2);
  }
  const lanes = new Int32Array(columns);
  for (const points of result.points) {
    for (let i = 0; i < points.length; i += 2) {
      const c = columnAt(points[i + 1]);
      left[c] = Math.min(left[c], points[i]);
      right[c] = Math.max(right[c], points[i]);
      if (i && columnAt(points[i - 1]) !== c) lanes[Math.min(c, columnAt(points[i - 1]))]++;
    }
  }
  const most = Math.max(...lanes);
  const head = most ? MARGIN + most * LANE : 0; // above and below the columns, for what goes across
  const shift = new Float64Array(columns), gutter = new Float64Array(columns);
  let width = 0, height = 0;
  for (let c = 0; c < columns; c++) {
    shift[c] = width - left[c];
    width += right[c] - left[c];
    gutter[c] = width + GUTTER / 2;
    if (c + 1 < columns) width += GUTTER + lanes[c] * LANE;
    height = Math.max(height, bottom[c] - top[c]);
  }

  const used = new Int32Array(columns);
  const points = result.points.map((line) => {
    /** @type {number[]} */
    const moved = [];
    for (let i = 0; i < line.length; i += 2) {
      const c = columnAt(line[i + 1]);
      const x = line[i] + shift[c], y = line[i + 1] - top[c] + head;
      const before = i ? columnAt(line[i - 1]) : c;
      if (before !== c) {
        const upper = Math.min(before, c), lane = used[upper]++;
        const aside = gutter[upper] + lane * LANE, under = bottom[upper] - top[upper] + head + MARGIN + lane * LANE, over = head - MARGIN - lane * LANE;
        /** @type {number[]} */
        const across = [moved[moved.length - 2], before < c ? under : over, aside, before < c ? under : over, aside, before < c ? over : under, x, before < c ? over : under];
        moved.push(...across);
      }
      moved.push(x, y);
    }
    return Float64Array.from(moved);
  });
  return {
    ...result,
    x: result.x.map((x, v) => x + shift[columnOf[result.rank[v]]]),
    y: result.y.map((y, v) => y - top[columnOf[result.rank[v]]] + head),
    points,
    width,
    height: height + 2 * head,
  };
}

/** Upper and lower end of every row, and how many edges go on below it. */
function rowsOf(/** @type {LayeredInput} */ graph, /** @type {LayeredResult} */ { rank, y }) {
  let count = 0;
  for (const r of rank) count = Math.max(count, r + 1);
  const top = new Float64Array(count).fill(Infinity), bottom = new Float64Array(count).fill(-Infinity);
  for (let v = 0; v < graph.count; v++) {
    top[rank[v]] = Math.min(top[rank[v]], y[v] - graph.heights[v] / 2);
    bottom[rank[v]] = Math.max(bottom[rank[v]], y[v] + graph.heights[v] / 2);
  }
  const crossing = new Int32Array(count + 1);
  for (let e = 0; e < graph.from.length; e++) {
    const a = rank[graph.from[e]], b = rank[graph.to[e]];
    crossing[Math.min(a, b)]++;
    crossing[Math.max(a, b)]--;
  }
  for (let r = 1; r < count; r++) crossing[r] += crossing[r - 1];
  return { count, top, bottom, crossing };
}

/** Rows after which a column ends: near the wanted height, where the fewest edges cross. */
function chooseCuts(/** @type {ReturnType<typeof rowsOf>} */ { count, top, bottom, crossing }, /** @type {number} */ wanted) {
  const cuts = [];
  for (let first = 0; first < count; ) {
    if (bottom[count - 1] - top[first] <= wanted * LATE) break;
    let best = -1;
    for (let r = first; r < count - 1; r++) {
      const height = bottom[r] - top[first];
      if (height > wanted * LATE && best >= 0) break;
      const isAllowed = crossing[r] <= MOST_CROSSING && (height >= wanted * EARLY || bottom[r + 1] - top[first] > wanted * LATE);
      if (isAllowed && (best < 0 || crossing[r] <= crossing[best])) best = r;
    }
    if (best < 0) break;
    cuts.push(best);
    first = best + 1;
  }
  return cuts;
}
