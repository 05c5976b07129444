/** The clips or videos that a page has asked for: which there are, what each one is, and the bytes of the last few. */

import { BlobStore } from "./blob_store.js";

/** @import { App } from "../app.js" */
/** @typedef {{type: string, bytes: number, sample_rate: number | null, channels: number | null, duration: number | null, fps: number | null, label_html: string, too_large: boolean}} ClipInfo */

const KEPT_BYTES = 64e6;

export class ClipStore extends BlobStore {
  /** @param {App} app @param {"audio" | "video"} kind */
  constructor(app, kind) {
    super(app, kind);
    /** The last used ones last. @type {Map<string, Promise<Blob>>} */
    this.files = new Map();
    /** @type {Map<string, number>} */
    this.sizes = new Map();
  }

  /** @param {string} run @param {string} tag @param {string} ref @returns {Promise<ClipInfo[]>} */
  async describe(run, tag, ref) {
    return (await this.app.api.get("api/clip_info", { kind: this.kind, run, tag, ref })).clips;
  }

  /** @param {string} run @param {string} tag @param {string} ref @param {number} k which clip of the step @param {boolean} [isDownload] */
  url(run, tag, ref, k, isDownload = false) {
    return this.app.api.url("api/clip", { kind: this.kind, run, tag, ref, index: k, download: isDownload ? 1 : null });
  }

  /** @param {string} url @returns {Promise<Blob>} */
  file(url) {
    let file = this.files.get(url);
    this.files.delete(url);
    file ??= this.fetchFile(url);
    this.files.set(url, file);
    return file;
  }

  /** @param {string} url */
  async fetchFile(url) {
    const blob = await this.app.api.file(url).catch((/** @type {Error} */ error) => { this.files.delete(url); throw error; });
    this.sizes.set(url, blob.size);
    let total = [...this.files.keys()].reduce((sum, key) => sum + (this.sizes.get(key) ?? 0), 0);
    for (const key of [...this.files.keys()]) {
      if (total <= KEPT_BYTES || key === url) break;
      total -= this.sizes.get(key) ?? 0;
      this.files.delete(key);
      this.sizes.delete(key);
    }
    return blob;
  }
}
