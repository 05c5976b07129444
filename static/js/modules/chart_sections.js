/** Sections of charts: only what is near the window exists, so that 12,000 tags cost what a screenful costs. */

import { el, icon, setAttribute, setText } from "../dom.js";
import { ScalarChart } from "./scalar_chart.js";

/** @import { Group } from "./tag_groups.js" */
/** @import { Page } from "./scalar_chart.js" */
/** @typedef {{isClosed: (key: string) => boolean, setClosed: (key: string, isClosed: boolean) => void, isWide: (tag: string) => boolean}} Choices */
/** @typedef {{root: HTMLDetailsElement, chunks: Chunk[], tags: string[], slots: Map<string, HTMLElement>}} Section */

const CHUNK = 60; // charts: a whole number of rows for one to six columns
const NEAR = "1200px 0px"; // of the window: chunks have their slots
const CLOSE = "500px 0px"; // slots have their charts

/** Up to sixty slots of a section: an empty box of the right height while it is far away. */
class Chunk {
  /** @param {boolean} isPinned */
  constructor(isPinned) {
    /** @type {string[]} */
    this.tags = [];
    this.isFilled = false;
    this.root = el("div", { class: "chart-grid", "data-size": isPinned ? "pinned" : null });
  }

  /** Hold the room that the charts will take: as many columns as the grid makes, a title and a frame each. */
  reserve() {
    const style = getComputedStyle(document.documentElement), rem = parseFloat(style.fontSize);
    const own = getComputedStyle(this.root), size = (/** @type {string} */ name) => parseFloat(own.getPropertyValue(name) || style.getPropertyValue(name)) * rem;
    const width = (document.querySelector("main")?.clientWidth ?? 1000) - 2 * rem, columns = Math.max(1, Math.floor((width + 1.5 * rem) / (size("--size-chart-min") + 1.5 * rem)));
    this.root.style.minHeight = `${Math.ceil(this.tags.length / columns) * (size("--size-chart-height") + 2.75 * rem)}px`;
  }
}

export class ChartSections {
  /** @param {HTMLElement} root @param {Page} page @param {Choices} choices */
  constructor(root, page, choices) {
    this.root = root;
    this.page = page;
    this.choices = choices;
    /** @type {Map<string, Section>} */
    this.sections = new Map();
    /** @type {Map<Element, [Section, Chunk]>} */
    this.chunks = new Map();
    const main = document.querySelector("main");
    this.chunkObserver = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const [section, chunk] = this.chunks.get(target) ?? [];
        if (!section || !chunk || chunk.isFilled === isIntersecting) continue;
        chunk.isFilled = isIntersecting;
        this.arrange(section);
      }
    }, { root: main, rootMargin: NEAR });
    this.slotObserver = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.build(/** @type {HTMLElement} */ (target));
        else if (!target.contains(document.activeElement)) this.empty(target); // whoever is reading it by keys is not torn away
      }
    }, { root: main, rootMargin: CLOSE });
  }

  /** @param {Group[]} groups */
  render(groups) {
    const wanted = new Set(groups.map((group) => group.key));
    for (const [key, section] of this.sections)
      if (!wanted.has(key)) {
        this.set(section, [], false);
        section.root.remove();
        this.sections.delete(key);
      }
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
      const root = el("details", { class: "section", open: !this.choices.isClosed(group.key), "data-key": group.key },
        el("summary", {}, icon("right"), el("h2", { title: group.title }, group.title), el("span", { class: "count" })));
      root.addEventListener("toggle", () => this.choices.setClosed(group.key, !root.open));
      this.sections.set(group.key, (section = { root, chunks: [], tags: [], slots: new Map() }));
    }
    const heading = section.root.querySelector("h2"), count = section.root.querySelector(".count");
    if (heading) setText(heading, group.title);
    if (count) setText(count, String(group.tags.length));
    if (section.tags.length !== group.tags.length || section.tags.some((tag, i) => tag !== group.tags[i])) this.set(section, group.tags, group.isPinned);
    return section;
  }

  /** Give a section its tags; charts that stay are moved, not made anew. @param {Section} section @param {string[]} tags @param {boolean} isPinned */
  set(section, tags, isPinned) {
    section.tags = tags;
    const count = Math.ceil(tags.length / CHUNK);
    while (section.chunks.length < count) {
      const chunk = new Chunk(isPinned);
      section.chunks.push(chunk);
      section.root.append(chunk.root);
      this.chunks.set(chunk.root, [section, chunk]);
      this.chunkObserver.observe(chunk.root);
    }
    const spare = section.chunks.splice(count);
    section.chunks.forEach((chunk, i) => { chunk.tags = tags.slice(i * CHUNK, (i + 1) * CHUNK); });
    this.arrange(section);
    for (const { root } of spare) {
      this.chunkObserver.unobserve(root);
      this.chunks.delete(root);
      root.remove();
    }
  }

  /** Every slot of a filled chunk in its place, no others. @param {Section} section */
  arrange(section) {
    const left = new Map(section.slots);
    for (const chunk of section.chunks) {
      if (!chunk.isFilled) { chunk.reserve(); continue; }
      let before = chunk.root.firstElementChild;
      for (const tag of chunk.tags) {
        const slot = left.get(tag) ?? this.slot(section, tag);
        left.delete(tag);
        if (slot === before) before = before.nextElementSibling;
        else this.place(slot, chunk.root, before);
      }
      chunk.root.style.minHeight = "";
    }
    for (const [tag, slot] of left) {
      this.slotObserver.unobserve(slot);
      this.empty(slot);
      slot.remove();
      section.slots.delete(tag);
    }
  }

  /** Moving an element takes its focus away. @param {HTMLElement} slot @param {Element} grid @param {Element | null} before */
  place(slot, grid, before) {
    const focused = slot.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
    grid.insertBefore(slot, before);
    focused?.focus({ preventScroll: true });
  }

  /** @param {Section} section @param {string} tag */
  slot(section, tag) {
    const slot = el("div", { class: "chart-slot", "data-tag": tag, "data-wide": this.choices.isWide(tag) });
    section.slots.set(tag, slot);
    this.slotObserver.observe(slot);
    return slot;
  }

  /** @param {HTMLElement} slot */
  build(slot) {
    if (!slot.firstElementChild) slot.append(new ScalarChart(this.page, slot.dataset.tag ?? "").root);
  }

  /** @param {Element} slot */
  empty(slot) {
    const figure = slot.firstElementChild;
    if (figure) this.page.charts.get(figure)?.stop();
  }

  /** Which charts take a whole row. */
  paintWide() {
    for (const { slots } of this.sections.values()) for (const [tag, slot] of slots) setAttribute(slot, "data-wide", this.choices.isWide(tag) ? "" : null);
  }

  /** Open or closed, as the address has it. */
  paintFolding() {
    for (const [key, { root }] of this.sections) root.open = !this.choices.isClosed(key);
  }

  /** What is on the page, in its order, each tag once. */
  tags() {
    return [...new Set([...this.sections.values()].flatMap(({ tags }) => tags))];
  }

  /** @param {string} tag @returns {{key: string, at: number, of: number, tags: string[]} | null} its number in its section, from 1 */
  placeOf(tag) {
    for (const [key, { tags }] of this.sections) if (tags.includes(tag)) return { key, at: tags.indexOf(tag) + 1, of: tags.length, tags };
    return null;
  }

  /** Bring a chart into view, and the keys to it. @param {string} tag @param {{scrolls?: boolean}} [how] @returns {boolean} whether there is one */
  reveal(tag, { scrolls = true } = {}) {
    for (const section of this.sections.values()) {
      const chunk = section.chunks[Math.floor(section.tags.indexOf(tag) / CHUNK)];
      if (!chunk) continue;
      section.root.open = true;
      chunk.isFilled = true;
      this.arrange(section);
      const slot = section.slots.get(tag);
      if (!slot) continue;
      this.build(slot);
      if (scrolls) slot.scrollIntoView({ block: "nearest" });
      /** @type {HTMLElement | null} */ (slot.querySelector(".chart-frame"))?.focus({ preventScroll: true });
      return true;
    }
    return false;
  }

  stop() {
    for (const section of this.sections.values()) this.set(section, [], false);
    this.chunkObserver.disconnect();
    this.slotObserver.disconnect();
  }
}
