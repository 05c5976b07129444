/** Has points laid out by t-SNE or UMAP on the server: says how far it is, and can be told to stop. */

import { api } from "../api.js";
import { el } from "../dom.js";

/** @import { LayoutAnswer } from "./embedding_data.js" */

const ASK_MS = 400;
const METHODS = /** @type {Record<string, string>} */ ({ tsne: "t-SNE", umap: "UMAP" });

export class LayoutJob {
  /** @param {HTMLElement} root where it says how far it is @param {{onDone: (answer: LayoutAnswer) => void, onStop: () => void}} options */
  constructor(root, { onDone, onStop }) {
    this.root = root;
    this.onDone = onDone;
    this.onStop = onStop;
    this.id = "";
    /** Another question was asked since. */
    this.turn = 0;
    this.bar = el("progress", { max: 1, "aria-label": "How far the layout is" });
    this.said = el("span");
    this.stop = el("button", { type: "button", onclick: () => { void this.cancel(); } }, "Cancel");
  }

  /** @param {Record<string, unknown> & {method: string}} question */
  async ask(question) {
    const turn = ++this.turn, name = METHODS[question.method];
    this.show(name, null);
    try {
      /** @type {LayoutAnswer} */
      let answer = await api.post("api/embedding/layout", question);
      this.id = answer.id;
      while (turn === this.turn && ["waiting", "running"].includes(answer.state)) {
        this.show(name, answer);
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
        if (turn !== this.turn) return;
        answer = await api.get("api/embedding/layout", { id: this.id });
      }
      if (turn !== this.turn) return;
      if (answer.state === "done") { this.hide(); this.onDone(answer); }
      else if (answer.state === "failed") this.fail(`${name} failed: ${answer.said}`);
      else { this.hide(); this.onStop(); }
    } catch (error) {
      if (turn === this.turn) this.fail(/** @type {Error} */ (error).message);
    }
  }

  /** Whoever asked wants something else now; what is being made goes on, and will be there when it is asked for again. */
  leave() {
    this.turn++;
    this.hide();
  }

  async cancel() {
    const { id } = this;
    this.leave();
    this.onStop();
    if (id) await api.post("api/embedding/layout/cancel", { id }).catch(() => {});
  }

  /** @param {string} name @param {LayoutAnswer | null} answer */
  show(name, answer) {
    const progress = answer?.progress ?? 0;
    if (progress > 0) this.bar.value = progress;
    else this.bar.removeAttribute("value");
    this.said.textContent = `${name}: ${answer?.state === "waiting" ? "another layout is being made first" : answer?.said || "starting"}${progress > 0 ? `, ${Math.round(100 * progress)} %` : ""}`;
    if (!this.root.contains(this.stop)) this.root.replaceChildren(this.said, this.bar, this.stop);
    this.root.dataset.state = "making";
    this.root.hidden = false;
  }

  /** @param {string} message */
  fail(message) {
    this.root.replaceChildren(el("span", {}, message));
    this.root.dataset.state = "failed";
    this.root.hidden = false;
    this.onStop();
  }

  hide() {
    this.root.hidden = true;
    this.root.dataset.state = "";
  }
}
