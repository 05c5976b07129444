/** Brings one picture at a time, decoded; of those that are asked for meanwhile only the last one comes next. */

export class ImageLoader {
  /**
   * @param {{onReady: (image: HTMLImageElement, url: string) => void, onFail: (url: string) => void}} options
   * `onReady` gets a decoded picture; a slider that moves on fast gets some of the pictures on its way, in order
   */
  constructor({ onReady, onFail }) {
    this.onReady = onReady;
    this.onFail = onFail;
    /** @type {string | null} */
    this.wanted = null;
    /** What was shown or refused last. @type {string | null} */
    this.done = null;
    /** @type {string | null} */
    this.loading = null;
    /** Addresses worth having next. @type {string[]} */
    this.near = [];
  }

  /** @param {string | null} url null: nothing @param {string[]} [near] neighbours, fetched when there is nothing else to do */
  want(url, near = []) {
    this.wanted = url;
    this.near = near;
    if (url === null) this.done = null;
    if (!this.loading) void this.work();
  }

  async work() {
    while (this.wanted !== null && this.wanted !== this.done) {
      const url = (this.loading = this.wanted), image = new Image();
      image.decoding = "async";
      image.src = url;
      const isReady = await image.decode().then(() => true, () => false);
      this.loading = null;
      if (this.wanted === null) return; // hidden meanwhile
      this.done = url;
      if (isReady) this.onReady(image, url);
      else if (url === this.wanted) this.onFail(url);
    }
    for (const url of this.near) new Image().src = url;
    this.near = [];
  }
}
