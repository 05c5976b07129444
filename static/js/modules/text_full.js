/** One text over the whole window, all of it, however long. */

import { el, need, setText } from "../dom.js";
import { short, step as stepText } from "../format.js";
import { TextBody, plainNodes } from "./text_body.js";

/** @import { TextCell } from "./text_cell.js" */
/** @import { TextFeed } from "./text_feed.js" */

const MOST = 8e6; // characters that a page can hold
const BLOCK = 20_000; // characters of a part that is laid out when it is scrolled to

export class TextFull {
  /** @param {HTMLDialogElement} dialog @param {TextFeed} feed @param {AbortSignal} signal */
  constructor(dialog, feed, signal) {
    this.dialog = dialog;
    this.feed = feed;
    this.place = need(dialog, ".text-whole", "text_full");
    this.head = need(dialog, "h2", "text_full");
    /** What is shown; another one makes answers that are late worthless. @type {object | null} */
    this.shown = null;
    /** @type {TextBody | null} */
    this.body = null;
    dialog.addEventListener("close", () => { this.shown = null; this.body = null; this.place.replaceChildren(); }, { signal });
  }

  /** @param {TextCell} cell @param {number} item */
  async open(cell, item) {
    const mine = (this.shown = {}), isIt = () => this.shown === mine, title = cell.isLog ? "all of it" : `step ${stepText(cell.series?.steps[item] ?? "")}`;
    setText(this.head, `${cell.tag} · ${cell.run} · ${title}`);
    this.place.replaceChildren();
    if (!this.dialog.open) this.dialog.showModal();
    const answer = cell.isLog ? null : await this.feed.get(cell.placeOf(item), cell.form, isIt);
    if (!isIt()) return;
    if (answer && (!answer.cut || !answer.single)) {
      this.body = new TextBody(title, cell.isLog, () => {});
      this.place.replaceChildren(this.body.root);
      this.body.show({ ...answer, cut: false }, cell.form);
    } else if (answer && answer.characters > MOST) this.say(`${short(answer.characters)} characters are too many for a page: download the text instead.`);
    else await this.fillWhole(cell, item, isIt);
  }

  /** Letter for letter: rendered Markdown ends where its length would choke the browser. @param {TextCell} cell @param {number} item @param {() => boolean} isIt */
  async fillWhole(cell, item, isIt) {
    const text = await cell.whole(item).catch((error) => { this.say(error.message); return null; });
    if (text === null || !isIt()) return;
    const shown = text.slice(0, MOST), blocks = [];
    for (let at = 0; at < shown.length;) {
      const wanted = shown.indexOf("\n", at + BLOCK), end = wanted < 0 ? shown.length : Math.min(wanted + 1, at + 4 * BLOCK);
      blocks.push(el("span", { class: "text-block" }, ...plainNodes(shown.slice(at, end), [], cell.isLog)));
      at = end;
    }
    this.place.replaceChildren(el("pre", { tabindex: "0", "aria-label": "The whole text" }, ...blocks));
    if (shown.length < text.length) this.place.append(el("p", { class: "text-note" }, `The first ${short(shown.length)} of ${short(text.length)} characters.`));
  }

  /** @param {string} what */
  say(what) { this.place.replaceChildren(el("p", { class: "text-note" }, what)); }

  paintTheme() { this.body?.paintTheme(); }
}
