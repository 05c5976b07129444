/** The few calls of a canvas that the drawing uses, written down as SVG instead. Pure: makes text, needs no document. */

const number = (/** @type {number} */ v) => String(Math.round(v * 100) / 100);
const escaped = (/** @type {string} */ text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const ANCHORS = { left: "start", center: "middle", right: "end", start: "start", end: "end" };

/** Stands in for a CanvasRenderingContext2D. */
export class SvgPen {
  fillStyle = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  lineJoin = "round";
  lineCap = "round";
  globalAlpha = 1;
  font = "10px sans-serif";
  /** @type {keyof typeof ANCHORS} */
  textAlign = "left";
  textBaseline = "alphabetic";
  /** @type {string[]} */
  #out = [];
  /** @type {string[]} */
  #path = [];
  /** @type {number[]} */
  #dash = [];
  /** @type {{clips: number}[]} */
  #saved = [];
  #clips = 0;
  #openClips = 0;

  /** @param {(text: string, font: string) => number} measure */
  constructor(measure) {
    this.measure = measure;
  }

  beginPath() { this.#path = []; }
  closePath() { this.#path.push("Z"); }
  moveTo(/** @type {number} */ x, /** @type {number} */ y) { this.#path.push(`M${number(x)} ${number(y)}`); }
  lineTo(/** @type {number} */ x, /** @type {number} */ y) { this.#path.push(`L${number(x)} ${number(y)}`); }
  bezierCurveTo(/** @type {number[]} */ ...at) { this.#path.push(`C${at.map(number).join(" ")}`); }
  setLineDash(/** @type {number[]} */ dash) { this.#dash = dash; }
  rect(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h) { this.#path.push(`M${number(x)} ${number(y)}h${number(w)}v${number(h)}h${number(-w)}Z`); }

  roundRect(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h, /** @type {number} */ radius) {
    const r = Math.max(0, Math.min(radius, w / 2, h / 2)), arc = (/** @type {number} */ dx, /** @type {number} */ dy) => `a${number(r)} ${number(r)} 0 0 1 ${number(dx)} ${number(dy)}`;
    this.#path.push(`M${number(x + r)} ${number(y)}h${number(w - 2 * r)}${arc(r, r)}v${number(h - 2 * r)}${arc(-r, r)}h${number(2 * r - w)}${arc(-r, -r)}v${number(2 * r - h)}${arc(r, -r)}Z`);
  }

  fill() { if (this.#path.length) this.#out.push(`<path d="${this.#path.join("")}" fill="${escaped(this.fillStyle)}"${this.#alpha()}/>`); }
  stroke() { if (this.#path.length) this.#out.push(`<path d="${this.#path.join("")}" fill="none"${this.#pen()}/>`); }
  fillRect(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h) { this.#out.push(`<rect x="${number(x)}" y="${number(y)}" width="${number(w)}" height="${number(h)}" fill="${escaped(this.fillStyle)}"${this.#alpha()}/>`); }
  strokeRect(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h) { this.#out.push(`<rect x="${number(x)}" y="${number(y)}" width="${number(w)}" height="${number(h)}" fill="none"${this.#pen()}/>`); }
  fillText(/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y) { this.#text(text, x, y, `fill="${escaped(this.fillStyle)}"${this.#alpha()}`); }
  strokeText(/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y) { this.#text(text, x, y, `fill="none"${this.#pen()}`); }
  measureText(/** @type {string} */ text) { return { width: this.measure(text, this.font) }; }

  save() { this.#saved.push({ clips: this.#openClips }); }
  restore() {
    const { clips } = this.#saved.pop() ?? { clips: 0 };
    while (this.#openClips > clips) {
      this.#out.push("</g>");
      this.#openClips--;
    }
  }
  clip() {
    const id = `clip${this.#clips++}`;
    this.#out.push(`<clipPath id="${id}"><path d="${this.#path.join("")}"/></clipPath><g clip-path="url(#${id})">`);
    this.#openClips++;
  }

  #alpha() { return this.globalAlpha < 1 ? ` opacity="${number(this.globalAlpha)}"` : ""; }
  #pen() {
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.map(number).join(" ")}"` : "";
    return ` stroke="${escaped(this.strokeStyle)}" stroke-width="${number(this.lineWidth)}" stroke-linejoin="${this.lineJoin}" stroke-linecap="${this.lineCap}"${dash}${this.#alpha()}`;
  }
  #text(/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ paint) {
    const [, weight = "", size = "10", family = "sans-serif"] = /^(?:(\d+) )?([\d.]+)px (.+)$/s.exec(this.font) ?? [];
    const anchor = ANCHORS[this.textAlign] ?? "start";
    this.#out.push(`<text x="${number(x)}" y="${number(y)}" font-family="${escaped(family)}" font-size="${number(Number(size))}"${weight && weight !== "400" ? ` font-weight="${weight}"` : ""}${anchor === "start" ? "" : ` text-anchor="${anchor}"`} ${paint}>${escaped(text)}</text>`);
  }

  /** @param {number} width @param {number} height @param {string} title @returns {string} a whole SVG file */
  file(width, height, title) {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}" height="${number(height)}" viewBox="0 0 ${number(width)} ${number(height)}"><title>${escaped(title)}</title>\n${this.#out.join("\n")}\n</svg>\n`;
  }
}
