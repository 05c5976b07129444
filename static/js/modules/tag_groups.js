/** Which charts a page shows, under which heads, in which order. Pure. */

/** @typedef {{tag: string, runs: Set<string>, points: number, description: string}} Tag */
/** @typedef {{key: string, title: string, isPinned: boolean, tags: string[]}} Group `key` "" is that of tags without a slash */

export const PINNED = "\u0000pinned";
/** What people look at first stands first; the machine's own numbers last. */
const FIRST = [/^train/i, /^(val|valid|validation|dev)\b/i, /^(test|eval)/i, /^(loss|acc)/i], LAST = /^(system|sys|gpu|hardware|perf)/i;
const collator = new Intl.Collator(undefined, { numeric: true });

/** The part of a tag before its first slash; "" where there is none. @param {string} tag */
export function groupOf(tag) {
  const cut = tag.indexOf("/");
  return cut > 0 ? tag.slice(0, cut) : "";
}

/**
 * @param {Iterable<Tag>} tags
 * @param {{test: (tag: string) => boolean, pins: string[], isShown: (run: string) => boolean, moves?: Move[], prefix?: string}} choice `moves`: what the hand has put elsewhere, in the order of doing so; `prefix` is no part of the names
 * @returns {{groups: Group[]}} groups by name, pins first; charts that no chosen run has are left out
 */
export function groupTags(tags, { test, pins, isShown, moves = [], prefix = "" }) {
  const pinned = new Set(pins);
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  const known = new Set();
  for (const { tag, runs } of tags) {
    if (!some(runs, isShown)) continue;
    if (pinned.has(tag)) { known.add(tag); continue; } // a pin stays, whatever the filter
    if (!test(tag)) continue;
    const key = groupOf(tag.startsWith(prefix) ? tag.slice(prefix.length) : tag), list = groups.get(key);
    if (list) list.push(tag);
    else groups.set(key, [tag]);
  }
  const keys = [...groups.keys()].sort((a, b) => rank(a) - rank(b) || collator.compare(a, b));
  const out = keys.map((key) => ({ key, title: key || (keys.length > 1 ? "other" : "all"), isPinned: false, tags: moved((groups.get(key) ?? []).sort(collator.compare), moves) }));
  const top = pins.filter((tag) => known.has(tag));
  if (top.length) out.unshift({ key: PINNED, title: "Pinned", isPinned: true, tags: top });
  return { groups: out };
}

/** @typedef {{tag: string, before: string | null}} Move `before` null: to the end */

/** A list with some of its tags put before others. Moves of tags that are elsewhere or gone do nothing. @param {string[]} tags @param {Move[]} moves */
export function moved(tags, moves) {
  if (!moves.length) return tags;
  const out = [...tags];
  for (const { tag, before } of moves) {
    const from = out.indexOf(tag);
    if (from < 0 || (before !== null && !out.includes(before)) || tag === before) continue;
    out.splice(from, 1);
    out.splice(before === null ? out.length : out.indexOf(before), 0, tag);
  }
  return out;
}

/** One more move; what an earlier one of the same tag did no longer matters, unless others went by it. @param {Move[]} moves @param {Move} move */
export function withMove(moves, move) {
  const isMark = moves.some((one) => one.before === move.tag);
  return [...(isMark ? moves : moves.filter((one) => one.tag !== move.tag)), move];
}

/** @param {string} text */
const escaped = (text) => text.replaceAll("~", "~0").replaceAll(">", "~1");
/** @param {string} text */
const unescaped = (text) => text.replaceAll("~1", ">").replaceAll("~0", "~");

/** For the address: `tag>before`, `tag>` to the end. @param {Move[]} moves */
export const writeMoves = (moves) => moves.map(({ tag, before }) => `${escaped(tag)}>${before === null ? "" : escaped(before)}`);

/** @param {string[]} texts @returns {Move[]} */
export const readMoves = (texts) => texts.filter((text) => text.includes(">")).map((text) => {
  const cut = text.indexOf(">"), before = unescaped(text.slice(cut + 1));
  return { tag: unescaped(text.slice(0, cut)), before: before || null };
});

/** @param {string} key */
function rank(key) {
  const place = FIRST.findIndex((pattern) => pattern.test(key));
  return key === "" ? FIRST.length + 2 : place >= 0 ? place : FIRST.length + (LAST.test(key) ? 1 : 0);
}

/** @param {Set<string>} names @param {(name: string) => boolean} test */
function some(names, test) {
  for (const name of names) if (test(name)) return true;
  return false;
}
