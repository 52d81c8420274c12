// Galaxy: an endless field of stars, each at an address of its own, with its planets and their moons.

import { fetchRules, fetchSystem } from "../lib/api.js";
import { el, icon, statusLine } from "../lib/dom.js";
import { enablePanning } from "../lib/panning.js";
import { hashOf, linkTo } from "../lib/place.js";
import { BodyView } from "../space/body_view.js";
import { Card } from "../space/card.js";
import { GalaxyView } from "../space/galaxy_view.js";
import { LiveGlobe } from "../space/live_globe.js";
import { kindFor, tellClass, tellStar } from "../space/looks.js";
import { Pictures } from "../space/pictures.js";
import { Scene } from "../space/scene.js";
import { CELL, Stars, placeOfStar } from "../space/stars.js";
import { Strip } from "../space/strip.js";
import { SystemView } from "../space/system_view.js";
import { TimeControls } from "../space/time_controls.js";

export const style = new URL("./galaxy.css", import.meta.url);

const SETTLED_MS = 250;
const FAR = 6; // stars that Shift with an arrow key goes by, in cells
const FIRST_TURN_S = 11; // of the inner planets
const KEYS = "arrow keys go from one to the next, Enter opens, Escape goes back, plus and minus zoom";

export function create(panel, page) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let rules = null;
  let map = null; // the galaxy's view
  let system = null; // of the view, as the server tells it
  let orrery = null; // its view
  let pictures = null;
  let running = new AbortController();
  let settling = null;
  let left = null; // the place that the reader came from, to fall back to

  const canvas = el("canvas", { class: "space-canvas", "aria-hidden": "true" });
  const { element: status, say } = statusLine();
  const spoken = el("p", { class: "spoken", "aria-live": "polite" });
  const where = el("strong", {});
  const coordinates = el("span", { class: "facts" });
  const place = el("div", { class: "hud place" }, where, coordinates);
  const field = el("input", { id: "galaxy-name", maxlength: 60, spellcheck: "false", autocapitalize: "none", autocomplete: "off", enterkeyhint: "go" });
  const search = el("form", { class: "hud universe", onsubmit: (event) => (event.preventDefault(), seek(field.value.trim())) },
    el("label", { for: "galaxy-name" }, "Galaxy or star"), field);
  const back = el("button", { class: "hud back", type: "button", hidden: true, onclick: () => leave() }, icon("back"), el("span", {}));
  const tool = (label, sign, onclick) => el("button", { class: "tool", type: "button", "aria-label": label, title: label, onclick }, icon(sign));
  const jump = tool("Jump far away", "jump", () => go({ ...placeOfMap(), ...farAway() }));
  const home = tool("To the middle", "home", () => goHome());
  const tools = el("div", { class: "hud tools" }, tool("Nearer", "plus", () => zoomByKey(1.4)), tool("Farther", "minus", () => zoomByKey(1 / 1.4)), home, jump);
  const scene = new Scene(canvas, () => time.tell());
  const time = new TimeControls(scene, () => settle());
  const strip = new Strip((body) => (body === null ? go({ star: system.address }) : goTo(body)));
  const card = new Card(() => linkTo("galaxy", placeOf()));
  const bar = el("div", { class: "bottom" }, time.element, strip.element);
  const stage = el("section", { class: "galaxy space", tabindex: 0, role: "application" },
    canvas, search, back, status, place, card.element, bar, tools, spoken);
  panel.append(stage);

  const globe = new LiveGlobe(() => {
    stage.dataset.globe = globe.isLive ? "live" : "none";
    scene.redraw();
  });
  enablePanning(stage, {
    onMove: (dx, dy, { shift, isKey }) => {
      if (isKey) return stepBy(Math.sign(dx), Math.sign(dy), shift);
      scene.view?.pan(dx, dy, { shift });
      redraw();
    },
    onZoom: (factor, x, y, { isKey } = {}) => {
      if (isKey) return zoomByKey(factor);
      const box = stage.getBoundingClientRect();
      scene.view?.zoom(factor, x - box.left, y - box.top);
      redraw();
    },
    onClick: (_, x, y) => {
      const box = stage.getBoundingClientRect();
      open(scene.view?.pick(x - box.left, y - box.top) ?? null);
    },
  }, { wheelZooms: true, fast: FAR });
  stage.addEventListener("keydown", (event) => {
    const isIn = event.target.matches("input");
    if (event.key === "Escape" && !isIn) leave();
    else if (event.key === "Enter" && event.target === stage) open(scene.view?.target ?? (scene.view?.kind === "body" ? scene.view : null));
    else return;
    event.preventDefault();
  });
  stage.addEventListener("pointermove", ({ pointerType, buttons, offsetX, offsetY, target }) => {
    if (pointerType !== "mouse" || buttons !== 0 || !scene.view) return;
    const hovered = target === canvas || target === stage ? scene.view.pick(offsetX, offsetY) : null;
    if (hovered === scene.view.hovered) return;
    scene.view.hovered = hovered;
    stage.classList.toggle("on", hovered !== null);
    scene.redraw();
  });
  for (const type of ["focus", "blur", "keydown"]) {
    stage.addEventListener(type, () => {
      const isFocused = stage.matches(":focus-visible");
      if (isFocused === scene.isFocused) return;
      scene.isFocused = isFocused;
      if (isFocused && scene.view?.kind === "galaxy") scene.view.target ??= scene.view.middle();
      scene.redraw();
    });
  }
  for (const element of [stage, card.element, bar]) new ResizeObserver(measure).observe(element);

  /** Shows what the URL says. */
  async function show(query) {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    try {
      rules ??= await fetchRules();
      pictures ??= await newPictures();
      if (signal.aborted) return;
      map ??= new GalaxyView(new Stars("galaxy", rules));
      if (query.get("star")) await showSystem(query, signal);
      else showMap(query);
    } catch (error) {
      if (!signal.aborted) say(error.message, "error");
    }
  }

  async function newPictures() {
    const [[world], [generator]] = await Promise.all([page.modelsFor("world"), page.modelsFor("generate")]);
    const model = world ?? generator;
    const source = { model: model?.name, version: model && String(model.version), card: model?.card, isWorld: world !== undefined };
    const arrived = (address, { url }) => (strip.fill(address, url), scene.redraw());
    return new Pictures(source, arrived, (error) => say(error.message, "error"));
  }

  function showMap(query) {
    const galaxy = query.get("name") || "galaxy";
    const wasAt = scene.view?.kind;
    if (galaxy !== map.stars.galaxy) map.stars = new Stars(galaxy, rules);
    map.travel(map.stars, numberOf(query.get("x"), 0), numberOf(query.get("y"), 0), numberOf(query.get("zoom"), 1));
    field.value = galaxy;
    pictures.want([]);
    globe.clear();
    scene.globe = null;
    card.hide();
    strip.show(null);
    say("");
    if (system !== null && wasAt && wasAt !== "galaxy") map.target = starOnMap(system.address);
    enter(map, undefined, false);
    redraw();
  }

  async function showSystem(query, signal) {
    const address = query.get("star");
    if (system?.address !== address) {
      say(`Going to ${address}…`);
      const found = await fetchSystem(address, signal).catch((error) => {
        if (!signal.aborted && scene.view === null) showMap(new URLSearchParams(mapQueryOf(address))); // something to be at
        throw error;
      });
      if (signal.aborted) return;
      system = found;
      orrery = new SystemView(found, pictureOf);
      scene.clock.days = 0;
    }
    say("");
    const number = query.get("body");
    const body = number ? bodyAt(number) : null;
    if (number && body === null) say(`${system.name} has no planet or moon ${number}.`, "error");
    if (query.has("day")) scene.clock.days = numberOf(query.get("day"), 0);
    if (strip.system !== system) {
      strip.show(system);
      system.planets.forEach((planet) => pictures.of(planet) && strip.fill(planet.address, pictures.of(planet).url));
    }
    const isNew = scene.view?.kind !== "system" && scene.view?.kind !== "body";
    if (body === null) showOrrery();
    else showBody(body);
    aim(query);
    if (isNew || query.has("day")) time.run(!calm.matches && !query.has("day"));
    time.tell();
    redraw();
  }

  function showOrrery() {
    const cameFrom = scene.view?.kind === "body" ? scene.view.parent ?? scene.view.body : null;
    const target = cameFrom && orrery.planets.find((one) => one.body.address === cameFrom.address);
    if (target) orrery.target = target;
    globe.clear();
    scene.globe = null;
    card.showStar(system);
    strip.mark(system.address);
    pictures.want(system.planets);
    time.pace(paceOf(system));
    enter(orrery, target ? [scene.width / 2, scene.height / 2] : scene.view?.kind === "galaxy" ? pointOnMap() : undefined, !target);
  }

  function showBody(body) {
    const parent = parentOf(body);
    if (scene.view?.kind === "body" && scene.view.body.address === body.address) return;
    const view = new BodyView(system, body, parent, pictureOf, (one) => pictures.portraitOf(one));
    const from = scene.view?.kind === "system" ? orrery.placeOf(orrery.planets.find((one) => one.body === (parent ?? body))) : undefined;
    const { source } = pictures;
    card.showBody(body, parent, linksOf(body), goTo);
    strip.mark((parent ?? body).address);
    pictures.want([body, ...(parent === null ? body.moons : [parent]), ...system.planets], body);
    globe.clear();
    scene.globe = source.isWorld ? globe : null;
    time.pace(view.speed);
    enter(view, from, true);
    if (source.isWorld) {
      const options = { model: source.model, version: source.version, kind: kindFor(source.card, body.kind) };
      globe.show(body.address, options).catch((error) => say(error.message, "error"));
    }
  }

  function enter(view, from, isInwards) {
    view.hovered = null;
    stage.classList.remove("on");
    const isMap = view.kind === "galaxy";
    [search.hidden, place.hidden, jump.hidden, home.hidden] = [!isMap, !isMap, !isMap, !isMap];
    back.hidden = isMap;
    time.element.hidden = isMap;
    back.lastChild.textContent = view.kind === "body" ? system.name : "Galaxy";
    stage.dataset.view = view.kind;
    stage.dataset.at = view.kind === "body" ? view.body.address : isMap ? map.stars.galaxy : system.address;
    const what = isMap ? "Galaxy" : view.kind === "system" ? `${system.name}, ${tellStar(system.star)}` : `${view.body.name}, ${tellClass(view.body)}`;
    stage.setAttribute("aria-label", `${what}: ${KEYS}`);
    scene.enter(view, from, isInwards);
    measure();
  }

  /** Takes zoom and angles from a permalink. */
  function aim(query) {
    const { view } = scene;
    view.zoomed = 1;
    const zoom = numberOf(query.get("zoom"), 1);
    if (zoom !== 1) view.zoom(zoom, ...view.anchor);
    const [around, above] = (query.get("turn") ?? "").split(",").map(Number);
    if (Number.isFinite(around) && Number.isFinite(above)) {
      view.camera.aim(around, above);
      view.isAimed = true;
    }
  }

  function open(target) {
    const { view } = scene;
    if (target === null || view === null) return;
    if (view.kind === "galaxy") go({ star: target.address });
    else if (target === view) location.hash = linksOf(view.body)[0][1];
    else goTo(target.body);
  }

  /** One level up. */
  function leave() {
    const { view } = scene;
    if (view?.kind === "body") {
      if (view.parent) goTo(view.parent);
      else go({ star: system.address });
    } else if (view?.kind === "system") go(left ?? mapQueryOf(system.address));
  }

  function goTo(body) {
    go({ star: system.address, body: body.address.slice(system.address.length + 1) });
  }

  /** Goes to a place, as following a link would. */
  function go(query) {
    if (scene.view?.kind === "galaxy") left = query.star ? placeOfMap() : null;
    clearTimeout(settling);
    page.place(query, { step: true });
    show(new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")));
  }

  function goHome() {
    go({ name: nameOrNothing(map.stars.galaxy) });
  }

  /** A galaxy's name, or a star's address. */
  function seek(text) {
    if (/\/|^[+-]?\d+$/.test(text)) go({ star: text });
    else go({ name: nameOrNothing(text || "galaxy") });
  }

  function stepBy(dx, dy, isFar) {
    const { view } = scene;
    if (view === null) return;
    if (view.kind === "galaxy" && isFar) {
      view.pan(FAR * CELL * dx * view.camera.zoom, FAR * CELL * dy * view.camera.zoom);
      view.target = null;
    } else if (view.kind === "galaxy") {
      const star = view.step(dx, dy);
      if (star) speak(`${star.name}, ${tellStar(star.star)}, ${star.address}`);
    } else if (view.kind === "system") {
      const planet = view.step(dx, dy);
      speak(planet ? `${planet.body.name}, ${tellClass(planet.body)}, ${planet.body.temperature_k} kelvin` : `${system.name}, ${tellStar(system.star)}`);
    } else if (dy !== 0) {
      const one = view.step(dy);
      speak(one ? `${one.body.name}, ${tellClass(one.body)}` : view.body.name);
    } else {
      const siblings = view.parent?.moons ?? system.planets;
      const next = siblings[siblings.indexOf(view.body) + dx];
      if (next) goTo(next);
      return;
    }
    redraw();
  }

  function zoomByKey(factor) {
    const { view } = scene;
    if (view === null) return;
    view.zoom(factor, ...(view.anchor ?? [scene.width / 2, scene.height / 2]));
    redraw();
  }

  function redraw() {
    scene.redraw();
    if (scene.view?.kind === "galaxy") {
      const { x, y } = map.camera;
      where.textContent = `${map.stars.sectorAt(x, y)} sector`;
      coordinates.textContent = `${map.stars.galaxy} ${Math.floor(x / CELL)} : ${Math.floor(y / CELL)}`;
    }
    settle();
  }

  /** Once nothing is moved: the place goes into the URL. */
  function settle() {
    clearTimeout(settling);
    settling = setTimeout(() => {
      if (!panel.hidden && scene.view !== null) page.place(placeOf());
    }, SETTLED_MS);
  }

  const speak = (sentence) => {
    spoken.textContent = sentence;
    stage.dataset.target = scene.view.target?.address ?? scene.view.target?.body.address ?? "";
  };

  /** How much of the canvas lies under other things. */
  function measure() {
    if (stage.clientWidth === 0) return;
    const isWide = stage.clientWidth > 900;
    const cardBox = card.element.hidden ? { width: 0, height: 0 } : { width: card.element.offsetWidth, height: card.element.offsetHeight };
    const below = bar.offsetHeight + 24;
    scene.inset = isWide
      ? { left: 0, right: cardBox.width && cardBox.width + 20, top: 30, bottom: below }
      : { left: 0, right: 0, top: 56, bottom: below + (cardBox.height && cardBox.height + 8) };
    stage.style.setProperty("--below", `${bar.offsetHeight}px`);
    scene.redraw();
  }

  function placeOf() {
    const { view, clock } = scene;
    if (view.kind === "galaxy") return placeOfMap();
    const turn = view.isAimed || view.camera.around !== 0 ? `${view.camera.around.toFixed(0)},${view.camera.above.toFixed(0)}` : "";
    return {
      star: system.address,
      body: view.kind === "body" ? view.body.address.slice(system.address.length + 1) : "",
      zoom: view.zoomed === 1 ? "" : view.zoomed.toFixed(2),
      turn: view.kind === "system" && !view.isAimed ? "" : turn,
      day: clock.isRunning || clock.days === 0 ? "" : clock.days.toFixed(2),
    };
  }

  function placeOfMap() {
    const { x, y, zoom } = map.camera;
    const told = (px) => (Number((px / CELL - 0.5).toFixed(2)) || "");
    return { name: nameOrNothing(map.stars.galaxy), x: told(x), y: told(y), zoom: zoom === 1 ? "" : zoom.toFixed(2) };
  }

  /** The World tab of a body, or where its picture is drawn. */
  function linksOf(body) {
    const { model, version, card: known, isWorld } = pictures.source;
    const query = { seed: body.address, model, version, kind: kindFor(known, body.kind) };
    return [isWorld ? ["Open its world", hashOf("world", query)] : ["Open in Generate", hashOf("generate", query)]];
  }

  /** A planet by its number, or a moon by its planet's and its own, or null. */
  function bodyAt(number) {
    const address = `${system.address}/${number}`;
    return system.planets.flatMap((planet) => [planet, ...planet.moons]).find((one) => one.address === address) ?? null;
  }

  const pictureOf = (body) => pictures.of(body);
  const parentOf = (body) => system.planets.find((planet) => planet.moons.includes(body)) ?? null;

  function starOnMap(address) {
    const found = placeOfStar(address);
    return found?.galaxy === map.stars.galaxy ? map.stars.at(found.column, found.row) : null;
  }

  function pointOnMap() {
    const star = starOnMap(system.address);
    return star === null ? undefined : map.placeOf(star);
  }

  function hide() {
    clearTimeout(settling);
    running.abort();
    pictures?.want([]);
    globe.clear();
    scene.rest();
  }

  return { show, hide };
}

const nameOrNothing = (galaxy) => (galaxy === "galaxy" ? "" : galaxy);

/** Where on the map a star is; one that is on none is left for the middle of the usual galaxy. */
function mapQueryOf(address) {
  const found = placeOfStar(address);
  return found === null ? {} : { name: nameOrNothing(found.galaxy), x: found.column || "", y: found.row || "" };
}

/** Days a second at which the inner planets go around in some seconds. */
function paceOf({ planets }) {
  const [first = 1, second = first] = planets.map(({ orbit }) => orbit.period_d);
  return Math.sqrt(first * second) / FIRST_TURN_S;
}

function farAway() {
  const [x, y] = crypto.getRandomValues(new Int16Array(2));
  return { x, y };
}

/** The number in a text; `usual` if it is none. */
function numberOf(text, usual) {
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? number : usual;
}
