/** What a page says while there is nothing to draw. */

import { el } from "../dom.js";

/** @import { App } from "../app.js" */

const CODE = `from writer import SummaryWriter

w = SummaryWriter(`;

/** Nothing has been written yet: what is watched, and the four lines that change it. @param {App} app */
export function emptyLogdir(app) {
  const logdir = app.answer?.logdir ?? [], first = (logdir[0] ?? "runs").replace(/\/$/, "");
  return el("div", { class: "empty" },
    el("h1", {}, app.answer?.waiting?.replace(/\.$/, "") ?? `No event files in ${logdir.join(", ") || "the logdir"} yet`),
    el("p", {}, "The board keeps looking: the first point that is logged shows here within half a second, no reload needed."),
    el("pre", {}, el("span", {}, "# in the training script\n"), `${CODE}${JSON.stringify(`${first}/first`)})\nw.add_scalar("train/loss", loss, step)`),
    el("p", {}, "Files of TensorBoard, PyTorch, tensorboardX, Keras and JAX writers are read as they are."),
    el("p", { class: "live", "data-state": "live" }, el("span", { class: "live-dot", "aria-hidden": "true" }), app.answer?.loading ? "Reading" : "Watching"));
}

/** @param {string} head @param {string} text @param {[string, () => void] | null} [action] */
export function emptyNote(head, text, action = null) {
  return el("div", { class: "empty-note" }, el("p", { class: "empty-head" }, head), el("p", {}, text), action && el("button", { type: "button", class: "button", onclick: action[1] }, action[0]));
}
