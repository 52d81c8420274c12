// What bodies look like from afar, and what words tell of them.

import { pretty } from "../lib/dom.js";

export const EARTH_KM = 6371;

const CLASS_COLORS = {
  lava: "#c8643a", rock: "#8d8378", desert: "#bd7b52", venusian: "#d8b67c", ocean: "#3f74b5", terran: "#5a8f6a", tundra: "#a9b8bd",
  ice: "#c3d4e3", dwarf: "#8f8a84", "gas dwarf": "#b7a48c", "ice giant": "#7fb2c9", "gas giant": "#c2a07a",
};
const AIR_COLORS = {
  "n2-o2": "#78b4ff", "n2-co2": "#9dc3ee", co2: "#f2d79c", "thin co2": "#e3a579", "thin n2": "#a7b7ff", "h2-he": "#d8cdb4", "rock vapor": "#ff7c3d",
};
const AIRS = {
  none: "none", "n2-o2": "nitrogen and oxygen", "n2-co2": "nitrogen and carbon dioxide", co2: "thick carbon dioxide",
  "thin co2": "thin carbon dioxide", "thin n2": "thin nitrogen", "h2-he": "hydrogen and helium", "rock vapor": "vapor of rock",
};
const CLASSES = { rock: "airless rock", ocean: "ocean world", terran: "land and seas", dwarf: "dwarf", ice: "ice world", lava: "lava world", desert: "desert", tundra: "tundra" };
const LETTERS = { O: "Blue", B: "Blue-white", A: "White", F: "Yellow-white", G: "Yellow", K: "Orange", M: "Red" };

/** The color of a body's class, `#rrggbb`. */
export const colorOf = (body) => CLASS_COLORS[body.class] ?? "#9a9a9a";

/** The color of a body's air, or null where it has none. */
export const airOf = (body) => AIR_COLORS[body.atmosphere] ?? null;

/** A class as people say it: “Airless rock”. */
export const tellClass = (body) => pretty(CLASSES[body.class] ?? body.class);

/** A star as people say it: “Yellow star, class G7V”. */
export const tellStar = (star) => `${LETTERS[star.class[0]]} star, class ${star.class}`;

/** The kind to ask a model for: of a mix, what its card knows. */
export function kindFor(card, kind) {
  const known = [...(card?.class_names ?? []), ...Object.keys(card?.archetypes ?? {})];
  return kind.split(",").filter((part) => known.includes(part.split(":")[0])).join(",");
}

/** What is to be said of a star: `[what, how]` pairs. */
export function factsOfStar({ star, zones, planets, belts }) {
  return [
    ["Temperature", `${number(star.temperature_k)} K`],
    ["Mass", `${number(star.mass)} suns`],
    ["Radius", `${number(star.radius)} suns`],
    ["Light", `${number(star.luminosity)} suns`],
    ["Age", `${number(star.age_gyr)} billion years`],
    ["Liquid water", `${number(zones.habitable_au[0])} to ${number(zones.habitable_au[1])} au`],
    ["Planets", planets.length ? String(planets.length) : "none"],
    ["Belts", belts.length ? belts.map((belt) => `${number(belt.inner_au)} to ${number(belt.outer_au)} au`).join(", ") : "none"],
  ];
}

/** The same of a planet or a moon. */
export function factsOfBody(body) {
  const { orbit } = body;
  return [
    ["Radius", `${number(body.radius_km)} km, ${number(body.radius_km / EARTH_KM)} earths`],
    ["Gravity", `${number(body.gravity_g)} g`],
    ["Temperature", `${body.temperature_k} K, ${number(body.temperature_k - 273)} °C`],
    ["Air", AIRS[body.atmosphere] ?? body.atmosphere],
    body.atmosphere !== "none" && ["Clouds", `${Math.round(100 * body.clouds)} % of the sky`],
    ["Day", body.locked ? `${span(body.day_h / 24)}, always one side ahead` : span(body.day_h / 24)],
    ["Year", span(orbit.period_d), "a_km" in orbit ? "Month" : "Year"],
    ["Orbit", "a_km" in orbit ? `${number(orbit.a_km)} km` : `${number(orbit.a_au)} au, ${zoneOf(body.zone)}`],
    body.rings && ["Rings", `${number(body.rings.inner_km)} to ${number(body.rings.outer_km)} km`],
  ].filter(Boolean).map(([what, how, name = what]) => [name, how]);
}

/** The same of a world, as its `….json` tells it. */
export function factsOfWorld({ system, name, radius_km, gravity_g, temperature_k, atmosphere, day_h, locked, tilt_deg, rings, light, ...world }) {
  return [
    system !== null && ["Name", name],
    ["Class", light === null ? `${LETTERS[world.class[0]]} star, ${world.class}` : tellClass(world)],
    ["Radius", `${number(radius_km)} km, ${number(radius_km / EARTH_KM)} earths`],
    ["Gravity", `${number(gravity_g)} g`],
    ["Temperature", `${number(temperature_k)} K, ${number(temperature_k - 273)} °C`],
    ["Day", locked ? `${span(day_h / 24)}, always one side ahead` : span(day_h / 24)],
    ["Tilt", `${number(tilt_deg)}°`],
    light && ["Air", atmosphere ? `${AIRS[atmosphere.gases]}, ${number(atmosphere.pressure_bar)} bar` : "none"],
    light && ["Light", `${number(light.insolation)} times the earth's`],
    rings && ["Rings", `${number(rings.inner_km)} to ${number(rings.outer_km)} km`],
  ].filter(Boolean);
}

const zoneOf = (zone) => ({ hot: "where water boils", habitable: "where water is liquid", cold: "where water freezes", ice: "beyond the frost line" })[zone] ?? zone;

/** A number as people read it, with three digits that count. */
export function number(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** A time span of days: “17.3 hours”. */
export function span(days) {
  const [value, unit] = days >= 730 ? [days / 365.25, "year"] : days >= 2 ? [days, "day"] : days * 24 >= 1 ? [days * 24, "hour"] : [days * 1440, "minute"];
  const told = number(value);
  return `${told} ${unit}${told === "1" ? "" : "s"}`;
}
