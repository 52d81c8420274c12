// The sky behind the galaxy: nebulae, dust and three depths of stars, drawn for where the camera is.

import { hash, noise } from "./field.js";

const GRAIN = 18; // px of the screen for each dot of the nebulae, which are blurred anyway
const DEPTHS = [
  { speed: 0.12, spacing: 70, largest: 0.9, brightest: 0.5 },
  { speed: 0.28, spacing: 120, largest: 1.3, brightest: 0.8 },
  { speed: 0.5, spacing: 260, largest: 1.9, brightest: 1 },
];
const STAR_COLORS = ["#ffffff", "#ffffff", "#cfe0ff", "#ffe6c9", "#ffd0b0"];

/** Draws the sky onto `canvas` for the camera `{x, y, zoom}`, in px of the world; the same place has the same sky. */
export function drawSky(canvas, salt, camera) {
  const ratio = Math.min(devicePixelRatio, 2);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  const context = canvas.getContext("2d", { alpha: false });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#04050a";
  context.fillRect(0, 0, width, height);
  drawNebulae(context, salt, camera, width, height);
  DEPTHS.forEach((depth, index) => drawStars(context, hash(salt, index), camera, width, height, depth));
}

function drawNebulae(context, salt, camera, width, height) {
  const [columns, rows] = [Math.ceil(width / GRAIN) + 2, Math.ceil(height / GRAIN) + 2];
  const small = new OffscreenCanvas(columns, rows);
  const image = new ImageData(columns, rows);
  const scale = 620; // px, a cloud's breadth
  // The lattice moves with the sky, so that its dots do not shimmer.
  const [left, top] = [0.3 * camera.x - width / 2, 0.3 * camera.y - height / 2];
  const [column0, row0] = [Math.floor(left / GRAIN), Math.floor(top / GRAIN)];
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += 4) {
      const [x, y] = [((column0 + column) * GRAIN) / scale, ((row0 + row) * GRAIN) / scale];
      const cloud = 0.6 * noise(salt + 3, x, y) + 0.28 * noise(salt + 4, 2.3 * x, 2.3 * y) + 0.12 * noise(salt + 5, 5.1 * x, 5.1 * y);
      const light = Math.max(0, cloud - 0.44) ** 1.5 * 1.5;
      const warm = Math.min(1, Math.max(0, 1.9 * noise(salt + 6, x / 1.4, y / 1.4) - 0.45));
      image.data[at] = 4 + light * (16 + 190 * warm);
      image.data[at + 1] = 5 + light * (112 - 62 * warm);
      image.data[at + 2] = 10 + light * (190 - 70 * warm);
      image.data[at + 3] = 255;
    }
  }
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingQuality = "high";
  context.drawImage(small, column0 * GRAIN - left, row0 * GRAIN - top, columns * GRAIN, rows * GRAIN);
}

function drawStars(context, salt, camera, width, height, { speed, spacing, largest, brightest }) {
  const [left, top] = [speed * camera.x - width / 2, speed * camera.y - height / 2];
  for (let row = Math.floor(top / spacing); row * spacing < top + height; row++) {
    for (let column = Math.floor(left / spacing); column * spacing < left + width; column++) {
      const random = (index) => hash(salt, column, row, index) / 2 ** 32;
      const size = largest * (0.3 + 0.7 * random(2) ** 3);
      context.globalAlpha = brightest * (0.3 + 0.7 * random(3));
      context.fillStyle = STAR_COLORS[Math.floor(random(4) * STAR_COLORS.length)];
      context.beginPath();
      context.arc((column + random(0)) * spacing - left, (row + random(1)) * spacing - top, size, 0, 2 * Math.PI);
      context.fill();
    }
  }
  context.globalAlpha = 1;
}
