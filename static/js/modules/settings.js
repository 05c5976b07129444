/** The choices that hold for every chart of the page: read from the address, set in the toolbar and the popover. */

import { need, setAttribute, setText } from "../dom.js";
import { splitName } from "../format.js";
import { paintRange } from "../shell.js";
import { smoothingOf, smoothingText } from "./smoothing_amount.js";

/** @import { ChartChoices } from "../types.d.ts" */
/** @import { ViewState } from "../view_state.js" */

/** What the address leaves out. */
const DEFAULTS = { x: "step", xscale: "linear", y: "linear", range: "inner", smooth: "0.6", smoothing: "ema", raw: "on", superseded: "off", marks: "on", order: "nearest", width: "22", height: "12.5", centre: "mean", spread: "minmax", partition: "off" };
/** @typedef {keyof typeof DEFAULTS} Key */
/** @type {Partial<Record<Key, string[]>>} */
const ALLOWED = {
  x: ["step", "relative", "wall", "scalar"], xscale: ["linear", "log"], y: ["linear", "log", "symlog"], range: ["inner", "all", "shared"], smoothing: ["ema", "time_ema", "gaussian", "mean"],
  raw: ["on", "off"], superseded: ["on", "off"], marks: ["on", "off"], order: ["nearest", "y", "highest", "lowest", "name"],
  centre: ["mean", "median", "iqm"], spread: ["none", "minmax", "std", "stderr", "bootstrap"], partition: ["on", "off"],
};
const DEBOUNCE_MS = 60;

/** @param {ViewState} view @param {Key} key */
function chosen(view, key) {
  const asked = view.get(key), allowed = ALLOWED[key];
  if (asked === null) return DEFAULTS[key];
  if (allowed) return allowed.includes(asked) ? asked : DEFAULTS[key];
  return asked !== "" && Number.isFinite(Number(asked)) ? asked : DEFAULTS[key];
}

/** @param {ViewState} view @returns {ChartChoices} */
export function readChoices(view) {
  const get = (/** @type {Key} */ key) => /** @type {any} */ (chosen(view, key)), amount = Math.max(0, Math.min(0.999, Number(get("smooth"))));
  const xTag = view.get("xtag"), x = get("x") === "scalar" && !xTag ? "step" : get("x");
  return {
    x, xTag: x === "scalar" ? xTag : null, logX: get("xscale") === "log" && x !== "wall", yScale: get("y"), yRange: get("range"), smoothing: smoothingOf(get("smoothing"), amount),
    showRaw: get("raw") === "on", superseded: get("superseded") === "on", marks: get("marks") === "on", hoverOrder: get("order"), centre: get("centre"), spread: get("spread"), partition: get("partition") === "on",
    width: Math.max(12, Math.min(96, Number(get("width")))), height: Math.max(6, Math.min(60, Number(get("height")))),
  };
}

/**
 * Every control with `data-set=KEY` (a segment's button has the value in `data-value`) shows the choice and makes it, in toolbar and popover alike.
 * @param {ParentNode[]} roots @param {ViewState} view @param {(key: Key) => void} onChange @param {AbortSignal} signal
 * @param {() => Promise<string | null>} askX which scalar is to be x
 */
export function bindControls(roots, view, onChange, signal, askX) {
  /** @type {HTMLElement[]} */
  const controls = roots.flatMap((root) => [...root.querySelectorAll("[data-set]")]).map((one) => /** @type {HTMLElement} */ (one));
  const keyOf = (/** @type {HTMLElement} */ control) => /** @type {Key} */ (control.dataset.set);
  const set = async (/** @type {Key} */ key, /** @type {string} */ value) => {
    if (key === "x" && value === "scalar") {
      const tag = await askX();
      if (tag === null) { paint(); return; }
      view.set("xtag", tag);
    } else if (chosen(view, key) === value) return;
    else if (key === "x") view.set("xtag", null);
    view.set(key, value === DEFAULTS[key] ? null : value);
    paint();
    onChange(key);
  };
  const paint = () => {
    for (const control of controls) {
      const value = chosen(view, keyOf(control));
      if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === "on";
      else if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement) {
        if (control !== document.activeElement || control.type === "range") control.value = value;
        if (control.type === "range") paintRange(/** @type {HTMLInputElement} */ (control));
      } else if (control instanceof HTMLOutputElement) {
        setText(control, smoothingText(chosen(view, "smoothing"), Number(value)));
        setAttribute(control, "data-kind", chosen(view, "smoothing"));
      }
      else {
        setAttribute(control, "aria-pressed", String(control.dataset.value === value));
        if (control.dataset.value === "scalar") nameX(control, view);
      }
    }
  };
  let timer = 0;
  for (const control of controls) {
    const key = keyOf(control);
    if (control instanceof HTMLButtonElement) control.addEventListener("click", () => set(key, control.dataset.value ?? ""), { signal });
    else if (control instanceof HTMLInputElement && control.type === "checkbox") control.addEventListener("change", () => set(key, control.checked ? "on" : "off"), { signal });
    else if (control instanceof HTMLInputElement && control.type === "range") control.addEventListener("input", () => {
      for (const other of controls) if (other !== control && keyOf(other) === key) other instanceof HTMLOutputElement ? setText(other, smoothingText(chosen(view, "smoothing"), Number(control.value))) : other instanceof HTMLInputElement && (other.value = control.value, paintRange(other));
      clearTimeout(timer);
      timer = window.setTimeout(() => set(key, String(Number(control.value))), DEBOUNCE_MS);
    }, { signal });
    else if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement) control.addEventListener("change", () => {
      const isNumber = control instanceof HTMLInputElement;
      set(key, isNumber && !Number.isFinite(Number(control.value || "x")) ? DEFAULTS[key] : isNumber ? String(Number(control.value)) : control.value);
      paint();
      if (isNumber) control.value = chosen(view, key);
    }, { signal });
  }
  paint();
  view.listeners.add(paint);
  signal.addEventListener("abort", () => view.listeners.delete(paint));
}

/** The button for another scalar as x names the one that is. @param {HTMLElement} button @param {ViewState} view */
function nameX(button, view) {
  const tag = view.get("x") === "scalar" ? view.get("xtag") : null;
  setText(button, tag ? splitName(tag)[1] : "Other…");
  button.title = tag ? `x is ${tag}; click for another scalar` : "Another scalar as x";
}

/** Charts as large as asked for. @param {HTMLElement} root @param {ChartChoices} choices */
export function applySizes(root, { width, height }) {
  // The default is the style sheet's, which knows narrow windows.
  if (width === Number(DEFAULTS.width)) root.style.removeProperty("--size-chart-min");
  else root.style.setProperty("--size-chart-min", `${width}rem`);
  root.style.setProperty("--size-chart-height", `${height}rem`);
}

/** @param {HTMLElement} root */
export const settingsForm = (root) => need(root.ownerDocument, "#settings", "settings");
