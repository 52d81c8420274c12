// What the page shows, as a plain object that goes into the URL's query and comes back from it unchanged.

// An empty background is black, and an empty temperature is 1.
const DEFAULTS = {
  seed: "", model: "", version: "", kind: "", temperature: "", background: "", size: "256", format: "png", count: "1",
};
const CHOICES = {
  background: ["transparent"],
  size: ["64", "128", "256", "512"],
  format: ["png", "webp", "jpg"],
  count: ["1", "4", "9", "16", "36"],
};

const SYLLABLES = (
  "al an ar bel cas cor dra el en er fa gal hel il io ka kel lor ly ma mir nar ne no or pel ra ro sa sel " +
  "sha sol ta tel tha ti ul va vel ven vi xa yr za"
).split(" ");
const ENDINGS = ["a", "ae", "ar", "en", "eon", "ia", "ion", "is", "on", "or", "us", "yx"];

/** Reads the state from a query string such as `?seed=orion%2F7%2F3&count=4`; what is no choice gets its default. */
export function fromQuery(search) {
  const query = new URLSearchParams(search);
  const read = (name) => (CHOICES[name]?.includes(query.get(name)) ?? query.has(name) ? query.get(name) : DEFAULTS[name]);
  return Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, read(name)]));
}

/** Writes the state as a query string; what has its default value is left out. */
export function toQuery(state) {
  const told = Object.entries(state).filter(([name, value]) => value !== DEFAULTS[name]);
  return `?${new URLSearchParams(told)}`;
}

/**
 * The seeds and addresses that the state shows: the seed itself or, of several planets, those at `SEED/0`, `SEED/1`, …
 * A number that is no seed is left alone, for the server to say what is wrong with it.
 */
export function addressesOf({ seed, count }) {
  const number = /^[+-]?\d+$/.test(seed) ? BigInt(seed) : null; // 007 is seed 7
  if (count === "1" || number < 0n || number >= 2n ** 64n) return [seed];
  return Array.from({ length: Number(count) }, (_, i) => `${number ?? seed}/${i}`);
}

/** A random address that reads like a place, such as `velaris/12/4`: star, orbit, moon; about 10^9 of them. */
export function randomAddress() {
  const name = pick(SYLLABLES) + pick(SYLLABLES) + pick(SYLLABLES) + pick(ENDINGS);
  return `${name}/${1 + random(99)}/${1 + random(9)}`;
}

function pick(list) {
  return list[random(list.length)];
}

function random(below) {
  return crypto.getRandomValues(new Uint32Array(1))[0] % below;
}
