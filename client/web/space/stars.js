// The galaxy's map: which star stands where, and what it is, by its address alone (docs/systems.md).

import { nameOf } from "../lib/names.js";
import { starAt } from "../systems/systems.mjs";
import { hash, noise, textHash } from "./noise.js";

export const CELL = 110; // px of the map, a cell's side
const SECTOR = 12; // cells, a sector's side
const CLUSTER = 6; // cells, over which it grows denser or emptier
const KEPT = 20_000; // stars
const EMPTY = Symbol("no star here");

/** The stars of a galaxy, `rules` being the systems' own. */
export class Stars {
  #rules;
  #known = new Map(); // column → row → star, or EMPTY
  #count = 0;

  constructor(galaxy, rules) {
    this.galaxy = galaxy;
    this.salt = textHash(galaxy);
    this.#rules = rules;
  }

  /**
   * What stands in a cell: `{address, name, star, x, y, size}`, or null: star as the system's JSON has it, the place in px
   * of the map, how large it looks there.
   */
  at(column, row) {
    const found = this.#find(column, row) ?? this.#make(column, row);
    return found === EMPTY ? null : found;
  }

  /** Whether a cell was asked for before, so that it costs nothing. */
  knows(column, row) {
    return this.#find(column, row) !== undefined;
  }

  /** The name of the sector around a point of the map, such as “Velaria”. */
  sectorAt(x, y) {
    const name = nameOf(hash(this.salt + 2, Math.floor(x / CELL / SECTOR), Math.floor(y / CELL / SECTOR)));
    return name.charAt(0).toUpperCase() + name.slice(1);
  }

  #find(column, row) {
    return this.#known.get(column)?.get(row);
  }

  #make(column, row) {
    if (this.#count++ > KEPT) {
      this.#known.clear();
      this.#count = 0;
    }
    if (!this.#known.has(column)) this.#known.set(column, new Map());
    const made = this.#begin(column, row);
    this.#known.get(column).set(row, made);
    return made;
  }

  #begin(column, row) {
    const random = (index) => hash(this.salt, column, row, index) / 2 ** 32;
    if (random(0) > 0.16 + 0.84 * noise(this.salt + 1, column / CLUSTER, row / CLUSTER)) return EMPTY;
    const place = (cell, share) => (cell + 0.06 + 0.88 * share) * CELL;
    const found = starAt(`${this.galaxy}/${column}/${row}`, this.#rules);
    return { ...found, x: place(column, random(1)), y: place(row, random(2)), size: sizeOf(found.star) };
  }
}

/** How large a star looks on the map, in px: by the magnitude of its light. */
export function sizeOf({ luminosity }) {
  return Math.max(1.2, 3.6 + 1.2 * Math.log10(luminosity));
}

/** The place of an address on a galaxy's map, `{galaxy, column, row}`, or null: it may be a star of none. */
export function placeOfStar(address) {
  const [, galaxy, column, row] = /^(.+)\/(-?\d{1,7})\/(-?\d{1,7})$/s.exec(address) ?? [];
  return galaxy === undefined ? null : { galaxy, column: Number(column), row: Number(row) };
}
