/** The choices that hold for every chart of the page: read from the address, set in the toolbar and the popover. */

import { need, setAttribute, setText } from "../dom.js";
import { paintRange } from "../shell.js";

/** @import { ChartChoices } from "../types.d.ts" */
/** @import { ViewState } from "../view_state.js" */

/** What the address leaves out. */
const DEFAULTS = { x: "step", xscale: "linear", y: "linear", range: "inner", smooth: "0.6", smoothing: "ema", raw: "on", superseded: "off", marks: "on", order: "nearest", width: "22", height: "12.5" };
/** @typedef {keyof typeof DEFAULTS} Key */
/** @type {Partial<Record<Key, string[]>>} */
const ALLOWED = {
  x: ["step", "relative", "wall"], xscale: ["linear", "log"], y: ["linear", "log"], range: ["inner", "all"], smoothing: ["ema", "time_ema", "gaussian", "mean"],
  raw: ["on", "off"], superseded: ["on", "off"], marks: ["on", "off"], order: ["nearest", "highest", "lowest", "name"],
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
  return {
    x: get("x"), logX: get("xscale") === "log" && get("x") !== "wall", logY: get("y") === "log", yRange: get("range"),
    smoothing: amount > 0 ? { kind: get("smoothing"), amount } : { kind: "none", amount: 0 },
    showRaw: get("raw") === "on", superseded: get("superseded") === "on", marks: get("marks") === "on", hoverOrder: get("order"),
    width: Math.max(12, Math.min(96, Number(get("width")))), height: Math.max(6, Math.min(60, Number(get("height")))),
  };
}

/**
 * Every control with `data-set=KEY` (a segment's button has the value in `data-value`) shows the choice and makes it, in toolbar and popover alike.
 * @param {ParentNode[]} roots @param {ViewState} view @param {(key: Key) => void} onChange @param {AbortSignal} signal
 */
export function bindControls(roots, view, onChange, signal) {
  /** @type {HTMLElement[]} */
  const controls = roots.flatMap((root) => [...root.querySelectorAll("[data-set]")]).map((one) => /** @type {HTMLElement} */ (one));
  const keyOf = (/** @type {HTMLElement} */ control) => /** @type {Key} */ (control.dataset.set);
  const set = (/** @type {Key} */ key, /** @type {string} */ value) => {
    if (chosen(view, key) === value) return;
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
      } else if (control instanceof HTMLOutputElement) setText(control, Number(value).toFixed(2));
      else setAttribute(control, "aria-pressed", String(control.dataset.value === value));
    }
  };
  let timer = 0;
  for (const control of controls) {
    const key = keyOf(control);
    if (control instanceof HTMLButtonElement) control.addEventListener("click", () => set(key, control.dataset.value ?? ""), { signal });
    else if (control instanceof HTMLInputElement && control.type === "checkbox") control.addEventListener("change", () => set(key, control.checked ? "on" : "off"), { signal });
    else if (control instanceof HTMLInputElement && control.type === "range") control.addEventListener("input", () => {
      for (const other of controls) if (other !== control && keyOf(other) === key) other instanceof HTMLOutputElement ? setText(other, Number(control.value).toFixed(2)) : other instanceof HTMLInputElement && (other.value = control.value, paintRange(other));
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

/** Charts as large as asked for. @param {HTMLElement} root @param {ChartChoices} choices */
export function applySizes(root, { width, height }) {
  // The default is the style sheet's, which knows narrow windows.
  if (width === Number(DEFAULTS.width)) root.style.removeProperty("--size-chart-min");
  else root.style.setProperty("--size-chart-min", `${width}rem`);
  root.style.setProperty("--size-chart-height", `${height}rem`);
}

/** @param {HTMLElement} root */
export const settingsForm = (root) => need(root.ownerDocument, "#settings", "settings");
