// Names of places.

const SYLLABLES = (
  "al an ar bel cas cor dra el en er fa gal hel il io ka kel lor ly ma mir nar ne no or pel ra ro sa sel " +
  "sha sol ta tel tha ti ul va vel ven vi xa yr za"
).split(" ");
const ENDINGS = ["a", "ae", "ar", "en", "eon", "ia", "ion", "is", "on", "or", "us", "yx"];

/** A random address that reads like a place, such as `velaris/12/4`: star, orbit, moon; about 10^9 of them. */
export function randomAddress() {
  const [name, orbit, moon] = crypto.getRandomValues(new Uint32Array(3));
  return `${nameOf(name)}/${1 + (orbit % 99)}/${1 + (moon % 9)}`;
}

/** A name that belongs to an integer of 0 to 2^32 - 1. */
export function nameOf(number) {
  let rest = number;
  const pick = (list) => {
    const chosen = list[rest % list.length];
    rest = Math.floor(rest / list.length);
    return chosen;
  };
  return pick(SYLLABLES) + pick(SYLLABLES) + pick(SYLLABLES) + pick(ENDINGS);
}
