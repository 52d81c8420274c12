// The star and its planets in a row: where one is, and the way to the others.

import { el } from "../lib/dom.js";
import { colorOf, tellClass, tellStar } from "./looks.js";

export class Strip {
  #onChoose;
  #buttons = new Map(); // address → button
  system = null; // that is shown

  /** `onChoose(body)` is told; of the star, null. */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    this.element = el("nav", { class: "hud strip", "aria-label": "Star and planets", hidden: true });
  }

  /** Shows a system, or nothing. */
  show(system) {
    this.system = system;
    this.#buttons.clear();
    this.element.hidden = system === null;
    if (system === null) return;
    const { star } = system;
    const sun = this.#button(system.name, `${system.name}, ${tellStar(star)}`, "", star.color, null);
    sun.classList.add("sun");
    this.#buttons.set(system.address, sun);
    for (const planet of system.planets) {
      const label = planet.name.slice(system.name.length + 1);
      this.#buttons.set(planet.address, this.#button(planet.name, `${planet.name}, ${tellClass(planet)}`, label, colorOf(planet), planet));
    }
    this.element.replaceChildren(...this.#buttons.values());
  }

  /** Marks where one is. */
  mark(address) {
    for (const [one, button] of this.#buttons) {
      if (one === address) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    this.#buttons.get(address)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Puts in a picture, if it came. */
  fill(address, url) {
    const image = this.#buttons.get(address)?.querySelector("img");
    if (!image || !url) return;
    image.src = url;
    image.hidden = false;
  }

  #button(title, name, label, color, body) {
    const orb = el("span", { class: "dot" }, body && el("img", { alt: "", hidden: true, draggable: "false" }));
    orb.style.setProperty("--glow", color);
    return el("button", { type: "button", title, "aria-label": name, onclick: () => this.#onChoose(body) }, orb, el("span", {}, label));
  }
}
