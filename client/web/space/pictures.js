// Pictures of planets and moons, to paint with: lit from the viewer, so that their star's light can be laid on them.

import { fetchFile, fetchPlanet, worldUrl } from "../lib/api.js";
import { Loader } from "../lib/loader.js";
import { BALL_RADIUS } from "./light.js";
import { kindFor } from "./looks.js";

const SMALL = 128; // px
const LARGE = 512;

export class Pictures {
  #loader;
  #wanted = new Map(); // key → body

  /** `source` is who draws, `{model, version, card, isWorld}`; `onLoaded(address, picture)` and `onFailed(error)` are told. */
  constructor(source, onLoaded, onFailed) {
    this.source = source;
    this.#loader = new Loader(
      (key, signal) => this.#load(this.#wanted.get(key), Number(key.split(" ")[0]), signal),
      (key, picture) => onLoaded(key.slice(key.indexOf(" ") + 1), picture),
      ({ bitmap, url }) => (bitmap.close(), URL.revokeObjectURL(url)),
      onFailed,
    );
  }

  /** Wants pictures of bodies, in this order, and a large one of `portrait`, if any, before them. */
  want(bodies, portrait = null) {
    this.#wanted = new Map(bodies.map((body) => [`${SMALL} ${body.address}`, body]));
    const keys = [...this.#wanted.keys()];
    if (portrait !== null) {
      this.#wanted.set(`${LARGE} ${portrait.address}`, portrait);
      keys.splice(1, 0, `${LARGE} ${portrait.address}`);
    }
    this.#loader.want(keys);
  }

  /** A body's picture, `{bitmap, url, wide, high}`, if it is here: `wide` and `high` are what of a ball's width and height it fills. */
  of(body) {
    return this.#loader.get(`${SMALL} ${body.address}`);
  }

  /** The same, large if that is here. */
  portraitOf(body) {
    return this.#loader.get(`${LARGE} ${body.address}`) ?? this.of(body);
  }

  async #load(body, size, signal) {
    const { model, version, card, isWorld } = this.source;
    const options = { model, version, kind: kindFor(card, body.kind), size, background: "transparent" };
    // A world is asked from the side that its globe begins with, and so that no light of its own lies on it.
    const picture = isWorld
      ? await fetchFile(worldUrl(body.address, "webp", { ...options, lon: 0, lat: 0, sun: "0,0" }), signal)
      : (await fetchPlanet(body.address, { ...options, format: "webp" }, signal)).picture;
    const bitmap = await createImageBitmap(picture);
    return { bitmap, url: URL.createObjectURL(picture), ...extentOf(bitmap) };
  }
}

/** How wide and how high the body in a picture is, as shares of a ball that is as large as a body may be. */
function extentOf(bitmap) {
  const side = 64;
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  let [wide, high] = [0, 0];
  for (let i = 0; i < side; i++) {
    wide += data[4 * (side * (side / 2) + i) + 3];
    high += data[4 * (side * i + side / 2) + 3];
  }
  const share = (alpha) => alpha / 255 / side / BALL_RADIUS || 1;
  return { wide: share(wide), high: share(high) };
}
