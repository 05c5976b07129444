/** A frame in which rendered Markdown stands apart from the page: nothing in it runs, is fetched or is sent, whatever it says. */

import { el } from "../dom.js";
import { token } from "../theme.js";

/**
 * No scripts, forms or downloads, no way to the page around it. Without "allow-scripts" a frame runs nothing, so that "allow-same-origin" gives it
 * no right of its own; it lets the page look in, to measure and mark. A link that is pressed opens a window of its own.
 */
const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";
const TOKENS = [
  "--color-ground", "--color-ink", "--color-ink-2", "--color-ink-3", "--color-hairline", "--color-border", "--color-sunk", "--color-accent", "--color-stalled-wash", "--color-stalled", "--font-ui", "--font-mono",
  "--text-xs", "--text-s", "--text-m", "--text-l", "--line", "--line-tight", "--weight", "--weight-strong", "--space-1", "--space-2", "--space-3", "--space-4", "--space-5", "--radius-s", "--radius-m",
];
const STYLE = `
html { background: transparent; overflow-x: hidden; }
body { margin: 0; padding: var(--space-3) var(--space-4); display: flow-root; color: var(--color-ink); font: var(--weight) var(--text-s) / var(--line) var(--font-ui); overflow-wrap: anywhere; -webkit-font-smoothing: antialiased; }
body > :first-child { margin-top: 0; } body > :last-child { margin-bottom: 0; }
p, ul, ol, pre, blockquote, table, hr { margin: 0 0 var(--space-4); }
h1, h2, h3, h4, h5, h6 { margin: var(--space-5) 0 var(--space-3); font-weight: var(--weight-strong); font-size: var(--text-s); line-height: var(--line-tight); }
h1 { font-size: var(--text-l); } h2 { font-size: var(--text-m); }
ul, ol { padding-left: 1.5em; } li + li { margin-top: var(--space-1); } li > p { margin-bottom: var(--space-2); }
a { color: var(--color-accent); text-underline-offset: 2px; }
code, pre { font-family: var(--font-mono); font-size: 0.92em; }
code { background: var(--color-sunk); border-radius: var(--radius-s); padding: 0 0.25em; }
pre { background: var(--color-sunk); border-radius: var(--radius-m); padding: var(--space-3) var(--space-4); overflow-x: auto; overflow-wrap: normal; scrollbar-width: thin; }
pre code { background: none; padding: 0; }
blockquote { padding-left: var(--space-4); border-left: 2px solid var(--color-border); color: var(--color-ink-2); }
table { border-collapse: collapse; display: block; max-width: 100%; overflow-x: auto; overflow-wrap: normal; font-variant-numeric: tabular-nums; scrollbar-width: thin; }
th, td { padding: var(--space-2) var(--space-4) var(--space-2) 0; border-bottom: 1px solid var(--color-hairline); text-align: left; vertical-align: top; }
th { color: var(--color-ink-3); font-size: var(--text-xs); font-weight: var(--weight); }
[align="right"] { text-align: right; } [align="center"] { text-align: center; }
td > :last-child { margin-bottom: 0; } hr { border: 0; border-top: 1px solid var(--color-hairline); }
mark { background: var(--color-stalled-wash); color: inherit; box-shadow: 0 1px 0 var(--color-stalled); }
:focus-visible { outline: 2px solid var(--color-accent); outline-offset: 1px; }`;

/** The colours of now, as rules. */
const palette = () => `:root { color-scheme: ${document.documentElement.dataset.theme === "dark" ? "dark" : "light"}; ${TOKENS.map((name) => `${name}: ${token(name)};`).join(" ")} }`;

export class TextFrame {
  /** @param {string} label @param {() => void} [onHeight] */
  constructor(label, onHeight = () => {}) {
    this.onHeight = onHeight;
    this.html = "";
    /** @type {string[]} */
    this.matched = [];
    /** @type {Document | null} */
    this.inside = null;
    this.theme = el("style", {}, palette());
    const shell = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><body>`;
    this.root = el("iframe", { class: "text-frame", sandbox: SANDBOX, title: label, srcdoc: shell, referrerpolicy: "no-referrer" });
    this.sizes = new ResizeObserver(() => this.fit());
    this.root.addEventListener("load", () => this.loaded());
  }

  loaded() {
    const inside = this.root.contentDocument;
    if (!inside || inside === this.inside) return;
    this.inside = inside;
    this.theme.textContent = palette();
    inside.head.append(this.theme, el("style", {}, STYLE));
    // Keys of the page work in here too; those of the browser are left to it.
    inside.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || ["Tab", "Enter", "ArrowUp", "ArrowDown", "PageUp", "PageDown"].includes(event.key)) return;
      this.root.dispatchEvent(new KeyboardEvent("keydown", { key: event.key, shiftKey: event.shiftKey, bubbles: true, cancelable: true }));
    });
    this.sizes.disconnect();
    this.sizes.observe(inside.body);
    this.fill();
  }

  /** @param {string} html cleaned by the server @param {string[]} [matched] what is marked in it */
  show(html, matched = []) {
    if (html === this.html && matched.join("\n") === this.matched.join("\n")) return;
    this.html = html;
    this.matched = matched;
    this.fill();
  }

  fill() {
    const { inside } = this;
    if (!inside) return;
    // A document of its own, in which nothing runs either: what comes out of it are elements.
    const { body } = new DOMParser().parseFromString(this.html, "text/html");
    for (const link of body.querySelectorAll("a[href]")) link.setAttribute("target", "_blank");
    for (const scrolled of body.querySelectorAll("pre, table")) scrolled.setAttribute("tabindex", "0");
    inside.body.replaceChildren(...body.childNodes);
    if (this.matched.length) markAll(inside, this.matched);
    this.fit();
  }

  /** As high as what it holds; CSS says where that ends. */
  fit() {
    const height = this.inside?.body.offsetHeight ?? 0;
    if (!height || this.root.style.height === `${height}px`) return;
    this.root.style.height = `${height}px`;
    this.onHeight();
  }

  paintTheme() { this.theme.textContent = palette(); }
}

/** @param {Document} inside @param {string[]} words as they stand there */
function markAll(inside, words) {
  const walker = inside.createTreeWalker(inside.body, NodeFilter.SHOW_TEXT), nodes = [];
  while (walker.nextNode()) nodes.push(/** @type {Text} */ (walker.currentNode));
  for (const node of nodes) {
    let rest = node;
    for (let left = 200; left > 0; left--) {
      const found = words.map((word) => ({ word, at: rest.data.indexOf(word) })).filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)[0];
      if (!found) break;
      const hit = rest.splitText(found.at), mark = inside.createElement("mark");
      rest = hit.splitText(found.word.length);
      hit.replaceWith(mark);
      mark.append(hit);
    }
  }
}
