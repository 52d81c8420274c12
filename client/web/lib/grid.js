// The grid of planets: empty orbs at once, pictures as they arrive.

import { fetchPlanet } from "./api.js";
import { el } from "./dom.js";

const REQUESTS_AT_ONCE = 4;
const GRID_SIZE = 256;
const ALONE_SIZE = 512;

/** A grid of tiles; `onOpen(planet)` is called for a planet that was clicked. Arrow keys go from tile to tile. */
export class Grid {
  #onOpen;
  #running = new AbortController();
  #pictures = [];

  constructor(onOpen) {
    this.element = el("div", { class: "grid" });
    this.#onOpen = onOpen;
    this.element.addEventListener("keydown", (event) => this.#walk(event));
  }

  /**
   * Shows the planets at `addresses`, in place of those before.
   *
   * Returns the planets that arrived, as `fetchPlanet` gives them and with `glow`, a CSS color, in the order asked for,
   * and the errors of those that did not; null if another call took over meanwhile. `onProgress(done)` is told after
   * each planet.
   */
  async show(addresses, options, onProgress) {
    const { signal } = this.#restart();
    const size = addresses.length === 1 ? ALONE_SIZE : GRID_SIZE;
    const tiles = addresses.map(newTile);
    this.element.dataset.background = options.background;
    this.element.dataset.columns = Math.ceil(Math.sqrt(addresses.length));
    this.element.replaceChildren(...tiles);

    const planets = [];
    const errors = [];
    let done = 0;
    const queue = addresses.entries();
    const worker = async () => {
      for (const [i, address] of queue) {
        try {
          const planet = await fetchPlanet(address, { ...options, size, format: "webp" }, signal);
          planets[i] = await this.#fill(tiles[i], planet);
        } catch (error) {
          if (signal.aborted) return;
          tiles[i].dataset.state = "failed";
          errors.push(error);
        }
        if (!signal.aborted) onProgress(++done);
      }
    };
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, worker));
    return signal.aborted ? null : { planets: planets.filter(Boolean), errors };
  }

  #restart() {
    this.#running.abort();
    this.#running = new AbortController();
    this.#pictures.splice(0).forEach((url) => URL.revokeObjectURL(url));
    return this.#running;
  }

  async #fill(tile, planet) {
    const url = URL.createObjectURL(planet.picture);
    this.#pictures.push(url);
    const image = tile.querySelector("img");
    image.src = url;
    await image.decode();
    const glow = glowOf(image);
    tile.style.setProperty("--glow", glow);
    image.hidden = false;
    tile.dataset.state = "shown";
    tile.disabled = false;
    tile.addEventListener("click", () => this.#onOpen(planet));
    return { ...planet, glow };
  }

  #walk(event) {
    const tiles = [...this.element.querySelectorAll(".tile:not(:disabled)")];
    const at = tiles.indexOf(document.activeElement);
    const columns = Number(this.element.dataset.columns);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (step === undefined || at < 0) return;
    event.preventDefault();
    tiles[at + step]?.focus();
  }
}

function newTile(address) {
  return el("button", { class: "tile", type: "button", "aria-label": `Planet ${address}`, disabled: true },
    el("span", { class: "orb" }, el("img", { alt: "", hidden: true })), el("span", { class: "name" }, address));
}

/** The mean color of a picture's middle: what the planet's light looks like from afar. */
export function glowOf(image) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  const [width, height] = [image.naturalWidth / 2, image.naturalHeight / 2];
  context.imageSmoothingQuality = "high";
  context.drawImage(image, width / 2, height / 2, width, height, 0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return `rgb(${red} ${green} ${blue})`;
}
