/** Starts every part of the page that its markup names; one that fails says so in its place, the others work. */

import { App } from "./app.js";
import { el, icon } from "./dom.js";
import { startShell } from "./shell.js";

/** @type {Record<string, () => Promise<{start: (root: HTMLElement, app: App) => unknown}>>} */
const MODULES = {
  run_list: () => import("./modules/run_list.js"),
  scalars: () => import("./modules/scalars.js"),
  images: () => import("./modules/images.js"),
  graphs: () => import("./modules/graphs.js"),
  histograms: () => import("./modules/histograms.js"),
  custom_scalars: () => import("./modules/custom_scalars.js"),
  text: () => import("./modules/text.js"),
  hparams: () => import("./modules/hparams.js"),
  tensors: () => import("./modules/tensors.js"),
  compare: () => import("./modules/compare.js"),
  pr_curves: () => import("./modules/pr_curves.js"),
  audio: () => import("./modules/audio.js"),
  video: () => import("./modules/video.js"),
  meshes: () => import("./modules/meshes.js"),
  embeddings: () => import("./modules/embeddings.js"),
};

const app = new App(document.body.dataset.page ?? "");
startShell(app);
/** @type {NodeListOf<HTMLElement>} */
const roots = document.querySelectorAll("[data-module]");
const parts = [...roots].map((root) => ({ root, loaded: load(root) }));
await app.start();
for (const { root, loaded } of parts) start(root, loaded);
document.documentElement.dataset.ready = "true";

/** @param {HTMLElement} root */
function load(root) {
  const name = root.dataset.module ?? "";
  const loaded = MODULES[name] ? MODULES[name]() : Promise.reject(new Error(`no module is called ${name}`));
  loaded.catch(() => {}); // said in the part's place, below
  return loaded;
}

/** @param {HTMLElement} root @param {ReturnType<typeof load>} loaded */
async function start(root, loaded) {
  try {
    await (await loaded).start(root, app);
  } catch (error) {
    console.error(error);
    const message = error instanceof Error ? error.message : String(error);
    root.replaceChildren(el("p", { class: "notice", "data-kind": "failed" }, icon("warn"), `This part of the page could not start: ${message}`));
  }
}
