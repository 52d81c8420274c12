// The galaxy's map: which planet stands where, from nothing but the galaxy's name and integers.

import { nameOf } from "./names.js";

export const CELL = 230; // px of the world, a cell's side
const SECTOR = 8; // cells, a sector's side
const CLUSTER = 5; // cells, over which it grows denser or emptier

/** 32 well-mixed bits of some integers. */
export function hash(...numbers) {
  let h = 0x9e3779b9;
  for (const number of numbers) {
    h = Math.imul(h ^ number, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}

/** 32 bits of a text. */
export function textHash(text) {
  return hash(...[...text].map((letter) => letter.codePointAt(0)));
}

/** Smooth noise of 0 to 1 at a point, in a lattice of whole numbers. */
export function noise(salt, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const ease = (t) => t * t * (3 - 2 * t);
  const [u, v] = [ease(x - left), ease(y - top)];
  const at = (i, j) => hash(salt, left + i, top + j) / 2 ** 32;
  const upper = at(0, 0) + u * (at(1, 0) - at(0, 0));
  const lower = at(0, 1) + u * (at(1, 1) - at(0, 1));
  return upper + v * (lower - upper);
}

/**
 * What stands in a cell: a planet, perhaps with moons, or nothing. Each is
 * `{address, x, y, diameter, light}`: the middle and the size in px of the world, the light's direction in degrees.
 */
export function bodiesAt(galaxy, salt, column, row) {
  const random = (index) => hash(salt, column, row, index) / 2 ** 32;
  if (random(0) > 0.28 + 0.66 * noise(salt + 1, column / CLUSTER, row / CLUSTER)) return [];
  const diameter = 26 + 150 * random(1) ** 2.6;
  const slack = (CELL - diameter) / 2;
  const place = (cell, share) => (cell + 0.5) * CELL + (2 * share - 1) * slack;
  const planet = {
    address: `${galaxy}/${column}/${row}`,
    x: place(column, random(2)), y: place(row, random(3)),
    diameter, light: 205 + 40 * random(4),
  };
  const moons = diameter > 105 ? Math.floor(3 * random(5)) : 0;
  return [planet, ...Array.from({ length: moons }, (_, i) => moonOf(planet, i + 1, random))];
}

function moonOf(planet, number, random) {
  const angle = 2 * Math.PI * random(10 * number);
  const distance = planet.diameter * (0.62 + 0.17 * number);
  return {
    address: `${planet.address}/${number}`,
    x: planet.x + distance * Math.cos(angle), y: planet.y + 0.55 * distance * Math.sin(angle),
    diameter: planet.diameter * (0.1 + 0.1 * random(10 * number + 1)), light: planet.light,
  };
}

/** The name of the sector around a point of the world, such as “Velaria”. */
export function sectorAt(salt, x, y) {
  const name = nameOf(hash(salt + 2, Math.floor(x / CELL / SECTOR), Math.floor(y / CELL / SECTOR)));
  return name.charAt(0).toUpperCase() + name.slice(1);
}
