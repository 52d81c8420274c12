// Morph: one planet turning into another, frame by frame.

import { fetchFile, morphUrl } from "../lib/api.js";
import { seedBox, segments, slider } from "../lib/controls.js";
import { el, icon, statusLine } from "../lib/dom.js";
import { KindPicker } from "../lib/kinds.js";
import { randomAddress } from "../lib/names.js";
import { linkTo } from "../lib/place.js";
import { copyButton, downloadLink } from "../lib/saving.js";
import { framesOf } from "../lib/webp.js";

export const style = new URL("./morph.css", import.meta.url);

const DEFAULTS = { frames: "24", fps: "12" };

export function create(panel, page) {
  let model = null;
  let state = null;
  let frames = [];
  let running = new AbortController();
  let timer = null;
  let heading = 1;

  const from = seedBox({ label: "From", name: "from" });
  const to = seedBox({ label: "To", name: "to" });
  const fromKind = new KindPicker("Kind at the start", "from_");
  const toKind = new KindPicker("Kind at the end", "to_");
  const speed = slider({ label: "Frames a second", name: "fps", min: 4, max: 30, value: 12 });
  const swap = el("button", { class: "quiet", type: "button", onclick: swapEnds }, icon("swap"), "Swap");
  const form = el("form", { class: "panel", autocomplete: "off" },
    from.element, fromKind.element, swap, to.element, toKind.element,
    el("div", { class: "looks" }, segments({ label: "Frames", name: "frames", choices: ["12", "24", "48"].map((n) => [n, n]) }), speed.element),
    el("button", { class: "primary", type: "submit" }, "Morph"));
  const fields = form.elements;

  const { element: status, say } = statusLine();
  const canvas = el("canvas", { class: "morphing", width: 256, height: 256, role: "img", "aria-label": "The planet between both" });
  const scrub = el("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Frame", class: "scrub", disabled: true });
  const play = el("button", { class: "round", type: "button", "aria-label": "Play", disabled: true, onclick: toggle }, icon("play", 24));
  const download = downloadLink("Download WebP", (sentence) => say(sentence, "error"));
  panel.append(el("div", { class: "intro" }, el("h1", {}, "From world ", el("br"), "to world.")), form, el("section", { class: "stage space", "aria-label": "Animation" },
    el("div", { class: "orbit" }, canvas), el("div", { class: "player" }, play, scrub), status,
    el("div", { class: "actions" }, download, copyButton("Copy link", () => linkTo("morph", state)))));

  scrub.addEventListener("input", () => (stop(), paint()));
  form.addEventListener("submit", (event) => (event.preventDefault(), navigate()));
  form.addEventListener("change", navigate);

  function navigate() {
    state = read();
    page.place(state, { step: true });
    draw();
  }

  async function show(query) {
    try {
      [model] = await page.modelsFor("generate");
      [fromKind, toKind].forEach((picker) => picker.offer(model?.card));
    } catch (error) {
      say(error.message, "error");
      return;
    }
    const asked = { ...DEFAULTS, ...Object.fromEntries(query) };
    fields.from.value = asked.from || fields.from.value || randomAddress();
    fields.to.value = asked.to || fields.to.value || randomAddress();
    fromKind.value = asked.kind ?? "";
    toKind.value = asked.to_kind ?? "";
    fields.frames.value = asked.frames;
    speed.show(asked.fps);
    const next = read();
    page.place(next);
    if (frames.length && JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    await draw();
  }

  function read() {
    return {
      from: fields.from.value.trim() || randomAddress(),
      to: fields.to.value.trim() || randomAddress(),
      kind: fromKind.value,
      to_kind: toKind.value === fromKind.value ? "" : toKind.value,
      frames: fields.frames.value,
      fps: fields.fps.value,
    };
  }

  async function draw() {
    stop();
    running.abort();
    running = new AbortController();
    const { signal } = running;
    const asked = { ...state, model: model.name, version: model.version, background: "transparent", size: 256, format: "webp" };
    download.href = morphUrl({ ...asked, loop: 1 });
    download.download = "morph.webp";
    say("Drawing…");
    try {
      const file = await fetchFile(morphUrl({ ...asked, loop: 0 }), signal);
      const made = await framesOf(await file.arrayBuffer());
      if (signal.aborted) return;
      frames = made;
    } catch (error) {
      if (!signal.aborted) say(error.message, "error");
      return;
    }
    [canvas.width, canvas.height] = [frames[0].width, frames[0].height];
    scrub.max = frames.length - 1;
    scrub.disabled = play.disabled = false;
    scrub.value = 0;
    say(`${frames.length} frames from ${state.from} to ${state.to}`);
    paint();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) start();
  }

  function paint() {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (frames.length) context.drawImage(frames[scrub.value], 0, 0);
    scrub.setAttribute("aria-valuetext", `Frame ${Number(scrub.value) + 1} of ${frames.length}`);
  }

  function toggle() {
    if (timer === null) start();
    else stop();
  }

  function start() {
    timer = setInterval(() => {
      if (Number(scrub.value) + heading < 0 || Number(scrub.value) + heading > scrub.max) heading = -heading;
      scrub.value = Number(scrub.value) + heading;
      paint();
    }, 1000 / Number(state.fps));
    tellPlay("pause", "Pause");
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    tellPlay("play", "Play");
  }

  function tellPlay(name, label) {
    play.replaceChildren(icon(name, 24));
    play.setAttribute("aria-label", label);
  }

  function swapEnds() {
    [fields.from.value, fields.to.value] = [fields.to.value, fields.from.value];
    const before = fromKind.value;
    fromKind.value = toKind.value || before;
    toKind.value = before;
    navigate();
  }

  return { show, hide: stop };
}
