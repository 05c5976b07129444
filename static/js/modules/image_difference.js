/** How far two pictures are apart, in a picture and in numbers. Pure. */

/**
 * @typedef {object} Difference
 * @property {number} meanAbsolute mean of |a - b| over red, green and blue, 0 to 255
 * @property {number} psnr peak signal-to-noise ratio in dB for a peak of 255; Infinity where they are equal
 * @property {number} greatest of any pixel, mean of its three |a - b|
 * @property {number} gain what the differences were multiplied with, so that small ones are seen
 */

/**
 * Compare two pictures channel by channel, and paint into `out`, opaque, how far they are apart: a pixel's place on the scale is its mean |a - b|,
 * on the side of whichever is brighter; the farthest place becomes an end of the scale. Transparency is left out: what is compared is the colour, as
 * the browser decodes it to 8 bits.
 * @param {Uint8ClampedArray} a RGBA, 4 bytes a pixel @param {Uint8ClampedArray} b as long as `a` @param {Uint8ClampedArray} out as long as `a`
 * @param {Uint8Array} scale RGB, 3 bytes for each of 511 places: `b` brighter by 255 first, equal in the middle
 * @returns {Difference}
 */
export function difference(a, b, out, scale) {
  if (a.length !== b.length || out.length !== a.length) throw new Error(`difference: ${a.length} and ${b.length} bytes into ${out.length}`);
  const pixels = a.length / 4, places = new Int16Array(pixels); // three times the signed mean
  let sum = 0, squares = 0, farthest = 0;
  for (let i = 0, p = 0; p < pixels; i += 4, p++) {
    const r = a[i] - b[i], g = a[i + 1] - b[i + 1], u = a[i + 2] - b[i + 2], size = Math.abs(r) + Math.abs(g) + Math.abs(u);
    sum += size;
    squares += r * r + g * g + u * u;
    if (size > farthest) farthest = size;
    places[p] = r + g + u < 0 ? -size : size;
  }
  const gain = farthest ? (3 * 255) / farthest : 1;
  for (let i = 0, p = 0; p < pixels; i += 4, p++) {
    const at = 3 * (255 + Math.round((places[p] * gain) / 3));
    out[i] = scale[at];
    out[i + 1] = scale[at + 1];
    out[i + 2] = scale[at + 2];
    out[i + 3] = 255;
  }
  return {
    meanAbsolute: pixels ? sum / (3 * pixels) : 0,
    psnr: squares ? 10 * Math.log10((255 * 255 * 3 * pixels) / squares) : Infinity,
    greatest: farthest / 3,
    gain,
  };
}

/** A scale for `difference` through a row of colours. @param {number[][]} colours RGB, 0 to 255; the one in the middle means equal */
export function scaleOf(colours) {
  const scale = new Uint8Array(3 * 511);
  for (let place = 0; place < 511; place++) {
    const at = (place / 510) * (colours.length - 1), from = Math.min(Math.floor(at), colours.length - 2), part = at - from;
    for (let c = 0; c < 3; c++) scale[3 * place + c] = Math.round(colours[from][c] * (1 - part) + colours[from + 1][c] * part);
  }
  return scale;
}

/** In words, for the caption under the picture. @param {Difference} found @param {boolean} isPicture whether the gain matters */
export function differenceText({ meanAbsolute, psnr, gain }, isPicture) {
  if (psnr === Infinity) return "equal";
  const numbers = `MAE ${Number(meanAbsolute.toPrecision(3))} · ${psnr.toFixed(1)}\u202fdB`;
  return isPicture && gain > 1 ? `${numbers} · ×${Number(gain.toPrecision(2))}` : numbers;
}
