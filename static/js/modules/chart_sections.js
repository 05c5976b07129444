/** Sections of charts: only what is near the window exists, so that 12,000 tags cost what a screenful costs. */

import { el, icon, setText } from "../dom.js";
import { ScalarChart } from "./scalar_chart.js";

/** @import { Group } from "./tag_groups.js" */
/** @import { Page } from "./scalar_chart.js" */

const CHUNK = 60; // charts: a whole number of rows for one to six columns
const NEAR = "900px 0px";

/** Up to sixty charts of a section: an empty box of the right height while it is far away. */
class Chunk {
  /** @param {Page} page @param {string[]} tags @param {boolean} isPinned */
  constructor(page, tags, isPinned) {
    this.page = page;
    this.tags = tags;
    this.isFilled = false;
    this.root = el("div", { class: "chart-grid", "data-size": isPinned ? "pinned" : null });
    this.reserve();
  }

  /** Hold the room that the charts will take: as many columns as the grid makes, a title and a frame each. */
  reserve() {
    const style = getComputedStyle(document.documentElement), rem = parseFloat(style.fontSize), size = (/** @type {string} */ name) => parseFloat(style.getPropertyValue(name)) * rem;
    const width = (document.querySelector("main")?.clientWidth ?? 1000) - 2 * rem, columns = Math.max(1, Math.floor((width + 1.5 * rem) / (size("--size-chart-min") + 1.5 * rem)));
    this.root.style.minHeight = `${Math.ceil(this.tags.length / columns) * (size("--size-chart-height") + 2.75 * rem)}px`;
  }

  fill() {
    if (this.isFilled) return;
    this.isFilled = true;
    for (const tag of this.tags) this.root.append(new ScalarChart(this.page, tag).root);
    this.root.style.minHeight = "";
  }

  clear() {
    if (!this.isFilled) return;
    this.isFilled = false;
    this.reserve();
    for (const figure of [...this.root.children]) this.page.charts.get(figure)?.stop();
  }
}

export class ChartSections {
  /** @param {HTMLElement} root @param {Page} page @param {{isClosed: (key: string) => boolean, setClosed: (key: string, isClosed: boolean) => void}} folding */
  constructor(root, page, folding) {
    this.root = root;
    this.page = page;
    this.folding = folding;
    /** @type {Map<string, {root: HTMLDetailsElement, chunks: Chunk[], tags: string[]}>} */
    this.sections = new Map();
    /** @type {Map<Element, Chunk>} */
    this.chunks = new Map();
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const chunk = this.chunks.get(target);
        if (isIntersecting) chunk?.fill();
        else chunk?.clear();
      }
    }, { root: document.querySelector("main"), rootMargin: NEAR });
  }

  /** @param {Group[]} groups */
  render(groups) {
    const wanted = new Set(groups.map((group) => group.key));
    for (const [key, section] of this.sections) if (!wanted.has(key)) { this.drop(section.chunks); section.root.remove(); this.sections.delete(key); }
    /** @type {Element | null} */
    let before = null;
    for (const group of groups) {
      const section = this.section(group);
      /** @type {Node | null} */
      const place = before ? before.nextSibling : this.root.firstChild;
      if (place !== section.root) this.root.insertBefore(section.root, place);
      before = section.root;
    }
  }

  /** @param {Group} group */
  section(group) {
    let section = this.sections.get(group.key);
    if (!section) {
      const root = el("details", { class: "section", open: !this.folding.isClosed(group.key) },
        el("summary", {}, icon("right"), el("h2", { title: group.title }, group.title), el("span", { class: "count" })));
      root.addEventListener("toggle", () => this.folding.setClosed(group.key, !root.open));
      this.sections.set(group.key, (section = { root, chunks: [], tags: [] }));
    }
    const heading = section.root.querySelector("h2"), count = section.root.querySelector(".count");
    if (heading) setText(heading, group.title);
    if (count) setText(count, String(group.tags.length));
    if (section.tags.length === group.tags.length && section.tags.every((tag, i) => tag === group.tags[i])) return section;
    section.tags = group.tags;
    this.drop(section.chunks);
    section.chunks = [];
    for (let i = 0; i < group.tags.length; i += CHUNK) {
      const chunk = new Chunk(this.page, group.tags.slice(i, i + CHUNK), group.isPinned);
      section.chunks.push(chunk);
      section.root.append(chunk.root);
      this.chunks.set(chunk.root, chunk);
      this.observer.observe(chunk.root);
    }
    return section;
  }

  /** @param {Chunk[]} chunks */
  drop(chunks) {
    for (const chunk of chunks) {
      this.observer.unobserve(chunk.root);
      this.chunks.delete(chunk.root);
      chunk.clear();
      chunk.root.remove();
    }
  }

  stop() {
    this.observer.disconnect();
    for (const { chunks } of this.sections.values()) this.drop(chunks);
  }
}
