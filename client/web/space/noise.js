// Chance that is the same everywhere: from integers alone.

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
