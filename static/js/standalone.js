/** The viewer inside an exported file: one script, nothing to fetch; a zoom folds the points of the file anew. */

/** @import { Column, Range } from "./types.d.ts" */
/** @typedef {{x: Float64Array, y: Float64Array}} Points */
/** @typedef {{run: string, line: string, colour: string, dash: 0 | 1, axis: string, total: number, whole: boolean, marks: {x: number, value: string, count: number}[], inner: Range | null, points: Record<string, Points>}} FileLine */
/** @typedef {{tag: string, lines: FileLine[]}} FileChart */
/** @typedef {{chart: FileChart, plot: HTMLElement, isMade: boolean, isSeen: boolean, x: Range | null, y: Range | null}} Card */

/** @type {Record<string, {new (buffer: ArrayBuffer): ArrayLike<number> & Iterable<number>}>} */
const ARRAYS = { f8: Float64Array, f4: Float32Array, i4: Int32Array };
const WIDTH = 900; // columns a curve is folded to: two points each

/** @param {Column} column */
function decoded({ dtype, bdata }) {
  const text = atob(bdata), raw = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) raw[i] = text.charCodeAt(i);
  return Float64Array.from(new ARRAYS[dtype](raw.buffer));
}

const source = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
/** @type {FileChart[]} */
const charts = source.charts.map((/** @type {any} */ chart) => ({
  tag: chart.tag,
  lines: chart.lines.map((/** @type {any} */ line) => ({
    ...line, marks: line.marks.map((/** @type {any} */ mark) => ({ ...mark, x: Number(mark.x) })),
    points: Object.fromEntries(Object.entries(line.curves).map(([key, { x, y }]) => [key, { x: decoded(x), y: decoded(y) }])),
  })),
}));
const hidden = new Set();
const choices = { log: Boolean(source.logY), all: false };
/** @type {Map<Element, Card>} */
const cards = new Map();

/** First index whose x is not below v. @param {Float64Array} x @param {number} v */
function below(x, v) {
  let lo = 0, hi = x.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (x[middle] < v) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

/** Least and greatest value of every column of what is in view, one point more on each side. @param {Points} points @param {Range | null} range */
function folded({ x, y }, range) {
  const first = range ? Math.max(0, below(x, range[0]) - 1) : 0, stop = range ? Math.min(x.length, below(x, range[1]) + 1) : x.length, n = stop - first;
  if (n <= 2 * WIDTH) return { x: [...x.subarray(first, stop)], y: [...y.subarray(first, stop)].map((v) => (Number.isFinite(v) ? v : null)) };
  /** @type {number[]} */
  const xs = [];
  /** @type {(number | null)[]} */
  const ys = [];
  const put = (/** @type {number} */ i) => { xs.push(x[i]); ys.push(Number.isFinite(y[i]) ? y[i] : null); };
  for (let column = 0; column < WIDTH; column++) {
    const from = first + Math.floor((column * n) / WIDTH), to = first + Math.floor(((column + 1) * n) / WIDTH);
    let least = -1, greatest = -1, gap = -1;
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(y[i])) { gap = i; continue; }
      if (least < 0 || y[i] < y[least]) least = i;
      if (greatest < 0 || y[i] > y[greatest]) greatest = i;
    }
    for (const i of [...new Set([least, greatest, gap])].filter((one) => one >= 0).sort((a, b) => a - b)) put(i);
  }
  return { x: xs, y: ys };
}

/** Names are text, Plotly reads markup. @param {string} text */
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const style = () => getComputedStyle(document.documentElement);
/** @param {string} colour */
const resolved = (colour) => (colour.startsWith("var(") ? style().getPropertyValue(colour.slice(4, -1)).trim() : colour);
/** @param {number} x as the file has it */
const shownX = (x) => (source.x === "wall" ? x * 1000 : x);

/** @param {Card} card */
function draw(card) {
  const lines = card.chart.lines.filter((line) => !hidden.has(line.run)), traces = [];
  const isWall = source.x === "wall" && lines.some((line) => line.axis === "wall"), toX = isWall ? shownX : (/** @type {number} */ x) => x;
  const thin = lines.length > 24;
  for (const key of ["old", "raw", ""])
    for (const line of lines) {
      const points = line.points[key];
      if (!points || (key === "raw" && thin)) continue;
      const { x, y } = folded(points, card.x);
      traces.push({
        type: "scatter", mode: x.length < 2 ? "markers" : "lines", x: x.map(toX), y, name: plain(line.line ? `${line.run} ${line.line}` : line.run), connectgaps: false, opacity: key === "raw" ? 0.26 : key === "old" ? 0.6 : thin ? 0.6 : 1,
        line: { color: resolved(line.colour), width: key ? 1 : thin ? 1 : 2, dash: key === "old" ? "1.5px,2.5px" : line.dash ? "4px,2px" : "solid" },
        ...(key ? { hoverinfo: "skip" } : { hovertemplate: "%{fullData.name}<br>%{x}<br><b>%{y}</b><extra></extra>" }),
      });
    }
  const marks = lines.flatMap((line) => line.marks.map((mark) => ({ ...mark, line })));
  if (marks.length)
    traces.push({
      type: "scatter", mode: "markers", x: marks.map((mark) => toX(mark.x)), y: marks.map(() => 0.97), yaxis: "y2", marker: { symbol: "triangle-down", size: 8, color: marks.map((mark) => resolved(mark.line.colour)) },
      text: marks.map((mark) => `${plain(mark.line.run)}<br>${mark.value}, ${mark.count} of them`), hovertemplate: "%{text}<extra></extra>",
    });
  const ink = { color: resolved("var(--color-ink-3)"), size: 11 }, inner = lines.map((line) => line.inner).filter((range) => range !== null);
  let y = card.y;
  if (!y && !choices.all && inner.length) {
    const lo = Math.min(...inner.map((range) => range[0])), hi = Math.max(...inner.map((range) => range[1])), pad = (hi - lo) * 0.1 || Math.abs(hi) * 0.05 || 0.5;
    y = choices.log ? (lo > 0 ? [Math.log10(lo) - 0.05, Math.log10(hi) + 0.05] : null) : [lo - pad, hi + pad];
  }
  const layout = {
    autosize: true, margin: { l: 52, r: 12, t: 6, b: 30 }, showlegend: false, hovermode: "closest", dragmode: "zoom", paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: ink,
    xaxis: { type: isWall ? "date" : "linear", showgrid: false, linecolor: resolved("var(--chart-axis)"), zeroline: false, ...(card.x ? { range: card.x.map(toX) } : { autorange: true }) },
    yaxis: { type: choices.log ? "log" : "linear", gridcolor: resolved("var(--chart-grid)"), zeroline: false, ...(y ? { range: y } : { autorange: true }) },
    yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true },
  };
  Plotly.react(card.plot, traces, layout, { displayModeBar: false, responsive: true, doubleClick: false, showTips: false });
  if (!card.isMade) listen(card, () => isWall);
  card.isMade = true;
}

/** A zoom folds again what is in view: it shows more than before. @param {Card} card @param {() => boolean} isWall */
function listen(card, isWall) {
  const plot = /** @type {import("./types.d.ts").PlotElement} */ (/** @type {unknown} */ (card.plot));
  plot.on("plotly_relayout", (/** @type {Record<string, any>} */ change) => {
    const of = (/** @type {string} */ name) => (change[`${name}.range[0]`] === undefined ? null : [change[`${name}.range[0]`], change[`${name}.range[1]`]]);
    const x = of("xaxis"), y = of("yaxis");
    if (!x && !y) return;
    if (x) card.x = /** @type {Range} */ (isWall() ? x.map((v) => (typeof v === "number" ? v : Date.parse(`${String(v).replace(" ", "T")}Z`)) / 1000) : x.map(Number));
    if (y) card.y = /** @type {Range} */ (y.map(Number));
    draw(card);
  });
  plot.on("plotly_doubleclick", () => { card.x = card.y = null; draw(card); return false; });
}

/** @param {string} tag @param {Record<string, string>} [attributes] @param {string} [text] */
function element(tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const card = cards.get(target);
    if (!card) continue;
    card.isSeen = isIntersecting;
    if (isIntersecting && !card.isMade) draw(card);
  }
}, { rootMargin: "300px" });

function redraw() {
  for (const card of cards.values()) { if (card.isSeen) draw(card); else card.isMade = false; }
}

function start() {
  const main = document.querySelector("main"), runs = document.querySelector(".runs"), about = document.querySelector(".about");
  if (!main || !runs || !about) return;
  const lines = charts.flatMap((chart) => chart.lines), whole = lines.filter((line) => line.whole).length, cut = lines.length - whole;
  const points = lines.reduce((sum, line) => sum + line.total, 0).toLocaleString("en").replaceAll(",", "\u202f");
  const limit = source.mostPoints.toLocaleString("en").replaceAll(",", "\u202f");
  about.textContent = `${lines.length} curves of ${charts.length} tags, ${points} points. ${cut ? `${whole} curves hold every point; of the other ${cut}, longer ones, the file holds the least and the greatest value of each of many stretches, so that no extreme is missing (at most ${limit} points in all).` : "The file holds every point."} ${source.smoothing === "none" ? "Not smoothed." : `Smoothed by ${source.smoothing}, ${source.amount}; the raw curve stands behind.`} Drag to zoom, double click to reset.`;
  /** @type {Map<string, HTMLElement>} */
  const grids = new Map();
  for (const chart of charts) {
    const cutAt = chart.tag.indexOf("/"), key = cutAt > 0 ? chart.tag.slice(0, cutAt) : "";
    let grid = grids.get(key);
    if (!grid) {
      const section = element("details", { open: "" });
      grid = element("div", { class: "grid" });
      section.append(element("summary", {}, key || (charts.length > 1 ? "other" : "all")), grid);
      main.append(section);
      grids.set(key, grid);
    }
    const figure = element("figure"), title = element("h3", {}, chart.tag), plot = element("div", { class: "plot", role: "img", "aria-label": `${chart.tag}, ${chart.lines.length} curves` });
    title.append(element("small", {}, `${chart.lines.length} ${chart.lines.length === 1 ? "curve" : "curves"}`));
    figure.append(title, plot);
    grid.append(figure);
    cards.set(figure, { chart, plot, isMade: false, isSeen: false, x: null, y: null });
    observer.observe(figure);
  }
  for (const line of new Map(lines.map((one) => [one.run, one])).values()) {
    const box = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox", checked: "" })), label = element("label");
    label.style.setProperty("--run", line.colour);
    label.append(box, element("i"), element("span", {}, line.run));
    box.addEventListener("change", () => { if (box.checked) hidden.delete(line.run); else hidden.add(line.run); redraw(); });
    runs.append(label);
  }
  for (const control of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-set]"))) {
    const name = control.dataset.set ?? "";
    if (control instanceof HTMLInputElement) {
      control.checked = choices[/** @type {"log" | "all"} */ (name)];
      control.addEventListener("change", () => { choices[/** @type {"log" | "all"} */ (name)] = control.checked; for (const card of cards.values()) card.y = null; redraw(); });
    } else control.addEventListener("click", () => { const { dataset } = document.documentElement; dataset.theme = dataset.theme === "dark" ? "light" : "dark"; redraw(); });
  }
  document.documentElement.dataset.ready = "true";
}

start();
export {};
