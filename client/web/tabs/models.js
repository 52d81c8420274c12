// Models: a card for each, with what it learned from, how well it does, and what it draws.

import { fetchFile, sheetUrl } from "../lib/api.js";
import { el, statusLine } from "../lib/dom.js";

export const style = new URL("./models.css", import.meta.url);

const SAMPLES = 8;
const TASKS = { generate: "Draws planets", classify: "Recognizes kinds", discriminate: "Judges realness", translate: "Translates pictures" };
const FIGURES = [
  ["kid_x1000", "KID × 1000", (value, { kid_x1000_floor: floor }) => `${round(value)}${floor === undefined ? "" : ` (real: ${round(floor)})`}`],
  ["density", "Density", (value) => value.toFixed(2)],
  ["coverage", "Coverage", (value) => value.toFixed(2)],
  ["accuracy", "Kind recognized", (value) => `${round(100 * value)} %`],
  ["diversity", "Diversity", (value) => `${Math.round(100 * value)} % of real pictures'`],
  ["memorization_ratio", "Distance to training pictures", (value) => `${value.toFixed(1)} × that of held-out ones`],
];

export function create(panel, page) {
  const { element: status, say } = statusLine();
  const grid = el("div", { class: "entries" });
  panel.append(el("div", { class: "intro" }, el("h1", {}, "The networks behind it."),
    el("p", {}, "What each was trained on, how, and how well it does.")), status, grid);

  async function show() {
    if (grid.children.length) return;
    try {
      const { default: preferred, models } = await page.models();
      const order = Object.keys(TASKS);
      const rank = ({ name, card }) => (name === preferred ? -1 : order.indexOf(card.task));
      const sorted = [...models].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
      grid.replaceChildren(...sorted.map((model) => cardOf(model, model.name === preferred)));
    } catch (error) {
      say(error.message, "error");
    }
  }

  function cardOf({ name, version, state, card, error }, isDefault) {
    const draws = card.task === "generate" && state === "AVAILABLE";
    const open = () => page.open("generate", { model: name, version, count: 9 });
    const data = card.training_data ?? {};
    return el("article", { class: "entry" },
      draws ? sampleOf(name, version) : null,
      el("p", { class: "task" }, TASKS[card.task] ?? state, isDefault ? " · default" : ""),
      el("h2", {}, `${name} `, el("span", {}, `v${version}`)),
      el("p", { class: "description" }, state === "AVAILABLE" ? card.description : error || state),
      el("dl", {}, [
        ...FIGURES.filter(([key]) => typeof card.metrics?.[key] === "number")
          .map(([key, label, tell]) => row(label, tell(card.metrics[key], card.metrics))),
        ...Object.entries(card.metrics?.sizes ?? {}).map(([size, figures]) => row(`KID × 1000 at ${size} px`, FIGURES[0][2](figures.kid_x1000, figures))),
        row("Measured by", card.metrics?.yardstick ?? card.metrics?.extractor),
        row("Trained on", data.source), row("Data's license", data.license),
        row("Pictures seen", card.images_seen?.toLocaleString("en")), row("Hardware", card.hardware),
        row("Output's license", card.output_license),
      ].flat()),
      card.recipe ? recipeOf(card.recipe) : null,
      draws ? el("button", { class: "quiet strong", type: "button", onclick: open }, "Open in Generate") : null);
  }

  function sampleOf(name, version) {
    const image = el("img", { class: "sample", alt: `${SAMPLES} planets by ${name}`, width: 512, height: 256, hidden: true });
    const url = sheetUrl({ seed: "sample", count: SAMPLES, columns: 4, size: 128, model: name, version, background: "transparent", format: "webp" });
    fetchFile(url).then((file) => (image.src = URL.createObjectURL(file), image.hidden = false), () => image.remove());
    return el("div", { class: "samples space" }, image);
  }

  return { show };
}

function recipeOf(recipe) {
  const rows = Object.entries(recipe).map(([key, value]) => row(key.replaceAll("_", " "), String(value ?? "none")));
  return el("details", { class: "code" }, el("summary", {}, "Recipe"), el("dl", {}, rows.flat()));
}

function row(label, text) {
  return text === undefined ? [] : [el("dt", {}, label), el("dd", {}, text)];
}

function round(value) {
  return String(Math.round(value)).replace("-", "−");
}
