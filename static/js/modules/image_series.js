/** The steps of image series and where the cursor falls in them. Pure: no DOM, no fetch. */

/** @typedef {{steps: string[], refs: string[], numbers: Float64Array, times: number[]}} ImageSeries `numbers` are the steps as doubles, rising; `times` wall times */

/**
 * Superseded images stay out: the row shows what the run stands by.
 * @param {{steps: string[], refs: string[], superseded: boolean[], wall_times?: (number | string)[]}} answer of api/blobs
 * @returns {ImageSeries}
 */
export function decodeSeries({ steps, refs, superseded, wall_times = [] }) {
  const order = steps.map((_, i) => i).filter((i) => !superseded[i]);
  const numbers = steps.map(Number);
  order.sort((a, b) => numbers[a] - numbers[b] || a - b); // files of one run may interleave
  return { steps: order.map((i) => steps[i]), refs: order.map((i) => refs[i]), numbers: Float64Array.from(order, (i) => numbers[i]), times: order.map((i) => Number(wall_times[i])) };
}

/** Index of the last image at or before a step; -1 where there is none yet. @param {ArrayLike<number>} numbers rising @param {number} step */
export function lastAt(numbers, step) {
  let low = 0, high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Every step at which any of the series has an image, rising, each once. @param {Iterable<ImageSeries>} series */
export function allSteps(series) {
  /** @type {Map<number, string>} */
  const found = new Map();
  for (const { steps, numbers } of series) steps.forEach((text, i) => found.set(numbers[i], text));
  const numbers = Float64Array.from(found.keys()).sort();
  return { numbers, steps: Array.from(numbers, (n) => found.get(n) ?? String(n)) };
}
