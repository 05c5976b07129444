/** The runs as the server last told them, and which of them are chosen. Pure: no DOM, no fetch. */

import { packNames, unpackNames } from "./view_state.js";

/** @import { Run } from "./types.d.ts" */

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
  }

  /** @param {Run[]} runs @returns {{added: Run[], isChanged: boolean}} the new ones, and whether anything visible differs */
  replace(runs) {
    const added = runs.filter((run) => !this.index.has(run.name));
    const isChanged = added.length > 0 || runs.length !== this.list.length
      || runs.some((run, i) => run.name !== this.list[i].name || JSON.stringify(run) !== JSON.stringify(this.index.get(run.name)));
    this.list = runs;
    this.index = new Map(runs.map((run) => [run.name, run]));
    return { added, isChanged };
  }

  /** @param {string} name */
  byName(name) {
    return this.index.get(name);
  }

  /** @param {string} name */
  isVisible(name) {
    return this.names.has(name) === this.onlyNamed;
  }

  /** The chosen runs, in the server's order. */
  visible() {
    return this.list.filter((run) => this.isVisible(run.name));
  }

  /** @param {string | Iterable<string>} names @param {boolean} on */
  setVisible(names, on) {
    for (const name of typeof names === "string" ? [names] : names) on === this.onlyNamed ? this.names.add(name) : this.names.delete(name);
    this.shorten();
  }

  /** That run alone; asked again for the one run that is alone already, all. @param {string} name */
  only(name) {
    const shown = this.visible(), isAlone = shown.length === 1 && shown[0].name === name;
    this.onlyNamed = !isAlone;
    this.names = new Set(isAlone ? [] : [name]);
  }

  /** @param {boolean} on */
  all(on) {
    this.onlyNamed = !on;
    this.names = new Set();
  }

  /** The shorter of the two lists is kept, so that an address stays short; what is named but not here yet is never forgotten. */
  shorten() {
    if (!this.list.length) return;
    const known = [...this.names].filter((name) => this.index.has(name)).length;
    if (known <= this.list.length - known || known < this.names.size) return;
    const others = this.list.filter((run) => !this.names.has(run.name)).map((run) => run.name);
    this.names = new Set(others);
    this.onlyNamed = !this.onlyNamed;
  }

  /** For the URL: one of the two is set, or none where all runs are shown. @returns {{show: string | null, hide: string | null}} */
  encode() {
    const text = this.names.size ? packNames(this.names) : this.onlyNamed ? "" : null;
    return this.onlyNamed ? { show: text, hide: null } : { show: null, hide: text };
  }

  /** @param {string | null} show @param {string | null} hide */
  decode(show, hide) {
    this.onlyNamed = show !== null;
    const text = show ?? hide;
    this.names = new Set(text ? unpackNames(text) : []);
  }
}
