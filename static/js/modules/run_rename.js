/** Gives a run another name for display, in its row: the files and their folder keep theirs. */

import { el } from "../dom.js";

/** @import { App } from "../app.js" */
/** @import { RunRow } from "./run_row.js" */

const MOST = 500; // characters

/** Enter keeps it, Escape does not; an empty one is the run's own name again. @param {App} app @param {RunRow} row */
export function renameInPlace(app, row) {
  const { name, names, label, chip } = row, before = app.runs.byName(name)?.title ?? "";
  const input = el("input", { class: "run-rename", value: before || name, maxlength: MOST, "aria-label": `Name for ${name}`, autocomplete: "off", spellcheck: "false" });
  let isOver = false;
  const end = async (/** @type {boolean} */ isKept, /** @type {boolean} */ isByKey) => {
    if (isOver) return;
    isOver = true;
    const typed = input.value.trim(), title = typed === name ? "" : typed;
    input.replaceWith(names);
    if (isByKey) chip.focus();
    if (!isKept || title === before) return;
    try {
      await app.choose([name], { title });
      app.say(title ? `${name} is called ${title}` : `${name} has its own name again`);
    } catch (error) {
      app.say(error instanceof Error ? error.message : String(error));
      label.title = error instanceof Error ? error.message : String(error);
    }
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation(); // arrows and letters are text here
    if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); void end(event.key === "Enter", true); }
  });
  input.addEventListener("blur", () => end(true, false));
  input.addEventListener("change", (event) => event.stopPropagation()); // the list takes it for a tick
  for (const type of ["click", "dblclick"]) input.addEventListener(type, (event) => { event.preventDefault(); event.stopPropagation(); });
  names.replaceWith(input);
  input.select();
}
