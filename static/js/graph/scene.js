/** Walks over what is laid out: where an item is, which one lies under a point. */
import { HEAD_HEIGHT } from "./labels.js";

/** @import {Hierarchy, PlacedEdge, PlacedGroup, Rect} from "./graph_types.js" */

/**
 * Where an item is drawn.
 *
 * @param {Hierarchy} h
 * @param {PlacedGroup} root
 * @param {number} item visible
 * @returns {Rect | null} in the coordinates of the whole graph; null if it is not visible
 */
export function rectOf(h, root, item) {
  if (item === 0) return { x: 0, y: 0, w: root.width, h: root.height };
  const path = [];
  for (let i = item; i > 0; i = h.parent[i]) path.push(i);
  /** @type {PlacedGroup | null} */
  let group = root;
  let x = 0, y = 0;
  for (let p = path.length - 1; p >= 0; p--) {
    if (!group) return null;
    const i = group.items.indexOf(path[p]);
    if (i < 0) return null;
    x += group.x[i];
    y += group.y[i];
    if (p === 0) return { x, y, w: group.w[i], h: group.h[i] };
    group = group.inner[i];
  }
  return null;
}

const WORTH_A_LOOK = 2400; // px²

/** Is the inside of an open block drawn, or is it too small and one box? @param {number} w px on the screen @param {number} h */
export const showsInside = (w, h) => w * h > WORTH_A_LOOK;

/**
 * The innermost item that is drawn at a point.
 *
 * @param {PlacedGroup} root
 * @param {number} x
 * @param {number} y
 * @param {number} [scale] px a unit
 * @returns {{item: number, isHead: boolean, isOpen: boolean}} item 0: beside everything
 */
export function itemAt(root, x, y, scale = 1) {
  let hit = { item: 0, isHead: false, isOpen: true };
  for (let group = /** @type {PlacedGroup | null} */ (root); group; ) {
    const i = boxAt(group, x, y);
    if (i < 0) break;
    x -= group.x[i];
    y -= group.y[i];
    const inner = showsInside(group.w[i] * scale, group.h[i] * scale) ? group.inner[i] : null;
    hit = { item: group.items[i], isHead: !!inner && y < HEAD_HEIGHT, isOpen: !!group.inner[i] };
    group = inner;
  }
  return hit;
}

function boxAt(/** @type {PlacedGroup} */ group, /** @type {number} */ x, /** @type {number} */ y) {
  for (let i = group.items.length - 1; i >= 0; i--) {
    const left = x - group.x[i], top = y - group.y[i];
    if (left >= 0 && top >= 0 && left <= group.w[i] && top <= group.h[i]) return i;
  }
  return -1;
}

/**
 * Every visible item with its place, groups before what is in them.
 *
 * @param {PlacedGroup} root
 * @param {(item: number, x: number, y: number, w: number, h: number) => boolean} visit whether to go on inside
 */
export function eachItem(root, visit) {
  const stack = [{ group: root, x: 0, y: 0 }];
  while (stack.length) {
    const { group, x, y } = /** @type {{group: PlacedGroup, x: number, y: number}} */ (stack.pop());
    for (let i = 0; i < group.items.length; i++) {
      const inner = group.inner[i];
      if (visit(group.items[i], x + group.x[i], y + group.y[i], group.w[i], group.h[i]) && inner) stack.push({ group: inner, x: x + group.x[i], y: y + group.y[i] });
    }
  }
}

/**
 * The open group that an item lies in, as it is laid out.
 *
 * @param {Hierarchy} h
 * @param {PlacedGroup} root
 * @param {number} item
 * @returns {PlacedGroup | null}
 */
export function groupAround(h, root, item) {
  const path = [];
  for (let i = h.parent[item]; i > 0; i = h.parent[i]) path.push(i);
  /** @type {PlacedGroup | null} */
  let group = root;
  for (const outer of path.reverse()) {
    /** @type {PlacedGroup | null | undefined} */
    const inside = group?.inner[group.items.indexOf(outer)];
    group = inside ?? null;
  }
  return group;
}

/**
 * The item that the arrow key leads to: with and against the edges (the nearest of several), across them to the
 * neighbours in the same group.
 *
 * @param {Hierarchy} h
 * @param {PlacedGroup} root
 * @param {number} item
 * @param {"up" | "down" | "left" | "right"} direction
 * @returns {number} the same item if there is nothing that way
 */
export function neighbour(h, root, item, direction) {
  const group = groupAround(h, root, item);
  if (!group) return item;
  const own = group.items.indexOf(item), { isAcross } = group;
  // along the edges and across them, whichever way they run
  const [along, wide] = isAcross ? [group.x, group.w] : [group.y, group.h], [aside, broad] = isAcross ? [group.y, group.h] : [group.x, group.w];
  const middle = (/** @type {number} */ i) => along[i] + wide[i] / 2, centre = (/** @type {number} */ i) => aside[i] + broad[i] / 2;
  let best = -1, least = Infinity;
  const consider = (/** @type {number} */ i, /** @type {number} */ distance) => {
    if (i >= 0 && i !== own && distance < least) {
      best = i;
      least = distance;
    }
  };
  const isForward = direction === (isAcross ? "right" : "down");
  if (isForward || direction === (isAcross ? "left" : "up")) {
    for (const edge of group.edges) {
      if ((isForward ? edge.from : edge.to) !== item) continue;
      const i = group.items.indexOf(isForward ? edge.to : edge.from);
      if (i >= 0) consider(i, Math.abs(centre(i) - centre(own)) + Math.abs(middle(i) - middle(own)) / 4);
    }
    // no edge that way: the nearest box, or out of the group
    if (best < 0) for (let i = 0; i < group.items.length; i++) {
      const far = (middle(i) - middle(own)) * (isForward ? 1 : -1);
      if (far > wide[own] / 2) consider(i, far + Math.abs(centre(i) - centre(own)));
    }
    if (best < 0) return group.group > 0 ? group.group : item;
  } else {
    const sign = direction === "right" || direction === "down" ? 1 : -1;
    for (let i = 0; i < group.items.length; i++) {
      const beside = (centre(i) - centre(own)) * sign, far = Math.abs(middle(i) - middle(own));
      if (beside > 1 && far < Math.max(wide[own], wide[i])) consider(i, beside + far);
    }
  }
  return best < 0 ? item : group.items[best];
}

/** Does the edge touch the item? @param {PlacedEdge} edge @param {number} item */
export const touches = (edge, item) => edge.from === item || edge.to === item;
