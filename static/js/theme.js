/** Tokens of tokens.css for code that draws: read once a theme, told on change. */

const root = document.documentElement;
/** @type {Map<string, string>} */
let cache = new Map();
const PALETTE = 24;

/** Value of a token. @param {string} name with its two dashes */
export function token(name) {
  let value = cache.get(name);
  if (value === undefined) cache.set(name, (value = getComputedStyle(root).getPropertyValue(name).trim()));
  return value;
}

/** "var(--run-3)" as the colour that it stands for now. @param {string} colour */
export const resolved = (colour) => (colour.startsWith("var(") ? token(colour.slice(4, -1)) : colour);

/** Same run, same colour everywhere; after 24 the colours come again, dashed. @param {number} index @returns {import("./types.d.ts").RunStyle} */
export const runColour = (index) => ({ colour: `var(--run-${index % PALETTE})`, dash: /** @type {0 | 1} */ (Math.floor(index / PALETTE) % 2) });

/** A person's own colour: one of the palette, so that it is right in both themes, or any; null for anything else. @param {string} colour */
export const ownColour = (colour) => (/^run-\d{1,2}$/.test(colour) ? `var(--${colour})` : /^#[0-9a-f]{6}$/.test(colour) ? colour : null);

/** @type {import("./types.d.ts").RunStyle} */
export const MUTED = { colour: "var(--chart-muted)", dash: 0, muted: true };

/** Tokens have to be read again. */
export function forgetTokens() { cache = new Map(); }

/** The other theme, kept for the next visit. */
export function toggleTheme() {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("trainboard.theme", root.dataset.theme); } catch { /* storage may be refused */ }
  forgetTokens();
}
