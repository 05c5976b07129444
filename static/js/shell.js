/** The frame around every page: live indicator, banner, theme, links between pages, drawer, popovers. */

import { el, icon, isTyping, need, setAttribute, setText } from "./dom.js";
import { bytes, clock, counted } from "./format.js";
import { followTitles } from "./run_name.js";
import { startViews } from "./views_menu.js";

/** @import { App } from "./app.js" */

const html = document.documentElement;

/** @param {App} app */
export function startShell(app) {
  startLive(app);
  startTabs(app);
  startPopovers();
  startViews(app);
  startRanges();
  followTitles(app);
  document.addEventListener("click", (event) => onClick(app, event));
  document.addEventListener("keydown", (event) => onKey(app, event));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (change) => {
    let isKept = new URLSearchParams(location.search).has("theme");
    try { isKept ||= localStorage.getItem("trainboard.theme") !== null; } catch { /* storage may be refused */ }
    if (isKept) return;
    html.dataset.theme = change.matches ? "dark" : "light";
    app.forgetTokens();
  });
}

/** The one line that says how the connection and the runs stand. @param {App} app */
function startLive(app) {
  const live = need(document, ".topbar .live", "shell"), text = need(live, ".live-text", "shell"), main = need(document, "main", "shell");
  const banner = el("div", { class: "banner", hidden: true }), said = el("span");
  banner.append(icon("warn"), said, el("button", { type: "button", onclick: () => app.stream?.retry() }, "Try now"));
  main.prepend(banner);
  let timer = 0, announced = 0;
  const paint = () => {
    const { state, since, retryAt } = app.connection, answer = app.answer;
    const isBroken = state === "broken" && Date.now() - since > 400;
    if (state === "broken" && !isBroken) setTimeout(paint, 450);
    clearInterval(timer);
    banner.hidden = !isBroken;
    if (isBroken) {
      const count = () => {
        const wait = Math.max(0, Math.ceil(((retryAt ?? 0) - Date.now()) / 1000));
        setText(said, `Connection lost at ${clock(since / 1000).slice(11)}. Curves show what had arrived and go on from there. ${wait ? `Next try in ${wait}\u202fs.` : "Trying again."}`);
      };
      count();
      timer = window.setInterval(count, 500);
    }
    const writing = app.runs.list.filter((run) => run.state === "live").length;
    setAttribute(live, "data-state", isBroken ? "broken" : writing ? "live" : "idle");
    if (isBroken) setText(text, "Reconnecting");
    else if (answer?.loading && answer.runs.length) setText(text, `Reading, ${progress(app)}`);
    else if (answer?.loading) setText(text, "Reading");
    else setText(text, writing ? `Live, ${writing} writing` : app.runs.list.length ? "Up to date" : "Watching");
  };
  app.on("connection", paint);
  app.on("runs", ({ added } = {}) => {
    if (announced && added?.length) app.say(added.length === 1 ? `New run: ${added[0].name}` : counted(added.length, "new run"));
    announced++;
    paint();
  });
  paint();
}

/** @param {App} app */
function progress(app) {
  let done = 0, total = 0;
  for (const run of app.runs.list) { done += run.bytes_read; total += run.bytes_total; }
  return `${bytes(done)} of ${bytes(total)}`;
}

/** Links to the other pages carry what holds there too; their counts follow the data. @param {App} app */
function startTabs(app) {
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const links = document.querySelectorAll(".tabs a[data-page]");
  const paint = () => { for (const link of links) link.href = app.pageUrl(link.dataset.page ?? ""); };
  app.on("view", paint);
  paint();
  document.querySelector(".tabs a[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  let due = 0;
  const count = async () => {
    due = 0;
    if (document.hidden) return; // shown again, the page reads anew whatever has changed
    const counts = await app.api.get("api/counts").catch(() => null);
    if (!counts) return;
    for (const link of links) {
      const slot = link.querySelector(".count"), n = counts[link.dataset.kind ?? ""];
      if (slot) setText(slot, n ? String(n) : "");
      link.hidden = !n && link.dataset.always === undefined && !link.hasAttribute("aria-current");
    }
  };
  const soon = () => { due ||= window.setTimeout(count, 300); };
  app.on("runs", soon);
  app.on("stale", soon);
}

/** A popover opens under its button, inside the window. */
function startPopovers() {
  document.addEventListener("toggle", (event) => {
    const popover = event.target;
    if (!(popover instanceof HTMLElement) || !popover.hasAttribute("popover") || !popover.id) return;
    const isOpen = /** @type {ToggleEvent} */ (event).newState === "open", button = document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]`);
    if (!button) return;
    button.setAttribute("aria-expanded", String(isOpen));
    const box = button.getBoundingClientRect();
    popover.style.top = `${box.bottom + 6}px`;
    popover.style.left = `${Math.max(8, Math.min(box.right - popover.offsetWidth, innerWidth - popover.offsetWidth - 8))}px`;
  }, { capture: true });
}

/** The filled part of a range input follows its value; who sets a value from code sends "input" or calls `paintRange`. */
function startRanges() {
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "range") paintRange(event.target);
  }, { capture: true });
  for (const input of document.querySelectorAll("input[type=range]")) paintRange(/** @type {HTMLInputElement} */ (input));
}

/** @param {HTMLInputElement} input */
export function paintRange(input) {
  const low = Number(input.min || 0), high = Number(input.max || 100);
  input.style.setProperty("--fill", `${(100 * (Number(input.value) - low)) / (high - low || 1)}%`);
}

/** @param {App} app @param {MouseEvent} event */
function onClick(app, event) {
  const target = /** @type {Element} */ (event.target), action = /** @type {HTMLElement | null} */ (target.closest("[data-action]"))?.dataset.action;
  if (action === "theme") app.toggleTheme();
  if (action === "runs") openDrawer(html.dataset.drawer !== "open");
  else if (html.dataset.drawer === "open" && !target.closest(".run-list")) openDrawer(false);
}

/** @param {boolean} isOpen */
function openDrawer(isOpen) {
  html.dataset.drawer = isOpen ? "open" : "";
  document.querySelector('[data-action="runs"]')?.setAttribute("aria-expanded", String(isOpen));
}

/** @param {App} app @param {KeyboardEvent} event */
function onKey(app, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape") {
    if (isTyping(event) || document.querySelector(":popover-open, dialog[open]")) return;
    if (html.dataset.drawer === "open") openDrawer(false);
    else app.setCursor(null);
    return;
  }
  if (isTyping(event)) return;
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".tabs a:not([hidden])"));
  if (/^[1-9]$/.test(event.key)) links[Number(event.key) - 1]?.click();
  else if (event.key === "/") focusOn(".run-list input[type=search]", event);
  else if (event.key === "t") focusOn("main .toolbar input[type=search]", event);
  else if (event.key === "?") /** @type {HTMLElement | null} */ (document.querySelector("#keys"))?.togglePopover();
  else if (event.key === "v") /** @type {HTMLElement | null} */ (document.querySelector("#views"))?.togglePopover();
  else if (event.key === "[") foldRuns();
}

/** @param {string} selector @param {Event} event */
function focusOn(selector, event) {
  if (selector.startsWith(".run-list") && matchMedia("(max-width: 52rem)").matches) openDrawer(true);
  else if (selector.startsWith(".run-list") && html.dataset.rail === "folded") foldRuns();
  const input = /** @type {HTMLInputElement | null} */ (document.querySelector(selector));
  if (!input) return;
  input.focus();
  input.select();
  event.preventDefault();
}

function foldRuns() {
  html.dataset.rail = html.dataset.rail === "folded" ? "" : "folded";
}
