/** What the person chose, in the URL query: any view can be sent to a colleague, reloaded and taken from page to page. */

/** Characters that a query may hold as they are; left unescaped so that a person can read the address. */
const READABLE = /%(2F|2C|3A|40|24|7E|21|2A|28|29|3B)/gi;

/** @param {string} text */
const encode = (text) => encodeURIComponent(text).replace(READABLE, decodeURIComponent).replace(/%20/g, "+");

/** @param {Iterable<[string, string]>} pairs */
export const stringify = (pairs) => [...pairs].map(([key, value]) => (value === "" ? encode(key) : `${encode(key)}=${encode(value)}`)).join("&");

/**
 * Many names in little room: sorted, each as what differs from the one before (`3~.` = the first three characters stay).
 * `,` and `~` of a name become `~1` and `~0`.
 * @param {Iterable<string>} names
 */
export function packNames(names) {
  let before = "";
  return [...names].sort().map((name) => {
    let same = 0;
    while (same < before.length && same < name.length && before[same] === name[same]) same++;
    if (same && isLowSurrogate(name.charCodeAt(same))) same--;
    before = name;
    const rest = (/** @type {string} */ s) => s.replaceAll("~", "~0").replaceAll(",", "~1");
    return same > 4 ? `${same}~.${rest(name.slice(same))}` : rest(name);
  }).join(",");
}
/** Half of an emoji is no text: a cut never goes through one. @param {number} code */
const isLowSurrogate = (code) => code >= 0xdc00 && code <= 0xdfff;

/** @param {string} text what `packNames` made @returns {string[]} */
export function unpackNames(text) {
  let before = "";
  return text.split(",").map((entry) => {
    const [, same, rest] = /^(\d+)~\.(.*)$/s.exec(entry) ?? [null, "0", entry];
    before = before.slice(0, Number(same)) + rest.replaceAll("~1", ",").replaceAll("~0", "~");
    return before;
  });
}

export class ViewState {
  /** @param {string} search `location.search` @param {(query: string, isStep: boolean) => void} write called with the new query, "?" included, after each change; a step is one that the back button undoes */
  constructor(search, write) {
    /** @type {[string, string][]} */
    this.pairs = [...new URLSearchParams(search)];
    this.write = write;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /** @param {string} key @returns {string | null} */
  get(key) {
    return this.pairs.find(([k]) => k === key)?.[1] ?? null;
  }

  /** @param {string} key @returns {string[]} every value, in order */
  getAll(key) {
    return this.pairs.filter(([k]) => k === key).map(([, v]) => v);
  }

  /** @param {string} key @param {string | number | null} value null takes it out @param {{isStep?: boolean}} [how] */
  set(key, value, how) {
    this.setAll(key, value === null ? [] : [String(value)], how);
  }

  /** The address is another one: after the back button, say. @param {string} search */
  load(search) {
    this.pairs = [...new URLSearchParams(search)];
    for (const listener of this.listeners) listener();
  }

  /** @param {string} key @param {string[]} values @param {{isStep?: boolean}} [how] */
  setAll(key, values, { isStep = false } = {}) {
    const old = this.getAll(key);
    if (old.length === values.length && old.every((v, i) => v === values[i])) return;
    const first = this.pairs.findIndex(([k]) => k === key), kept = this.pairs.filter(([k]) => k !== key);
    kept.splice(first < 0 ? kept.length : Math.min(first, kept.length), 0, ...values.map((v) => /** @type {[string, string]} */ ([key, v])));
    this.pairs = kept;
    this.write(this.toString(), isStep);
    for (const listener of this.listeners) listener();
  }

  /** Names under one key, in little room. @param {string} key @returns {Set<string>} */
  names(key) {
    const packed = this.get(key);
    return new Set(packed === null ? [] : unpackNames(packed));
  }

  /** Put names under a key, or take them out. @param {string} key @param {string[]} names @param {boolean} isIn */
  toggleNames(key, names, isIn) {
    const all = this.names(key);
    for (const name of names) isIn ? all.add(name) : all.delete(name);
    this.set(key, all.size ? packNames(all) : null);
  }

  toString() {
    const text = stringify(this.pairs);
    return text ? `?${text}` : "";
  }

  /** The query of another page: what makes sense there too, and what it had of its own. @param {string[]} keys that all pages share @param {string} [own] its last query */
  carried(keys, own = "") {
    const text = stringify([...this.pairs.filter(([key]) => keys.includes(key)), ...[...new URLSearchParams(own)].filter(([key]) => !keys.includes(key))]);
    return text ? `?${text}` : "";
  }
}
