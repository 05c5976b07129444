/** What two columns have to do with each other: rank correlation, and a straight line. Pure. */

/**
 * Spearman's rho: Pearson's correlation of the ranks, equal values sharing the mean of theirs.
 *
 * @param {Float64Array} x @param {Float64Array} y pairs of which one is not finite are left out
 * @param {ArrayLike<number>} rows
 * @returns {{rho: number, n: number}} NaN where one of them is constant, or n is below 3
 */
export function spearman(x, y, rows) {
  const both = Array.from(rows).filter((row) => Number.isFinite(x[row]) && Number.isFinite(y[row])), n = both.length;
  if (n < 3) return { rho: NaN, n };
  const [p, q] = [ranks(both.map((row) => x[row])), ranks(both.map((row) => y[row]))], mean = (n + 1) / 2;
  let pq = 0, pp = 0, qq = 0;
  for (let i = 0; i < n; i++) { const a = p[i] - mean, b = q[i] - mean; pq += a * b; pp += a * a; qq += b * b; }
  return { rho: pp && qq ? pq / Math.sqrt(pp * qq) : NaN, n };
}

/** @param {number[]} values @returns {Float64Array} from 1 */
function ranks(values) {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]), found = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let end = i + 1;
    while (end < order.length && values[order[end]] === values[order[i]]) end++;
    for (let k = i; k < end; k++) found[order[k]] = (i + end + 1) / 2;
    i = end;
  }
  return found;
}

/**
 * The least-squares line through points.
 *
 * @param {ArrayLike<number>} x @param {ArrayLike<number>} y points of which one is not finite are left out
 * @returns {{slope: number, offset: number} | null} null where there is none
 */
export function line(x, y) {
  let n = 0, sx = 0, sy = 0;
  const isPoint = (/** @type {number} */ i) => Number.isFinite(x[i]) && Number.isFinite(y[i]);
  for (let i = 0; i < x.length; i++) if (isPoint(i)) { n++; sx += x[i]; sy += y[i]; }
  if (n < 3) return null;
  const mx = sx / n, my = sy / n;
  let xy = 0, xx = 0;
  for (let i = 0; i < x.length; i++) if (isPoint(i)) { xy += (x[i] - mx) * (y[i] - my); xx += (x[i] - mx) ** 2; }
  return xx > 0 ? { slope: xy / xx, offset: my - (xy / xx) * mx } : null;
}
