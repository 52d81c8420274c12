// Galaxy: an endless field of stars, each at an address of its own, with its planets and their moons.

import { fetchRules, fetchSystem } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { hashOf, linkTo } from "../lib/place.js";
import { BodyView } from "../space/body_view.js";
import { Card } from "../space/card.js";
import { GalaxyView } from "../space/galaxy_view.js";
import { listen } from "../space/hands.js";
import { Hud } from "../space/hud.js";
import { LiveGlobe } from "../space/live_globe.js";
import { kindFor, tellClass, tellStar } from "../space/looks.js";
import { Pictures } from "../space/pictures.js";
import { aim, bodyAt, galaxyOf, numberOf, placeOfBody, placeOfGalaxy, placeOfMap, placeOfView, placeOnMap } from "../space/places.js";
import { Scene } from "../space/scene.js";
import { CELL, Stars, placeOfStar } from "../space/stars.js";
import { Strip } from "../space/strip.js";
import { SystemView } from "../space/system_view.js";
import { TimeControls } from "../space/time_controls.js";

export const style = new URL("./galaxy.css", import.meta.url);

const SETTLED_MS = 250;
const FAR = 6; // cells that Shift with an arrow key goes by
const FIRST_TURN_S = 11; // of the inner planets

export function create(panel, page) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let rules = null;
  let map = null; // the galaxy's view
  let system = null; // of the view, as the server tells it
  let orrery = null; // its view
  let pictures = null;
  let running = new AbortController();
  let isGoing = false; // to a place that isn't here yet
  let settling = null;
  let left = null; // where on the map the reader went to a star

  const hud = new Hud({
    onSeek: (text) => go(/\/|^[+-]?\d+$/.test(text) ? { star: text } : placeOfGalaxy(text || "galaxy")),
    onLeave: leave,
    onZoom: zoomByKey,
    onHome: () => go(placeOfGalaxy(map.stars.galaxy)),
    onJump: () => go(placeOfGalaxy(map.stars.galaxy, ...crypto.getRandomValues(new Int16Array(2)))),
  });
  const { say } = hud;
  const scene = new Scene(hud.canvas, () => time.tell());
  const time = new TimeControls(scene, settle);
  const strip = new Strip((body) => go(body === null ? { star: system.address } : placeOfBody(system, body)));
  const card = new Card(() => linkTo("galaxy", placeOf()));
  const globe = new LiveGlobe(() => {
    hud.stage.dataset.globe = globe.isLive ? "live" : "none";
    scene.redraw();
  });
  hud.furnish(card.element, el("div", { class: "bottom" }, time.element, strip.element), measure);
  panel.append(hud.stage);
  listen(hud, scene, { onStep: stepBy, onZoom: zoomByKey, onOpen: open, onLeave: leave, onMoved: redraw });

  /** Shows what the URL says. */
  async function show(query) {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    clearTimeout(settling);
    isGoing = true;
    try {
      rules ??= await fetchRules();
      pictures ??= await newPictures();
      map ??= new GalaxyView(new Stars(galaxyOf(query), rules));
      if (signal.aborted) return;
      if (query.get("star")) await showSystem(query, signal);
      else showMap(query);
    } catch (error) {
      if (!signal.aborted) say(error.message, "error");
    } finally {
      if (!signal.aborted) isGoing = false;
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
    const galaxy = galaxyOf(query);
    const isOut = scene.view !== null && scene.view !== map;
    if (galaxy !== map.stars.galaxy) map.stars = new Stars(galaxy, rules);
    map.travel(numberOf(query, "x"), numberOf(query, "y"), numberOf(query, "zoom", 1));
    if (isOut) map.target = starOnMap(system.address);
    pictures.want([]);
    globe.clear();
    scene.globe = null;
    card.hide();
    strip.show(null);
    say("");
    hud.name(galaxy);
    hud.show("galaxy", galaxy, "Galaxy", null);
    enter(map, undefined, false);
  }

  async function showSystem(query, signal) {
    const address = query.get("star");
    if (system?.address !== address) {
      say(`Going to ${address}…`);
      const found = await fetchSystem(address, signal).catch((error) => {
        if (!signal.aborted && scene.view === null) showMap(new URLSearchParams(placeOnMap(address))); // something to be at
        throw error;
      });
      if (signal.aborted) return;
      system = found;
      orrery = new SystemView(found, (body) => pictures.of(body));
      scene.clock.days = 0;
    }
    const number = query.get("body");
    const found = number ? bodyAt(system, number) : null;
    if (number && found === null) say(`${system.name} has no planet or moon ${number}.`, "error");
    else say("");
    if (query.has("day")) scene.clock.days = numberOf(query, "day");
    if (strip.system !== system) {
      strip.show(system);
      for (const planet of system.planets) strip.fill(planet.address, pictures.of(planet)?.url);
    }
    const isArrival = scene.view === null || scene.view === map;
    if (found === null) showOrrery();
    else showBody(found);
    aim(scene.view, query);
    if (isArrival || query.has("day")) time.run(!calm.matches && !query.has("day"));
    time.tell();
    redraw();
  }

  function showOrrery() {
    const before = scene.view;
    const from = before?.kind === "body" ? orrery.planets.find(({ body }) => body === (before.parent ?? before.body)) : undefined;
    if (from) orrery.target = from;
    globe.clear();
    scene.globe = null;
    card.showStar(system);
    strip.mark(system.address);
    pictures.want(system.planets);
    time.pace(paceOf(system));
    hud.show("system", system.address, `${system.name}, ${tellStar(system.star)}`, "Galaxy");
    const star = before === map ? starOnMap(system.address) : null;
    enter(orrery, star === null ? undefined : map.placeOf(star), !from);
  }

  function showBody({ body, parent }) {
    if (scene.view?.kind === "body" && scene.view.body === body) return;
    const { source } = pictures;
    const view = new BodyView(system, body, parent, (one) => pictures.of(one), (one) => pictures.portraitOf(one));
    const point = scene.view === orrery ? orrery.placeOf(orrery.planets.find((one) => one.body === (parent ?? body))) : undefined;
    card.showBody(body, parent, [[isWorldly() ? "Open its world" : "Open in Generate", hashOf(...largeOf(body))]], (one) => go(placeOfBody(system, one)));
    strip.mark((parent ?? body).address);
    pictures.want([body, ...(parent === null ? body.moons : [parent]), ...system.planets], body);
    globe.clear();
    scene.globe = isWorldly() ? globe : null;
    time.pace(view.speed);
    hud.show("body", body.address, `${body.name}, ${tellClass(body)}`, parent?.name ?? system.name);
    enter(view, point, true);
    if (!isWorldly()) return;
    const options = { model: source.model, version: source.version, kind: kindFor(source.card, body.kind) };
    globe.show(body.address, options).catch((error) => say(error.message, "error"));
  }

  function enter(view, point, isInwards) {
    view.hovered = null;
    time.element.hidden = view === map;
    scene.enter(view, point, isInwards);
    measure();
    redraw();
  }

  function open(target) {
    const { view } = scene;
    if (target === null || view === null) return;
    if (view === map) go({ star: target.address });
    else if (target === view) page.open(...largeOf(view.body));
    else go(placeOfBody(system, target.body));
  }

  /** One level up. */
  function leave() {
    const { view } = scene;
    if (view === orrery && view !== null) go(left ?? placeOnMap(system.address));
    else if (view?.kind === "body") go(view.parent ? placeOfBody(system, view.parent) : { star: system.address });
  }

  /** Goes to a place, as following a link would. */
  function go(query) {
    if (scene.view === map && map !== null) left = query.star ? placeOfMap(map) : null;
    page.place(query, { step: true });
    const hadFocus = hud.stage.contains(document.activeElement);
    show(new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""))).then(() => {
      const { activeElement } = document; // what was pressed may be gone
      if (hadFocus && !(hud.stage.contains(activeElement) && activeElement.checkVisibility())) hud.stage.focus();
    });
  }

  function stepBy(dx, dy, isFar) {
    const { view } = scene;
    if (view === null) return;
    if (view.kind === "body" && dy === 0) {
      const siblings = view.parent?.moons ?? system.planets;
      const next = siblings[siblings.indexOf(view.body) + dx];
      if (next) go(placeOfBody(system, next));
      return;
    }
    if (view === map && isFar) {
      map.pan(FAR * CELL * dx * map.camera.zoom, FAR * CELL * dy * map.camera.zoom);
      map.target = null;
    } else {
      const found = view.step(dx, dy);
      hud.speak(...told(found, view));
    }
    redraw();
  }

  /** What to say of what keys chose, and its address. */
  function told(found, view) {
    if (found?.star) return [`${found.name}, ${tellStar(found.star)}, ${found.address}`, found.address];
    if (found?.body) return [`${found.body.name}, ${tellClass(found.body)}, ${found.body.temperature_k} kelvin`, found.body.address];
    return [view.body?.name ?? `${system.name}, ${tellStar(system.star)}`, ""];
  }

  function zoomByKey(factor) {
    const { view } = scene;
    if (view === null) return;
    view.zoom(factor, ...(view.anchor ?? [scene.width / 2, scene.height / 2]));
    redraw();
  }

  function redraw() {
    scene.redraw();
    if (scene.view === map) hud.locate(map);
    settle();
  }

  /** Once nothing is moved: the place goes into the URL. */
  function settle() {
    clearTimeout(settling);
    settling = setTimeout(() => {
      if (!panel.hidden && !isGoing && scene.view !== null) page.place(placeOf());
    }, SETTLED_MS);
  }

  function measure() {
    if (hud.stage.clientWidth === 0) return;
    scene.inset = hud.inset;
    scene.redraw();
  }

  const isWorldly = () => pictures.source.isWorld;
  const placeOf = () => (scene.view === map ? placeOfMap(map) : placeOfView(scene.view, system, scene.clock));

  /** Where a body is seen large, as a tab and its query. */
  function largeOf(body) {
    const { model, version, card: known } = pictures.source;
    return [isWorldly() ? "world" : "generate", { seed: body.address, model, version, kind: kindFor(known, body.kind), air: isWorldly() ? "1" : "" }];
  }

  function starOnMap(address) {
    const found = placeOfStar(address);
    return found?.galaxy === map.stars.galaxy ? map.stars.at(found.column, found.row) : null;
  }

  function hide() {
    clearTimeout(settling);
    running.abort();
    pictures?.want([]);
    globe.clear();
    scene.rest();
    scene.view = null;
  }

  return { show, hide };
}

/** Days a second at which the inner planets go around in some seconds. */
function paceOf({ planets }) {
  const [first = 1, second = first] = planets.map(({ orbit }) => orbit.period_d);
  return Math.sqrt(first * second) / FIRST_TURN_S;
}
