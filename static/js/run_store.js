/** The runs as the server last told them, and which of them are chosen. Pure: no DOM, no fetch. */

import { packNames, unpackNames } from "./view_state.js";

/** @import { Run } from "./types.d.ts" */

/** Above so many runs not all of them are ticked by themselves, but only the newest. */
export const MANY = 500, NEWEST = 200;

export class RunStore {
  constructor() {
    /** All runs, in the server's order. @type {Run[]} */
    this.list = [];
    /** @type {Map<string, Run>} */
    this.index = new Map();
    /** The names that differ from the rule: hidden ones, or the only shown ones. Names that are not (yet) among the runs stay in. @type {Set<string>} */
    this.names = new Set();
    /** Whether `names` are the shown ones. */
    this.onlyNamed = false;
    /** Whether a person, or an address, has chosen. */
    this.isChosen = false;
    /** Runs that the query leaves, null: all. @type {Set<string> | null} */
    this.matching = null;
    /** Older runs that are not ticked by themselves, because there are so many; empty as soon as somebody chooses. @type {Set<string>} */
    this.older = new Set();
    this.isSettled = false;
    /** Whether the address always names the shown ones, however many: runs that come later are not among them. */
    this.isExplicit = false;
  }

  /** @param {Run[]} runs @returns {{added: Run[], isChanged: boolean}} the new ones, and whether anything visible differs */
  replace(runs) {
    const added = runs.filter((run) => !this.index.has(run.name));
    const isChanged = added.length > 0 || runs.length !== this.list.length
      || runs.some((run, i) => run.name !== this.list[i].name || isOther(run, /** @type {Run} */ (this.index.get(run.name))));
    this.list = runs;
    this.index = new Map(runs.map((run) => [run.name, run]));
    return { added, isChanged };
  }

  /**
   * Of more than 500 runs the newest 200 are ticked until somebody chooses; those that come later are, too.
   * @param {boolean} isLoading the board has not found all runs yet @returns {boolean} whether the choice is another one now
   */
  settle(isLoading) {
    if (this.isChosen || this.isSettled) return false;
    this.isSettled = !isLoading;
    const before = this.older.size, byStart = [...this.list].sort((a, b) => (b.start ?? 0) - (a.start ?? 0) || b.color - a.color);
    this.older = new Set(this.list.length > MANY ? byStart.slice(NEWEST).map((run) => run.name) : []);
    return before !== this.older.size;
  }

  /** @param {string} name */
  byName(name) {
    return this.index.get(name);
  }

  /** Whether its box is ticked. @param {string} name */
  isTicked(name) {
    return this.names.has(name) === this.onlyNamed && !this.older.has(name);
  }

  /** Whether charts draw it: it is there, and not put away, it is ticked, and the query leaves it. @param {string} name */
  isVisible(name) {
    return this.index.has(name) && this.isTicked(name) && (this.matching === null || this.matching.has(name));
  }

  /** The chosen runs, in the server's order. */
  visible() {
    return this.list.filter((run) => this.isVisible(run.name));
  }

  /** Somebody chooses: what was only ticked by itself becomes a choice. */
  choose() {
    this.isChosen = true;
    if (!this.older.size) return;
    this.names = new Set(this.list.filter((run) => this.isTicked(run.name)).map((run) => run.name));
    this.onlyNamed = true;
    this.older = new Set();
  }

  /** @param {string | Iterable<string>} names @param {boolean} on */
  setVisible(names, on) {
    this.choose();
    for (const name of typeof names === "string" ? [names] : names) on === this.onlyNamed ? this.names.add(name) : this.names.delete(name);
    this.shorten();
  }

  /** That run alone; asked again for the one run that is alone already, all. @param {string} name */
  only(name) {
    const shown = this.visible(), isAlone = shown.length === 1 && shown[0].name === name;
    this.choose();
    this.onlyNamed = !isAlone;
    this.names = new Set(isAlone ? [] : [name]);
  }

  /** These and no others. @param {Iterable<string>} names */
  onlyThese(names) {
    this.choose();
    this.onlyNamed = true;
    this.names = new Set(names);
    this.shorten();
  }

  /** @param {boolean} on */
  all(on) {
    this.isChosen = true;
    this.older = new Set();
    this.onlyNamed = !on;
    this.names = new Set();
  }

  invert() {
    this.choose();
    this.onlyNamed = !this.onlyNamed;
  }

  /** The shorter of the two lists is kept, so that an address stays short; what is named but not here yet is never forgotten. */
  shorten() {
    if (!this.list.length) return;
    if (this.isExplicit) {
      if (!this.onlyNamed) this.names = new Set(this.list.filter((run) => this.isTicked(run.name)).map((run) => run.name));
      this.onlyNamed = true;
      return;
    }
    const known = [...this.names].filter((name) => this.index.has(name)).length;
    if (known <= this.list.length - known || known < this.names.size) return;
    const others = this.list.filter((run) => !this.names.has(run.name)).map((run) => run.name);
    this.names = new Set(others);
    this.onlyNamed = !this.onlyNamed;
  }

  /** For the URL: one of the two is set, or none where all runs are shown; all of very many are `hide=`. @returns {{show: string | null, hide: string | null}} */
  encode() {
    const text = this.names.size ? packNames(this.names) : this.onlyNamed ? "" : null;
    if (this.onlyNamed) return { show: text, hide: null };
    return { show: null, hide: text ?? (this.isChosen && this.list.length > MANY ? "" : null) };
  }

  /** @param {string | null} show @param {string | null} hide */
  decode(show, hide) {
    this.onlyNamed = show !== null;
    const text = show ?? hide;
    this.isChosen = text !== null;
    this.names = new Set(text ? unpackNames(text) : []);
  }
}

/** Whether the list says anything else of a run. Field by field: ten thousand are compared several times a second. @param {Run} a @param {Run} b */
function isOther(a, b) {
  for (const key of /** @type {(keyof Run)[]} */ (Object.keys(a))) {
    const p = a[key], q = b[key];
    if (p !== q && (typeof p !== "object" || JSON.stringify(p) !== JSON.stringify(q))) return true;
  }
  return false;
}
