/** What the board noticed by itself: badges for the run list, marks for the charts, and a switch for each rule. */

import { el, setText } from "../dom.js";
import { counted } from "../format.js";

/** @import { App } from "../app.js" */
/** @import { Notice, NoticesAnswer, Rule } from "../types.d.ts" */
/** @typedef {{label: string, kind: "failed" | "stalled" | null, title: string}} Badge */

const APART_MS = 2000, PENDING_MS = 700;
/** Worst first; a run that fell silent has its clock already. @type {[string, string, Badge["kind"]][]} */
const LABELS = [["nonfinite", "NaN", "failed"], ["divergence", "diverged", "failed"], ["spike", "spike", "stalled"], ["plateau", "plateau", null]];

export class RunNotices {
  /** @param {App} app @param {AbortSignal} signal @param {() => void} onChange */
  constructor(app, signal, onChange) {
    this.app = app;
    this.signal = signal;
    this.onChange = onChange;
    /** @type {NoticesAnswer | null} */
    this.answer = null;
    /** @type {Map<string, Badge>} */
    this.badges = new Map();
    this.timer = 0;
    this.askedAt = 0;
    /** @type {Map<string, HTMLInputElement>} */
    this.switches = new Map();
    this.summary = el("summary", {});
    this.root = el("details", { class: "run-rules", hidden: true }, this.summary);
    app.on("delta", () => this.later(APART_MS), { signal });
    app.on("stale", () => this.later(0), { signal });
    app.on("runs", () => this.later(APART_MS), { signal });
    app.on("navigated", () => this.paint(), { signal });
    this.later(0);
  }

  /** Ids of the rules that are turned off. */
  get off() { return new Set((this.app.view.get("rules") ?? "").split(",").filter(Boolean)); }

  /** @param {number} apart ms after the last question */
  later(apart) {
    this.timer ||= window.setTimeout(() => { this.timer = 0; this.read(); }, Math.max(0, this.askedAt + apart - Date.now()));
  }

  async read() {
    if (this.signal.aborted) return;
    await this.app.calm;
    this.askedAt = Date.now();
    /** @type {NoticesAnswer | null} */
    const answer = await this.app.api.get("api/notices").catch(() => null);
    if (!answer) return;
    if (answer.pending) this.later(PENDING_MS);
    if (this.answer?.revision === answer.revision && this.answer.notices.length === answer.notices.length) return;
    this.answer = answer;
    this.paint();
  }

  paint() {
    const { answer, app, off } = this;
    if (!answer) return;
    const rules = new Map(answer.rules.map((rule) => [rule.id, rule]));
    /** @type {Map<string, Notice[]>} */
    const byTag = new Map(), byRun = new Map();
    for (const one of answer.notices) {
      if (off.has(one.rule)) continue;
      const rule = rules.get(one.rule), notice = { ...one, title: rule?.title ?? one.rule, text: rule?.rule ?? "" };
      for (const [map, key] of /** @type {[Map<string, any[]>, string][]} */ ([[byTag, one.tag], [byRun, one.run]])) {
        const own = map.get(key);
        if (own) own.push(notice);
        else map.set(key, [notice]);
      }
    }
    app.notices = byTag;
    this.badges = new Map();
    for (const [run, notices] of byRun) {
      const badge = badgeOf(notices);
      if (badge) this.badges.set(run, badge);
    }
    this.paintSwitches(answer.rules, answer.notices);
    app.tell("notices");
    this.onChange();
  }

  /** @param {Rule[]} rules @param {{rule: string, run: string}[]} notices */
  paintSwitches(rules, notices) {
    const { off } = this;
    /** @type {Map<string, Set<string>>} */
    const runs = new Map();
    for (const { rule, run } of notices) { if (!runs.has(rule)) runs.set(rule, new Set()); runs.get(rule)?.add(run); }
    if (!this.switches.size) {
      this.root.append(...rules.map((rule) => {
        const box = el("input", { type: "checkbox", "data-rule": rule.id, onchange: () => this.turn(rule.id, box.checked) });
        this.switches.set(rule.id, box);
        return el("label", { class: "check", title: rule.rule }, box, el("span", {}, rule.title), el("span", { class: "count" }));
      }));
    }
    for (const [id, box] of this.switches) {
      box.checked = !off.has(id);
      const count = runs.get(id)?.size ?? 0;
      setText(/** @type {Element} */ (box.parentElement?.querySelector(".count")), count ? counted(count, "run") : "");
    }
    const all = new Set(notices.filter((one) => !off.has(one.rule)).map((one) => one.run)).size;
    setText(this.summary, all ? `Noticed in ${counted(all, "run")}` : off.size ? `${counted(off.size, "rule")} off` : "");
    this.root.hidden = !all && !off.size;
  }

  /** @param {string} rule @param {boolean} isOn */
  turn(rule, isOn) {
    const { off } = this;
    if (isOn) off.delete(rule);
    else off.add(rule);
    this.app.view.set("rules", [...off].sort().join(",") || null);
    this.paint();
  }
}

/** The worst of a run in a word; all of them, and their rules, on hover. @param {(Notice & {tag: string})[]} notices @returns {Badge | null} */
export function badgeOf(notices) {
  const worst = LABELS.find(([rule]) => notices.some((one) => one.rule === rule));
  if (!worst) return null;
  const [rule, label, kind] = worst, lines = notices.slice(0, 12).map((one) => `${one.title}: ${one.tag ? `${one.tag}, ` : ""}${one.message}`);
  if (notices.length > 12) lines.push(`and ${notices.length - 12} more`);
  const isInfinity = rule === "nonfinite" && notices.filter((one) => one.rule === rule).every((one) => /^-?infinity/.test(one.message));
  const texts = [...new Set(notices.map((one) => `${one.title}: ${one.text}`))];
  return { label: isInfinity ? "∞" : label, kind, title: [...lines, "", ...texts].join("\n") };
}
