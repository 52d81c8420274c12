// What was drawn before, the latest first: Generate's parameters, in localStorage.

import { el } from "./dom.js";

const STORED_AS = "planet-generator.history";
const MOST = 24;

/** A list of links `element`, hidden while there is nothing to show. */
export class History {
  #list = el("ul", {});

  constructor() {
    const clear = el("button", { class: "clear", type: "button", onclick: () => this.#store([]) }, "Clear");
    this.element = el("section", { class: "history", "aria-label": "Recent" }, el("h2", {}, "Recent"), clear, this.#list);
    this.#fill();
  }

  /** Puts an entry `{hash, label, count, glow}` in front; the same place stands there once. */
  add(entry) {
    this.#store([entry, ...past().filter(({ hash }) => hash !== entry.hash)].slice(0, MOST));
  }

  #store(entries) {
    try {
      localStorage.setItem(STORED_AS, JSON.stringify(entries));
    } catch {
      // No storage, no history: the page works without.
    }
    this.#fill();
  }

  #fill() {
    const entries = past();
    this.element.hidden = entries.length === 0;
    this.#list.replaceChildren(...entries.map(({ hash, label, count, glow }) => {
      const dot = el("span", { class: "dot" });
      dot.style.setProperty("--glow", glow);
      return el("li", {}, el("a", { href: hash }, dot, count > 1 ? `${label} ×${count}` : label));
    }));
  }
}

function past() {
  try {
    const entries = JSON.parse(localStorage.getItem(STORED_AS) ?? "[]");
    return entries.filter(({ hash, label }) => hash.startsWith("#generate") && label);
  } catch {
    return []; // storage is turned off, or was written by something else
  }
}
