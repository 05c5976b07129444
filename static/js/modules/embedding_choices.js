/** Buttons, selects and sliders of the embeddings page: into the address, and out of it. */

import { el, need, setAttribute } from "../dom.js";
import { splitName } from "../format.js";
import { paintRange } from "../shell.js";
import { usualLabel, usualTint } from "./embedding_context.js";

/** @import { About, Listing, Which } from "./embedding_data.js" */
/** @import { ViewState } from "../view_state.js" */
/**
 * What of the page is needed here.
 * @typedef {object} Page
 * @property {HTMLElement} root
 * @property {{view: ViewState}} app
 * @property {Listing} list
 * @property {Which | null} which
 * @property {About | null} about
 * @property {string} method
 * @property {boolean} isFlat
 * @property {() => Promise<void>} read
 * @property {() => Promise<void>} layOut
 * @property {() => Promise<void>} paintColours
 * @property {() => Promise<void>} paintPictures
 * @property {() => void} paintLook
 */

/** Of sliders: what they are when nothing was chosen, and how their number is written. */
const SLIDERS = /** @type {Record<string, [number, (v: number) => string]>} */ ({ size: [1, (v) => `${v} ×`], perplexity: [30, String], neighbours: [15, String], spread: [0.1, String] });
const DEFAULTS = /** @type {Record<string, string>} */ ({ method: "pca", dims: "3" });
const WAIT_MS = 400;

/** @param {Page} page @param {AbortSignal} signal */
export function bindChoices(page, signal) {
  const { root, app: { view } } = page, settings = need(document, "#settings", "embeddings");
  let timer = 0;
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("[data-choose], [data-toggle]")) : null;
    if (!button) return;
    const { choose, value = "", toggle } = button.dataset;
    if (choose) { view.set(choose, value === DEFAULTS[choose] ? null : value, { isStep: true }); void page.layOut(); }
    if (toggle) view.set(toggle, view.get(toggle) === null ? "" : null);
    if (toggle === "labels") { paintChoices(page); page.paintLook(); }
    if (toggle === "pictures") { paintChoices(page); void page.paintPictures(); }
  }, { signal });
  for (const place of [root, settings]) place.addEventListener("change", (event) => {
    const select = event.target;
    if (!(select instanceof HTMLSelectElement) || !select.dataset.choice) return;
    if (select.dataset.choice === "tensor") {
      const entry = page.list.embeddings[Number(select.value)];
      view.set("run", entry.run);
      view.set("tensor", entry.tensor);
      for (const key of ["chosen", "tint", "label", "eye"]) view.set(key, null);
      void page.read();
    } else {
      view.set(select.dataset.choice, select.value === "auto" ? null : select.value);
      void (select.dataset.choice === "tint" ? page.paintColours() : page.read());
    }
  }, { signal });
  settings.addEventListener("input", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.dataset.set) return;
    const key = input.dataset.set;
    if (input.type === "checkbox") view.set(key, input.checked ? "" : null);
    else view.set(key, Number(input.value) === SLIDERS[key][0] ? null : input.value);
    paintChoices(page);
    if (key === "size") { page.paintLook(); return; }
    clearTimeout(timer);
    if (key === "sphere" || page.method === (key === "perplexity" ? "tsne" : "umap")) timer = window.setTimeout(() => void page.layOut(), WAIT_MS);
  }, { signal });
}

/** @param {Page} page */
export function paintChoices(page) {
  const { root, app: { view }, about, which, list } = page, settings = need(document, "#settings", "embeddings");
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-choose]"))) setAttribute(button, "aria-pressed", String(button.dataset.value === (button.dataset.choose === "method" ? page.method : page.isFlat ? "2" : "3")));
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-toggle]"))) setAttribute(button, "aria-pressed", String(view.get(button.dataset.toggle ?? "") !== null));
  need(root, "[data-toggle=pictures]", "embeddings").hidden = !about?.sprite;
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (settings.querySelectorAll("input[data-set]"))) {
    const key = input.dataset.set ?? "";
    if (input.type === "checkbox") { input.checked = view.get(key) !== null; continue; }
    const [usual, text] = SLIDERS[key];
    input.value = String(view.get(key) ?? usual);
    paintRange(input);
    need(settings, `output[data-set=${key}]`, "embeddings").textContent = text(Number(input.value));
  }
  fill(need(root, "[data-choice=tensor]", "embeddings"), list.embeddings.map(({ run, tensor }, i) => [String(i), `${splitName(run)[1]} · ${tensor}`, `${run}: ${tensor}`]), String(list.embeddings.findIndex((one) => one.run === which?.run && one.tensor === which?.tensor)));
  const columns = /** @type {[string, string, string][]} */ ((about?.columns ?? []).map(({ name }, i) => [String(i), name, name]));
  fill(need(root, "[data-choice=tint]", "embeddings"), [["-1", "nothing", ""], ...columns], view.get("tint") ?? String(about ? usualTint(about) : -1));
  fill(need(settings, "[data-choice=label]", "embeddings"), columns.length ? columns : [["0", "nothing", ""]], view.get("label") ?? String(about ? usualLabel(about) : 0));
}

/** Written only where it differs: an open list would close. @param {HTMLElement} select @param {[string, string, string][]} options value, text, title @param {string} chosen */
function fill(select, options, chosen) {
  const key = JSON.stringify(options);
  if (select.dataset.options !== key) {
    select.replaceChildren(...options.map(([value, text, title]) => el("option", { value, title }, text)));
    select.dataset.options = key;
  }
  /** @type {HTMLSelectElement} */ (select).value = chosen;
}
