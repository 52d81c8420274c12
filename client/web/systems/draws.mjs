// Text → seed → draws, the same in any language: docs/systems.md. Nothing here waits or needs a secure page, as the
// browser's own hash would.

const MASK = (1n << 64n) - 1n;
/** Of ten: what computes them need not be exact. */
export const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];
const ROOTS = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const CUBE_ROOTS = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/** Whether a text is a seed: a whole number, written in digits. */
export const isSeed = (text) => /^[+-]?[0-9]+$/.test(text);

/** The seed of a text, a BigInt: of digits their number, of any other text the start of a hash. */
export function seedOf(text) {
  if (isSeed(text)) return BigInt(text.replace(/^\+/, ""));
  const [high, low] = sha256(new TextEncoder().encode(`planet-generator/1\0${text}`));
  return (BigInt(high) << 32n) | BigInt(low);
}

/** SHA-256 (FIPS 180-4) of bytes, as eight numbers of 32 bits. */
function sha256(bytes) {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, 8 * bytes.length);
  const state = Uint32Array.from(ROOTS);
  const w = new Uint32Array(64);
  const turned = (x, by) => (x >>> by) | (x << (32 - by));
  for (let start = 0; start < padded.length; start += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(start + 4 * i);
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15], w[i - 2]];
      w[i] = w[i - 16] + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + w[i - 7] + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + CUBE_ROOTS[i] + w[i]) | 0;
      const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] += value));
  }
  return state;
}

/** Philox4x64-10, as NumPy has it: Salmon 2011, "Parallel Random Numbers: As Easy as 1, 2, 3". */
function* words(seed, stream) {
  for (let counter = 1n; ; counter++) {
    let block = [counter, 0n, 0n, 0n];
    let key = [seed, stream];
    for (let round = 0; round < 10; round++) {
      const [first, second] = [0xd2e7470ee14c6c93n * block[0], 0xca5a826395121157n * block[2]];
      block = [(second >> 64n) ^ block[1] ^ key[0], second & MASK, (first >> 64n) ^ block[3] ^ key[1], first & MASK];
      key = [(key[0] + 0x9e3779b97f4a7c15n) & MASK, (key[1] + 0xbb67ae8584caa73bn) & MASK];
    }
    yield* block;
  }
}

/** The draws of a seed, of its stream 2. */
export class Draws {
  #words;

  constructor(seed) {
    this.#words = words(seed, 2n);
  }

  uniform() {
    return Number(this.#words.next().value >> 11n) / 2 ** 53;
  }

  of(table) {
    return lookup(table, this.uniform());
  }

  between(low, high) {
    return low + (high - low) * this.uniform();
  }

  choice(items) {
    return items[Math.floor(this.uniform() * items.length)];
  }
}

/** The value of a table, `[[x, y], …]`, at x: straight between its places. */
export function lookup(table, x) {
  if (x <= table[0][0]) return table[0][1];
  for (let i = 1; i < table.length; i++) {
    const [[x0, y0], [x1, y1]] = [table[i - 1], table[i]];
    if (x <= x1) return y0 + (y1 - y0) * ((x - x0) / (x1 - x0));
  }
  return table.at(-1)[1];
}

/** Rounded half up to so many digits behind the point. */
export const rounded = (value, digits) => Math.floor(value * POWERS[digits] + 0.5) / POWERS[digits];
export const quarticRoot = (value) => Math.sqrt(Math.sqrt(value));
