// The large view of one planet, in a dialog.

import { pictureUrl } from "./api.js";

/** Puts title, facts and download link of `planet` into the elements `{title, facts, download}`. */
export function describe(planet, options, { title, facts, download }) {
  title.textContent = planet.address;
  facts.textContent = `Seed ${planet.seed} · ${planet.model} version ${planet.version}`;
  download.href = pictureUrl(planet.address, options);
  download.download = `${planet.address.replace(/[^\p{L}\p{N}.-]/gu, "_")}.${options.format}`;
}

/** Copies text; `button` says so for a moment. */
export async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    window.prompt("Copy this link:", text); // no clipboard outside HTTPS and localhost
    return;
  }
  button.disabled = true;
  setTimeout(() => {
    button.textContent = label;
    button.disabled = false;
  }, 1600);
}

/** The dialog `element`; `linkOf(address)` gives a planet's permalink, `onUse(address)` shows it alone. */
export class Viewer {
  #dialog;
  #part;
  #address;

  constructor(element, linkOf, onUse) {
    this.#dialog = element;
    this.#part = (name) => element.querySelector(`#viewer-${name}`);
    this.#part("close").addEventListener("click", () => element.close());
    this.#part("copy").addEventListener("click", ({ target }) => copy(linkOf(this.#address), target));
    this.#part("use").addEventListener("click", () => {
      element.close();
      onUse(this.#address);
    });
    element.addEventListener("click", ({ target }) => target === element && element.close()); // beside the picture
  }

  open(planet, options) {
    this.#address = planet.address;
    const image = this.#part("image");
    image.src = pictureUrl(planet.address, { ...options, size: "512", format: "webp" });
    image.dataset.background = options.background;
    image.alt = `Planet ${planet.address}`;
    const [title, facts, download] = ["title", "facts", "download"].map(this.#part);
    describe(planet, options, { title, facts, download });
    this.#part("use").hidden = options.count === "1"; // it is alone already
    this.#dialog.showModal();
  }
}
