// Choosing a kind of planet, or a mix of two, as the API writes it: ``, `earth` or `earth:0.6,lava:0.4`.

import { choose, select, slider } from "./controls.js";
import { el, pretty } from "./dom.js";

/** Two selects and a slider; inside a form they tell changes as any field does. */
export class KindPicker {
  #first;
  #second;
  #share;
  #secondField;

  /** `prefix` sets the fields' names apart where a form has two pickers. */
  constructor(label = "Kind", prefix = "") {
    const firstField = select({ label, name: `${prefix}kind` });
    this.#secondField = select({ label: "Mixed with", name: `${prefix}kind2` });
    this.#first = firstField.querySelector("select");
    this.#second = this.#secondField.querySelector("select");
    const tell = (share) => `${share} % ${pretty(this.#first?.value ?? "")} · ${100 - share} % ${pretty(this.#second?.value ?? "")}`;
    this.#share = slider({ label: "Mix", name: `${prefix}share`, min: 5, max: 95, step: 5, value: 50, tell });
    this.element = el("div", { class: "kinds" }, firstField, this.#secondField, this.#share.element);
    this.element.addEventListener("change", () => this.#refresh());
    this.offer(null);
  }

  /** Offers the kinds and archetypes of a model's card, and keeps the choice if they hold it. */
  offer(card) {
    const kinds = card?.class_names ?? [];
    const archetypes = Object.keys(card?.archetypes ?? {});
    this.element.hidden = kinds.length === 0;
    for (const [field, none] of [[this.#first, "Any"], [this.#second, "Nothing"]]) {
      const before = field.value;
      field.replaceChildren(new Option(none, ""), ...group("Kinds", kinds), ...group("Archetypes", archetypes));
      field.value = [...kinds, ...archetypes].includes(before) ? before : "";
    }
    this.#refresh();
  }

  get value() {
    const [first, second] = [this.#first.value, this.#second.value];
    if (!first || !second || first === second) return first;
    const share = Number(this.#share.input.value) / 100;
    return `${first}:${share},${second}:${Number((1 - share).toFixed(2))}`;
  }

  set value(text) {
    const parts = text.split(",").map((part) => part.split(":"));
    const [[first, a = 1], [second = "", b = 1] = []] = parts;
    const isMix = parts.length === 2 && [a, b].every((weight) => Number(weight) > 0);
    choose(this.#first, isMix ? first : text);
    choose(this.#second, isMix ? second : "");
    this.#share.show(isMix ? Math.round((100 * a) / (Number(a) + Number(b))) : 50);
    if (text) this.element.hidden = false; // a kind that the model lacks must be seen, to be taken back
    this.#refresh();
  }

  #refresh() {
    this.#secondField.hidden = this.#first.value === "";
    this.#share.element.hidden = this.#first.value === "" || this.#second.value === "";
    this.#share.show(this.#share.input.value);
  }
}

function group(label, names) {
  return names.length ? [el("optgroup", { label }, names.map((name) => new Option(pretty(name), name)))] : [];
}

/** A kind as people read it: “60 % Earth, 40 % Lava”. */
export function tellKind(text) {
  const parts = text.split(",").map((part) => part.split(":"));
  if (parts.length === 1) return pretty(parts[0][0]);
  return parts.map(([name, share]) => `${Math.round(100 * share)} % ${pretty(name)}`).join(", ");
}
