/** The theme's colours as the drawing takes them. */
import { token } from "../theme.js";

/** @import {Ink} from "./draw.js" */

/** @returns {Ink} */
export function readInk() {
  return {
    ground: token("--color-ground"),
    box: token("--graph-box"),
    boxDeep: token("--graph-box-2"),
    stroke: token("--graph-stroke"),
    strokeStrong: token("--color-ink-2"),
    edge: token("--graph-edge"),
    accent: token("--color-accent"),
    focus: token("--color-focus"),
    ink: token("--color-ink"),
    inkSoft: token("--color-ink-2"),
    inkFaint: token("--color-ink-3"),
    better: token("--color-better"),
    worse: token("--color-worse"),
    font: token("--font-ui"),
  };
}
