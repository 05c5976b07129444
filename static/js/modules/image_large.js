/** One picture over the whole window: it follows the step and the zoom of the page. */

import { el, need, setText } from "../dom.js";

/** @import { ImageCell } from "./image_cell.js" */

export class LargeImage {
  /** @param {HTMLDialogElement} dialog @param {AbortSignal} signal */
  constructor(dialog, signal) {
    this.dialog = dialog;
    this.figure = need(dialog, "figure", "image_large");
    this.caption = need(dialog, "figcaption", "image_large");
    this.spot = el("div", { class: "image-spot" });
    this.figure.prepend(this.spot);
    /** @type {{cell: ImageCell, k: number} | null} */
    this.shown = null;
    dialog.addEventListener("close", () => { this.shown = null; this.spot.replaceChildren(); }, { signal });
  }

  /** @param {ImageCell} cell @param {number} k which of its images */
  open(cell, k) {
    this.shown = { cell, k };
    this.paint();
    this.dialog.showModal();
  }

  paint() {
    if (!this.shown || this.shown.cell.index < 0) return;
    const { cell, k } = this.shown, url = cell.url(cell.index, k), image = this.spot.querySelector("img") ?? el("img");
    if (image.getAttribute("src") !== url) image.src = url;
    image.alt = cell.caption(cell.index, k);
    if (!image.isConnected) this.spot.append(image);
    setText(this.caption, image.alt);
  }
}
