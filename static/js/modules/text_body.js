/** One text as it is shown: rendered, or letter for letter; a tensor of strings as a table. */

import { el } from "../dom.js";
import { short } from "../format.js";
import { TextFrame } from "./text_frame.js";
import { pieces } from "./text_pieces.js";

/** @import { TextForm, TextJson } from "./text_feed.js" */

/** @param {string} text @param {[number, number][]} [marks] @param {boolean} [isLog] */
export function plainNodes(text, marks = [], isLog = false) {
  return pieces(text, marks, { isLog }).map((piece) => {
    if (!piece.sign && !piece.isMarked && piece.ansi === undefined && !piece.weight) return document.createTextNode(piece.text);
    const kind = piece.isMarked ? "mark" : "span";
    return el(kind, { class: piece.sign ? "text-sign" : null, title: piece.title, "data-ansi": piece.ansi, "data-weight": piece.weight }, piece.text);
  });
}

export class TextBody {
  /** @param {string} label @param {boolean} isLog @param {() => void} onAll shows the whole of a text that is too long for here */
  constructor(label, isLog, onAll) {
    this.label = label;
    this.isLog = isLog;
    this.onAll = onAll;
    /** @type {TextFrame | null} */
    this.frame = null;
    this.rest = el("p", { class: "text-rest", hidden: true });
    this.content = el("div", { class: "text-content" });
    this.root = el("div", { class: "text-body" }, this.content, this.rest);
  }

  /** @param {TextJson} answer @param {TextForm} form */
  show(answer, form) {
    const isFrame = !answer.error && form === "markdown" && answer.characters > 0;
    this.root.dataset.form = answer.error ? "error" : form;
    if (isFrame) {
      this.frame ??= new TextFrame(this.label);
      this.frame.show(answer.html ?? "", answer.matched);
      if (this.content.firstElementChild !== this.frame.root) this.content.replaceChildren(this.frame.root);
    } else {
      this.frame = null; // taken out of the document it forgets all
      this.content.replaceChildren(this.plain(answer));
    }
    this.showRest(answer);
  }

  /** @param {TextJson} answer */
  plain(answer) {
    if (answer.error) return el("p", { class: "text-note", "data-kind": "failed" }, answer.error);
    const texts = answer.texts ?? [], marks = answer.marks ?? [];
    const nodes = (/** @type {number} */ i) => plainNodes(texts[i], marks.filter(([cell]) => cell === i).map(([, from, to]) => [from, to]), this.isLog);
    if (!answer.characters && texts.length < 2) return el("p", { class: "text-note" }, "empty");
    if (answer.single) return el("pre", { tabindex: "0", "aria-label": this.label }, ...nodes(0));
    const rows = [];
    for (let i = 0; i < texts.length; i += answer.columns) rows.push(el("tr", {}, ...texts.slice(i, i + answer.columns).map((_, k) => el("td", {}, ...nodes(i + k)))));
    return el("div", { class: "text-table", tabindex: "0", role: "group", "aria-label": this.label }, el("table", {}, el("tbody", {}, ...rows)));
  }

  /** @param {TextJson} answer */
  showRest({ error, cut, slice, shape, characters }) {
    this.rest.hidden = Boolean(error) || (!cut && !slice);
    this.rest.replaceChildren();
    if (this.rest.hidden) return;
    if (slice) this.rest.append(`The first slice of ${shape.join(" × ")} texts. `);
    if (cut) this.rest.append(`The beginning of ${short(characters)} characters. `, el("button", { type: "button", onclick: this.onAll }, "Show all"));
  }

  paintTheme() { this.frame?.paintTheme(); }
}
