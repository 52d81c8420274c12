// Translate: a picture as another world would wear it, before and after on either side of a slider.

import { fetchPlanet, translate } from "../lib/api.js";
import { select } from "../lib/controls.js";
import { el, pretty, statusLine } from "../lib/dom.js";
import { randomAddress } from "../lib/names.js";
import { save } from "../lib/saving.js";
import { dropZone } from "../lib/upload.js";

export const style = new URL("./translate.css", import.meta.url);

export function create(panel, page) {
  let models = [];
  let source = null;
  let result = null;
  let running = new AbortController();
  const { element: status, say } = statusLine();
  const choice = select({ label: "From and to", name: "translator" });
  const field = choice.querySelector("select");
  const sample = el("button", { class: "quiet", type: "button", onclick: drawSample });
  const zone = dropZone("Choose a picture of a planet", (file) => ((source = file), run()));
  const before = el("img", { alt: "Before", class: "before" });
  const after = el("img", { alt: "After", class: "after" });
  const slide = el("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "How much of the picture shows before" });
  const compare = el("div", { class: "compare", hidden: true }, before, after, slide);
  const keep = el("button", { class: "quiet", type: "button", hidden: true, onclick: () => save(result, "translated.png") }, "Download");
  panel.append(
    el("div", { class: "intro" }, el("h1", {}, "One world as another."),
      el("p", {}, "A network that saw no pairs gives a planet the looks of another, and keeps its shape.")),
    el("div", { class: "panel" }, choice, zone.element, sample),
    el("section", { class: "stage space", "aria-label": "Before and after" }, compare, status, el("div", { class: "actions" }, keep)));

  slide.addEventListener("input", () => compare.style.setProperty("--at", `${slide.value}%`));
  field.addEventListener("change", () => {
    page.place({ model: field.value }, { step: true });
    offer();
    run();
  });

  async function show(query) {
    try {
      models = await page.modelsFor("translate");
    } catch (error) {
      say(error.message, "error");
      return;
    }
    field.replaceChildren(...models.map(({ name, card }) => new Option(`${pretty(card.source)} → ${pretty(card.target)}`, name)));
    field.disabled = zone.input.disabled = models.length === 0;
    if (models.length === 0) return say("This server has no model that translates.", "error");
    if (models.some(({ name }) => name === query.get("model"))) field.value = query.get("model");
    page.place({ model: field.value });
    await offer();
    if (source === null && !sample.hidden) await drawSample();
  }

  const chosen = () => models.find(({ name }) => name === field.value);

  /** Offers a planet of the kind that is translated, where the default model draws that kind. */
  async function offer() {
    const { card } = chosen();
    sample.textContent = `Draw a random ${pretty(card.source)}`;
    const [painter] = await page.modelsFor("generate");
    sample.hidden = !painter?.card.class_names?.includes(card.source);
  }

  async function drawSample() {
    say("Drawing…");
    const { card } = chosen();
    try {
      // At the model's own size it is translated as it is; any other would be framed anew, and not lie on its result.
      const size = Math.max(card.image_size.width, card.image_size.height);
      source = (await fetchPlanet(randomAddress(), { kind: card.source, format: "png", size })).picture;
      await run();
    } catch (error) {
      say(error.message, "error");
    }
  }

  async function run() {
    if (source === null) return;
    running.abort();
    running = new AbortController();
    const { signal } = running;
    const { name, version, card } = chosen();
    say("Translating…");
    try {
      result = await translate(source, { model: name, version, size: 512 }, signal);
    } catch (error) {
      if (!signal.aborted) say(error.message, "error");
      return;
    }
    [before, after].forEach((image) => URL.revokeObjectURL(image.src));
    before.src = URL.createObjectURL(source);
    after.src = URL.createObjectURL(result);
    compare.hidden = keep.hidden = false;
    say(`${pretty(card.source)} on the left, ${pretty(card.target)} on the right`);
  }

  return { show };
}
