/** What can be done with a column: filtered, hidden, moved, widened, its axis turned; and which columns there are. */

import { el, setText } from "../dom.js";
import { counted, value } from "../format.js";
import { extent } from "../modules/chart_data.js";
import { suitsLog } from "./axis.js";
import { categoriesOf } from "./table_model.js";

/** @import { Column, Filter } from "./table_model.js" */
/**
 * @typedef {{
 *   filter: (key: string, filter: Filter | null) => void, hide: (key: string) => void, shift: (key: string, by: number) => void, widen: (key: string, by: number) => void,
 *   scale: (key: string, scale: "log" | "linear" | null) => void, flip: (key: string) => void,
 * }} Deeds
 * @typedef {{filter: Filter | undefined, isFlipped: boolean, scale: "log" | "linear" | undefined}} State
 */

const MOST_NAMES = 200, WIDER_PX = 24;

/** @param {HTMLElement} under a button @param {Column} column @param {State} state @param {Deeds} deeds */
export function openColumnMenu(under, column, { filter, isFlipped, scale }, deeds) {
  const { key, isNumber } = column, act = (/** @type {() => void} */ deed) => () => { deed(); menu.hidePopover(); };
  const button = (/** @type {string} */ text, /** @type {() => void} */ deed) => el("button", { type: "button", onclick: act(deed) }, text), isLog = scale ? scale === "log" : suitsLog(column);
  const [low] = extent(column.numbers);
  const menu = popover(`Column ${column.label}`, el("h2", {}, column.label), isNumber ? rangeForm(column, filter, deeds) : namesForm(column, filter, deeds),
    el("div", { class: "hp-deeds" },
      button("Move left", () => deeds.shift(key, -1)), button("Move right", () => deeds.shift(key, 1)),
      button("Wider", () => deeds.widen(key, WIDER_PX)), button("Narrower", () => deeds.widen(key, -WIDER_PX)),
      isNumber && low > 0 ? button(isLog ? "Linear axis" : "Logarithmic axis", () => deeds.scale(key, isLog ? "linear" : "log")) : null, button(isFlipped ? "Axis up again" : "Axis upside down", () => deeds.flip(key)),
      button("Hide", () => deeds.hide(key))));
  openUnder(under, menu);
}

/** @param {Column} column @param {Filter | undefined} filter @param {Deeds} deeds */
function rangeForm(column, filter, deeds) {
  const [low, high] = extent(column.numbers), own = filter?.kind === "range" ? filter : null;
  const field = (/** @type {string} */ label, /** @type {number | undefined} */ v, /** @type {number} */ hint) => el("input", { class: "number-box", inputmode: "decimal", "aria-label": `${label} ${column.label}`, value: v ?? null, placeholder: Number.isFinite(hint) ? value(hint) : "" });
  const from = field("Least", own?.low, low), to = field("Greatest", own?.high, high), said = el("p", { class: "count", role: "status" });
  const read = (/** @type {HTMLInputElement} */ input, /** @type {number} */ none) => { const text = input.value.trim().replace("−", "-").replace(",", "."); return text ? Number(text) : none; };
  const change = () => {
    const [a, b] = [read(from, -Infinity), read(to, Infinity)];
    if (Number.isNaN(a) || Number.isNaN(b) || a > b) { setText(said, "Two numbers, the lesser one first."); return; }
    setText(said, "");
    deeds.filter(column.key, a === -Infinity && b === Infinity ? null : { kind: "range", low: a, high: b });
  };
  for (const input of [from, to]) input.addEventListener("change", change);
  return el("fieldset", { class: "hp-range" }, el("legend", { class: "visually-hidden" }, "Only runs between"), from, el("span", {}, "to"), to, el("button", { type: "button", onclick: () => { from.value = to.value = ""; change(); } }, "all"), said);
}

/** @param {Column} column @param {Filter | undefined} filter @param {Deeds} deeds */
function namesForm(column, filter, deeds) {
  const names = categoriesOf(column.texts), counts = new Map(), chosen = new Set(filter?.kind === "among" ? filter.names : names);
  for (const text of column.texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const change = () => deeds.filter(column.key, chosen.size === names.length ? null : { kind: "among", names: new Set(chosen) });
  const boxes = names.slice(0, MOST_NAMES).map((name) => {
    const box = el("input", { type: "checkbox", onchange: () => { if (box.checked) chosen.add(name); else chosen.delete(name); change(); } });
    box.checked = chosen.has(name);
    return el("label", { class: "check", title: name }, box, el("span", {}, name.slice(0, 60)), el("span", { class: "count" }, String(counts.get(name))));
  });
  return el("div", { class: "hp-names" }, ...boxes, names.length > MOST_NAMES ? el("p", { class: "count" }, `and ${names.length - MOST_NAMES} more: the query finds them`) : null);
}

/**
 * Which columns are shown.
 *
 * @param {HTMLElement} under @param {{hparams: Column[], hidden: Set<string>, isAllShown: boolean, tags: {tag: string, group: string}[], chosen: (tag: {tag: string, group: string}) => boolean}} there
 * @param {{hide: (key: string, isHidden: boolean) => void, constant: (isShown: boolean) => void, metric: (tag: {tag: string, group: string}, isOn: boolean) => void}} deeds
 */
export function openColumns(under, { hparams, hidden, isAllShown, tags, chosen }, deeds) {
  const box = (/** @type {string} */ text, /** @type {boolean} */ isOn, /** @type {(isOn: boolean) => void} */ change, /** @type {string} */ note = "") => {
    const input = el("input", { type: "checkbox", onchange: () => change(input.checked) });
    input.checked = isOn;
    return el("label", { class: "check", title: text }, input, el("span", {}, text), note ? el("span", { class: "count" }, note) : null);
  };
  const constant = hparams.filter(({ isConstant }) => isConstant).length, search = el("input", { type: "search", placeholder: "Filter", "aria-label": "Filter columns by text" });
  const lists = [
    ...hparams.map((column) => box(column.label, !hidden.has(column.key), (isOn) => deeds.hide(column.key, !isOn), column.isConstant ? "the same in all" : "")),
    el("h3", {}, "Metrics"), ...tags.slice(0, MOST_NAMES).map((tag) => box(tag.group ? `${tag.tag} · ${tag.group}` : tag.tag, chosen(tag), (isOn) => deeds.metric(tag, isOn))),
  ];
  search.addEventListener("input", () => { for (const one of lists) one.hidden = !(one.textContent ?? "").toLowerCase().includes(search.value.toLowerCase()); });
  openUnder(under, popover("Columns", el("h2", {}, "Columns"), el("label", { class: "field" }, search),
    box(`Those that are the same in all runs${constant ? ` (${counted(constant, "column")})` : ""}`, isAllShown, deeds.constant), el("div", { class: "hp-names" }, el("h3", {}, "Hparams"), ...lists)));
}

/** The whole of a long text. @param {HTMLElement} under @param {string} title @param {string} text */
export function openWhole(under, title, text) {
  openUnder(under, popover(title, el("h2", {}, title), el("pre", { class: "hp-whole", tabindex: 0 }, text)));
}

/** @param {string} label @param {...(Node | null)} children */
function popover(label, ...children) {
  const made = el("div", { class: "popover hp-popover", popover: "auto", role: "dialog", "aria-label": label }, ...children);
  made.addEventListener("toggle", (event) => { if (/** @type {ToggleEvent} */ (event).newState === "closed") made.remove(); });
  return made;
}

/** @param {HTMLElement} under @param {HTMLElement} menu */
function openUnder(under, menu) {
  const box = under.getBoundingClientRect();
  document.body.append(menu);
  menu.showPopover();
  menu.style.left = `${Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
  /** @type {HTMLElement | null} */ (menu.querySelector("input, button"))?.focus();
}
