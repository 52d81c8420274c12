// What it takes to draw a world live: from the server to what a Globe uses.

import { fetchBytes, fetchFile, worldUrl } from "./api.js";

const shared = new Map(); // URL → bytes that are the same for all worlds of a model

/** Fetches a world's maps, `{map, normal}`, as ImageBitmaps. */
export async function fetchMaps(address, options, signal) {
  const [map, normal] = await Promise.all(["map.png", "normal.png"].map((part) => fetchBitmap(worldUrl(address, part, options), signal)));
  return { map, normal };
}

/** Fetches the rest of a world, whose `shader.json` is `shader`: `{shader, map, normal, network, details, field}`, as `Globe.use` takes it. */
export async function fetchWorld(address, options, shader, signal) {
  const [maps, network, details, field] = await Promise.all([
    fetchMaps(address, options, signal),
    fetchShared(shader.network, signal),
    fetchShared(shader.details.url, signal),
    fetchBytes(shader.field.url, signal),
  ]);
  return { shader, ...maps, network: new Float32Array(network), details: new Uint8Array(details), field: new Uint16Array(field) };
}

async function fetchShared(url, signal) {
  if (!shared.has(url)) shared.set(url, await fetchBytes(url, signal));
  return shared.get(url);
}

async function fetchBitmap(url, signal) {
  const file = await fetchFile(url, signal);
  return createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" }); // numbers, not colors
}
