/** What the server knows of embeddings: which there are, one's points in a view, columns, neighbours, matches. Asks once for what does not change. */

import { api, column } from "../api.js";

/** @import { Column } from "../types.d.ts" */
/** @typedef {{run: string, tensor: string, steps: (string | null)[]}} Entry */
/** @typedef {{embeddings: Entry[], problems: {run: string, message: string}[]}} Listing */
/** @typedef {{name: string, distinct: number, numeric: boolean}} AboutColumn */
/** @typedef {{points: number, dimensions: number, drawn: number, columns: AboutColumn[], sprite: [number, number] | null, notes: string[]}} About */
/** @typedef {{name: string, words: string[], codes: ArrayLike<number>, numbers: Float64Array | null}} Cells */
/** @typedef {{points: number[], distances: number[], metadata: [string, string][], values: (number | string)[]}} Near */
/** @typedef {{id: string, state: string, progress: number, said: string, note: string, columns?: Column[], rows?: Column | null}} LayoutAnswer */
/** @typedef {{columns: Float64Array[], rows: ArrayLike<number> | null, shares: number[], note: string}} Places */
/** @typedef {{run: string, tensor: string, step: string | null}} Which */

const KEPT = 40; // answers

export class EmbeddingData {
  constructor() {
    /** @type {Map<string, Promise<any>>} */
    this.answers = new Map();
  }

  /** @param {string} path @param {import("../api.js").Params} params */
  ask(path, params) {
    const key = api.url(path, params);
    let answer = this.answers.get(key);
    if (!answer) {
      this.answers.set(key, (answer = api.get(path, params)));
      answer.catch(() => this.answers.delete(key));
      while (this.answers.size > KEPT) this.answers.delete(/** @type {string} */ (this.answers.keys().next().value));
    }
    return answer;
  }

  /** Files have changed. */
  forget() { this.answers.clear(); }

  /** @returns {Promise<Listing>} */
  list() { return api.get("api/embeddings"); }

  /** @param {Which} which @returns {Promise<About>} */
  describe(which) { return this.ask("api/embedding", which); }

  /** @param {Which} which @param {number[]} axes @param {boolean} sphere @returns {Promise<Places>} */
  async components(which, axes, sphere) {
    const { columns, shares, exact } = await this.ask("api/embedding/components", { ...which, axes, sphere });
    const note = exact ? "" : "Components found by random projection: there are too many dimensions for all of them.";
    return { columns: columns.map(column), rows: null, shares: shares.map(Number), note };
  }

  /** @param {Which} which @param {number} of column @param {string} start @param {string} end @param {boolean} sphere @returns {Promise<Float64Array>} */
  async axis(which, of, start, end, sphere) {
    return column((await this.ask("api/embedding/axis", { ...which, column: of, start, end, sphere })).column);
  }

  /** @param {Which} which @param {number} of @returns {Promise<Cells>} */
  async column(which, of) {
    const { name, words, codes, numbers } = await this.ask("api/embedding/column", { ...which, column: of });
    return { name, words, codes: column(codes), numbers: numbers && column(numbers) };
  }

  /** @param {Which} which @param {string} text @param {number | null} of null: any column @returns {Promise<{points: number[], error: string | null}>} */
  async search(which, text, of) {
    const { points, error } = await api.get("api/embedding/search", { ...which, text, column: of });
    return { points: [...column(points)], error };
  }

  /** @param {Which} which @param {number} point @param {number} count @param {string} metric @returns {Promise<Near>} */
  async near(which, point, count, metric) {
    const { points, distances, metadata, values } = await this.ask("api/embedding/near", { ...which, point, count, metric });
    return { points: [...column(points)], distances: [...column(distances)], metadata, values };
  }

  /** @param {Which} which */
  spriteUrl(which) { return api.url("api/embedding/sprite", which); }
}

/** @param {LayoutAnswer} answer that is done @returns {Places} */
export function placesOf({ columns, rows, note }) {
  return { columns: (columns ?? []).map(column), rows: rows ? column(rows) : null, shares: [], note };
}

/**
 * Columns as x, y, z in turn; of points that have no place, NaN.
 * @param {Places} places @param {number} count of all points @param {boolean} isFlat @returns {Float32Array}
 */
export function interleaved({ columns, rows }, count, isFlat) {
  const out = new Float32Array(3 * count);
  if (rows) out.fill(NaN);
  const n = rows ? rows.length : count, depth = isFlat ? null : columns[2] ?? null;
  for (let i = 0; i < n; i++) {
    const at = 3 * (rows ? rows[i] : i);
    out[at] = columns[0][i];
    out[at + 1] = columns[1] ? columns[1][i] : 0;
    out[at + 2] = depth ? depth[i] : 0;
    if (columns[0][i] !== columns[0][i]) out[at + 1] = out[at + 2] = NaN;
  }
  return out;
}
