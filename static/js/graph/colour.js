/** What colour means on the graph: nothing, the kind, class, device or type of a block, its share of a cost, a logged value, a difference. */
import { Categories, MOST_CATEGORIES } from "./categories.js";
import { isCost, knownCosts } from "./costs.js";
import { structureKind } from "./kinds.js";

/** @import {ColourBy, Cost, Hierarchy, Paint} from "./graph_types.js" */
/** @import {CategoryBy} from "./categories.js" */
/** @typedef {{paint: (item: number) => Paint | "plain" | number, note?: (item: number) => string, open?: (item: number) => string | null}} Overlay a number is a step of the scale */

export const STEPS = 8;
const STEPS_PER_DECADE = 2.6;
const TINT = 0.26; // of a category's colour in the ground
const STRIPES = 4; // of a block that holds several categories

/** Share of the whole -> 0..7 on a scale of 0.1, 1, 10, 100 %. @param {number} share */
export function shareStep(share) {
  return Math.max(0, Math.min(STEPS - 1, Math.round(STEPS - 1 + Math.log10(share) * STEPS_PER_DECADE)));
}

/** The most telling colouring that this graph has figures for. @param {Hierarchy} h @returns {ColourBy} */
export function bestColouring(h) {
  return knownCosts(h).find((cost) => cost === "macs" || cost === "params") ?? "structure";
}

/** "#2450c8" and "#ffffff" mixed. @param {string} colour @param {string} ground @param {number} share of the colour @returns {string} */
export function mix(colour, ground, share) {
  const part = (/** @type {string} */ text, /** @type {number} */ at) => parseInt(text.slice(at, at + 2), 16) || 0;
  return "#" + [1, 3, 5].map((at) => Math.round(part(colour, at) * share + part(ground, at) * (1 - share)).toString(16).padStart(2, "0")).join("");
}

/** Paints items with the tokens of the theme; each answer is kept until theme or question changes. */
export class Palette {
  /** @type {Map<number, Paint>} */
  #paints = new Map();
  /** @type {string[]} */
  #tints = [];

  /**
   * @param {Hierarchy} hierarchy
   * @param {ColourBy} by
   * @param {(token: string) => string} token
   * @param {Overlay | null} [overlay] colours of something that is not in the graph itself
   */
  constructor(hierarchy, by, token, overlay = null) {
    this.hierarchy = hierarchy;
    this.by = by;
    this.token = token;
    this.overlay = overlay;
    this.categories = by === "class" || by === "device" || by === "dtype" ? new Categories(hierarchy, /** @type {CategoryBy} */ (by)) : null;
    /** @type {Paint} */
    this.plain = { fill: token("--graph-box"), ink: token("--color-ink"), inkSoft: token("--color-ink-2") };
    /** @type {Paint[]} */
    this.steps = Array.from({ length: STEPS }, (_, step) => {
      const isStrong = step >= Number(token("--seq-ink-from") || 5);
      const ink = token(isStrong ? "--color-ground" : "--color-ink");
      return { fill: token(`--seq-${step}`), ink, inkSoft: isStrong || step >= 3 ? ink : this.plain.inkSoft };
    });
  }

  /** @param {number} item @returns {Paint} */
  of(item) {
    let paint = this.#paints.get(item);
    if (!paint) this.#paints.set(item, (paint = this.#choose(item)));
    return paint;
  }

  /** What is written at the corner of an item's box; "" for nothing. @param {number} item */
  note(item) {
    return this.overlay?.note?.(item) ?? "";
  }

  /** Fill of an item while it is open, where it has one of its own. @param {number} item @returns {string | null} */
  open(item) {
    return this.overlay?.open?.(item) ?? null;
  }

  /** Fill of a category. @param {number} category place in `categories.names`; one more for all the rest @returns {string} */
  tint(category) {
    const ground = this.token("--color-ground");
    if (category >= MOST_CATEGORIES) return this.token("--kind-other");
    return (this.#tints[category] ??= mix(this.token(`--run-${category}`), ground, TINT));
  }

  /** @param {number} item @returns {Paint} */
  #choose(item) {
    const { hierarchy: h, by, overlay } = this;
    if (overlay) {
      const paint = overlay.paint(item);
      return paint === "plain" ? this.plain : typeof paint === "number" ? this.steps[paint] : paint;
    }
    if (by === "structure") return { ...this.plain, fill: this.token(`--kind-${structureKind(h, item)}`) };
    if (this.categories) {
      const shares = this.categories.shares(item);
      if (!shares.length) return this.plain;
      const stripes = shares.slice(0, STRIPES).map(({ category, share }) => ({ fill: this.tint(category), share }));
      return { ...this.plain, fill: stripes[0].fill, stripes: stripes.length > 1 ? stripes : undefined };
    }
    if (!isCost(by)) return this.plain;
    const value = h[/** @type {Cost} */ (by)][item], whole = h[/** @type {Cost} */ (by)][0];
    return value && whole ? this.steps[shareStep(value / whole)] : this.plain;
  }
}
