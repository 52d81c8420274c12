// The server's REST API. Every failure is a Problem, whose message is one sentence fit for the reader.

const RETRIES = 2;
const LONGEST_WAIT_S = 10;

export class Problem extends Error {}

/** All models that can draw planets now: `{default, models: [{name, version, card}, …]}`. */
export async function listModels() {
  const { default: preferred, models } = await (await get("/v1/models")).json();
  return { default: preferred, models: models.filter(drawsPlanets) };
}

/** The URL of one planet's picture; what is empty in `options` is left to the server. */
export function pictureUrl(address, { model, version, kind, size, background, temperature, format }) {
  const path = address.split("/").map(encodeURIComponent).join("/");
  const told = Object.entries({ model, version, kind, size, background, temperature }).filter(([, value]) => value);
  const query = new URLSearchParams(told).toString();
  return `/v1/planets/${path}.${format}${query && `?${query}`}`;
}

/** Fetches one planet: `{picture: Blob, seed: decimal string, model, version}`. */
export async function fetchPlanet(address, options, signal) {
  if (/(^|\/)\.{1,2}\//.test(address)) {
    throw new Problem(`A link cannot carry “${address}”: leave out the steps of one or two dots.`);
  }
  const response = await get(pictureUrl(address, options), signal);
  return {
    picture: await response.blob(),
    seed: response.headers.get("X-Planet-Seed"),
    model: response.headers.get("X-Planet-Model"),
    version: response.headers.get("X-Planet-Version"),
  };
}

function drawsPlanets({ state, card }) {
  return state === "AVAILABLE" && card.task === "generate";
}

/** GETs a URL; waits and tries again while the server is overloaded and says for how long. */
async function get(url, signal) {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(url, { signal }).catch((error) => {
      throw error.name === "AbortError" ? error : new Problem("The server does not answer. Check that it is running.");
    });
    if (response.ok) return response;
    const wait = Number(response.headers.get("Retry-After") ?? NaN);
    if (attempt === RETRIES || !(wait <= LONGEST_WAIT_S)) throw await problemOf(response);
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

async function problemOf(response) {
  const { detail } = await response.json().catch(() => ({}));
  return new Problem(detail ?? `The server answered ${response.status} ${response.statusText}.`);
}
