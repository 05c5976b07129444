/** What a sound looks like: the envelope of its wave, and how strong which frequencies are when. Pure. */

const FLOOR_DB = -90; // below full scale: nothing quieter is told apart

/**
 * The least and the greatest sample of each column, over all channels; a column begins where the one before ended, so that a
 * steep wave stays one line.
 * @param {Float32Array[]} channels of one length @param {number} columns
 * @returns {{low: Float32Array, high: Float32Array}}
 */
export function envelope(channels, columns) {
  const low = new Float32Array(columns), high = new Float32Array(columns), length = channels[0]?.length ?? 0;
  for (let i = 0, last = 0; i < columns && length; i++) {
    const start = Math.floor((i * length) / columns), end = Math.max(start + 1, Math.floor(((i + 1) * length) / columns));
    let least = Infinity, most = -Infinity;
    for (const samples of channels) {
      for (let at = Math.min(start, last); at < end; at++) {
        const value = samples[at];
        if (value < least) least = value;
        if (value > most) most = value;
      }
    }
    low[i] = least;
    high[i] = most;
    last = end - 1;
  }
  return { low, high };
}

/**
 * Power of a real signal at each frequency up to half the sample rate, by a radix-2 transform in place.
 * @param {Float64Array} real windowed, a power of two long; overwritten @param {Float64Array} imaginary zeros; overwritten
 */
export function transform(real, imaginary) {
  const n = real.length, { cosines, sines } = turnsOf(n);
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [real[i], real[j]] = [real[j], real[i]];
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2, stride = n / size;
    for (let k = 0; k < half; k++) {
      const cos = cosines[k * stride], sin = sines[k * stride];
      for (let at = k; at < n; at += size) {
        const other = at + half, re = real[other] * cos - imaginary[other] * sin, im = real[other] * sin + imaginary[other] * cos;
        real[other] = real[at] - re;
        imaginary[other] = imaginary[at] - im;
        real[at] += re;
        imaginary[at] += im;
      }
    }
  }
}

/** @type {Map<number, {cosines: Float64Array, sines: Float64Array}>} */
const turns = new Map();

/** @param {number} n */
function turnsOf(n) {
  let found = turns.get(n);
  if (!found) {
    const angles = Float64Array.from({ length: n / 2 }, (_, k) => (-2 * Math.PI * k) / n);
    turns.set(n, (found = { cosines: angles.map(Math.cos), sines: angles.map(Math.sin) }));
  }
  return found;
}

/**
 * How strong each frequency is in each column: 0 at the floor, 1 at a sine of full scale, in decibels between.
 * @param {Float32Array[]} channels of one length, mixed @param {number} columns
 * @returns {{rows: number, values: Float32Array}} `rows` frequencies a column, from 0 to half the sample rate
 */
export function spectrogram(channels, columns) {
  const length = channels[0]?.length ?? 0, size = windowSize(length), rows = size / 2, values = new Float32Array(rows * columns);
  const shape = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size)); // Hann
  const real = new Float64Array(size), imaginary = new Float64Array(size), full = (size / 4) * channels.length;
  for (let column = 0; column < columns && length; column++) {
    // Never over the ends: a window that is half silence shows frequencies that are not there.
    const start = Math.max(0, Math.min(length - size, Math.round(((column + 0.5) * length) / columns - size / 2)));
    imaginary.fill(0);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (const samples of channels) sum += samples[start + i] ?? 0;
      real[i] = sum * shape[i];
    }
    transform(real, imaginary);
    for (let row = 0; row < rows; row++) {
      const decibels = 20 * Math.log10(Math.hypot(real[row], imaginary[row]) / full || 1e-12);
      values[column * rows + row] = Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
    }
  }
  return { rows, values };
}

/** A window that is short beside the clip, and no longer than speech holds still. @param {number} length samples */
function windowSize(length) {
  let size = 64;
  while (size < 1024 && size * 8 < length) size *= 2;
  return size;
}

/** Seconds as a player shows them: 0.42, 1:02.4 @param {number} seconds */
export function playTime(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const minutes = Math.floor(seconds / 60), rest = seconds - 60 * minutes;
  return minutes ? `${minutes}:${rest.toFixed(1).padStart(4, "0")}` : rest.toFixed(2);
}
