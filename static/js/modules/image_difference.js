/** How far two pictures are apart, in a picture and in numbers. Pure. */

/**
 * @typedef {object} Difference
 * @property {number} meanAbsolute mean of |a - b| over red, green and blue, 0 to 255
 * @property {number} psnr peak signal-to-noise ratio in dB for a peak of 255; Infinity where they are equal
 * @property {number} greatest largest |a - b|
 * @property {number} gain what the picture was multiplied with, so that small differences are seen
 */

/**
 * Compare two pictures channel by channel, and paint |a - b| into `out`, opaque; the greatest difference becomes 255.
 * Transparency is left out: what is compared is the colour, as the browser decodes it to 8 bits.
 * @param {Uint8ClampedArray} a RGBA, 4 bytes a pixel @param {Uint8ClampedArray} b as long as `a` @param {Uint8ClampedArray} out as long as `a`
 * @returns {Difference}
 */
export function difference(a, b, out) {
  if (a.length !== b.length || out.length !== a.length) throw new Error(`difference: ${a.length} and ${b.length} bytes into ${out.length}`);
  let sum = 0, squares = 0, greatest = 0;
  for (let i = 0; i < a.length; i += 4) {
    for (let c = i; c < i + 3; c++) {
      const d = a[c] > b[c] ? a[c] - b[c] : b[c] - a[c];
      out[c] = d;
      sum += d;
      squares += d * d;
      if (d > greatest) greatest = d;
    }
    out[i + 3] = 255;
  }
  const values = (a.length / 4) * 3, gain = greatest ? 255 / greatest : 1;
  if (gain > 1) for (let i = 0; i < out.length; i += 4) for (let c = i; c < i + 3; c++) out[c] *= gain;
  return {
    meanAbsolute: values ? sum / values : 0,
    psnr: squares ? 10 * Math.log10((255 * 255 * values) / squares) : Infinity,
    greatest,
    gain,
  };
}

/** In words, for the caption under the picture. @param {Difference} found @param {boolean} isPicture whether the gain matters */
export function differenceText({ meanAbsolute, psnr, gain }, isPicture) {
  if (psnr === Infinity) return "equal";
  const numbers = `MAE ${Number(meanAbsolute.toPrecision(3))} · ${psnr.toFixed(1)}\u202fdB`;
  return isPicture && gain > 1 ? `${numbers} · ×${Number(gain.toPrecision(2))}` : numbers;
}
