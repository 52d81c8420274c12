// What is known of a star, a planet or a moon, beside the canvas.

import { el, icon } from "../lib/dom.js";
import { copyButton } from "../lib/saving.js";
import { factsOfBody, factsOfStar, tellClass, tellStar } from "./looks.js";

/** The card of what is in view: `show…(…)` fills it, `hide()` takes it away. */
export class Card {
  #wide = matchMedia("(min-width: 901px)");
  #isOpen = null; // as the reader left it

  /** `linkOf()` is a permanent link to the view. */
  constructor(linkOf) {
    this.#copy = copyButton("Copy link", linkOf);
    this.element = el("section", { class: "hud card", "aria-label": "About it", hidden: true });
  }

  #copy;

  showStar(system) {
    const { star } = system;
    this.#fill(system.name, tellStar(star), system.address, factsOfStar(system), []);
  }

  /**
   * A planet, or a moon with its planet; `links` are `[label, href]`, the first the one to follow, `onVisit(body)` goes to
   * another body.
   */
  showBody(body, parent, links, onVisit) {
    const others = parent === null ? body.moons : [parent];
    const visits = others.map((one) => el("button", { class: "quiet", type: "button", onclick: () => onVisit(one) }, parent === null ? one.name.split(" ").at(-1) : one.name));
    const what = parent === null ? (body.moons.length === 1 ? "Moon" : "Moons") : "Planet";
    const nearby = visits.length ? el("div", { class: "nearby" }, el("span", {}, what), visits) : null;
    const actions = links.map(([label, href], i) => el("a", { class: i === 0 ? "quiet strong" : "quiet", href }, label));
    this.#fill(body.name, parent === null ? tellClass(body) : `${tellClass(body)}, a moon`, body.address, factsOfBody(body), actions, nearby);
  }

  hide() {
    this.element.hidden = true;
  }

  #fill(name, what, address, facts, actions, nearby = null) {
    const list = el("dl", {}, facts.map(([term, told]) => el("div", {}, el("dt", {}, term), el("dd", {}, told))));
    const details = el("details", { open: this.#isOpen ?? this.#wide.matches }, el("summary", {}, "Data", icon("down", 16)), list);
    details.addEventListener("toggle", () => (this.#isOpen = details.open));
    this.element.replaceChildren(
      el("h2", {}, name), el("p", { class: "what" }, what), el("p", { class: "facts" }, address),
      details, ...[nearby].filter(Boolean), el("div", { class: "actions" }, actions, this.#copy));
    this.element.hidden = false;
  }
}
