// Galaxy: an endless field of planets, each at an address of its own.

import { fetchPlanet } from "../lib/api.js";
import { el, icon, statusLine } from "../lib/dom.js";
import { CELL, bodiesAt, sectorAt, textHash } from "../lib/field.js";
import { Loader } from "../lib/loader.js";
import { enablePanning } from "../lib/panning.js";
import { drawSky } from "../lib/sky.js";

export const style = new URL("./galaxy.css", import.meta.url);

const FARTHEST = 1e6; // cells from the middle; addresses go on, but a screen's floating-point px do not
const REBASE = 1e5; // px that the layer may be shifted before its elements are placed anew
const ZOOM = { least: 0.4, most: 2.5 };
const SETTLED_MS = 250;

export function create(panel, page) {
  const camera = { x: CELL / 2, y: CELL / 2, zoom: 1 };
  const origin = { x: 0, y: 0 };
  const shown = new Map(); // address → {element, body}
  let galaxy = "galaxy";
  let salt = textHash(galaxy);
  let options = null;
  let frame = null;
  let settling = null;
  let target = null;

  const canvas = el("canvas", { class: "sky", "aria-hidden": "true" });
  const layer = el("div", { class: "layer" });
  const where = el("strong", {});
  const coordinates = el("span", { class: "facts" });
  const { element: status, say } = statusLine();
  const name = el("input", { id: "galaxy-name", maxlength: 60, spellcheck: "false", autocapitalize: "none", autocomplete: "off" });
  const tool = (label, sign, onclick) => el("button", { class: "tool", type: "button", "aria-label": label, title: label, onclick }, icon(sign));
  const middle = () => [stage.clientWidth / 2, stage.clientHeight / 2];
  const stage = el("section", {
    class: "galaxy space", tabindex: 0, role: "application", "aria-label": "Galaxy: arrow keys travel, Enter opens the planet in the middle",
  }, canvas, layer,
    el("div", { class: "hud place" }, where, coordinates),
    el("form", { class: "hud universe", onsubmit: (event) => (event.preventDefault(), travel(name.value.trim() || "galaxy", 0, 0)) },
      el("label", { for: "galaxy-name" }, "Galaxy"), name),
    el("div", { class: "hud tools" }, tool("Nearer", "plus", () => zoom(1.3, ...middle())),
      tool("Farther", "minus", () => zoom(1 / 1.3, ...middle())), tool("To the middle", "home", () => travel(galaxy, 0, 0)),
      tool("Jump far away", "jump", () => travel(galaxy, ...crypto.getRandomValues(new Int16Array(2))))), status);
  panel.append(stage);

  const loader = new Loader(load, (address, loaded) => fill(shown.get(address), loaded), ({ url }) => URL.revokeObjectURL(url));
  enablePanning(stage, {
    onMove: (dx, dy) => move(dx / camera.zoom, dy / camera.zoom),
    onZoom: (factor, x, y) => {
      const { left, top } = stage.getBoundingClientRect();
      zoom(factor, x - left, y - top);
    },
    onClick: (clicked) => visit(clicked.closest(".body")?.dataset.address),
  });
  stage.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== stage) return;
    event.preventDefault(); // else it presses the button that the large view focuses
    visit(target?.address);
  });
  layer.addEventListener("click", ({ target: clicked, detail }) => {
    if (detail === 0) visit(clicked.closest(".body")?.dataset.address); // by a screen reader; pointers are told by panning
  });
  new ResizeObserver(() => stage.clientWidth && redraw()).observe(stage);

  async function show(query) {
    try {
      const [model] = await page.modelsFor("generate");
      options = { model: model?.name, version: model && String(model.version), format: "png", background: "transparent", size: "256" };
    } catch (error) {
      say(error.message, "error");
      return;
    }
    const read = (key, fallback) => (Number.isFinite(Number.parseFloat(query.get(key))) ? Number.parseFloat(query.get(key)) : fallback);
    camera.zoom = clamp(read("zoom", 1), ZOOM.least, ZOOM.most);
    travel(query.get("name") || "galaxy", read("x", 0), read("y", 0));
  }

  /** Goes to a cell of a galaxy. */
  function travel(to, column, row) {
    galaxy = to;
    salt = textHash(galaxy);
    name.value = galaxy;
    for (const address of shown.keys()) remove(address);
    [camera.x, camera.y] = [column, row].map((cell) => (cell + 0.5) * CELL);
    move(0, 0);
  }

  function move(dx, dy) {
    camera.x = clamp(camera.x + dx, -FARTHEST * CELL, FARTHEST * CELL);
    camera.y = clamp(camera.y + dy, -FARTHEST * CELL, FARTHEST * CELL);
    redraw();
  }

  function zoom(factor, x, y) {
    const before = camera.zoom;
    camera.zoom = clamp(before * factor, ZOOM.least, ZOOM.most);
    const shift = 1 / before - 1 / camera.zoom;
    move((x - stage.clientWidth / 2) * shift, (y - stage.clientHeight / 2) * shift);
  }

  function redraw() {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      if (panel.hidden || options === null) return;
      if (Math.hypot(camera.x - origin.x, camera.y - origin.y) > REBASE) {
        [origin.x, origin.y] = [camera.x, camera.y];
        shown.forEach(put);
      }
      const [x, y] = [(origin.x - camera.x) * camera.zoom, (origin.y - camera.y) * camera.zoom];
      layer.style.transform = `translate(${x}px, ${y}px) scale(${camera.zoom})`;
      drawSky(canvas, salt, camera);
      populate();
      where.textContent = `${sectorAt(salt, camera.x, camera.y)} sector`;
      coordinates.textContent = `${galaxy} ${cellOf(camera.x)} : ${cellOf(camera.y)}`;
      clearTimeout(settling);
      settling = setTimeout(settle, SETTLED_MS);
    });
  }

  /** Puts in what came into view, takes out what left it, and wants pictures of what is there. */
  function populate() {
    const [halfWidth, halfHeight] = [stage.clientWidth / 2 / camera.zoom, stage.clientHeight / 2 / camera.zoom];
    const bodies = new Map();
    for (let row = cellOf(camera.y - halfHeight); row <= cellOf(camera.y + halfHeight); row++) {
      for (let column = cellOf(camera.x - halfWidth); column <= cellOf(camera.x + halfWidth); column++) {
        bodiesAt(galaxy, salt, column, row).forEach((body) => bodies.set(body.address, body));
      }
    }
    for (const address of shown.keys()) if (!bodies.has(address)) remove(address);
    for (const body of bodies.values()) if (!shown.has(body.address)) add(body);
    const distance = ({ x, y }) => Math.hypot(x - camera.x, y - camera.y);
    const nearest = [...bodies.values()].sort((a, b) => distance(a) - distance(b));
    loader.want(nearest.map(({ address }) => address));
    shown.get(target?.address)?.element.classList.remove("target");
    target = nearest[0] ?? null;
    shown.get(target?.address)?.element.classList.add("target");
  }

  function add(body) {
    const element = el("button", { class: "body", type: "button", tabindex: -1, "aria-label": `Planet ${body.address}`, "data-address": body.address },
      el("span", { class: "globe" }, el("img", { alt: "", hidden: true, draggable: "false" })), el("span", { class: "name" }, body.address));
    element.style.setProperty("--light", `${body.light}deg`);
    const entry = { element, body };
    shown.set(body.address, entry);
    put(entry);
    layer.append(element);
    const loaded = loader.get(body.address);
    if (loaded) fill(entry, loaded);
  }

  function put({ element, body: { x, y, diameter } }) {
    element.style.width = `${diameter}px`;
    element.style.transform = `translate(${x - origin.x - diameter / 2}px, ${y - origin.y - diameter / 2}px)`;
  }

  function remove(address) {
    shown.get(address).element.remove();
    shown.delete(address);
  }

  async function load(address, signal) {
    const { diameter } = shown.get(address).body;
    const size = [64, 128, 256].find((px) => px >= 1.6 * diameter) ?? 256;
    const planet = await fetchPlanet(address, { ...options, size, format: "webp" }, signal);
    return { url: URL.createObjectURL(planet.picture), kind: planet.kind };
  }

  function fill(entry, { url, kind }) {
    if (!entry) return;
    const image = entry.element.querySelector("img");
    image.src = url;
    entry.element.style.setProperty("--picture", `url(${url})`);
    image.hidden = false;
    entry.element.dataset.state = "shown";
    entry.element.dataset.kind = kind?.split(":")[0] ?? "";
  }

  function settle() {
    const place = { name: galaxy === "galaxy" ? "" : galaxy, x: tell(camera.x), y: tell(camera.y) };
    page.place({ ...place, zoom: camera.zoom === 1 ? "" : camera.zoom.toFixed(2) });
    say(document.activeElement === stage && target ? `${target.address} is in the middle` : "");
  }

  function visit(address) {
    if (address) page.viewer.open({ address }, options);
  }

  return { show, hide: () => (loader.want([]), clearTimeout(settling)) };
}

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
const cellOf = (px) => Math.floor(px / CELL);
const tell = (px) => String(Number((px / CELL - 0.5).toFixed(2)));
