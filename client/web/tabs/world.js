// World: a globe to turn, to come near to and to light.

import { fetchFacts, fetchFile, fetchShader, worldUrl } from "../lib/api.js";
import { check, choose, seedBox, select, slider } from "../lib/controls.js";
import { el, icon, statusLine } from "../lib/dom.js";
import { EngineFiles } from "../lib/engine_files.js";
import { Globe, contextOf } from "../lib/globe.js";
import { KindPicker } from "../lib/kinds.js";
import { randomAddress } from "../lib/names.js";
import { enablePanning } from "../lib/panning.js";
import { linkTo } from "../lib/place.js";
import { copyButton, downloadLink, fileName } from "../lib/saving.js";
import { worldSnippets } from "../lib/snippets.js";
import { factsOf } from "../lib/viewer.js";
import { fetchWorld } from "../lib/world_data.js";
import { factsOfWorld } from "../space/looks.js";

export const style = new URL("./world.css", import.meta.url);

const SUN = [22, 17]; // degrees, as the server has it unless told
const ZOOM = { least: 0.3, most: 12 };
const ABOVE_RINGS = 16; // degrees, from where they show
const LARGEST = 1024; // px of the canvas, and of pictures from the server
const KEY_STEP = 6; // degrees
const SETTLED_MS = 250;
const TURN_MS = 60_000; // a full turn
const FILES = [["map.png", "Map"], ["normal.png", "Normal map"], ["spin.webp", "Spin"]];

export function create(panel, page) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const camera = { lon: 0, lat: 0, sun: SUN, zoom: 1 };
  let models = [];
  let state = null; // which world: `{seed, model, version, kind}`
  let world = null; // what the globe draws
  let told = null; // its facts
  let isFree = false; // whether a view that shows its rings may be chosen
  let fitting = 1; // zoom that was
  let globe = null;
  let running = new AbortController();
  let settling = null;
  let frame = null;
  let isMoved = false; // since the last frame
  let turning = null; // ms, when it was last turned

  const seed = seedBox({ label: "Seed or address", name: "world-seed", hint: "Such as orion/7/3, home or 42" });
  const kinds = new KindPicker("Kind", "world_");
  const model = select({ label: "Model", name: "world-model" });
  const degrees = (value) => `${value}°`;
  const azimuth = slider({ label: "Sun around", name: "azimuth", min: -180, max: 180, value: SUN[0], tell: degrees });
  const elevation = slider({ label: "Sun above", name: "elevation", min: -90, max: 90, value: SUN[1], tell: degrees });
  const around = check("Air, rings and the color of its light", "around");
  const isSurrounded = () => fields.around.checked;
  const form = el("form", { class: "panel", autocomplete: "off" },
    seed.element, kinds.element, model, el("div", { class: "suns" }, azimuth.element, elevation.element,
      el("p", { class: "hint" }, "On the globe: drag or arrow keys turn it, with Shift they move the sun; wheel, pinch, + and − zoom.")),
    around,
    el("button", { class: "primary", type: "submit" }, "Go there"));
  const fields = form.elements;

  const { element: status, say } = statusLine();
  const canvas = el("canvas", { hidden: true, "aria-hidden": "true" });
  const still = el("img", { alt: "", hidden: true });
  const tool = (label, sign, onclick) => el("button", { class: "tool", type: "button", "aria-label": label, title: label, onclick }, icon(sign));
  const play = tool("Turn", "play", () => (turning === null ? start() : stop()));
  const viewport = el("div", {
    class: "viewport", tabindex: 0, role: "application",
    "aria-label": "Globe: arrow keys turn it, plus and minus zoom, Shift with arrow keys moves the sun",
  }, still, canvas, el("div", { class: "tools hud" }, tool("Nearer", "plus", () => zoom(1.4)), tool("Farther", "minus", () => zoom(1 / 1.4)), play));
  const title = el("h2", {});
  const facts = el("p", { class: "facts" });
  const where = el("p", { class: "facts where" });
  const downloads = FILES.map(([, label]) => downloadLink(label, (sentence) => say(sentence, "error")));
  const files = new EngineFiles((sentence) => say(sentence, "error"));
  const about = el("dl", { class: "about", "aria-label": "Facts" });
  const code = el("details", { class: "code" });
  const plate = el("div", { class: "plate", hidden: true },
    el("div", {}, title, facts, where),
    el("div", { class: "actions" }, downloads, copyButton("Copy link", () => linkTo("world", placeOf()))), about, files.element, code);
  panel.append(
    el("div", { class: "intro" }, el("h1", {}, "A world from ", el("br"), "every side."),
      el("p", {}, "A network that knows the whole surface of a planet: turn it, come nearer, move its sun, and take its maps along.")),
    form, el("section", { class: "stage space", "aria-label": "World" }, viewport, status, plate));

  form.addEventListener("submit", (event) => (event.preventDefault(), navigate()));
  form.addEventListener("change", ({ target }) => {
    if (target === azimuth.input || target === elevation.input) return settle();
    if (target === fields.around) return surround({ framed: true });
    if (target === fields["world-model"]) kinds.offer(chosen()?.card);
    navigate();
  });
  [azimuth.input, elevation.input].forEach((input) => input.addEventListener("input", () => shine(Number(azimuth.input.value), Number(elevation.input.value))));
  enablePanning(viewport, {
    onMove: (dx, dy, { shift, isKey }) => {
      if (!shift) return turn(dx, dy, isKey);
      const along = isKey ? 1 : -0.5; // the sun goes where the key points, and with the pointer
      shine(camera.sun[0] + along * dx, camera.sun[1] - along * dy);
    },
    onZoom: zoom,
  }, { step: KEY_STEP, fast: 1, wheelZooms: true });
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault(); // else it never comes back
    globe = null;
    redraw();
    settle();
  });
  canvas.addEventListener("webglcontextrestored", raise);
  new ResizeObserver(() => viewport.clientWidth && redraw({ moved: true })).observe(viewport);

  async function show(query) {
    try {
      models = await page.modelsFor("world");
    } catch (error) {
      return say(error.message, "error");
    }
    if (models.length === 0) return say("This server has no model that draws worlds.", "error");
    fields["world-model"].replaceChildren(...models.map((one) => new Option(`${one.name} · v${one.version}`, keyOf(one))));
    const wanted = models.find((one) => one.name === query.get("model") && [null, String(one.version)].includes(query.get("version")));
    const asked = query.get("model") && `${query.get("model")}@${query.get("version") ?? ""}`;
    choose(fields["world-model"], wanted ? keyOf(wanted) : asked || keyOf(models[0]));
    kinds.offer(chosen()?.card);
    kinds.value = query.get("kind") ?? "";
    seed.input.value = query.get("seed") || state?.seed || randomAddress();
    camera.lon = numberOf(query.get("lon"), 0, -180, 180);
    camera.lat = numberOf(query.get("lat"), 0, -90, 90);
    camera.zoom = numberOf(query.get("zoom"), 1, ZOOM.least, ZOOM.most);
    const [azimuthAsked, above] = (query.get("sun") ?? "").split(",");
    shine(numberOf(azimuthAsked, SUN[0], -180, 180), numberOf(above, SUN[1], -90, 90));
    fields.around.checked = query.get("air") === "1";
    isFree = !query.has("lat") && !query.has("zoom");
    if (!query.has("lon") && !calm.matches) start();
    else stop();
    const next = readForm();
    if (world !== null && JSON.stringify(next) === JSON.stringify(state)) return surround();
    state = next;
    page.place(placeOf());
    await draw();
  }

  /** Goes to the world in the form, as following a link would. */
  function navigate() {
    state = readForm();
    seed.input.value = state.seed;
    isFree = true;
    if (camera.zoom === fitting) camera.zoom = 1;
    page.place(placeOf(), { step: true });
    draw();
  }

  async function draw() {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    [world, told] = [null, null];
    plate.hidden = about.hidden = true;
    redraw();
    say("Drawing…");
    try {
      const shader = await fetchShader(state.seed, state, signal);
      caption(shader);
      await take(signal);
      say("Mapping…");
      const whole = await fetchWorld(state.seed, state, shader, signal);
      if (signal.aborted) return;
      world = whole;
      say("");
      raise();
      if (files.element.hidden) return; // without heights, nothing is told
      const known = await fetchFacts(state.seed, state, signal);
      if (signal.aborted) return;
      told = known;
      about.replaceChildren(...factsOfWorld(told).map(([term, one]) => el("div", {}, el("dt", {}, term), el("dd", {}, one))));
      about.hidden = false;
      if (isSurrounded()) surround({ framed: isFree });
    } catch (error) {
      if (!signal.aborted) say(error.message, "error");
    }
  }

  /** Shows what the server draws: until the globe is there, and where it cannot be. */
  async function take(signal) {
    const side = Math.min(LARGEST, Math.max(64, globe === null && world !== null ? pixels() : 256));
    const view = { ...viewOptions(), size: side, background: "transparent" };
    const part = state.seed.endsWith("/spin") ? "png" : "webp";
    const file = await fetchFile(worldUrl(state.seed, part, { ...state, ...view }), signal);
    if (signal.aborted) return;
    URL.revokeObjectURL(still.src);
    still.src = URL.createObjectURL(file);
    await still.decode().catch(() => {});
    still.alt = `World ${state.seed}`;
    redraw();
  }

  /** Sets up the globe, if WebGL 2 lets it. */
  function raise() {
    try {
      const gl = contextOf(canvas);
      globe = gl && !gl.isContextLost() ? new Globe(gl) : null;
      if (world) globe?.use(world);
    } catch {
      globe = null;
    }
    redraw({ moved: true });
    surround();
  }

  /** Draws what is around it or leaves it out; `framed`, so that rings show. */
  function surround({ framed = false } = {}) {
    around.hidden = globe === null; // the server draws none of it
    globe?.surround(isSurrounded() ? told : null);
    if (framed && isSurrounded() && told?.rings) {
      isFree = false;
      if (Math.abs(camera.lat) < ABOVE_RINGS) camera.lat = camera.lat < 0 ? -ABOVE_RINGS : ABOVE_RINGS;
      fitting = clamp((0.96 * told.radius_km) / (world.shader.radius * told.rings.outer_km), ZOOM.least, 1);
      camera.zoom = Math.min(camera.zoom, fitting);
    }
    redraw({ moved: framed });
    settle();
  }

  /** Turns it so that its surface goes with the pointer, or by degrees. */
  function turn(dx, dy, inDegrees) {
    stop();
    isFree = false;
    const scale = inDegrees ? 1 / camera.zoom : degreesOf(viewport.clientWidth * camera.zoom, world?.shader.radius);
    const ring = inDegrees ? 1 : Math.max(0.3, Math.cos((camera.lat * Math.PI) / 180));
    camera.lon = wrapped(camera.lon + (dx * scale) / ring);
    camera.lat = clamp(camera.lat - dy * scale, -90, 90);
    redraw({ moved: true });
    settle();
  }

  function shine(around, above) {
    camera.sun = [Math.round(wrapped(around)), Math.round(clamp(above, -90, 90))];
    azimuth.show(camera.sun[0]);
    elevation.show(camera.sun[1]);
    redraw();
    settle();
  }

  function zoom(factor) {
    isFree = false;
    camera.zoom = clamp(camera.zoom * factor, ZOOM.least, ZOOM.most);
    redraw({ moved: true });
    settle();
  }

  function start() {
    turning = performance.now();
    tellPlay("pause", "Stop turning");
    redraw({ moved: true });
  }

  function stop() {
    if (turning !== null) settle();
    turning = null;
    tellPlay("play", "Turn");
  }

  function tellPlay(sign, label) {
    play.replaceChildren(icon(sign));
    play.setAttribute("aria-label", label);
    play.title = label;
  }

  /** Draws with the next frame; unless it `moved`, a new light may be all. */
  function redraw({ moved = false } = {}) {
    isMoved ||= moved;
    frame ??= requestAnimationFrame(paint);
  }

  function paint(now) {
    frame = null;
    if (panel.hidden) return;
    const isLive = globe !== null && world !== null;
    canvas.hidden = !isLive;
    still.hidden = isLive || !still.src;
    if (!isLive) {
      viewport.dataset.drawn = "server";
      return;
    }
    if (turning !== null) {
      camera.lon = wrapped(camera.lon - (360 * (now - turning)) / TURN_MS); // to the east, as planets do
      turning = now;
      redraw({ moved: true });
    }
    const side = pixels();
    if (canvas.width !== side) [canvas.width, canvas.height, isMoved] = [side, side, true];
    const isExact = (!isMoved && globe.relight(camera)) || globe.draw(camera);
    viewport.dataset.drawn = isExact ? "network" : "maps";
    if (!isExact && turning === null) settle(); // on a slow machine a frame may come when it had settled
    isMoved = turning !== null;
    tellPlace();
  }

  /** Once nothing moves: the exact picture, and the place in the URL. */
  function settle() {
    clearTimeout(settling);
    settling = setTimeout(() => {
      if (panel.hidden || state === null) return;
      tellPlace();
      page.place(placeOf());
      code.replaceChildren(el("summary", {}, "Use it in code"), ...worldSnippets(state.seed, { ...state, ...viewOptions() }));
      if (document.activeElement === viewport) say(where.textContent);
      if (globe === null) return take(running.signal).catch((error) => running.signal.aborted || say(error.message, "error"));
      if (world === null || turning !== null || viewport.dataset.drawn === "network") return;
      globe.refine(camera, () => (viewport.dataset.drawn = "network"));
    }, SETTLED_MS);
  }

  function caption(shader) {
    title.textContent = state.seed;
    const kind = shader.kind && Object.entries(shader.kind).map(([name, share]) => `${name}:${share}`).join(",");
    facts.textContent = factsOf({ ...shader, kind });
    FILES.forEach(([part], i) => {
      downloads[i].href = worldUrl(state.seed, part, part === "spin.webp" ? { ...state, lat: camera.lat.toFixed(0) } : state);
      downloads[i].download = fileName(state.seed, part);
    });
    files.show(state.seed, state);
    files.element.hidden = !models.find((one) => one.name === shader.model && one.version === shader.version)?.card.world.heights;
    plate.hidden = false;
  }

  function tellPlace() {
    const [lon, lat] = [Math.round(camera.lon), Math.round(camera.lat)];
    where.textContent = `${Math.abs(lon)}° ${lon < 0 ? "west" : "east"}, ${Math.abs(lat)}° ${lat < 0 ? "south" : "north"}`;
  }

  const pixels = () => Math.min(LARGEST, Math.max(1, Math.round(viewport.clientWidth * Math.min(devicePixelRatio, 2))));
  const viewOptions = () => ({ lon: tell(camera.lon), lat: tell(camera.lat), sun: camera.sun.join(",") });
  const chosen = () => models.find((one) => keyOf(one) === fields["world-model"].value);

  function placeOf() {
    const { sun, ...view } = viewOptions();
    return { ...state, ...view, sun: sun === SUN.join(",") ? "" : sun, zoom: camera.zoom === 1 ? "" : camera.zoom.toFixed(2), air: isSurrounded() ? "1" : "" };
  }

  function readForm() {
    const [name, version = ""] = fields["world-model"].value.split("@");
    return { seed: seed.input.value.trim() || randomAddress(), model: name, version, kind: kinds.value };
  }

  function hide() {
    clearTimeout(settling);
    globe?.rest();
  }

  return { show, hide };
}

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
const wrapped = (angle) => ((((angle + 180) % 360) + 360) % 360) - 180;
const tell = (angle) => String(Number(angle.toFixed(1)));
const keyOf = (model) => `${model.name}@${model.version}`;

/** Degrees of a turn that move the middle of a globe by a pixel, in a picture of `side` pixels. */
const degreesOf = (side, radius = 0.9) => 360 / (Math.PI * radius * side);

/** The number in a text, within bounds; `usual` if it is none. */
function numberOf(text, usual, least, most) {
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? clamp(number, least, most) : usual;
}
