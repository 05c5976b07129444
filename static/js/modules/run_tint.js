/** A person's own colour for a run: the palette in a popover, and back to the run's own. */

import { el } from "../dom.js";

/** @import { App } from "../app.js" */

const PALETTE = 24;

/** @param {HTMLElement} root @param {App} app @returns {(name: string, at: HTMLElement) => void} opens it for a run, under an element */
export function tintPicker(root, app) {
  let run = "";
  const said = el("p", { class: "count", role: "status" });
  const choose = async (/** @type {string | null} */ colour) => {
    try {
      await app.api.post("api/runs/choose", { runs: [run], colour });
      box.hidePopover();
      app.rereadRuns();
    } catch (error) { said.textContent = error instanceof Error ? error.message : String(error); }
  };
  const swatches = Array.from({ length: PALETTE }, (_, k) => el("button", { type: "button", class: "run-swatch", "aria-label": `Colour ${k + 1}`, vars: { "--run": `var(--run-${k})` }, onclick: () => choose(`run-${k}`) }));
  const box = el("div", { class: "popover run-tints", popover: "auto", role: "group", "aria-label": "Colour of the run" }, el("div", { class: "run-swatches" }, ...swatches),
    el("button", { type: "button", class: "button", onclick: () => choose(null) }, "Its own colour"), said);
  root.append(box);
  return (name, at) => {
    run = name;
    said.textContent = "";
    box.showPopover();
    const place = at.getBoundingClientRect();
    box.style.top = `${Math.min(place.bottom + 4, innerHeight - box.offsetHeight - 8)}px`;
    box.style.left = `${Math.max(8, Math.min(place.left, innerWidth - box.offsetWidth - 8))}px`;
    swatches[0].focus();
  };
}
