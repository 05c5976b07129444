/** Two graphs beside each other, moved, opened and chosen together. */
import { GraphView } from "./graph_view.js";

/** @import {View} from "./graph_types.js" */
/** @import {GraphDiff} from "./diff.js" */

export class SideView {
  /** @type {GraphDiff | null} */
  diff = null;

  /**
   * @param {HTMLElement} root of the older graph's canvas
   * @param {GraphView} main shows the newer graph
   * @param {{select: (item: number) => void, selectGone: (item: number) => void, open: (item: number, isOpen: boolean) => void}} page told of the partners of what was chosen or opened here, or of what the newer graph does not have
   * @param {AbortSignal} signal
   */
  constructor(root, main, page, signal) {
    this.root = root;
    this.main = main;
    this.view = new GraphView(root, {
      select: (item) => {
        const partner = this.#partner("before", item);
        this.view.select(item, { isQuiet: true });
        if (partner || !item) page.select(partner);
        else page.selectGone(item);
      },
      open: (item, isOpen) => {
        this.view.setOpen(item, isOpen);
        const partner = this.#partner("before", item);
        if (partner) page.open(partner, isOpen);
      },
      look: () => {},
      moved: (view, before) => follow(this.main, view, before),
    }, signal);
  }

  /** @param {View} view @param {View} before where the newer graph was looked at, and is now */
  moved(view, before) {
    if (this.diff) follow(this.view, view, before);
  }

  /** @param {number} item of the newer graph */
  select(item) {
    if (!this.diff) return;
    const partner = this.#partner("after", item);
    if (partner) this.view.model?.layout.reveal(partner);
    this.view.select(partner, { isQuiet: true });
    if (partner) this.#align(item, partner);
    this.view.drawMap();
  }

  /** @param {number} item @param {boolean} isOpen */
  setOpen(item, isOpen) {
    if (!this.diff) return;
    const partner = this.#partner("after", item);
    if (!partner) return;
    this.view.setOpen(partner, isOpen);
    this.#align(item, partner);
    this.view.drawMap();
  }

  /** Opens what is open in the newer graph, and looks at the same place. */
  copyOpen() {
    const open = this.main.model?.layout.open ?? new Set();
    this.view.model?.layout.setAllOpen([...open].map((item) => this.#partner("after", item, true)).filter(Boolean));
    this.view.stage.lookAt({ ...this.main.stage.view });
    this.view.drawMap();
  }

  /** The partner stands where the item stands. */
  #align(/** @type {number} */ item, /** @type {number} */ partner) {
    const place = this.main.stage.placeOf(item);
    if (place) this.view.stage.put(partner, { x: place.x + place.w / 2, y: place.y }, this.main.stage.view.scale);
  }

  /** The older graph's item that is the newer one's. @param {number} item */
  partnerOf(item) {
    return this.#partner("after", item);
  }

  #partner(/** @type {"before" | "after"} */ side, /** @type {number} */ item, isStackToo = false) {
    const h = side === "after" ? this.main.model?.hierarchy : this.view.model?.hierarchy, there = side === "after" ? this.view.model?.hierarchy : this.main.model?.hierarchy;
    if (!this.diff || !h || !there || !item) return 0;
    const partner = this.diff.ends(side, h, item)[side === "after" ? "before" : "after"];
    // a stack's partner is the stack around its first block's partner, if there is one
    const isStack = item >= h.groupCount + h.nodeCount, around = there.parent[partner];
    return isStack && partner && around >= there.groupCount + there.nodeCount ? around : isStack && isStackToo ? 0 : partner;
  }
}

/** Does what the other did: the same way, the same zoom around the same place. */
function follow(/** @type {GraphView} */ other, /** @type {View} */ view, /** @type {View} */ before) {
  const ratio = view.scale / before.scale, { stage } = other;
  stage.lookAt({ scale: stage.view.scale * ratio, x: stage.view.x * ratio + view.x - before.x * ratio, y: stage.view.y * ratio + view.y - before.y * ratio });
}
