/** What all modules share: the runs, the choices, the step cursor, and who wants to hear of what. */

import { api } from "./api.js";
import { splitName } from "./format.js";
import { RunStore } from "./run_store.js";
import { Stream } from "./stream.js";
import { MUTED, forgetTokens, ownColour, resolved, runColour, toggleTheme } from "./theme.js";
import { ViewState, stringify } from "./view_state.js";

/** @import { Connection, Cursor, DeltaEvent, Run, RunStyle, RunsAnswer, TagsAnswer } from "./types.d.ts" */
/** @typedef {"runs" | "selection" | "style" | "lift" | "cursor" | "delta" | "stale" | "theme" | "view" | "navigated" | "connection" | "notices" | "columns"} Topic */

const REREAD_MS = 200; // runs are asked for again at most this often
const REREAD_MS_A_RUN = 0.2; // and of ten thousand, every other second
const CALM_MS = 1500; // the longest that adornments wait for the first curves
const FRESH_MS = 500; // an answer about tags serves those who ask a moment later
/** Choices that hold on every page. */
const CARRIED = ["show", "hide", "query", "group", "colour", "metric", "of", "sort", "shut", "rules", "step", "theme", "run", "archived"];

export class App {
  /** @param {string} page */
  constructor(page) {
    this.page = page;
    this.api = api;
    this.runs = new RunStore();
    /** @type {RunsAnswer | null} */
    this.answer = null;
    this.view = new ViewState(location.search || remembered(page), (query, isStep) => history[isStep ? "pushState" : "replaceState"](isStep ? { isStep } : history.state, "", query || location.pathname));
    if (!location.search && this.view.pairs.length) this.view.write(this.view.toString(), false);
    addEventListener("popstate", () => this.navigated());
    this.runs.decode(this.view.get("show"), this.view.get("hide"));
    /** Name of the run that stands out in all charts and lists. @type {string | null} */
    this.lifted = null;
    const step = this.view.get("step");
    /** @type {Cursor} */
    this.cursor = step === null || !Number.isFinite(Number(step)) ? { x: null, pinned: false } : { x: Number(step), pinned: true };
    /** Runs in colour while the others are grey, best first; null: all runs in their own colours. @type {string[] | null} */
    this.focus = null;
    /** How a run is drawn where that is not by its own colour. @type {((run: Run) => RunStyle) | null} */
    this.colourOf = null;
    /** Groups of chosen runs; null: none were asked for. @type {import("./types.d.ts").Group[] | null} */
    this.groups = null;
    /** Groups and colours that the page itself makes, in place of the list's. @type {{groups: import("./types.d.ts").Group[] | null, styles: Map<string, RunStyle>} | null} */
    this.columns = null;
    /** Whether the groups that were asked for are not known yet. */
    this.isGrouping = false;
    /** What the board noticed, by tag. @type {Map<string, import("./types.d.ts").Notice[]>} */
    this.notices = new Map();
    /** @type {Connection} */
    this.connection = { state: "connecting", since: Date.now(), retryAt: null };
    /** @type {Map<string, Set<(detail: any) => void>>} */
    this.listeners = new Map();
    keepView(page, this.view.toString());
    this.view.listeners.add(() => { keepView(page, this.view.toString()); this.tell("view"); });
    /** Runs that were put away, shown or not. @type {Set<string>} */
    this.archived = new Set();
    /** Those that are not shown, as told last. @type {string | null} */
    this.putAway = null;
    /** @type {Promise<void> | null} */
    this.reading = null;
    this.isDue = false;
    /** Answers that nothing has changed since. @type {Map<string, Promise<TagsAnswer>>} */
    this.tagAnswers = new Map();
    /** @type {Stream | null} */
    this.stream = null;
    /** @type {() => void} */
    this.becomeCalm = () => {};
    /** Resolves when what the eye waits for is there: what only adorns it is asked for then. @type {Promise<void>} */
    this.calm = new Promise((resolve) => {
      this.becomeCalm = resolve;
      setTimeout(resolve, page === "scalars" ? CALM_MS : 0);
    });
  }

  /** Read the runs, then listen for what changes. */
  async start() {
    if (this.page === "scalars") this.tags("scalar").catch(() => {}); // whoever wants them says so
    await this.readRuns().catch((error) => { console.warn(error.message); });
    this.stream = new Stream({
      interests: (document.body.dataset.interests ?? "runs").split(","),
      onDelta: (delta) => this.onDelta(delta),
      onStale: () => this.readAll(),
      onConnection: (connection) => { this.connection = connection; this.tell("connection"); },
    });
    if (this.answer) this.stream.at(this.answer);
  }

  /** @param {Topic} topic @param {(detail: any) => void} listener @param {{signal?: AbortSignal}} [options] */
  on(topic, listener, { signal } = {}) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, new Set());
    this.listeners.get(topic)?.add(listener);
    signal?.addEventListener("abort", () => this.listeners.get(topic)?.delete(listener));
  }

  /** @param {Topic} topic @param {any} [detail] */
  tell(topic, detail) {
    for (const listener of this.listeners.get(topic) ?? []) listener(detail);
  }

  /** All tags of a kind; several parts of a page that ask at once ask once. @param {string} kind */
  tags(kind) {
    let answer = this.tagAnswers.get(kind);
    if (!answer) {
      this.tagAnswers.set(kind, (answer = api.get("api/tags", { kind })));
      const forget = () => setTimeout(() => { if (this.tagAnswers.get(kind) === answer) this.tagAnswers.delete(kind); }, FRESH_MS);
      answer.then(forget, forget);
    }
    return answer;
  }

  /** @param {DeltaEvent} delta */
  onDelta(delta) {
    this.tagAnswers.clear();
    const isOfRuns = [delta.added, delta.removed, delta.rebuilt, delta.changed].some((names) => names?.length)
      || this.answer?.loading || Object.keys(delta.grew ?? {}).some((name) => !this.runs.byName(name) && !this.archived.has(name));
    if (isOfRuns) this.rereadRuns();
    this.tell("delta", delta);
  }

  /** Something was missed: everything anew. */
  async readAll() {
    this.tagAnswers.clear();
    await this.readRuns().catch((error) => { console.warn(error.message); });
    if (this.answer) this.stream?.at(this.answer);
    this.tell("stale");
  }

  /** Soon, once, whatever asks how often. */
  rereadRuns() {
    this.isDue = true;
    this.reading ??= (async () => {
      while (this.isDue) {
        this.isDue = false;
        await this.readRuns().catch((error) => { console.warn(error.message); });
        await new Promise((resolve) => setTimeout(resolve, Math.max(REREAD_MS, this.runs.list.length * REREAD_MS_A_RUN)));
      }
      this.reading = null;
    })();
  }

  /** Archived runs are put away, unless the address, or a query, asks for them. */
  get showsArchived() { return this.view.get("archived") !== null || /\barchived\b/i.test(this.view.get("query") ?? ""); }

  /** Archived runs come or go. @param {boolean} isShown */
  showArchived(isShown) {
    this.view.set("archived", isShown ? "" : null);
    this.rereadRuns();
  }

  /** What a person chose of some runs is kept, and shown everywhere. @param {string[]} runs @param {Record<string, unknown>} chosen */
  async choose(runs, chosen) {
    await api.post("api/runs/choose", { runs, ...chosen });
    this.rereadRuns();
  }

  async readRuns() {
    /** @type {RunsAnswer} */
    const answer = await api.get("api/runs");
    const wasLoading = this.answer?.loading;
    this.answer = answer;
    this.archived = new Set(answer.runs.filter((run) => run.archived).map((run) => run.name));
    const { added, isChanged } = this.runs.replace(this.showsArchived ? answer.runs : answer.runs.filter((run) => !run.archived)), isSettled = this.runs.settle(answer.loading);
    if (isChanged || isSettled || wasLoading !== answer.loading) this.tell("runs", { added });
    const { putAway } = this;
    this.putAway = this.showsArchived ? "" : [...this.archived].join("\n");
    if (putAway !== null && putAway !== this.putAway) this.tell("selection"); // charts draw other runs now
  }

  /** @param {Run | string} run @returns {RunStyle} */
  style(run) {
    const found = typeof run === "string" ? this.runs.byName(run) : run;
    if (!found) return MUTED;
    if (this.focus) {
      const place = this.focus.indexOf(found.name);
      return place < 0 ? MUTED : runColour(place);
    }
    return this.colourOf ? this.colourOf(found) : this.ownStyle(found);
  }

  /** A run's own colour, whatever colours stand for. @param {Run} run @returns {RunStyle} */
  ownStyle(run) {
    const own = run.colour ? ownColour(run.colour) : null;
    return own ? { colour: own, dash: 0 } : runColour(run.color);
  }

  /** A run as people call it: by the title it was given, else by its name; as folder part and last part. @param {string} name @returns {[string, string]} */
  nameParts(name) {
    const title = this.runs.byName(name)?.title;
    return title ? ["", title] : splitName(name);
  }

  /** The same in one piece. @param {string} name */
  titleOf(name) { return this.nameParts(name).join(""); }

  /** As CSS and Plotly take it. @param {Run | string} run */
  colour(run) {
    return resolved(this.style(run).colour);
  }

  /** For who cannot see it happen. @param {string} news */
  say(news) {
    const place = document.querySelector("[data-slot=news]");
    if (place) place.textContent = news;
  }

  /** @param {string | null} name */
  lift(name) {
    if (this.lifted === name) return;
    this.lifted = name;
    this.tell("lift");
  }

  /** @param {number | null} x on the page's horizontal axis @param {boolean} [pinned] */
  setCursor(x, pinned = false) {
    if (this.cursor.x === x && this.cursor.pinned === pinned) return;
    this.cursor = { x, pinned: pinned && x !== null };
    this.tell("cursor");
  }

  /** Chosen runs changed: the address first, then everybody. */
  selectionChanged() {
    const { show, hide } = this.runs.encode();
    this.view.set("show", show);
    this.view.set("hide", hide);
    this.tell("selection");
  }

  /** The back button, or a named view: the address says what is chosen now. */
  navigated() {
    this.view.load(location.search);
    this.runs.decode(this.view.get("show"), this.view.get("hide"));
    const step = Number(this.view.get("step") ?? NaN);
    this.setCursor(Number.isFinite(step) ? step : null, true);
    this.tell("navigated");
    this.tell("selection");
  }

  /** Go to another view of this page, so that the back button leads here. @param {string} query */
  visit(query) {
    history.pushState({ isStep: true }, "", query || location.pathname);
    this.navigated();
  }

  toggleTheme() {
    toggleTheme();
    this.view.set("theme", null);
    this.tell("theme");
  }

  forgetTokens() {
    forgetTokens();
    this.tell("theme");
  }

  /** Address of another page with what holds there too, and what it was left with. @param {string} page */
  pageUrl(page) {
    return page + this.view.carried(CARRIED, keptView(page));
  }
}

/** One tab's last view of each page of this board: pins and smoothing outlive a look at the images. @param {string} page */
const viewKey = (page) => `trainboard.view ${new URL(page, document.baseURI).pathname}`;
/** Choices that last: how things look and where they stand. Not which runs, which part, which step. */
const LASTING = ["pin", "place", "closed", "wide", "width", "height", "smooth", "smoothing", "raw", "superseded", "marks", "order", "range", "xscale", "y", "table", "opened", "area", "as", "layout", "lines"];

/** @param {string} page @param {string} query */
function keepView(page, query) {
  try {
    sessionStorage.setItem(viewKey(page), query);
    localStorage.setItem(viewKey(page), stringify([...new URLSearchParams(query)].filter(([key]) => LASTING.includes(key))));
  } catch { /* storage may be refused */ }
}

/** @param {string} page */
function keptView(page) {
  try { return sessionStorage.getItem(viewKey(page)) ?? ""; } catch { return ""; }
}

/** An address that chooses nothing opens as this browser left the page; it is written out, so that a colleague sees the same. @param {string} page */
function remembered(page) {
  try { return localStorage.getItem(viewKey(page)) ?? ""; } catch { return ""; }
}
