/** Groups and colours of the runs: asks for what the server has to know, and tells the charts what comes out. */

import { runColour, MUTED } from "../theme.js";
import { asNumber, asText, byFolder, readWay, scaleOf, scaled, writeWay } from "./run_colouring.js";

/** @import { App } from "../app.js" */
/** @import { HparamName, Run, RunStyle } from "../types.d.ts" */
/** @import { Group, Scale, Way } from "./run_colouring.js" */
/** @import { RunMetric } from "./run_metric.js" */

const MANY = 40; // runs: more are not told apart by colour
const FRESH_MS = 3000;

export class RunWays {
  /** @param {App} app @param {RunMetric} metric @param {AbortSignal} signal @param {() => void} onChange */
  constructor(app, metric, signal, onChange) {
    this.app = app;
    this.metric = metric;
    this.onChange = onChange;
    /** @type {HparamName[]} */
    this.names = [];
    /** Groups by how they were asked for. @type {Map<string, Group[]>} */
    this.known = new Map();
    /** @type {Set<string>} */
    this.asked = new Set();
    this.error = "";
    /** Key of the colours, for the foot of the list. @type {{title: string, scale: Scale | null} | null} */
    this.key = null;
    /** @type {Group[]} */
    this.groups = [];
    this.told = "";
    let timer = 0;
    app.on("runs", () => { timer ||= window.setTimeout(() => { timer = 0; this.asked.clear(); this.readNames(); onChange(); }, this.names.length ? FRESH_MS : 0); }, { signal });
    this.readNames();
  }

  /** @returns {Way} */
  get group() {
    const way = readWay(this.app.view.get("group"));
    return ["folder", "hparam", "regex"].includes(way.by) ? way : { by: "none", name: "" };
  }

  /** @returns {Way} */
  get colour() {
    const way = readWay(this.app.view.get("colour")), isGrouped = this.group.by !== "none";
    if (way.by === "group" && !isGrouped) return { by: "run", name: "" };
    if (way.by !== "none") return way;
    if (isGrouped) return { by: "group", name: "" };
    return { by: this.app.runs.list.length > MANY && this.metric.last.size ? "best" : "run", name: "" };
  }

  /** @param {"group" | "colour"} key @param {Way} way */
  choose(key, way) {
    this.app.view.set(key, writeWay(way));
    if (key === "group") this.app.view.set("colour", null);
    this.error = "";
    this.onChange();
  }

  async readNames() {
    await this.app.calm;
    const answer = await this.app.api.get("api/hparams").catch(() => null);
    if (!answer) return;
    this.names = answer.names.filter((/** @type {HparamName} */ one) => one.distinct > 1 || one.runs < answer.runs).slice(0, 500);
    this.onChange();
  }

  /** Groups as far as they are known; asked for where they are not. @param {Way} way @returns {Group[]} */
  groupsOf(way) {
    if (way.by === "folder") return byFolder(this.app.runs.list);
    const key = writeWay(way) ?? "";
    if (!this.asked.has(key)) { this.asked.add(key); this.ask(key, way); }
    return this.known.get(key) ?? [];
  }

  /** @param {string} key @param {Way} way */
  async ask(key, way) {
    const answer = await this.app.api.post("api/groups", way).catch((error) => ({ groups: [], error: { message: error.message } }));
    this.error = answer.error?.message ?? "";
    this.known.set(key, answer.groups);
    this.onChange();
  }

  /** Which runs are in which group and which colour; charts hear of it only where it differs. */
  apply() {
    const { app, group, colour, metric } = this;
    this.groups = group.by === "none" ? [] : this.groupsOf(group);
    app.focus = colour.by === "best" ? metric.best(app.runs.visible().map((run) => run.name)) : null;
    this.key = null;
    app.colourOf = null;
    if (colour.by === "group" || colour.by === "folder" || colour.by === "regex") app.colourOf = categorical(colour.by === "group" ? this.groups : this.groupsOf(colour));
    else if (colour.by === "hparam") app.colourOf = this.byHparam(colour);
    app.isGrouping = group.by !== "none" && group.by !== "folder" && !this.known.has(writeWay(group) ?? "");
    app.groups = group.by === "none" ? null : this.groups
      .map(({ name, runs }, i) => ({ name: name || "no folder", runs: runs.filter((run) => app.runs.isVisible(run)), colour: i }))
      .filter((one) => one.runs.length);
    if (app.columns) {
      const { groups, styles } = app.columns;
      app.groups = groups;
      app.colourOf = (run) => styles.get(run.name) ?? app.ownStyle(run);
      app.focus = this.key = null;
      app.isGrouping = false;
    }
    const said = JSON.stringify([writeWay(colour), app.focus, app.groups, app.colourOf && app.runs.list.length < 2000 ? app.runs.list.map((run) => app.style(run).colour) : this.known.size, app.runs.list.map((run) => run.colour).filter(Boolean)]);
    if (said === this.told) return;
    this.told = said;
    app.tell("style");
  }

  /** @param {Way} way @returns {(run: Run) => RunStyle} */
  byHparam(way) {
    const groups = this.groupsOf(way), numbers = groups.map((one) => asNumber(one.value)), scale = numbers.every((v) => !Number.isNaN(v)) && groups.length > 2 ? scaleOf(numbers) : null;
    this.key = { title: way.name, scale };
    if (!scale) return categorical(groups);
    /** @type {Map<string, RunStyle>} */
    const styles = new Map();
    groups.forEach((one, i) => { for (const run of one.runs) styles.set(run, scaled(scale, numbers[i])); });
    return (run) => styles.get(run.name) ?? MUTED;
  }

  /** Names of the groups with their colours, for the key. @returns {{name: string, style: RunStyle}[]} */
  legend() {
    const { colour } = this;
    if (colour.by !== "hparam" && colour.by !== "regex") return [];
    return this.groupsOf(colour).map((one, i) => ({ name: colour.by === "hparam" ? asText(one.value) : one.name, style: runColour(i) }));
  }
}

/** @param {Group[]} groups @returns {(run: Run) => RunStyle} */
function categorical(groups) {
  /** @type {Map<string, number>} */
  const places = new Map();
  groups.forEach((one, i) => { for (const run of one.runs) places.set(run, i); });
  return (run) => { const place = places.get(run.name); return place === undefined ? MUTED : runColour(place); };
}
