/** What can be taken away: the picture of a chart, its numbers, those of the page, and both as a file that works alone. */

import { api } from "../api.js";
import { el, saveBlob, setText } from "../dom.js";
import { fileName } from "../format.js";
import { chartPng, chartSvg, svgText } from "./chart_image.js";
import { nameOf } from "./combined.js";

/** @import { App } from "../app.js" */
/** @import { Page, ScalarChart } from "./scalar_chart.js" */
/** @typedef {{format: string, points: string, runs: string, tags: string}} Wish */

const PICTURES = ["png", "svg"], TABLES = ["csv", "json", "parquet"];
const TITLES = { png: "PNG picture", svg: "SVG picture", csv: "CSV", json: "JSON", parquet: "Parquet", html: "HTML page that works offline" };

/** Ask what is wanted, then let the browser save it. @param {Page} page @param {ScalarChart | null} chart null: the whole page */
export function openExport(page, chart) {
  const home = chart?.root.closest("dialog") ?? document.body, name = chart ? nameOf(chart.spec) : "the page", runs = chart ? [...new Set(chart.spec.tags.flatMap((tag) => page.runsOf(tag)))] : [];
  const formats = [...(chart ? PICTURES : []), ...TABLES, "html"];
  const select = (/** @type {string} */ name, /** @type {[string, string][]} */ options) => el("select", { name }, ...options.map(([value, text]) => el("option", { value }, text)));
  const row = (/** @type {string} */ text, /** @type {HTMLElement} */ control) => el("label", { class: "export-row" }, el("span", {}, text), el("span", { class: "choice" }, control));
  const format = select("format", formats.map((one) => [one, TITLES[/** @type {keyof typeof TITLES} */ (one)]]));
  const points = select("points", [["seen", "what is seen: in range, smoothed too"], ["all", "every point, superseded ones too"]]);
  const which = select("runs", [["chosen", "the chosen runs"], ...runs.map((run) => /** @type {[string, string]} */ ([run, run]))]);
  const tags = select("tags", [...(chart ? [/** @type {[string, string]} */ (["chart", name])] : []), ["page", "all that the page shows"]]);
  const said = el("p", { class: "export-said", role: "status" }), rows = [row("Points", points), row("Runs", which), row("Scalars", tags)];
  const form = el("form", { method: "dialog" }, el("h2", {}, `Export ${name}`), row("As", format), ...rows, said,
    el("div", { class: "dialog-end" }, el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"), el("button", { type: "submit", class: "button", "data-kind": "primary" }, "Save")));
  const dialog = el("dialog", { class: "popover export", "aria-label": `Export ${name}` }, form);
  const paint = () => { const isPicture = PICTURES.includes(format.value); rows.forEach((one, i) => { one.hidden = isPicture || (format.value === "html" && i < 2); }); };
  format.addEventListener("change", paint);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await save(page, chart, { format: format.value, points: points.value, runs: which.value, tags: tags.value });
      dialog.close();
    } catch (error) {
      setText(said, error instanceof Error ? error.message : String(error));
    }
  });
  dialog.addEventListener("close", () => { dialog.remove(); chart?.frame.focus({ preventScroll: true }); });
  home.append(dialog);
  paint();
  dialog.showModal();
}

/** @param {Page} page @param {ScalarChart | null} chart @param {Wish} wish */
async function save(page, chart, { format, points, runs, tags }) {
  const shown = tags === "page" || !chart ? page.shownTags() : chart.spec.tags;
  if (PICTURES.includes(format)) {
    const picture = chart && chartSvg(chart);
    if (!chart || !picture) throw new Error("There is no curve to be saved.");
    const blob = format === "svg" ? new Blob([svgText(picture)], { type: "image/svg+xml" }) : await chartPng(picture);
    saveBlob(blob, `${fileName(nameOf(chart.spec))}.${format}`);
    return;
  }
  const names = runs === "chosen" ? page.app.runs.visible().map((run) => run.name) : [runs], choices = page.choices(), { kind, amount } = choices.smoothing;
  const x = choices.x === "relative" || choices.x === "wall" ? choices.x : "step";
  if (format === "html") {
    const styled = names.map((name) => { const { colour, dash } = page.app.style(name); return { name, colour, dash }; });
    const question = { title: tags === "page" || !chart ? pageTitle(page.app) : nameOf(chart.spec), tags: shown, runs: styled, x, smoothing: kind, amount, superseded: choices.superseded, log_y: choices.yScale === "log", theme: document.documentElement.dataset.theme ?? "light" };
    const answer = await api.form("api/export/page", [["question", JSON.stringify(question)]]);
    saveBlob(await answer.blob(), `${fileName(question.title)}.html`);
    return;
  }
  const range = points === "seen" && chart && tags !== "page" ? (chart.zoom?.x ?? null) : null;
  await send("api/export", [
    ["format", format], ["points", points], ["x", x], ["smoothing", points === "seen" ? kind : "none"], ["amount", String(amount)],
    .../** @type {[string, string][]} */ (range ? [["from", String(range[0])], ["to", String(range[1])]] : []), .../** @type {[string, string][]} */ (names.map((name) => ["run", name])), .../** @type {[string, string][]} */ (shown.map((tag) => ["tag", tag])),
  ]);
}

/**
 * A form that the browser answers with a download: it streams to the disk, however large. Whether there will be one is
 * asked first, by the same question cut short: an error would take the page's place.
 * @param {string} path @param {[string, string][]} fields
 */
async function send(path, fields) {
  const asking = new AbortController();
  await api.form(path, fields, asking);
  asking.abort();
  const form = el("form", { method: "post", action: path, hidden: true }, ...fields.map(([name, value]) => el("input", { type: "hidden", name, value })));
  document.body.append(form);
  form.submit();
  form.remove();
}

/** The logdirs' own names: whoever gets the file need not know where they lie. @param {App} app */
const pageTitle = (app) => (app.answer?.logdir.map((path) => path.replace(/\/+$/, "").split(/[/=]/).at(-1)).join(", ") || "trainboard").slice(0, 200);
