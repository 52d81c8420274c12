// Form controls with their labels.

import { dieIcon, el, pretty } from "./dom.js";
import { randomAddress } from "./names.js";

/** A field for a seed or an address with a die that fills it: `{element, input, roll}`. A roll is told as a change. */
export function seedBox({ label, name, hint }) {
  const id = `field-${name}`;
  const input = el("input", {
    id, name, type: "text", maxlength: 200, spellcheck: "false", autocapitalize: "none", autocomplete: "off",
    enterkeyhint: "go", "aria-describedby": hint ? `${id}-hint` : null,
  });
  const roll = () => {
    input.value = randomAddress();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const title = `Roll: ${label.toLowerCase()}`;
  const dice = el("button", { class: "dice", type: "button", "aria-label": title, title, onclick: roll }, dieIcon());
  const element = el("div", { class: "seed" },
    el("label", { for: id }, label),
    el("div", { class: "seed-box" }, input, dice),
    hint ? el("p", { class: "hint", id: `${id}-hint` }, hint) : null);
  return { element, input, roll };
}

/** A row of choices, of which one is taken: `choices` are `[value, label]`. */
export function segments({ label, name, choices }) {
  const options = choices.map(([value, text], index) =>
    el("label", {}, el("input", { type: "radio", name, value, checked: index === 0 }), el("span", {}, text)));
  return el("fieldset", { class: "choice" }, el("legend", {}, label), el("div", { class: "segments" }, options));
}

/** A select with its label: `choices` are `[value, label]`. */
export function select({ label, name, choices = [], ...attributes }) {
  const options = choices.map(([value, text]) => new Option(text, value));
  return el("label", { class: "pick" }, label, el("select", { name, ...attributes }, options));
}

/** A field for an option as an OpenAPI document tells it; left empty it is the server's choice. */
export function optionField({ name, description, schema }) {
  const label = pretty(name);
  if (schema.enum) {
    const choices = schema.enum.map((value) => [value, pretty(value)]);
    return select({ label, name, title: description, choices: [["", "As usual"], ...choices] });
  }
  const { type, minimum: min, maximum: max } = schema;
  const bounds = type === "string" ? { type: "text" } : { type: "number", min, max, step: type === "integer" ? 1 : "any" };
  return el("label", { class: "pick" }, label, el("input", { name, title: description, placeholder: "As usual", ...bounds }));
}

/** A slider whose value is told beside its label by `tell(value)`: `{element, input, show}`. */
export function slider({ label, tell = String, ...attributes }) {
  const output = el("output", {});
  const input = el("input", { type: "range", ...attributes });
  const show = (value) => {
    input.value = value;
    output.textContent = tell(input.value);
  };
  input.addEventListener("input", () => show(input.value));
  show(input.value);
  return { element: el("label", { class: "slider" }, el("span", {}, label, output), input), input, show };
}

/** A box to tick. */
export function check(label, name) {
  return el("label", { class: "check" }, el("input", { type: "checkbox", name }), label);
}

/** Selects a value; one that is not on offer is added, so that the server gets it and says what is wrong with it. */
export function choose(field, value, label = value) {
  if (![...field.options].some((option) => option.value === value)) field.add(new Option(label, value));
  field.value = value;
}
