// A galaxy from above: its stars, as bright and as colored as they are, each a system to go to.

import { FONT, Labels, STRONG } from "./labels.js";
import { GLOW_CORE, glow } from "./light.js";
import { ring } from "./marks.js";
import { CELL } from "./stars.js";

const FARTHEST = 1e6; // cells from the middle; addresses go on, but a screen's floating-point px do not
export const ZOOM = { least: 0.3, most: 4 };
const NEW_STARS = 150; // a frame: what is more comes with the next one
const RAYS = 4.2; // size from which on a star has rays
const REACH = 24; // px around a star in which it can be clicked
const SEARCH = 7; // cells around a star in which the next one is looked for

export class GalaxyView {
  kind = "galaxy";
  target = null; // the star that Enter opens
  hovered = null;
  #labels = new Labels();
  #shown = [];
  #width = 0;
  #height = 0;

  constructor(stars) {
    this.stars = stars;
    this.camera = { x: CELL / 2, y: CELL / 2, zoom: 1 };
  }

  /** Goes to a cell. */
  travel(column, row, zoom) {
    this.target = null;
    this.camera.zoom = clamp(zoom, ZOOM.least, ZOOM.most);
    [this.camera.x, this.camera.y] = [(column + 0.5) * CELL, (row + 0.5) * CELL];
    this.pan(0, 0);
  }

  pan(dx, dy) {
    const { camera } = this;
    camera.x = clamp(camera.x + dx / camera.zoom, -FARTHEST * CELL, FARTHEST * CELL);
    camera.y = clamp(camera.y + dy / camera.zoom, -FARTHEST * CELL, FARTHEST * CELL);
  }

  zoom(factor, x, y) {
    const before = this.camera.zoom;
    this.camera.zoom = clamp(before * factor, ZOOM.least, ZOOM.most);
    const shift = this.camera.zoom / before - 1;
    this.pan((x - this.#width / 2) * shift, (y - this.#height / 2) * shift);
  }

  /** The star at a point of the screen, or null. */
  pick(x, y) {
    return this.#nearest(x, y, REACH);
  }

  /** The star nearest to the middle, where there is one. */
  middle() {
    return this.#nearest(this.#width / 2, this.#height / 2, Infinity);
  }

  /** Takes the next star in a direction as the target and brings it to the middle. */
  step(dx, dy) {
    const from = this.target ?? this.middle();
    if (from === null) return null;
    const [column, row] = [Math.floor(from.x / CELL), Math.floor(from.y / CELL)];
    let [best, least] = [null, Infinity];
    for (let v = row - SEARCH; v <= row + SEARCH; v++) {
      for (let u = column - SEARCH; u <= column + SEARCH; u++) {
        const star = this.stars.at(u, v);
        if (star === null || star === from) continue;
        const along = (star.x - from.x) * dx + (star.y - from.y) * dy;
        const aside = Math.abs((star.x - from.x) * dy - (star.y - from.y) * dx);
        if (along > 0 && aside < 1.2 * along && along + 2 * aside < least) [best, least] = [star, along + 2 * aside];
      }
    }
    this.target = best ?? from;
    [this.camera.x, this.camera.y] = [this.target.x, this.target.y];
    return this.target;
  }

  /** Where a star is on the screen, `[x, y]`. */
  placeOf(star) {
    const { x, y, zoom } = this.camera;
    return [(star.x - x) * zoom + this.#width / 2, (star.y - y) * zoom + this.#height / 2];
  }

  /** Paints it; tells whether there is more to come with the next frame. */
  draw(context, { width, height, ratio, sky, isFocused }) {
    [this.#width, this.#height] = [width, height];
    const { x, y, zoom } = this.camera;
    sky.draw(context, width, height, this.stars.salt, x * zoom ** 0.5, y * zoom ** 0.5, ratio);
    const isWhole = this.#collect();
    context.globalCompositeOperation = "lighter";
    for (const star of this.#shown) {
      const half = (star.size * (0.3 + 0.7 * zoom ** 0.8)) / GLOW_CORE;
      const [u, v] = [(star.x - x) * zoom + width / 2, (star.y - y) * zoom + height / 2];
      context.drawImage(glow(star.star.color, star.size > RAYS), u - half, v - half, 2 * half, 2 * half);
    }
    context.globalCompositeOperation = "source-over";
    this.#name(context, isFocused);
    return !isWhole;
  }

  #name(context, isFocused) {
    const { x, y, zoom } = this.camera;
    const labels = this.#labels;
    labels.clear();
    context.textAlign = "center";
    context.textBaseline = "middle";
    const special = this.hovered ?? (isFocused ? this.target : null);
    if (special !== null) {
      const [u, v] = this.placeOf(special);
      const below = v + 9 + 2.5 * special.size;
      context.font = STRONG;
      context.fillStyle = "#ffffff";
      labels.write(context, special.name, u, below, true);
      context.font = FONT;
      context.fillStyle = "#b9c1d8";
      labels.write(context, `${special.star.class} · ${special.address}`, u, below + 17, true);
      ring(context, u, v, 7 + 2.2 * special.size, isFocused && special === this.target);
    }
    if (zoom < 0.7) return;
    context.font = FONT;
    const least = 5.6 - 2 * zoom; // the nearer, the fainter stars have names
    for (const star of this.#shown) {
      if (star.size < least) break;
      if (star === special) continue;
      context.fillStyle = star.size > least + 1 ? "#c6cde2" : "#8f98b3";
      labels.write(context, star.name, (star.x - x) * zoom + this.#width / 2, (star.y - y) * zoom + this.#height / 2 + 8 + 1.6 * star.size);
    }
  }

  /** Finds the stars in view, the brightest first; tells whether these are all. */
  #collect() {
    const { x, y, zoom } = this.camera;
    const [halfWidth, halfHeight] = [this.#width / 2 / zoom, this.#height / 2 / zoom];
    let budget = NEW_STARS;
    this.#shown.length = 0;
    for (let row = cellOf(y - halfHeight) - 1; row <= cellOf(y + halfHeight) + 1; row++) {
      for (let column = cellOf(x - halfWidth) - 1; column <= cellOf(x + halfWidth) + 1; column++) {
        if (!this.stars.knows(column, row) && budget-- <= 0) continue;
        const star = this.stars.at(column, row);
        if (star !== null) this.#shown.push(star);
      }
    }
    this.#shown.sort(byLight);
    return budget >= 0;
  }

  #nearest(x, y, reach) {
    let [best, least] = [null, reach];
    for (const star of this.#shown) {
      const [u, v] = this.placeOf(star);
      const distance = Math.hypot(u - x, v - y);
      if (distance < least) [best, least] = [star, distance];
    }
    return best;
  }
}

const byLight = (a, b) => b.size - a.size || a.x - b.x;
const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
const cellOf = (px) => Math.floor(px / CELL);
