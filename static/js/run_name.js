/** Names of runs wherever one stands: by the title that somebody gave it, which may change while the page is open. */

import { pathName, setAttribute, setText } from "./dom.js";

/** @import { App } from "./app.js" */

/** A run's name as it is read; the one that it really has is its title on hover. @param {App} app @param {string} run */
export function runName(app, run) {
  const [head, tail] = app.nameParts(run), name = pathName(head, tail);
  name.dataset.run = run;
  name.title = run;
  return name;
}

/** All names on the page follow the titles. @param {App} app */
export function followTitles(app) {
  let told = "";
  app.on("runs", () => {
    const said = JSON.stringify(app.runs.list.flatMap(({ name, title }) => (title ? [[name, title]] : [])));
    if (said === told) return;
    told = said;
    for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".run-name[data-run]"))) {
      const [head, tail] = app.nameParts(node.dataset.run ?? "");
      const [first, last] = node.children;
      setText(first, head);
      setAttribute(first, "data-short", head.length < 4 ? "" : null);
      setText(last, tail);
    }
  });
}
