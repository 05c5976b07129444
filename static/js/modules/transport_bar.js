/** The player's controls in the toolbar: play, position, loop, and where there are some, speed and single frames. */

import { need, setAttribute, setText } from "../dom.js";
import { playTime } from "./spectrum.js";

/** @import { ViewState } from "../view_state.js" */
/** @import { Transport } from "./transport.js" */

const STEPS = 1000; // of the position's slider

export class TransportBar {
  /** @param {HTMLElement} root @param {Transport} transport @param {ViewState} view @param {AbortSignal} signal */
  constructor(root, transport, view, signal) {
    this.transport = transport;
    this.view = view;
    this.button = need(root, "[data-action=transport]", "transport_bar");
    /** @type {HTMLInputElement} */
    this.range = need(root, "input[type=range]", "transport_bar");
    this.output = need(root, "output", "transport_bar");
    this.loop = need(root, "[data-action=loop]", "transport_bar");
    this.rate = /** @type {HTMLSelectElement | null} */ (root.querySelector("select[name=rate]"));
    this.button.addEventListener("click", () => transport.toggle(), { signal });
    this.range.addEventListener("input", () => transport.seek((Number(this.range.value) / STEPS) * transport.duration), { signal });
    this.loop.addEventListener("click", () => this.setLoop(!transport.isLooping), { signal });
    this.rate?.addEventListener("change", () => { transport.setRate(Number(this.rate?.value)); view.set("rate", transport.rate === 1 ? null : transport.rate); }, { signal });
    const rate = Number(view.get("rate") ?? 1);
    if (this.rate && [...this.rate.options].some(({ value }) => Number(value) === rate)) { this.rate.value = String(rate); transport.rate = rate; }
    transport.isLooping = view.get("loop") !== null;
    const at = Number(view.get("at") ?? 0);
    if (at > 0 && Number.isFinite(at)) transport.base = at;
    this.paint();
  }

  /** @param {boolean} isLooping */
  setLoop(isLooping) {
    this.transport.setLooping(isLooping);
    this.view.set("loop", isLooping ? "" : null);
  }

  /** Where it stands is in the address once it stands. */
  keep() {
    const { position } = this.transport;
    this.view.set("at", position > 0 ? Number(position.toFixed(3)) : null);
  }

  paint() {
    const { position, duration, isPlaying, isLooping } = this.transport;
    setAttribute(this.button, "aria-pressed", String(isPlaying));
    this.button.title = isPlaying ? "Pause (space)" : "Play (space)";
    setAttribute(this.loop, "aria-pressed", String(isLooping));
    const share = duration ? position / duration : 0;
    this.range.value = String(Math.round(share * STEPS));
    this.range.style.setProperty("--fill", `${100 * share}%`);
    setAttribute(this.range, "aria-valuetext", `${playTime(position)} of ${playTime(duration)} seconds`);
    setText(this.output, `${playTime(position)} / ${playTime(duration)}`);
  }
}
