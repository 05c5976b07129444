/** A person's own colour for a run: the palette, and back to the run's own. */

import { el, setAttribute } from "../dom.js";

const PALETTE = 24;

/** @param {(colour: string | null) => void} choose null: its own again */
export function tints(choose) {
  const swatches = Array.from({ length: PALETTE }, (_, k) => el("button", { type: "button", class: "run-swatch", "aria-label": `Colour ${k + 1}`, "aria-pressed": "false", vars: { "--run": `var(--run-${k})` }, onclick: () => choose(`run-${k}`) }));
  const own = el("button", { type: "button", class: "button", "aria-pressed": "true", onclick: () => choose(null) }, "Its own colour");
  const root = el("div", { class: "run-tints", role: "group", "aria-label": "Colour of the run" }, el("div", { class: "run-swatches" }, ...swatches), own);
  /** @param {string | null} colour that is chosen */
  const paint = (colour) => {
    swatches.forEach((swatch, k) => setAttribute(swatch, "aria-pressed", String(colour === `run-${k}`)));
    setAttribute(own, "aria-pressed", String(colour === null));
  };
  return { root, paint };
}
