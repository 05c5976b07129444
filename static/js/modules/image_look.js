/** How pictures are drawn: their size, the edges of their pixels, brightness and contrast; kept in the address. */

import { paintRange } from "../shell.js";

/** @import { ViewState } from "../view_state.js" */

const SLIDERS = { brightness: 1, contrast: 1, cell: 12 }; // with what the address leaves out

/** @param {HTMLElement} root @param {ViewState} view @param {AbortSignal} signal @returns {() => void} draws as the address has it, once it is another one */
export function bindLook(root, view, signal) {
  /** @param {string} name "size" or "pixels" @param {string} value */
  const choose = (name, value) => {
    const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`button[data-${name}]`));
    if (![...buttons].some((button) => button.dataset[name] === value)) value = buttons[0].dataset[name] ?? "";
    root.dataset[name] = value;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset[name] === value));
    view.set(name, value === buttons[0].dataset[name] ? null : value);
  };
  for (const name of ["size", "pixels"]) {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`button[data-${name}]`))) button.addEventListener("click", () => choose(name, button.dataset[name] ?? ""), { signal });
  }

  /** @type {(() => void)[]} */
  const reads = [];
  for (const [name, fallback] of Object.entries(SLIDERS)) {
    const input = /** @type {HTMLInputElement | null} */ (document.querySelector(`input[data-look=${name}]`)), output = document.querySelector(`output[data-look=${name}]`);
    if (!input) continue;
    const paint = () => {
      root.style.setProperty(`--${name}`, input.value);
      if (output) output.textContent = name === "cell" ? `${input.value} rem` : `${Math.round(100 * Number(input.value))} %`;
      paintRange(input);
    };
    reads.push(() => {
      const asked = Number(view.get(name) ?? fallback);
      input.value = String(Number.isFinite(asked) ? asked : fallback); // the input keeps it between its ends
      paint();
    });
    input.addEventListener("input", () => { paint(); view.set(name, Number(input.value) === fallback ? null : input.value); }, { signal });
  }
  const read = () => {
    for (const name of ["size", "pixels"]) choose(name, view.get(name) ?? "");
    for (const one of reads) one();
  };
  read();
  return read;
}
