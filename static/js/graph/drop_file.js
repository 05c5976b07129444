/** Files dropped onto the page: sent to the server, which reads them, and shown like any other graph. */

const KINDS = /\.(pbtxt|pb|onnx|pt2|json)$/i;

/**
 * @param {HTMLElement} root
 * @param {{opened: (id: string) => void, failed: (error: Error) => void, busy: (name: string) => void}} page
 * @param {AbortSignal} signal
 */
export function acceptFiles(root, page, signal) {
  let depth = 0; // entered minus left, children included
  const mark = () => root.toggleAttribute("data-dropping", depth > 0);
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  root.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth++;
    mark();
  }, { signal });
  root.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    mark();
  }, { signal });
  root.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); }, { signal });
  root.addEventListener("drop", async (event) => {
    depth = 0;
    mark();
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    await sendFile(file, page, signal);
  }, { signal });
}

/** @param {File} file @param {{opened: (id: string) => void, failed: (error: Error) => void, busy: (name: string) => void}} page @param {AbortSignal} signal */
export async function sendFile(file, page, signal) {
  if (!KINDS.test(file.name)) return page.failed(new Error(`${file.name} is none of .pbtxt, .pb, .onnx, .pt2, .json: those are the graphs that can be dropped here.`));
  page.busy(file.name);
  try {
    const answer = await fetch("api/graph_file", { method: "POST", body: file, credentials: "same-origin", headers: { "Content-Type": "application/octet-stream", "X-Filename": encodeURIComponent(file.name) }, signal });
    const body = await answer.json().catch(() => null);
    if (!answer.ok) throw new Error(body?.error ?? body?.detail ?? `${answer.status} ${answer.statusText}`);
    page.opened(body.id);
  } catch (error) {
    if (!signal.aborted) page.failed(error instanceof Error ? error : new Error(String(error)));
  }
}
