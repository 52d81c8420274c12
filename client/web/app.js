// The page: form → state → URL and grid.

import { listModels } from "./api.js";
import { Grid } from "./grid.js";
import { addressesOf, fromQuery, randomAddress, toQuery } from "./state.js";
import { Viewer, copy, describe } from "./viewer.js";

const byId = (id) => document.getElementById(id);
const form = byId("form");
const fields = form.elements;
let models = [];
let state = fromQuery(location.search);

const viewer = new Viewer(byId("viewer"), (address) => permalink(alone(address)), (address) => navigate(alone(address)));
const grid = new Grid(byId("grid"), byId("tile"), (planet) => viewer.open(planet, state));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  navigate(readForm());
});
form.addEventListener("change", ({ target }) => {
  if (target === fields.model) offerKinds();
  if (target === fields.background) offerFormats();
  if (target !== fields.seed) navigate(readForm());
});
fields.temperature.addEventListener("input", tellTemperature);
byId("dice").addEventListener("click", roll);
byId("plate-copy").addEventListener("click", ({ target }) => copy(permalink(state), target));
addEventListener("popstate", () => restore());
addEventListener("keydown", (event) => {
  if (byId("viewer").open || event.altKey || event.metaKey) return;
  if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key.toLowerCase() === "d" && !event.ctrlKey && !event.target.matches("input[type=text], select")) {
    roll();
  }
});

start();

async function start() {
  try {
    const answer = await listModels();
    models = answer.models.sort((a, b) => (b.name === answer.default) - (a.name === answer.default));
    fields.model.replaceChildren(...models.map((model) => new Option(`${model.name} · v${model.version}`, keyOf(model))));
  } catch (error) {
    say(error.message, "error");
  }
  await restore();
}

/** Shows what the URL says; a URL without a seed gets a random one. */
async function restore() {
  state = fromQuery(location.search);
  state.seed ||= randomAddress();
  writeForm(state);
  state = readForm();
  history.replaceState(null, "", toQuery(state));
  await show();
}

/** Goes to a new state, as following a link would. */
function navigate(next) {
  state = next;
  writeForm(state);
  history.pushState(null, "", toQuery(state));
  return show();
}

function roll() {
  navigate({ ...readForm(), seed: randomAddress() });
}

async function show() {
  const shown = state;
  const addresses = addressesOf(shown);
  const total = addresses.length;
  limitEnlargement(shown);
  byId("plate").hidden = true;
  say("Drawing…");
  const result = await grid.show(addresses, shown, (done) => say(`Drawing… ${done} of ${total}`));
  if (!result) return;
  const { planets, errors } = result;
  const failed = planets.length ? `${errors.length} of ${total} failed. ` : "";
  say(errors.length ? failed + errors[0].message : "", errors.length ? "error" : "");
  if (planets.length) caption(planets, shown);
}

/** Lets no picture grow past four times the pixels its model draws: beyond that one sees pixels, not a planet. */
function limitEnlargement({ model, version }) {
  const { width, height } = models.find((m) => keyOf(m) === `${model}@${version}`)?.card.image_size ?? {};
  document.documentElement.style.setProperty("--largest", width ? `${4 * Math.max(width, height)}px` : "none");
}

function caption(planets, { seed, count, ...options }) {
  const [title, facts, download] = ["title", "facts", "download"].map((part) => byId(`plate-${part}`));
  describe(planets[0], options, { title, facts, download });
  download.hidden = count !== "1";
  if (count !== "1") {
    title.textContent = seed;
    facts.textContent = `${count} planets, from ${seed}/0 to ${seed}/${count - 1}`;
  }
  byId("served").textContent = `${planets[0].model} · v${planets[0].version}`;
  byId("plate").hidden = false;
}

function readForm() {
  const [model, version = ""] = fields.model.value.split("@");
  return {
    seed: fields.seed.value.trim() || randomAddress(),
    model,
    version,
    kind: fields.kind.value,
    temperature: fields.temperature.value === "1" ? "" : fields.temperature.value,
    background: fields.background.checked ? "transparent" : "",
    size: fields.size.value,
    format: fields.format.value,
    count: fields.count.value,
  };
}

function writeForm({ seed, model, version, kind, temperature, background, size, format, count }) {
  fields.seed.value = seed;
  fields.count.value = count;
  fields.format.value = format;
  fields.size.value = size;
  fields.background.checked = background === "transparent";
  offerFormats();
  fields.temperature.value = temperature || "1";
  tellTemperature();
  const wanted = models.find((m) => m.name === model && (!version || String(m.version) === version));
  choose(fields.model, wanted || !model ? keyOf(wanted ?? models[0]) : `${model}@${version}`);
  offerKinds();
  choose(fields.kind, kind);
  byId("kind-field").hidden = fields.kind.options.length === 1;
}

/** Selects a value; one that is not on offer is added, so that the server gets it and says what is wrong with it. */
function choose(select, value) {
  if (![...select.options].some((option) => option.value === value)) {
    select.add(new Option(value.replace(/@$/, "").replace("@", " · v") || "Default", value));
  }
  select.value = value;
}

/** Offers the kinds and archetypes of the model chosen, and keeps the choice if it is one of them. */
function offerKinds() {
  const card = models.find((model) => keyOf(model) === fields.model.value)?.card;
  const kinds = [...(card?.class_names ?? []), ...Object.keys(card?.archetypes ?? {})];
  const before = fields.kind.value;
  fields.kind.replaceChildren(...["", ...kinds].map((kind) => new Option(kind || "Any", kind)));
  fields.kind.value = kinds.includes(before) ? before : "";
}

/** Offers JPEG only for a black background: it has no transparency. */
function offerFormats() {
  const jpeg = [...fields.format.options].find((option) => option.value === "jpg");
  jpeg.disabled = fields.background.checked;
  if (jpeg.disabled && jpeg.selected) fields.format.value = "png";
}

function tellTemperature() {
  byId("temperature-value").textContent = Number(fields.temperature.value).toFixed(1);
}

function keyOf(model) {
  return model ? `${model.name}@${model.version}` : "";
}

function alone(address) {
  return { ...state, seed: address, count: "1" };
}

function permalink(shown) {
  return new URL(toQuery(shown), location.href).href;
}

function say(sentence, kind = "") {
  byId("status").textContent = sentence;
  byId("status").dataset.state = kind;
}
