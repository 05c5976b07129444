/** Heads under the hand: dragged to another place, and their right edges to another width. */

import { el } from "../dom.js";

const FAR_PX = 6; // before a click becomes a drag

/**
 * @param {HTMLElement} heads a row of elements with `data-key`, the first stays first
 * @param {{move: (key: string, before: string | null) => void, widen: (key: string, width: number | null) => void, keys: () => string[], least: number}} owner `before` null: to the end
 * @param {AbortSignal} signal
 */
export function draggedHead(heads, { move, widen, keys, least }, signal) {
  const headOf = (/** @type {Event} */ event) => /** @type {HTMLElement | null} */ (event.target instanceof Element ? event.target.closest("[data-key]") : null);
  heads.addEventListener("pointerdown", (down) => {
    const head = headOf(down), key = head?.dataset.key ?? "";
    if (!head || down.button || (/** @type {Element} */ (down.target).closest(".hp-menu, input"))) return;
    const isEdge = !!(/** @type {Element} */ (down.target).closest(".hp-resize")), width = head.getBoundingClientRect().width, mark = el("i", { class: "hp-drop", "aria-hidden": "true" });
    if (!isEdge && key === "run") return;
    let isDragged = false;
    /** @type {string | null | undefined} */
    let before;
    const ending = new AbortController();
    const onMove = (/** @type {PointerEvent} */ event) => {
      const far = event.clientX - down.clientX;
      if (!isDragged && Math.abs(far) < FAR_PX && !isEdge) return;
      if (!isDragged) heads.setPointerCapture(down.pointerId);
      isDragged = true;
      if (isEdge) { widen(key, Math.max(least, width + far)); return; }
      const others = /** @type {HTMLElement[]} */ ([...heads.querySelectorAll("[data-key]")]).slice(1), next = others.find((one) => { const box = one.getBoundingClientRect(); return event.clientX < box.left + box.width / 2; });
      before = next?.dataset.key ?? null;
      if (next) next.append(mark); else others.at(-1)?.append(mark);
      mark.toggleAttribute("data-after", !next);
    };
    const onEnd = () => {
      ending.abort();
      mark.remove();
      if (!isDragged) return;
      heads.addEventListener("click", (event) => { event.stopPropagation(); event.preventDefault(); }, { capture: true, once: true, signal: AbortSignal.timeout(50) });
      if (!isEdge && before !== undefined && before !== key && keys()[keys().indexOf(key) + 1] !== before) move(key, before);
    };
    addEventListener("pointermove", onMove, { signal: ending.signal });
    for (const type of ["pointerup", "pointercancel"]) addEventListener(type, onEnd, { signal: ending.signal });
  }, { signal });
  heads.addEventListener("dblclick", (event) => { if (/** @type {Element} */ (event.target).closest(".hp-resize")) widen(headOf(event)?.dataset.key ?? "", null); }, { signal });
}
