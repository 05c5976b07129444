/** The images page: every tag with its runs side by side, at one step, at one zoom, compared if asked. */

import { isTyping, need, setText } from "../dom.js";
import { ImageCamera, WHOLE, formatLook, parseLook, pixelAt } from "./image_camera.js";
import { ImageCell } from "./image_cell.js";
import { ImageCompareBar } from "./image_compare_bar.js";
import { LargeImage } from "./image_large.js";
import { ImageStore } from "./image_store.js";
import { bindLook } from "./image_look.js";
import { StepPage } from "./step_page.js";

/** @import { App } from "../app.js" */

const MODULE = "images";

/** @param {HTMLElement} root @param {App} app */
export function start(root, app) {
  const abort = new AbortController(), { signal } = abort;
  const page = new ImagesPage(root, app, signal);
  page.wire();
  void page.readTags();
  return () => abort.abort();
}

/** @extends {StepPage<ImageCell>} */
class ImagesPage extends StepPage {
  /** @param {HTMLElement} root @param {App} app @param {AbortSignal} signal */
  constructor(root, app, signal) {
    const store = new ImageStore(app);
    super(root, app, signal, { kind: "image", many: "images", example: "writer.add_image(\"inputs\", image, step)" }, store);
    this.images = store;
    this.bar = new ImageCompareBar(need(root, ".image-compare", MODULE), root, app, { signal, onChange: () => this.showStep() });
    this.large = new LargeImage(need(root, "dialog", MODULE), signal);
    this.camera = new ImageCamera(root, parseLook(app.view.get("zoom")), { signal, onLook: () => this.paintLook() });
    this.paintLight = bindLook(root, app.view, signal);
    this.paintLook();
  }

  get comparison() { return { mode: this.bar.mode, against: this.bar.against }; }

  wire() {
    super.wire();
    const { app, root, signal } = this;
    app.on("theme", () => { for (const cell of this.cells.values()) for (const spot of cell.spots) spot.paint(); }, { signal });
    app.on("navigated", () => this.navigated(), { signal });
    root.addEventListener("click", (event) => { this.camera.click(event); }, { signal });
    root.addEventListener("pointermove", (event) => this.onPointer(event), { signal });
    root.addEventListener("pointerleave", () => this.point(null), { signal });
    root.addEventListener("spots", () => this.showStep(), { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  /** The address is another one: what was chosen there holds. */
  navigated() {
    this.bar.read();
    this.camera.set(parseLook(this.app.view.get("zoom")));
    this.paintLight();
  }

  paintLook() {
    const { zoom, x, y } = this.camera.look, { style } = this.root;
    style.setProperty("--zoom", String(zoom));
    style.setProperty("--pan-x", String(x));
    style.setProperty("--pan-y", String(y));
    this.root.toggleAttribute("data-zoomed", zoom > 1);
    setText(need(this.root, "[data-slot=zoom]", MODULE), zoom > 1 ? `${Number(zoom.toPrecision(2))}×` : "");
    this.app.view.set("zoom", formatLook(this.camera.look));
  }

  paint() {
    if (this.tags) this.bar.paint(this.app.runs.visible().map((run) => run.name));
    super.paint();
  }

  /** @param {string} run @param {string} tag */
  makeCell(run, tag) {
    return new ImageCell(this.app, this.images, run, tag, (cell, k) => this.large.open(cell, k));
  }

  showStep() {
    super.showStep();
    this.bar.step = this.scrubber.numbers[Number(this.scrubber.range.value)] ?? null;
    this.large.paint();
  }

  /** The same pixel is read in all pictures in sight. @param {PointerEvent} event */
  onPointer(event) {
    this.bar.swipeTo(event);
    const spot = event.target instanceof Element ? event.target.closest(".image-spot") : null, image = spot?.querySelector("img");
    if (!spot || !image || this.camera.drag) { this.point(null); return; }
    const pixel = pixelAt(image.getBoundingClientRect(), image.naturalWidth, image.naturalHeight, event.clientX, event.clientY);
    this.point(pixel && { ...pixel, k: [...spot.parentElement?.children ?? []].indexOf(spot) });
  }

  /** @param {{x: number, y: number, k: number} | null} at */
  point(at) {
    cancelAnimationFrame(this.pointing ?? 0);
    this.pointing = requestAnimationFrame(() => { for (const cell of this.cells.values()) if (cell.isSeen && cell.root.isConnected) cell.point(at); });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event)) return;
    const zoom = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 }[event.key];
    if (zoom) this.camera.zoom(zoom);
    if (event.key === "0") this.camera.set(WHOLE);
    if (event.key === "b") this.bar.next();
    if (event.key === "t") { event.preventDefault(); this.search.input.focus(); }
  }
}
