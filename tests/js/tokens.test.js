import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../static/css/", import.meta.url), TOKENS = readFileSync(new URL("tokens.css", FOLDER), "utf8");
const SURFACES = ["ground", "rail", "raised", "hover", "sunk"], RUNS = Array.from({ length: 24 }, (_, k) => `run-${k}`);
/** How the three kinds of colour blindness see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1). */
const BLINDNESS = {
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** @param {string} name */
function theme(name) {
  const block = TOKENS.match(new RegExp(`\\[data-theme="${name}"\\]\\s*\\{([\\s\\S]*?)\\n\\}`));
  assert.ok(block, name);
  return Object.fromEntries([...block[1].matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\s*;/g)].map((m) => [m[1], m[2]]));
}
const linear = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
/** WCAG 2.2 contrast. */
function contrast(a, b) {
  const [light, dark] = [a, b].map((hex) => dot([0.2126, 0.7152, 0.0722], linear(hex))).sort((p, q) => q - p);
  return (light + 0.05) / (dark + 0.05);
}
/** OKLab (Ottosson 2020) times 100, as the eye with that blindness sees it. */
function seen(hex, blindness) {
  let rgb = linear(hex);
  if (blindness) rgb = BLINDNESS[blindness].map((row) => Math.min(1, Math.max(0, dot(row, rgb))));
  const lms = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]].map((row) => Math.max(0, dot(row, rgb)) ** (1 / 3));
  return [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]].map((row) => 100 * dot(row, lms));
}
function closest(colours, blindness) {
  const points = colours.map((hex) => seen(hex, blindness));
  return Math.min(...points.flatMap((p, i) => points.slice(0, i).map((q) => Math.hypot(...p.map((v, k) => v - q[k])))));
}

for (const name of ["light", "dark"]) {
  const t = theme(name);
  test(`${name}: text can be read on every surface`, () => {
    const pairs = ["", "-2", "-3"].flatMap((k) => SURFACES.map((s) => [`color-ink${k}`, `color-${s}`]));
    for (const c of ["accent", "live", "stalled", "failed", "better", "worse"]) for (const s of ["ground", "rail", "raised"]) pairs.push([`color-${c}`, `color-${s}`]);
    pairs.push(["color-stalled", "color-stalled-wash"], ["color-failed", "color-failed-wash"], ["color-ink", "color-stalled-wash"], ["color-ink-2", "color-stalled-wash"], ["color-accent-ink", "color-accent"], ["color-ink", "color-selected"]);
    for (let k = 0; k < 8; k++) pairs.push([k < 5 ? "color-ink" : "color-ground", `seq-${k}`]);
    for (let k = 0; k < 3; k++) pairs.push(["color-ink-2", `seq-${k}`]);
    for (const c of ["focus", "control"]) assert.ok(contrast(t[`color-${c}`], t["color-ground"]) >= 3, `${c} on ground`);
    for (const [a, b] of pairs) assert.ok(contrast(t[a], t[b]) >= 4.5, `${a} on ${b}: ${contrast(t[a], t[b]).toFixed(2)}`);
  });
  test(`${name}: every run's colour stands off the page, and from the others`, () => {
    for (const run of RUNS) for (const s of ["ground", "rail"]) assert.ok(contrast(t[run], t[`color-${s}`]) >= 3, `${run} on ${s}`);
    for (const blindness of Object.keys(BLINDNESS)) assert.ok(closest(RUNS.slice(0, 8).map((run) => t[run]), blindness) >= 6, `the first eight, ${blindness}`);
    assert.ok(closest(RUNS.map((run) => t[run]), null) >= 4, `all 24: ${closest(RUNS.map((run) => t[run]), null)}`);
  });
}

test("colours stand in tokens.css alone, and every token that is used exists", () => {
  const known = new Set([...TOKENS.matchAll(/--[\w-]+(?=:)/g)].map((m) => m[0]));
  const scripts = new URL("../../static/js/", import.meta.url); // they set some on elements
  for (const path of readdirSync(scripts, { recursive: true })) if (String(path).endsWith(".js")) for (const [token] of readFileSync(new URL(String(path), scripts), "utf8").matchAll(/--[a-z][\w-]+/g)) known.add(token);
  for (const sheet of readdirSync(FOLDER).filter((one) => one.endsWith(".css") && one !== "tokens.css")) {
    const text = readFileSync(new URL(sheet, FOLDER), "utf8"), own = new Set([...text.matchAll(/--[\w-]+(?=:)/g)].map((m) => m[0]));
    assert.deepEqual(text.match(/#[0-9a-f]{3,8}\b(?![^{]*\{)|rgba?\(/gi) ?? [], [], sheet);
    for (const [, token, fallback] of text.matchAll(/var\((--[\w-]+)(,?)/g)) assert.ok(known.has(token) || own.has(token) || fallback, `${sheet} uses ${token}`);
  }
});
