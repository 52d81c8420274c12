// The sky behind everything: nebulae, dust and three depths of stars. Pictures of it are made seldom and moved often.

import { hash, noise } from "./noise.js";

const GRAIN = 18; // px of the screen for each dot of the nebulae, which are blurred anyway
const MARGIN = 16; // dots of the nebulae beyond the screen's edges, before they are made anew
const BREADTH = 620; // px, a cloud's
const TILE = 1000; // px of the screen, after which a depth's stars come again
const NEBULAE = 0.3; // px a px of the camera
const DEPTHS = [
  { speed: 0.12, count: 190, largest: 0.9, brightest: 0.5 },
  { speed: 0.28, count: 64, largest: 1.2, brightest: 0.75 },
  { speed: 0.5, count: 14, largest: 1.7, brightest: 0.95 },
];
const STAR_COLORS = ["#ffffff", "#ffffff", "#cfe0ff", "#ffe6c9", "#ffd0b0"];

export class Sky {
  #salt = null;
  #ratio = 0;
  #clouds = null; // `{canvas, image, column, row, columns, rows}`
  #tiles = [];
  #last = new Float64Array(6); // what was painted
  #still = null; // the same as a picture, while the camera rests

  /** Paints the sky of a salt onto a context whose unit is a px of the screen, for a camera at x and y. */
  draw(context, width, height, salt, x, y, ratio) {
    const last = this.#last;
    const isSame = last[0] === width && last[1] === height && last[2] === salt && last[3] === x && last[4] === y && last[5] === ratio;
    if (!isSame) {
      last[0] = width;
      last[1] = height;
      last[2] = salt;
      last[3] = x;
      last[4] = y;
      last[5] = ratio;
      this.#still = null;
      this.#paint(context, width, height, salt, x, y, ratio);
      return;
    }
    if (this.#still === null) {
      this.#still = new OffscreenCanvas(width * ratio, height * ratio);
      const still = this.#still.getContext("2d", { alpha: false });
      still.scale(ratio, ratio);
      this.#paint(still, width, height, salt, x, y, ratio);
    }
    context.drawImage(this.#still, 0, 0, width, height);
  }

  #paint(context, width, height, salt, x, y, ratio) {
    if (salt !== this.#salt || ratio !== this.#ratio) {
      [this.#salt, this.#ratio] = [salt, ratio];
      this.#clouds = null;
      this.#tiles = DEPTHS.map((depth, index) => tileOf(hash(salt, index), depth, ratio));
    }
    this.#drawClouds(context, width, height, NEBULAE * x - width / 2, NEBULAE * y - height / 2);
    for (let i = 0; i < DEPTHS.length; i++) {
      const left = wrapped(DEPTHS[i].speed * x - width / 2);
      const top = wrapped(DEPTHS[i].speed * y - height / 2);
      for (let v = -top; v < height; v += TILE) {
        for (let u = -left; u < width; u += TILE) context.drawImage(this.#tiles[i], u, v, TILE, TILE);
      }
    }
  }

  #drawClouds(context, width, height, left, top) {
    const [column, row] = [Math.floor(left / GRAIN), Math.floor(top / GRAIN)];
    const [columns, rows] = [Math.ceil(width / GRAIN) + 2, Math.ceil(height / GRAIN) + 2];
    const made = this.#clouds;
    const isThere = made !== null && column >= made.column && row >= made.row
      && column + columns <= made.column + made.columns && row + rows <= made.row + made.rows;
    if (!isThere) this.#clouds = cloudsOf(this.#salt, column - MARGIN, row - MARGIN, columns + 2 * MARGIN, rows + 2 * MARGIN);
    const clouds = this.#clouds;
    context.imageSmoothingQuality = "high";
    context.drawImage(clouds.canvas, clouds.column * GRAIN - left, clouds.row * GRAIN - top, clouds.columns * GRAIN, clouds.rows * GRAIN);
    context.imageSmoothingQuality = "medium";
  }
}

const wrapped = (px) => ((px % TILE) + TILE) % TILE;

/** Nebulae of a part of the sky, a dot each; the lattice moves with the sky, so that its dots do not shimmer. */
function cloudsOf(salt, column, row, columns, rows) {
  const canvas = new OffscreenCanvas(columns, rows);
  const image = new ImageData(columns, rows);
  for (let v = 0, at = 0; v < rows; v++) {
    for (let u = 0; u < columns; u++, at += 4) {
      const [x, y] = [((column + u) * GRAIN) / BREADTH, ((row + v) * GRAIN) / BREADTH];
      const cloud = 0.6 * noise(salt + 3, x, y) + 0.28 * noise(salt + 4, 2.3 * x, 2.3 * y) + 0.12 * noise(salt + 5, 5.1 * x, 5.1 * y);
      const light = Math.max(0, cloud - 0.44) ** 1.5 * 1.9;
      const warm = Math.min(1, Math.max(0, 1.9 * noise(salt + 6, x / 1.4, y / 1.4) - 0.45));
      image.data[at] = 4 + light * (16 + 190 * warm);
      image.data[at + 1] = 5 + light * (112 - 62 * warm);
      image.data[at + 2] = 10 + light * (190 - 70 * warm);
      image.data[at + 3] = 255;
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { canvas, column, row, columns, rows };
}

/** Stars of one depth, on nothing. */
function tileOf(salt, { count, largest, brightest }, ratio) {
  const canvas = new OffscreenCanvas(TILE * ratio, TILE * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  for (let i = 0; i < count; i++) {
    const random = (index) => hash(salt, i, index) / 2 ** 32;
    const size = largest * (0.35 + 0.65 * random(2) ** 3);
    context.globalAlpha = brightest * (0.3 + 0.7 * random(3));
    context.fillStyle = STAR_COLORS[Math.floor(random(4) * STAR_COLORS.length)];
    context.beginPath();
    context.arc(2 + (TILE - 4) * random(0), 2 + (TILE - 4) * random(1), size, 0, 2 * Math.PI);
    context.fill();
  }
  return canvas;
}
