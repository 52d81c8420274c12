// The API key, where a server asks for one: kept for this window's life, never in a URL.

import { el } from "./dom.js";

const STORED_AS = "planet-generator.key";
let asking = null;

/** The key in use, or null. */
export function currentKey() {
  return sessionStorage.getItem(STORED_AS);
}

/** The headers that carry the key `key`. */
export function keyHeaders(key) {
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

/** Asks for another key than `refused`, which the server answered by `sentence`; resolves once there is one. */
export function askForKey(refused, sentence) {
  if (currentKey() !== refused) return Promise.resolve(); // it came while the refused request was under way
  asking ??= new Promise((resolve) => show(sentence, resolve)).finally(() => (asking = null));
  return asking;
}

function show(sentence, done) {
  const input = el("input", { id: "key-input", type: "password", autocomplete: "off", required: true });
  const form = el("form", { class: "key", "aria-label": "API key" },
    el("label", { for: "key-input" }, sentence), input, el("button", { class: "quiet", type: "submit" }, "Use this key"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(STORED_AS, input.value.trim());
    form.remove();
    done();
  });
  document.querySelector(".bar").after(form);
  input.focus();
}
