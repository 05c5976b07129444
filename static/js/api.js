/** Questions to the server: JSON in and out, relative to the page, so that any prefix works. */

/** The server said no, or could not be reached (status 0). */
export class ApiError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** @typedef {Record<string, string | number | boolean | null | undefined | (string | number)[]>} Params */

/** Query text: arrays repeat their name, null and undefined are left out. @param {Params} params */
export function query(params) {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) out.append(name, String(one));
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

/** @param {string} path @param {RequestInit} init @returns {Promise<Response>} one that the server is content with */
async function respond(path, init) {
  let response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("The board cannot be reached.", 0);
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(body?.error ?? body?.detail ?? `${response.status} ${response.statusText}`, response.status);
}

/** @param {string} path @param {RequestInit} init @returns {Promise<any>} */
const ask = async (path, init) => (await respond(path, init)).json().catch(() => null);

export const api = {
  /** @param {string} path "api/runs" @param {Params} [params] @param {{signal?: AbortSignal}} [options] @returns {Promise<any>} */
  get: (path, params = {}, options = {}) => ask(path + query(params), { signal: options.signal ?? null }),
  /** @param {string} path @param {unknown} body @param {{signal?: AbortSignal}} [options] @returns {Promise<any>} */
  post: (path, body, options = {}) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: options.signal ?? null }),
  /** As a form, whose answer need not be JSON. @param {string} path @param {[string, string][]} fields @param {{signal?: AbortSignal}} [options] */
  form: (path, fields, options = {}) => respond(path, { method: "POST", body: new URLSearchParams(fields), signal: options.signal ?? null }),
  /** Bytes, with their type. @param {string} url as `url` gives it */
  file: async (url) => (await respond(url, {})).blob(),
  /** Address for a link or an image. @param {string} path @param {Params} [params] */
  url: (path, params = {}) => path + query(params),
};

/** @type {Record<string, {new (buffer: ArrayBuffer): ArrayLike<number> & Iterable<number>}>} */
const ARRAYS = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u4: Uint32Array, i2: Int16Array, u2: Uint16Array, i1: Int8Array, u1: Uint8Array };

/** A column as doubles. @param {import("./types.d.ts").Column} column little-endian, base64 @returns {Float64Array} */
export function column({ dtype, bdata }) {
  const text = atob(bdata), raw = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) raw[i] = text.charCodeAt(i);
  if (dtype === "i8") return Float64Array.from(new BigInt64Array(raw.buffer), Number);
  const type = ARRAYS[dtype];
  if (!type) throw new Error(`column: unknown dtype ${dtype}`);
  return dtype === "f8" ? new Float64Array(raw.buffer) : Float64Array.from(new type(raw.buffer));
}

/** A number that JSON could not hold travels as "NaN", "Infinity", "-Infinity". @param {number | string | null | undefined} v */
export function number(v) {
  return v === null || v === undefined ? NaN : Number(v);
}
