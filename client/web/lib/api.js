// The server's REST API. Every failure is a Problem, whose message is one sentence fit for the reader.

import { askForKey, currentKey, keyHeaders } from "./key.js";

const RETRIES = 2;
const LONGEST_WAIT_S = 10;

export class Problem extends Error {}

/** The options of planets, `{name, description, schema}`, as the server's own document tells them; none until asked for. */
export let planetOptions = [];

/** Asks for `planetOptions`. */
export async function loadOptions() {
  const { paths } = await (await send("/openapi.json")).json();
  planetOptions = paths["/v1/planets/{seed}.{format}"].get.parameters.filter((one) => one.in === "query");
}

/** Whether a planet's option is a number. */
export const isNumber = ({ schema }) => schema.type === "integer" || schema.type === "number";

/** Everything that is served: `{default, models: [{name, version, state, card, error}, …]}`. */
export async function listModels() {
  return (await send("/v1/models")).json();
}

/** The URL of one planet's picture; what is empty in `options` is left to the server. */
export function pictureUrl(address, options) {
  const path = address.split("/").map(encodeURIComponent).join("/");
  return `/v1/planets/${path}.${options.format}${queryOf(options, planetOptions.map(({ name }) => name))}`;
}

/** The URL of an animation from `from` to `to`, in `format`. */
export function morphUrl({ format, ...options }) {
  return `/v1/morph.${format}${queryOf(options)}`;
}

/** The URL of a picture with `count` planets counted from `seed`. */
export function sheetUrl({ format, ...options }) {
  return `/v1/sheet.${format}${queryOf(options)}`;
}

/**
 * The URL of a world's picture (`part` is `png` or `webp`), or of `map.png`, `normal.png`, `spin.webp`, `shader.json`.
 * Links cannot carry an address with steps of one or two dots.
 */
export function worldUrl(address, part, { seed, ...options }) {
  const path = address.split("/").map(encodeURIComponent).join("/");
  const ending = part.includes(".") ? `/${part}` : `.${part}`;
  return `/v1/worlds/${path}${ending}${queryOf(options)}`;
}

/** Fetches the star system at an address, as docs/systems.md tells it. */
export async function fetchSystem(address, signal) {
  checkAddress(address);
  return (await send(`/v1/systems/${address.split("/").map(encodeURIComponent).join("/")}.json`, { signal })).json();
}

/** Fetches the tables that systems are made by. */
export async function fetchRules() {
  return (await send("/static/systems/rules_1.json")).json();
}

/** Fetches what it takes to draw a world: `{seed, axes, rim, …, glsl, numbers, network, …}`. */
export async function fetchShader(address, options, signal) {
  checkAddress(address);
  return (await send(worldUrl(address, "shader.json", options), { signal })).json();
}

/** Fetches what is known of a world apart from its looks, as docs/worlds.md tells it. */
export async function fetchFacts(address, options, signal) {
  checkAddress(address);
  return (await send(worldUrl(address, "json", options), { signal })).json();
}

/** Fetches a file's bytes, as an ArrayBuffer. */
export async function fetchBytes(url, signal) {
  return (await send(url, { signal })).arrayBuffer();
}

/** Fetches one planet: `{address, picture: Blob, seed: decimal string, model, version, kind: text or null}`. */
export async function fetchPlanet(address, options, signal) {
  checkAddress(address);
  const response = await send(pictureUrl(address, options), { signal });
  const header = (name) => response.headers.get(`X-Planet-${name}`);
  return {
    address,
    picture: await response.blob(),
    seed: header("Seed"),
    model: header("Model"),
    version: header("Version"),
    kind: header("Kind") && decodeURIComponent(header("Kind")),
  };
}

/** Fetches a file as a Blob. */
export async function fetchFile(url, signal) {
  return (await send(url, { signal })).blob();
}

/** Fetches many planets in a ZIP. */
export async function fetchZip(seeds, { format, ...options }) {
  const given = planetOptions.filter(({ name }) => options[name]);
  const told = given.map((one) => [one.name, isNumber(one) ? Number(options[one.name]) : options[one.name]]);
  const body = JSON.stringify({ seeds, format, ...Object.fromEntries(told) });
  const headers = { "Content-Type": "application/json", Accept: "application/zip" };
  return (await send("/v1/planets", { method: "POST", body, headers })).blob();
}

/** Recognizes what a picture, a Blob, shows. */
export async function classify(picture, signal) {
  return (await upload("/v1/classify", picture, signal)).json();
}

/** Translates a picture, a Blob, by a model. */
export async function translate(picture, options, signal) {
  return (await upload(`/v1/translate${queryOf(options)}`, picture, signal)).blob();
}

function checkAddress(address) {
  if (/(^|\/)\.{1,2}\//.test(address)) {
    throw new Problem(`A link cannot carry “${address}”: leave out the steps of one or two dots.`);
  }
}

function upload(url, picture, signal) {
  return send(url, { method: "POST", body: picture, headers: { "Content-Type": "application/octet-stream" }, signal });
}

function queryOf(options, names = Object.keys(options)) {
  const told = names.map((name) => [name, options[name]]).filter(([, value]) => value || value === 0);
  const query = new URLSearchParams(told).toString();
  return query && `?${query}`;
}

/** Sends a request; waits and tries again while the server is overloaded and says for how long; asks for a key. */
async function send(url, { headers, ...init } = {}) {
  for (let retries = 0; ; ) {
    const key = currentKey();
    const response = await fetch(url, { ...init, headers: { ...headers, ...keyHeaders(key) } }).catch((error) => {
      throw error.name === "AbortError" ? error : new Problem("The server does not answer. Check that it is running.");
    });
    if (response.ok) return response;
    if (response.status === 401) {
      await askForKey(key, (await problemOf(response)).message);
      continue;
    }
    const wait = Number(response.headers.get("Retry-After") ?? NaN);
    if (retries++ === RETRIES || !(wait <= LONGEST_WAIT_S)) throw await problemOf(response);
    await pause(wait, init.signal);
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

async function problemOf(response) {
  const { detail } = await response.json().catch(() => ({}));
  return new Problem(detail ?? `The server answered ${response.status} ${response.statusText}.`);
}
