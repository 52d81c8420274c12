// Generate: form → state → URL and grid.

import { fetchZip, pictureUrl, planetOptions } from "../lib/api.js";
import { check, choose, optionField, seedBox, segments, select, slider } from "../lib/controls.js";
import { el, statusLine } from "../lib/dom.js";
import { Grid } from "../lib/grid.js";
import { History } from "../lib/history.js";
import { KindPicker } from "../lib/kinds.js";
import { randomAddress } from "../lib/names.js";
import { hashOf, linkTo } from "../lib/place.js";
import { copyButton, downloadLink, fileName, save } from "../lib/saving.js";
import { snippets } from "../lib/snippets.js";
import { addressesOf, besides, fromQuery, toQuery } from "../lib/state.js";
import { factsOf } from "../lib/viewer.js";

const pairs = (values, unit = "") => values.map((value) => [String(value), `${value}${unit}`]);

export function create(panel, page) {
  let models = [];
  let state = null;
  let planets = [];
  let others = []; // names of the options that have no control of their own here

  const seed = seedBox({ label: "Seed or address", name: "seed", hint: "Such as orion/7/3, home or 42" });
  const kinds = new KindPicker();
  const variety = slider({
    label: "Variety", name: "temperature", min: 0, max: 2, step: 0.1, value: 1,
    tell: (value) => Number(value).toFixed(1), title: "Temperature: from all alike to strange",
  });
  const more = el("div", { class: "selects", hidden: true });
  const history = new History();
  const form = el("form", { class: "panel", id: "form", autocomplete: "off" },
    seed.element,
    el("button", { class: "primary", type: "submit" }, "Generate"),
    segments({ label: "Planets", name: "count", choices: pairs([1, 4, 9, 16, 36, 64]) }),
    kinds.element,
    el("div", { class: "looks" }, variety.element, check("Transparent background", "background")),
    el("div", { class: "selects" },
      select({ label: "Model", name: "model" }),
      select({ label: "Size", name: "size", choices: pairs([64, 128, 256, 512], " px") }),
      select({ label: "Format", name: "format", choices: [["png", "PNG"], ["webp", "WebP"], ["jpg", "JPEG"]] })),
    more, history.element);
  const fields = form.elements;

  const { element: status, say } = statusLine();
  status.id = "status";
  const grid = new Grid((planet) => page.viewer.open(planet, optionsOf(state), neighbor));
  const title = el("h2", { id: "plate-title" });
  const facts = el("p", { class: "facts", id: "plate-facts" });
  const download = downloadLink("Download", (sentence) => say(sentence, "error"));
  download.id = "plate-download";
  const zip = el("button", { class: "quiet", id: "plate-zip", type: "button", onclick: saveAll }, "Download ZIP");
  const code = el("details", { class: "code" });
  const plate = el("div", { class: "plate", id: "plate", hidden: true },
    el("div", {}, title, facts),
    el("div", { class: "actions" }, download, zip, copyButton("Copy link", () => linkTo("generate", toQuery(state)))), code);
  panel.append(
    el("div", { class: "intro" }, el("h1", {}, "Every name ", el("br"), "is a world."),
      el("p", {}, "Type a name or a number. A neural network that learned from globes of the solar system draws the " +
        "planet that belongs to it: the same one, every time.")),
    form,
    el("section", { class: "stage space", "aria-label": "Planets" }, grid.element, status, plate));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    navigate(readForm());
  });
  form.addEventListener("change", ({ target }) => {
    if (target === fields.model) kinds.offer(cardOf(fields.model.value));
    if (target === fields.background) offerFormats();
    navigate(readForm());
  });
  addEventListener("keydown", (event) => {
    if (panel.hidden || document.querySelector("dialog[open]") || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key.toLowerCase() === "d" && !event.ctrlKey && !event.target.matches("input:not([type=radio]), select")) {
      seed.roll();
    }
  });

  /** Goes to a new state, as following a link would; what is shown already stays. */
  function navigate(next) {
    if (state && JSON.stringify(next) === JSON.stringify(state) && planets.length) return;
    writeForm(next);
    page.place(toQuery(readForm()), { step: true });
    draw(readForm());
  }

  async function show(query) {
    try {
      models = await page.modelsFor("generate");
      fields.model.replaceChildren(...models.map((model) => new Option(`${model.name} · v${model.version}`, keyOf(model))));
    } catch (error) {
      say(error.message, "error");
    }
    offerOthers();
    const asked = fromQuery(query, others);
    writeForm({ ...asked, seed: asked.seed || state?.seed || randomAddress() });
    page.place(toQuery(readForm()));
    const next = readForm();
    if (!planets.length || JSON.stringify(next) !== JSON.stringify(state)) await draw(next);
  }

  async function draw(next) {
    state = next;
    planets = [];
    const addresses = addressesOf(next);
    const { width, height } = cardOf(`${next.model}@${next.version}`)?.image_size ?? {};
    // No picture grows past eight times the pixels its model draws: beyond that one sees pixels, not a planet.
    panel.style.setProperty("--largest", width ? `${8 * Math.max(width, height)}px` : "none");
    plate.hidden = true;
    say("Drawing…");
    const result = await grid.show(addresses, next, (done) => say(`Drawing… ${done} of ${addresses.length}`));
    if (!result) return;
    const failed = result.planets.length ? `${result.errors.length} of ${addresses.length} failed. ` : "";
    say(result.errors.length ? failed + result.errors[0].message : "", result.errors.length ? "error" : "");
    planets = result.planets;
    if (planets.length) caption();
  }

  function caption() {
    const isOne = state.count === "1";
    const [first] = planets;
    title.textContent = state.seed;
    facts.textContent = isOne ? factsOf(first) : `${state.count} planets, from ${state.seed}/0 to ${state.seed}/${state.count - 1}`;
    download.hidden = !isOne;
    zip.hidden = isOne;
    download.href = pictureUrl(first.address, optionsOf(state));
    download.download = fileName(first.address, state.format);
    code.replaceChildren(el("summary", {}, "Use it in code"), ...snippets(first.address, optionsOf(state)));
    plate.hidden = false;
    history.add({ hash: hashOf("generate", toQuery(state)), label: state.seed, count: state.count, glow: first.glow });
  }

  async function saveAll() {
    say("Packing…");
    const { seed: base, count, ...options } = state;
    await fetchZip(addressesOf({ seed: base, count }), options).then(
      (file) => (save(file, fileName(base, "zip")), say("")), (error) => say(error.message, "error"));
  }

  function neighbor(planet, by) {
    return planets[planets.findIndex(({ address }) => address === planet.address) + by] ?? null;
  }

  function readForm() {
    const [model, version = ""] = fields.model.value.split("@");
    return {
      seed: fields.seed.value.trim() || randomAddress(),
      model,
      version,
      kind: kinds.value,
      temperature: fields.temperature.value === "1" ? "" : fields.temperature.value,
      background: fields.background.checked ? "transparent" : "",
      size: fields.size.value,
      format: fields.format.value,
      count: fields.count.value,
      ...Object.fromEntries(others.map((name) => [name, fields[name].value])),
    };
  }

  function writeForm({ seed: text, model, version, kind, temperature, background, size, format, count, ...rest }) {
    others.forEach((name) => (fields[name].value = rest[name] ?? ""));
    fields.seed.value = text;
    fields.count.value = count;
    fields.format.value = format;
    fields.size.value = size;
    fields.background.checked = background === "transparent";
    offerFormats();
    variety.show(temperature || "1");
    const wanted = models.find((one) => one.name === model && (!version || String(one.version) === version));
    const key = wanted || !model ? keyOf(wanted ?? models[0]) : `${model}@${version}`;
    choose(fields.model, key, key.replace(/@$/, "").replace("@", " · v") || "Default");
    kinds.offer(cardOf(key));
    kinds.value = kind;
  }

  /** Offers what the server tells of besides. */
  function offerOthers() {
    const names = besides(planetOptions.map(({ name }) => name));
    if (names.join() === others.join()) return;
    others = names;
    more.replaceChildren(...planetOptions.filter(({ name }) => names.includes(name)).map(optionField));
    more.hidden = names.length === 0;
  }

  /** Offers JPEG only for a black background: it has no transparency. */
  function offerFormats() {
    const jpeg = [...fields.format.options].find((option) => option.value === "jpg");
    jpeg.disabled = fields.background.checked;
    if (jpeg.disabled && jpeg.selected) fields.format.value = "png";
  }

  function cardOf(key) {
    return models.find((model) => keyOf(model) === key)?.card;
  }

  return { show };
}

function optionsOf({ seed, count, ...options }) {
  return options;
}

function keyOf(model) {
  return model ? `${model.name}@${model.version}` : "";
}
