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
 * Text as people type it is a regex where it is one and looks like one, else plain text; case counts only where a capital is typed.
 * The names are the page's own and the time is the asker's own, so that the browser's engine may do it.
 * @param {string} text @returns {{test: (name: string) => boolean, isBroken: boolean}}
 */
export function matcher(text) {
  const want = text.trim();
  if (!want) return { test: () => true, isBroken: false };
  const isCased = want !== want.toLowerCase(), plain = (/** @type {string} */ name) => (isCased ? name : name.toLowerCase()).includes(want);
  if (!/[\\^$*+?()[\]{}|]/.test(want)) return { test: plain, isBroken: false };
  try {
    const pattern = new RegExp(want, isCased ? "u" : "iu");
    return { test: (name) => pattern.test(name) || plain(name), isBroken: false };
  } catch {
    return { test: plain, isBroken: true };
  }
}

/**
 * @param {Iterable<Tag>} tags @param {{filter: string, pins: string[], isShown: (run: string) => boolean}} choice
 * @returns {{groups: Group[], isBroken: boolean, matched: number}} groups by name, pins first; charts that no chosen run has are left out
 */
export function groupTags(tags, { filter, pins, isShown }) {
  const { test, isBroken } = matcher(filter), pinned = new Set(pins);
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  const known = new Set();
  let matched = 0;
  for (const { tag, runs } of tags) {
    if (!some(runs, isShown)) continue;
    if (pinned.has(tag)) { known.add(tag); continue; } // a pin stays, whatever the filter
    if (!test(tag)) continue;
    matched++;
    const key = groupOf(tag), list = groups.get(key);
    if (list) list.push(tag);
    else groups.set(key, [tag]);
  }
  const keys = [...groups.keys()].sort((a, b) => rank(a) - rank(b) || collator.compare(a, b));
  const out = keys.map((key) => ({ key, title: key || (keys.length > 1 ? "other" : "all"), isPinned: false, tags: (groups.get(key) ?? []).sort(collator.compare) }));
  const top = pins.filter((tag) => known.has(tag));
  if (top.length) out.unshift({ key: PINNED, title: "Pinned", isPinned: true, tags: top });
  return { groups: out, isBroken, matched };
}

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
