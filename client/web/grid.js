// The grid of planets: empty orbs at once, pictures as they arrive.

import { fetchPlanet } from "./api.js";

const REQUESTS_AT_ONCE = 4;
const GRID_SIZE = 256;
const ALONE_SIZE = 512;

/** A grid in `element`, with tiles from `template`; `onOpen(planet)` is called for a planet that was clicked. */
export class Grid {
  #element;
  #template;
  #onOpen;
  #running = new AbortController();
  #pictures = [];

  constructor(element, template, onOpen) {
    this.#element = element;
    this.#template = template;
    this.#onOpen = onOpen;
  }

  /**
   * Shows the planets at `addresses`, in place of those before.
   *
   * Returns the planets `{address, seed, model, version, url}` that arrived and the errors of those that did not, or
   * null if another call took over meanwhile. `onProgress(done)` is told after each planet.
   */
  async show(addresses, options, onProgress) {
    const { signal } = this.#restart();
    const size = addresses.length === 1 ? ALONE_SIZE : GRID_SIZE;
    const tiles = addresses.map((address) => this.#tile(address));
    this.#element.dataset.background = options.background;
    this.#element.dataset.columns = Math.ceil(Math.sqrt(addresses.length));
    this.#element.replaceChildren(...tiles);

    const planets = [];
    const errors = [];
    const queue = addresses.entries();
    const worker = async () => {
      for (const [i, address] of queue) {
        try {
          const { picture, ...facts } = await fetchPlanet(address, { ...options, size, format: "webp" }, signal);
          planets.push(await this.#fill(tiles[i], { address, ...facts }, picture));
        } catch (error) {
          if (signal.aborted) return;
          tiles[i].dataset.state = "failed";
          errors.push(error);
        }
        if (!signal.aborted) onProgress(planets.length + errors.length);
      }
    };
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, worker));
    return signal.aborted ? null : { planets, errors };
  }

  #restart() {
    this.#running.abort();
    this.#running = new AbortController();
    this.#pictures.splice(0).forEach((url) => URL.revokeObjectURL(url));
    return this.#running;
  }

  #tile(address) {
    const tile = this.#template.content.firstElementChild.cloneNode(true);
    tile.querySelector(".name").textContent = address;
    tile.setAttribute("aria-label", `Planet ${address}`);
    tile.disabled = true;
    return tile;
  }

  async #fill(tile, facts, picture) {
    const planet = { ...facts, url: URL.createObjectURL(picture) };
    this.#pictures.push(planet.url);
    const image = tile.querySelector("img");
    image.src = planet.url;
    await image.decode();
    tile.style.setProperty("--glow", glowOf(image));
    image.hidden = false;
    tile.dataset.state = "shown";
    tile.disabled = false;
    tile.addEventListener("click", () => this.#onOpen(planet));
    return planet;
  }
}

/** The mean color of a picture's middle: what the planet's light looks like from afar. */
function glowOf(image) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  const [width, height] = [image.naturalWidth / 2, image.naturalHeight / 2];
  context.imageSmoothingQuality = "high";
  context.drawImage(image, width / 2, height / 2, width, height, 0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return `rgb(${red} ${green} ${blue})`;
}
