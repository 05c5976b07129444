/** What the embeddings page works with: which tensor the address means, the theme's colours, the sprite and its cells. */

import { el } from "../dom.js";
import { partsOf } from "../space/surface.js";
import { token } from "../theme.js";
import { lastAt } from "./image_series.js";

/** @import { RunStore } from "../run_store.js" */
/** @import { ViewState } from "../view_state.js" */
/** @import { Palette, Rgb } from "./embedding_colour.js" */
/** @import { About, Entry, Which } from "./embedding_data.js" */

const HUES = 24, SHADES = 8;
const MOST_PX = 4096; // of a sprite's side: what all cards can hold

/**
 * The tensor of the address, else the first of a ticked run; the last step at or before the cursor.
 * @param {Entry[]} entries @param {ViewState} view @param {RunStore} runs
 * @returns {{which: Which, stops: {numbers: Float64Array, steps: string[]}, at: number | null}}
 */
export function contextOf(entries, view, runs) {
  const run = view.get("run"), tensor = view.get("tensor");
  const entry = entries.find((one) => one.run === run && one.tensor === tensor) ?? entries.find((one) => one.run === run) ?? entries.find((one) => runs.isVisible(one.run)) ?? entries[0];
  const steps = entry.steps.filter((step) => step !== null), numbers = Float64Array.from(steps, Number), asked = view.get("step"), at = asked === null || !Number.isFinite(Number(asked)) ? null : Number(asked);
  const index = at === null ? steps.length - 1 : Math.max(0, lastAt(numbers, at));
  return { which: { run: entry.run, tensor: entry.tensor, step: steps[index] ?? null }, stops: { numbers, steps }, at };
}

/** The column that colours points unless another is chosen: the first of few words. @param {About} about */
export const usualTint = ({ columns }) => columns.findIndex(({ distinct }) => distinct > 1 && distinct <= HUES);

/** The column that names points unless another is chosen: the first that is not of few words. @param {About} about */
export const usualLabel = ({ columns }) => Math.max(0, columns.findIndex(({ distinct }) => distinct > HUES));

/** @param {string} name of a token @returns {Rgb} */
const rgb = (name) => /** @type {Rgb} */ (partsOf(token(name)).map((v) => Math.round(v * 255)));

/** @returns {Palette} */
export const paletteOf = () => ({
  plain: rgb("--run-0"), muted: rgb("--chart-muted"),
  words: Array.from({ length: HUES }, (_, i) => rgb(`--run-${i}`)),
  scale: Array.from({ length: SHADES - 1 }, (_, i) => rgb(`--seq-${i + 1}`)),
});

/** A picture with all points' pictures in rows; `image` may be smaller than it was, `width` and `height` are as it was. @typedef {{image: HTMLCanvasElement, width: number, height: number}} Sheet */

/** @param {string} url @returns {Promise<Sheet>} no larger than a card takes */
export async function spriteOf(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.error ?? "The sprite cannot be had.");
  const picture = await createImageBitmap(await answer.blob()).catch(() => { throw new Error("The sprite is no picture that this browser can show."); });
  const { width, height } = picture, scale = Math.min(1, MOST_PX / Math.max(width, height)), image = el("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
  image.getContext("2d")?.drawImage(picture, 0, 0, image.width, image.height);
  picture.close();
  return { image, width, height };
}

/** One point's picture. @param {Sheet} sheet @param {[number, number]} size of a cell @param {number} point */
export function pictureOf({ image, width }, [w, h], point) {
  const scale = image.width / width, columns = Math.max(1, Math.floor(width / w)), x = (point % columns) * w, y = Math.floor(point / columns) * h;
  const canvas = el("canvas", { class: "space-picture", width: w, height: h, "aria-hidden": "true" });
  canvas.getContext("2d")?.drawImage(image, x * scale, y * scale, w * scale, h * scale, 0, 0, w, h);
  return canvas;
}
