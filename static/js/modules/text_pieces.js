/** Plain text cut into pieces that can be shown: what is invisible gets a sign, colours of a terminal a name, finds a mark. Pure. */

/**
 * `sign`: an invisible character, whose name is `title`. `ansi`: colour 0 to 15 of a terminal.
 * @typedef {{text: string, sign?: boolean, title?: string, isMarked?: boolean, ansi?: number, weight?: "bold" | "dim"}} Piece
 */

/** Controls, what turns the reading direction, what has no width: each could make a text look like another one. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}\u{10ff80}-\u{10ffff}]/gu;
/** What a terminal would do and not show (ECMA-48): sequences of one letter, with parameters, and strings. */
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_])/g;
const COLOURS = /^\u001b\[([0-9;:]*)m$/;
/** @type {Record<string, string>} */
const NAMES = {
  "\u200b": "zero width space", "\u200e": "left-to-right mark", "\u200f": "right-to-left mark", "\u061c": "Arabic letter mark", "\u202a": "left-to-right embedding", "\u202b": "right-to-left embedding",
  "\u202c": "pop directional formatting", "\u202d": "left-to-right override", "\u202e": "right-to-left override", "\u2060": "word joiner", "\u2066": "left-to-right isolate", "\u2067": "right-to-left isolate",
  "\u2068": "first strong isolate", "\u2069": "pop directional isolate", "\ufeff": "byte order mark", "\u00ad": "soft hyphen", "\u0000": "null", "\u0007": "bell", "\b": "backspace", "\r": "carriage return", "\u001b": "escape",
};

/** The sign of an invisible character, and its name. @param {string} char @returns {Piece} */
export function signOf(char) {
  const code = char.codePointAt(0) ?? 0, name = NAMES[char];
  if (code >= 0x10ff80) return { text: `\\x${(code - 0x10ff00).toString(16)}`, sign: true, title: "a byte that is no UTF-8" }; // as the server spells it
  const point = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`, title = name ? `${point}, ${name}` : point;
  return { text: code < 0xa0 ? `\\x${code.toString(16).padStart(2, "0")}` : point, sign: true, title };
}

/** Output that our writer has captured is Markdown, each line set in by four spaces. @param {string} tag */
export const isLog = (tag) => /^output\/(stdout|stderr)$/.test(tag);

/**
 * @param {string} text @param {[number, number][]} [marks] rising, what was found
 * @param {{isLog?: boolean}} [options] a log: without its indent, escapes of a terminal obeyed as far as colours go
 * @returns {Piece[]}
 */
export function pieces(text, marks = [], { isLog = false } = {}) {
  /** @type {Piece[]} */
  const out = [];
  /** @type {Pick<Piece, "ansi" | "weight">} */
  let style = {};
  let mark = 0;
  const emit = (/** @type {number} */ from, /** @type {number} */ to) => {
    while (from < to) {
      while (mark < marks.length && marks[mark][1] <= from) mark++;
      const [start, end] = marks[mark] ?? [to, to], isMarked = start <= from, until = Math.min(to, isMarked ? end : start);
      out.push({ text: text.slice(from, until), ...(isMarked ? { isMarked } : {}), ...style });
      from = until;
    }
  };
  const special = isLog ? new RegExp(`${ESCAPES.source}|(?<![^\\n]) {4}|${HIDDEN.source}`, "gu") : HIDDEN;
  let at = 0;
  for (const found of text.matchAll(special)) {
    emit(at, found.index);
    at = found.index + found[0].length;
    if (isLog && found[0] === "    ") continue;
    const colours = found[0].length > 1 ? COLOURS.exec(found[0]) : null;
    if (colours) style = styled(style, colours[1]);
    else if (found[0].length === 1 || HIDDEN_ONE.test(found[0])) out.push({ ...signOf(found[0]), ...style });
  }
  emit(at, text.length);
  return out;
}
const HIDDEN_ONE = new RegExp(`^${HIDDEN.source}$`, "u");

/** @param {Pick<Piece, "ansi" | "weight">} style @param {string} parameters of "select graphic rendition" */
function styled(style, parameters) {
  let next = { ...style };
  const codes = parameters.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) next = {};
    else if (code === 1) next.weight = "bold";
    else if (code === 2) next.weight = "dim";
    else if (code === 22) delete next.weight;
    else if (code >= 30 && code <= 37) next.ansi = code - 30;
    else if (code >= 90 && code <= 97) next.ansi = code - 82;
    else if (code === 39) delete next.ansi;
    else if (code === 38 || code === 48) { // one of 256 colours, or a mixed one: those that have no name are left out
      if (code === 38 && codes[i + 1] === 5 && codes[i + 2] < 16) next.ansi = codes[i + 2];
      i += codes[i + 1] === 5 ? 2 : 4;
    }
  }
  return next;
}
