/** Controls that trace the chosen block: upstream, downstream, how far. */
import { el } from "../dom.js";
import { counted } from "../format.js";

/** @import {Trace, TraceQuestion} from "./trace.js" */

const DEPTHS = [1, 2, 3, 5, 10, 25];
/** @type {[TraceQuestion["direction"], string][]} */
const DIRECTIONS = [["in", "inputs"], ["out", "outputs"], ["both", "both"]];

/**
 * @param {TraceQuestion | null} question
 * @param {Trace | null} trace what was found
 * @param {(question: TraceQuestion | null) => void} ask
 */
export function traceBar(question, trace, ask) {
  const depth = el("select", { "aria-label": "How far to trace", onchange: () => question && ask({ ...question, depth: Number(depth.value) }) },
    ...[...DEPTHS, Infinity].map((n) => el("option", { value: n, selected: question?.depth === n }, n === Infinity ? "any distance" : counted(n, "node") + " away")));
  if (question && !DEPTHS.includes(question.depth) && question.depth !== Infinity) depth.append(el("option", { value: question.depth, selected: true }, counted(question.depth, "node") + " away"));
  const found = trace && [trace.inputs && counted(trace.inputs, "input"), trace.outputs && counted(trace.outputs, "output")].filter(Boolean).join(", ");
  return el("div", { class: "trace-bar" },
    el("span", {}, "Trace"),
    el("div", { class: "segments", role: "group", "aria-label": "Trace" }, ...DIRECTIONS.map(([direction, name]) => el("button", {
      type: "button", "aria-pressed": String(question?.direction === direction),
      onclick: () => ask(question?.direction === direction ? null : { direction, depth: question?.depth ?? Infinity }),
    }, name))),
    question && el("label", { class: "choice" }, depth),
    question && el("span", { class: "count" }, found || "nothing that way"));
}
