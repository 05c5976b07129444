/** Numbers, times and names as people read them. Pure. */

const THIN = "\u202f";
/** @param {string} text */
const minus = (text) => text.replace("e+", "e").replaceAll("-", "−");
/** @param {string} digits an integer in decimal, with or without a sign */
export const grouped = (digits) => minus(digits.replace(/\B(?=(\d{3})+(?!\d))/g, THIN));

/** @param {number} v @param {number} [digits] significant ones */
export function value(v, digits = 4) {
  if (Number.isNaN(v)) return "NaN";
  if (!Number.isFinite(v)) return v > 0 ? "+∞" : "−∞";
  if (v === 0) return "0";
  const size = Math.abs(v);
  if (size >= 1e6 || size < 1e-3) return minus(v.toExponential(Math.max(0, digits - 2)));
  if (size >= 10 ** (digits - 1)) return grouped(String(Math.round(v)));
  const text = v.toPrecision(digits);
  return minus(Number.isInteger(v) && Math.abs(v) < 1e4 ? String(v) : text.includes("e") ? String(Number(text)) : text);
}

/** A number as it was meant: no more digits than it needs. @param {number} v @param {number} [digits] significant ones at most */
export function plain(v, digits = 5) {
  if (!Number.isFinite(v) || v === 0) return value(v);
  const short = Number(v.toPrecision(digits)), size = Math.abs(short);
  if (size >= 1e-4 && size < 1e7) return Number.isInteger(short) ? grouped(String(short)) : minus(String(short));
  const [head, tail] = short.toExponential().split("e");
  return minus(`${head}e${Number(tail)}`);
}

/** A step, all its digits. @param {number | string} v a string where it may lie beyond 2^53 */
export const step = (v) => (typeof v === "string" ? grouped(v) : Number.isFinite(v) ? grouped(BigInt(Math.round(v)).toString()) : value(v));

/** 1234567 -> 1.23 M @param {number} v */
export function short(v) {
  for (const [size, unit] of /** @type {[number, string][]} */ ([[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]))
    if (Math.abs(v) >= size) return minus(String(Number((v / size).toPrecision(3)))) + THIN + unit;
  return minus(String(Math.round(v * 100) / 100));
}

/** Bytes with a decimal unit. @param {number} n */
export const bytes = (n) => (n < 1000 ? `${n}${THIN}B` : `${short(n)}B`);

/** Seconds as the two greatest units: 2 h 14 m. @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return value(seconds);
  const sign = seconds < 0 ? "−" : "", s = Math.abs(seconds);
  const pad = (/** @type {number} */ n) => String(Math.floor(n)).padStart(2, "0");
  if (s >= 86400) return `${sign}${Math.floor(s / 86400)}${THIN}d ${pad((s % 86400) / 3600)}${THIN}h`;
  if (s >= 3600) return `${sign}${Math.floor(s / 3600)}${THIN}h ${pad((s % 3600) / 60)}${THIN}m`;
  if (s >= 60) return `${sign}${Math.floor(s / 60)}${THIN}m ${pad(s % 60)}${THIN}s`;
  return s >= 10 || Number.isInteger(s) ? `${sign}${Math.floor(s)}${THIN}s` : `${sign}${Number(s.toPrecision(2))}${THIN}s`;
}

/** Roughly how long ago: 9 m, 3 h, 2 d. @param {number} s seconds */
export function ago(s) {
  for (const [size, unit] of /** @type {[number, string][]} */ ([[86400, "d"], [3600, "h"], [60, "m"]]))
    if (s >= size) return `${Math.floor(s / size)}${THIN}${unit}`;
  return `${Math.max(0, Math.floor(s))}${THIN}s`;
}

/** Local date and time, to the second. @param {number} seconds since the epoch */
export function clock(seconds) {
  const t = new Date(seconds * 1000);
  if (Number.isNaN(t.getTime())) return value(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

/** @param {number} v @param {number} [digits] */
export const signed = (v, digits = 4) => (v > 0 ? "+" : v < 0 ? "−" : "") + value(Math.abs(v), digits);

/** "a/b/seed0" -> ["a/b/", "seed0"] @param {string} name @returns {[string, string]} */
export function splitName(name) {
  const cut = name.lastIndexOf("/", name.length - 2) + 1;
  return [name.slice(0, cut), name.slice(cut)];
}

/** "1 run", "2 runs" @param {number} n @param {string} one @param {string} [many] */
export const counted = (n, one, many = `${one}s`) => `${grouped(String(n))} ${n === 1 ? one : many}`;

/** The end of a long file name: it is what tells files of one run apart. @param {string} name */
export const fileTail = (name) => (name.length > 26 ? `…${name.slice(-24)}` : name);

/** A name as a file can have it anywhere. @param {string} name */
export const fileName = (name) => name.replaceAll(/[^\p{L}\p{N} ._-]+/gu, "_").replace(/^[. _-]+/, "").slice(0, 100) || "chart";
