// Places of the galaxy as the URL tells them: `name`, `x`, `y`; or `star` and `body`, `turn` and `day`; with `zoom`.

import { CELL, placeOfStar } from "./stars.js";

const USUAL = "galaxy"; // its name isn't told

/** The galaxy that a query names. */
export const galaxyOf = (query) => query.get("name") || USUAL;

/** A galaxy's place, at a cell of it. */
export function placeOfGalaxy(galaxy, x = 0, y = 0, zoom = 1) {
  const told = (cell) => Number(cell.toFixed(2)) || "";
  return { name: galaxy === USUAL ? "" : galaxy, x: told(x), y: told(y), zoom: zoom === 1 ? "" : zoom.toFixed(2) };
}

/** Where the map is. */
export function placeOfMap({ stars, camera }) {
  return placeOfGalaxy(stars.galaxy, camera.x / CELL - 0.5, camera.y / CELL - 0.5, camera.zoom);
}

/** Where on the map a star is; one that is on none is left for the middle of the usual galaxy. */
export function placeOnMap(address) {
  const found = placeOfStar(address);
  return found === null ? {} : placeOfGalaxy(found.galaxy, found.column, found.row);
}

/** A body of a system as its place. */
export function placeOfBody(system, body) {
  return { star: system.address, body: body.address.slice(system.address.length + 1) };
}

/** Where a system's or a body's view is; the day is told while time stands. */
export function placeOfView(view, system, { days, isRunning }) {
  const { around, above } = view.camera;
  return {
    ...(view.kind === "body" ? placeOfBody(system, view.body) : { star: system.address }),
    zoom: view.zoomed === 1 ? "" : view.zoomed.toFixed(2),
    turn: view.isAimed ? `${around.toFixed(0)},${above.toFixed(0)}` : "",
    day: isRunning || days === 0 ? "" : days.toFixed(2),
  };
}

/** Takes zoom and angles of a view from a query. */
export function aim(view, query) {
  view.zoomed = 1;
  const zoom = numberOf(query, "zoom", 1);
  if (zoom !== 1) view.zoom(zoom, ...view.anchor);
  const [around, above] = (query.get("turn") ?? "").split(",").map(Number);
  if (!Number.isFinite(around) || !Number.isFinite(above)) return;
  view.camera.aim(around, above);
  view.isAimed = true;
}

/** The number that a query has for a name; `usual` if it has none. */
export function numberOf(query, name, usual = 0) {
  const number = Number.parseFloat(query.get(name));
  return Number.isFinite(number) ? number : usual;
}

/** A planet or moon of a system by its number, such as `3` or `3/1`: `{body, parent}`, a planet's parent being null; or null. */
export function bodyAt(system, number) {
  const address = `${system.address}/${number}`;
  for (const planet of system.planets) {
    if (planet.address === address) return { body: planet, parent: null };
    const moon = planet.moons.find((one) => one.address === address);
    if (moon) return { body: moon, parent: planet };
  }
  return null;
}
