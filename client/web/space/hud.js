// What lies over the canvas: where one is, the way back, tools; and what is told.

import { el, icon, statusLine } from "../lib/dom.js";
import { CELL } from "./stars.js";

const WIDE = 900; // px, from which on the card is beside the canvas' middle, and not below it
const KEYS = "arrow keys go from one to the next, Enter opens, Escape goes back, plus and minus zoom";

export class Hud {
  canvas = el("canvas", { class: "space-canvas", "aria-hidden": "true" });
  #spoken = el("p", { class: "spoken", "aria-live": "polite" });
  #where = el("strong", {});
  #coordinates = el("span", { class: "facts" });
  #place = el("div", { class: "hud place" }, this.#where, this.#coordinates);
  #field = el("input", { id: "galaxy-name", maxlength: 60, spellcheck: "false", autocapitalize: "none", autocomplete: "off", enterkeyhint: "go" });
  #search;
  #back;
  #ofMap;
  #bar;
  #card;

  /** The handlers are `onSeek(text)`, `onLeave()`, `onZoom(factor)`, `onHome()`, `onJump()`; card and bar are elements. */
  constructor({ onSeek, onLeave, onZoom, onHome, onJump }) {
    const tool = (label, sign, onclick) => el("button", { class: "tool", type: "button", "aria-label": label, title: label, onclick }, icon(sign));
    const { element: status, say } = statusLine();
    this.say = say;
    this.#search = el("form", { class: "hud universe", onsubmit: (event) => (event.preventDefault(), onSeek(this.#field.value.trim())) },
      el("label", { for: "galaxy-name" }, "Galaxy or star"), this.#field);
    this.#back = el("button", { class: "hud back", type: "button", hidden: true, onclick: onLeave }, icon("back"), el("span", {}));
    this.#ofMap = [this.#search, this.#place, tool("To the middle", "home", onHome), tool("Jump far away", "jump", onJump)];
    const tools = el("div", { class: "hud tools" },
      tool("Nearer", "plus", () => onZoom(1.4)), tool("Farther", "minus", () => onZoom(1 / 1.4)), this.#ofMap.slice(2));
    this.stage = el("section", { class: "galaxy space", tabindex: 0, role: "application" },
      this.canvas, this.#search, this.#back, status, this.#place, tools, this.#spoken);
  }

  /** Puts in a card and what stands at the bottom; `onSize()` is told when any of them changes its size. */
  furnish(card, bar, onSize) {
    [this.#card, this.#bar] = [card, bar];
    this.#back.after(card, bar);
    for (const element of [this.stage, card, bar]) new ResizeObserver(onSize).observe(element);
  }

  /** Tells what is in view: `view` is of what kind, `at` its address, `back` where the way back leads, null on a map. */
  show(view, at, label, back) {
    for (const element of this.#ofMap) element.hidden = back !== null;
    this.#back.hidden = back === null;
    this.#back.lastChild.textContent = back ?? "";
    Object.assign(this.stage.dataset, { view, at });
    this.stage.setAttribute("aria-label", `${label}: ${KEYS}`);
    this.point(false);
  }

  /** Tells where on a map one is. */
  locate({ stars, camera: { x, y } }) {
    this.#where.textContent = `${stars.sectorAt(x, y)} sector`;
    this.#coordinates.textContent = `${stars.galaxy} ${Math.floor(x / CELL)} : ${Math.floor(y / CELL)}`;
  }

  /** Puts a galaxy's name into the field. */
  name(galaxy) {
    this.#field.value = galaxy;
  }

  /** Has what keys chose read out: a sentence, and its address. */
  speak(sentence, address) {
    this.#spoken.textContent = sentence;
    this.stage.dataset.target = address;
  }

  /** Whether something to click is under the pointer. */
  point(isThere) {
    this.stage.classList.toggle("on", isThere);
  }

  /** How much of the canvas lies under other things, in px. */
  get inset() {
    const [wide, high] = this.#card.hidden ? [0, 0] : [this.#card.offsetWidth + 20, this.#card.offsetHeight + 8];
    const below = this.#bar.offsetHeight + 24;
    this.stage.style.setProperty("--below", `${this.#bar.offsetHeight}px`);
    return this.stage.clientWidth > WIDE
      ? { left: 0, right: wide, top: 30, bottom: below }
      : { left: 0, right: 0, top: 56, bottom: below + high };
  }
}
