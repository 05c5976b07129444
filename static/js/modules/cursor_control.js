/** The toolbar's line about the step cursor. */

import { need, setText } from "../dom.js";
import { clock, duration, splitName, step, value } from "../format.js";

/** @import { App } from "../app.js" */
/** @import { ChartChoices } from "../types.d.ts" */

/** Say where the cursor stands, and keep it in the address. @param {HTMLElement} root @param {App} app @param {ChartChoices} choices */
export function paintCursorControl(root, app, { x: kind, xTag }) {
  const control = need(root, ".cursor-control", "cursor_control"), { x, pinned } = app.cursor;
  const text = x === null ? "Click a chart to set the step" : kind === "step" ? `step ${step(x)}` : kind === "relative" ? `after ${duration(x)}` : kind === "scalar" ? `${splitName(xTag ?? "")[1]} ${value(x)}` : clock(x);
  control.toggleAttribute("data-idle", x === null);
  setText(need(control, "output", "cursor_control"), text);
  need(control, "button", "cursor_control").hidden = !pinned;
  app.view.set("step", pinned && x !== null && kind === "step" ? x : null);
}
