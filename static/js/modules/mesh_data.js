/** Meshes as a page has them: parts joined by name, one step's vertices, faces and colours decoded and kept for a while. */

import { api, column } from "../api.js";
import { boundsOf, middleOf } from "../space/camera.js";

/** @import { Column, TagsAnswer } from "../types.d.ts" */
/** @import { Bounds } from "../space/camera.js" */
/** @import { Shape } from "../space/solid.js" */
/** @typedef {{step: string, items: number, vertices: Column, faces: Column | null, colors: Column | null, notes: string[], config: Settings}} MeshJson */
/** What a writer asked of three.js, as far as we draw by it. @typedef {{fov?: number, size?: number, wireframe?: boolean, flat?: boolean}} Settings */
/** @typedef {{shape: Shape, items: number, bounds: Bounds | null, notes: string[], settings: Settings, bytes: number, edges?: Uint32Array}} MeshItem */

const PART = /^(.*)_(VERTEX|FACE|COLOR|1|2|3)$/s;
const KEPT_BYTES = 160e6;

/** What the mesh is called that a tag is a part of. @param {string} tag */
export const meshName = (tag) => PART.exec(tag)?.[1] ?? tag;

/** @param {string} tag */
const isOfVertices = (tag) => /_(VERTEX|1)$/.test(tag);

/** Parts as one tag; only what has vertices can be drawn. @param {TagsAnswer} answer @returns {TagsAnswer} */
export function joinedTags(answer) {
  /** @type {Map<string, TagsAnswer["tags"][number]>} */
  const found = new Map();
  for (const one of answer.tags) {
    if (!isOfVertices(one.tag)) continue;
    const tag = meshName(one.tag), known = found.get(tag);
    if (known) known.runs = [...new Set([...known.runs, ...one.runs])];
    else found.set(tag, { ...one, tag });
  }
  return { ...answer, tags: [...found.values()] };
}

/** The tag of a run's vertices, by run and name. @param {TagsAnswer} answer @returns {Map<string, string>} */
export function vertexTags({ runs, tags }) {
  return new Map(tags.filter(({ tag }) => isOfVertices(tag)).flatMap((one) => one.runs.map((run) => [`${runs[run]}\n${meshName(one.tag)}`, one.tag])));
}

/** @param {MeshJson} answer @returns {MeshItem} */
export function decodeMesh({ items, vertices, faces, colors, notes, config }) {
  const shape = { vertices: Float32Array.from(column(vertices)), faces: faces && Uint32Array.from(column(faces)), colours: colors && Uint8Array.from(column(colors)) };
  const bytes = shape.vertices.byteLength + (shape.faces?.byteLength ?? 0) + (shape.colours?.byteLength ?? 0);
  return { shape, items, bounds: boundsOf(shape.vertices), notes, settings: config, bytes };
}

/** What is around both. @param {Bounds | null} a @param {Bounds | null} b @returns {Bounds | null} */
export function around(a, b) {
  if (!a || !b) return a ?? b;
  const both = { low: /** @type {Bounds["low"]} */ (a.low.map((v, i) => Math.min(v, b.low[i]))), high: /** @type {Bounds["high"]} */ (a.high.map((v, i) => Math.max(v, b.high[i]))) };
  const middle = middleOf(both), reach = [a, b].map((one) => Math.hypot(...middleOf(one).map((v, i) => v - middle[i])) + one.radius);
  return { ...both, radius: Math.max(...reach) };
}

/** What takes it into the sphere of radius 1 around 0, columns one after the other. @param {Bounds} bounds */
export function placeOf(bounds) {
  const scale = 1 / (bounds.radius || 1), m = new Float32Array(16);
  m[0] = m[5] = m[10] = scale;
  m[15] = 1;
  middleOf(bounds).forEach((v, i) => { m[12 + i] = -v * scale; });
  return m;
}

export class MeshStore {
  constructor() {
    /** The one not asked for longest first. @type {Map<string, {asked: Promise<MeshItem>, bytes: number}>} */
    this.kept = new Map();
  }

  /** @param {string} run @param {string} tag the mesh's name @param {string} ref @param {number} item @returns {Promise<MeshItem>} */
  get(run, tag, ref, item) {
    const key = api.url("api/mesh", { run, tag, ref, item }), known = this.kept.get(key);
    const entry = known ?? { asked: api.get("api/mesh", { run, tag, ref, item }).then(decodeMesh), bytes: 0 };
    this.kept.delete(key);
    this.kept.set(key, entry);
    if (!known) entry.asked.then(({ bytes }) => { entry.bytes = bytes; this.makeRoom(); }, () => this.kept.delete(key));
    return entry.asked;
  }

  makeRoom() {
    let bytes = 0;
    for (const entry of this.kept.values()) bytes += entry.bytes;
    for (const [key, entry] of this.kept) {
      if (bytes <= KEPT_BYTES || this.kept.size <= 1) return;
      bytes -= entry.bytes;
      this.kept.delete(key);
    }
  }
}
