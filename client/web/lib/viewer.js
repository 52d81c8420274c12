// The large view of one planet, in a dialog.

import { fetchPlanet, pictureUrl } from "./api.js";
import { el, icon } from "./dom.js";
import { glowOf } from "./grid.js";
import { tellKind } from "./kinds.js";
import { linkTo } from "./place.js";
import { copyButton, downloadLink, fileName } from "./saving.js";
import { snippets } from "./snippets.js";

/** The line of facts about a planet. */
export function factsOf({ seed, model, version, kind }) {
  return [kind && tellKind(kind), `Seed ${seed}`, `${model} version ${version}`].filter(Boolean).join(" · ");
}

/** One dialog for the whole page; `onOpenInGenerate(query)` shows a planet there. */
export class Viewer {
  #query; // of Generate, for the planet in view
  #neighbor = () => null;
  #running = new AbortController();
  #image = el("img", { alt: "", id: "viewer-image" });
  #title = el("h2", { id: "viewer-title" });
  #facts = el("p", { class: "facts", id: "viewer-facts" });
  #download = downloadLink("Download", (sentence) => (this.#facts.textContent = sentence));
  #code = el("details", { class: "code" });
  #steps;

  constructor(onOpenInGenerate) {
    const close = () => this.element.close();
    const use = () => (close(), onOpenInGenerate(this.#query));
    this.#steps = [["back", "Previous planet", -1], ["next", "Next planet", 1]].map(([name, label, by]) =>
      el("button", { class: `step ${name}`, type: "button", "aria-label": label, onclick: () => this.#step(by) }, icon(name, 24)));
    this.#download.id = "viewer-download";
    const useButton = el("button", { class: "quiet strong", id: "viewer-use", type: "button", onclick: use }, "Open in Generate");
    const copy = copyButton("Copy link", () => linkTo("generate", this.#query));
    this.element = el("dialog", { class: "viewer", "aria-labelledby": "viewer-title" },
      el("button", { class: "close", type: "button", "aria-label": "Close", onclick: close }, icon("close")),
      el("div", { class: "window" }, this.#image, this.#steps),
      this.#title, this.#facts, el("div", { class: "actions" }, useButton, this.#download, copy), this.#code);
    this.element.addEventListener("click", ({ target }) => target === this.element && close()); // beside the picture
    this.element.addEventListener("keydown", ({ key, target }) => {
      if (!target.matches("pre, textarea")) this.#step({ ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0);
    });
    this.element.addEventListener("close", () => this.#running.abort());
  }

  /**
   * Shows a planet, `fetchPlanet`'s or with an address alone, as `options` of Generate tell.
   * `neighbor(planet, by)` gives the planet before (-1) or after it (1), or null.
   */
  async open(planet, options, neighbor = () => null) {
    this.#neighbor = neighbor;
    this.#query = { ...options, seed: planet.address, count: "" };
    const asked = { ...options, size: "512", format: "webp", background: "transparent" };
    this.#running.abort();
    this.#running = new AbortController();
    this.planet = planet;
    this.#title.textContent = planet.address;
    this.#facts.textContent = planet.seed ? factsOf(planet) : "Drawing…";
    this.#download.href = pictureUrl(planet.address, options);
    this.#download.download = fileName(planet.address, options.format);
    this.#code.replaceChildren(el("summary", {}, "Use it in code"), ...snippets(planet.address, options));
    this.#steps.forEach((button, index) => (button.hidden = neighbor(planet, index ? 1 : -1) === null));
    if (!this.element.open) this.element.showModal();
    await this.#draw(planet, asked, this.#running.signal);
  }

  async #draw(planet, options, signal) {
    this.#image.classList.add("waiting");
    try {
      const drawn = await fetchPlanet(planet.address, options, signal);
      if (this.#image.src) URL.revokeObjectURL(this.#image.src);
      this.#image.src = URL.createObjectURL(drawn.picture);
      this.#image.alt = `Planet ${planet.address}`;
      await this.#image.decode();
      this.#image.classList.remove("waiting");
      this.element.style.setProperty("--glow", glowOf(this.#image));
      this.#facts.textContent = factsOf(drawn);
    } catch (error) {
      if (!signal.aborted) this.#facts.textContent = error.message;
    }
  }

  #step(by) {
    const next = by && this.#neighbor(this.planet, by);
    if (next) this.open(next, { ...this.#query, ...next.options }, this.#neighbor);
  }
}
