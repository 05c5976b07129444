/** Elements out of data: text goes in as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";
/** @typedef {Record<string, any>} Props */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Props} [props] attributes; `onclick` and its like are listeners, `vars` are CSS custom properties
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag @param {Props} [props] @param {...(Node | string | null | undefined | false)} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/**
 * @template {HTMLElement | SVGElement} T
 * @param {T} node @param {Props} props @param {(Node | string | null | undefined | false)[]} children
 * @returns {T}
 */
function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, String(text));
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}

/** @param {string} name of a symbol in `_partials/icons.html` */
export const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

/**
 * The element that a module cannot do without.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} root @param {string} selector @param {string} module who asks, for the message
 * @returns {T}
 */
export function need(root, selector, module) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`${module}: no element matches ${selector}`);
  return /** @type {T} */ (found);
}

/** Write only what differs: most updates of a live page change nothing. @param {Element} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Element} node @param {string} name @param {string | null} value null removes it */
export function setAttribute(node, name, value) {
  if (value === null) { if (node.hasAttribute(name)) node.removeAttribute(name); }
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** These children and no others, in this order. What is there already stays untouched: a frame that is moved loads again. @param {Element} parent @param {Element[]} nodes */
export function arrange(parent, nodes) {
  const kept = new Set(nodes);
  for (const node of [...parent.children]) if (!kept.has(node)) node.remove();
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
}

/** A name that is a path: the folder part quiet and first to shrink, the last part whole. @param {string} head @param {string} tail */
export const pathName = (head, tail) => el("span", { class: "run-name" }, el("span", { class: "run-name-head", "data-short": head.length < 4 }, head), el("span", { class: "run-name-tail" }, tail));

/** Where a keystroke is text, not a command. @param {Event} event */
export const isTyping = (event) => event.target instanceof Element
  && Boolean(event.target.closest("select, textarea, [contenteditable], input:not([type=checkbox], [type=range], [type=radio])"));

/** Hand a file to the person. @param {Blob} blob @param {string} name */
export function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob), link = el("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
