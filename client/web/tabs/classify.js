// Classify: what a picture shows, how real it looks and, if it was drawn here, which planet it is.

import { classify, fetchPlanet, planetOptions } from "../lib/api.js";
import { el, pretty, statusLine } from "../lib/dom.js";
import { tellKind } from "../lib/kinds.js";
import { randomAddress } from "../lib/names.js";
import { textsOf } from "../lib/png.js";
import { dropZone } from "../lib/upload.js";

export const style = new URL("./classify.css", import.meta.url);

export function create(panel, page) {
  let running = new AbortController();
  const { element: status, say } = statusLine();
  const zone = dropZone("Choose a picture of a planet", recognize);
  const image = el("img", { alt: "The picture to classify", hidden: true });
  const origin = el("div", { class: "origin", hidden: true });
  const bars = el("div", { class: "bars" });
  const sample = el("button", { class: "quiet", type: "button", onclick: trySample }, "Try a random planet");
  panel.append(
    el("div", { class: "intro" }, el("h1", {}, "What world is this?"),
      el("p", {}, "A network names the kind of planet that a picture shows, and another judges " +
        "how real it looks. A PNG that was drawn here also tells its address.")),
    el("div", { class: "panel" }, zone.element, sample),
    el("section", { class: "stage space", "aria-label": "Result" }, el("div", { class: "specimen" }, image), status, origin, bars));

  async function trySample() {
    say("Drawing…");
    try {
      const { picture } = await fetchPlanet(randomAddress(), { format: "png", size: 256 });
      await recognize(picture);
    } catch (error) {
      say(error.message, "error");
    }
  }

  async function recognize(file) {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(file);
    image.hidden = false;
    bars.replaceChildren();
    say("Looking…"); // before all that takes time: what the last picture showed is said no longer
    const texts = textsOf(await file.arrayBuffer());
    if (signal.aborted) return;
    tellOrigin(texts);
    try {
      const answer = await classify(file, signal);
      say(answer.kind ? `This looks like ${pretty(answer.kind)}.` : "This looks like none of the kinds it knows.");
      bars.replaceChildren(...shares(answer));
    } catch (error) {
      if (!signal.aborted) say(error.message, "error");
    }
  }

  /** Says which planet it is, if the picture's texts tell. */
  function tellOrigin(texts) {
    const { Software, seed, address, model, version, kind } = texts;
    origin.hidden = Software !== "Planet Generator" || !seed || !model;
    if (origin.hidden) return;
    const told = planetOptions.filter(({ name, schema }) => texts[name] && texts[name] !== String(schema.default));
    const query = { seed: address ?? seed, ...Object.fromEntries(told.map(({ name }) => [name, texts[name]])) };
    origin.replaceChildren(
      el("h2", {}, `Drawn here: ${address ?? seed}`),
      el("p", { class: "facts" }, [kind && tellKind(kind), `Seed ${seed}`, `${model} version ${version}`].filter(Boolean).join(" · ")),
      el("button", { class: "quiet strong", type: "button", onclick: () => page.open("generate", query) }, "Open in Generate"));
  }

  /** Begins with an example, where this server has what it takes. */
  async function show() {
    try {
      const [painters, classifiers] = await Promise.all([page.modelsFor("generate"), page.modelsFor("classify")]);
      zone.input.disabled = classifiers.length === 0;
      sample.hidden = painters.length === 0 || classifiers.length === 0;
      if (classifiers.length === 0) return say("This server has no model that recognizes planets.", "error");
      if (image.hidden && !sample.hidden) await trySample();
    } catch (error) {
      say(error.message, "error");
    }
  }

  return { show };
}

/** Bars of all kinds, the likeliest first, and of the realness if something judges it. */
function shares({ probabilities, realness }) {
  const rows = Object.entries(probabilities).map(([kind, share]) => bar(pretty(kind), share));
  return realness ? [...rows, bar("Realness", realness.value, "realness")] : rows;
}

function bar(label, share, className = "") {
  const percent = `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
  return el("label", { class: `bar-row ${className}` }, el("span", {}, label), el("meter", { min: 0, max: 1, value: share }, percent),
    el("output", {}, percent));
}
