/** The image series of the page, what each picture is, and where it is to be had. */

import { BlobStore } from "./blob_store.js";

/** @import { App } from "../app.js" */
/** @typedef {{width: number, height: number, type: string, bytes: number, frames: number, too_large: boolean}} ImageInfo */

export class ImageStore extends BlobStore {
  /** @param {App} app */
  constructor(app) {
    super(app, "image");
  }

  /** How many pictures a step has, and what each one is. @param {string} run @param {string} tag @param {string} ref @returns {Promise<ImageInfo[]>} */
  async describe(run, tag, ref) {
    return (await this.app.api.get("api/image_info", { run, tag, ref })).images;
  }

  /** @param {string} run @param {string} tag @param {string} ref @param {number} k which picture of the step @param {boolean} [isDownload] as a file, whatever it is */
  url(run, tag, ref, k, isDownload = false) {
    return this.app.api.url("api/image", { run, tag, ref, index: k, download: isDownload ? 1 : null });
  }
}
