// What Generate shows, as a plain object that goes into the URL and comes back from it unchanged.

// An empty background is black, and an empty temperature is 1.
const DEFAULTS = {
  seed: "", model: "", version: "", kind: "", temperature: "", background: "", size: "256", format: "png", count: "1",
};
const CHOICES = {
  background: ["transparent"],
  size: ["64", "128", "256", "512"],
  format: ["png", "webp", "jpg"],
  count: ["1", "4", "9", "16", "36", "64"],
};

/** The names among `names` that are none of its own. */
export const besides = (names) => names.filter((name) => !(name in DEFAULTS) && name !== "label"); // its model has a version

/** Reads the state from a URL's query, with those of `more` that are told there; what is no choice gets its default. */
export function fromQuery(query, more = []) {
  const read = (name) => (CHOICES[name]?.includes(query.get(name)) ?? query.has(name) ? query.get(name) : DEFAULTS[name] ?? "");
  return Object.fromEntries([...Object.keys(DEFAULTS), ...more].map((name) => [name, read(name)]));
}

/** The state as a URL's query tells it: what has its default value is left out. */
export function toQuery(state) {
  return Object.fromEntries(Object.entries(state).filter(([name, value]) => value !== (DEFAULTS[name] ?? "")));
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
