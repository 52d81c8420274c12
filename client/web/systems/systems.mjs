// Star systems in JavaScript, without a server: the same as `GET /v1/systems/{seed or address}.json`, but for links.
//
// Take this file and draws.mjs into a game or a page: `import { systemOf } from "./systems.mjs"`, and give it the rules,
// `serving/systems/rules_1.json`. It follows serving/systems line by line; docs/systems.md tells the rules,
// tests/serving/systems holds golden vectors.

import { Draws, POWERS, isSeed, lookup, quarticRoot, rounded, seedOf } from "./draws.mjs";

/** The system of a text by the rules, as JSON has it. */
export function systemOf(text, rules) {
  const { draws, seed, address, name, star } = begun(text, rules);
  const zones = zonesOf(star);
  const { found, belts } = accreted(draws, star, zones.frost_au, rules.disk);
  const planets = found.map((one, index) => planetOf(draws, index + 1, one, address, name, star, zones, rules));
  return { address, seed: String(seed), rules: rules.rules, name, epoch: 0, star, zones, belts, planets };
}

/** Only the star of a system, `{address, name, star}`, a hundred of them in a frame. */
export function starAt(text, rules) {
  const { address, name, star } = begun(text, rules);
  return { address, name, star };
}

function begun(text, rules) {
  const seed = seedOf(text);
  const draws = new Draws(seed);
  return { draws, seed, address: isSeed(text) ? String(seed) : text, name: nameOf(draws, rules), star: starOf(draws, rules.star) };
}

function significant(mass) {
  for (let digits = 3; digits < 10; digits++) if (mass * POWERS[digits - 3] >= 1) return rounded(mass, digits);
  return rounded(mass, 10);
}

function nameOf(draws, rules) {
  const count = draws.uniform() < 0.5 ? 2 : 3;
  const syllables = Array.from({ length: count }, () => draws.choice(rules.syllables));
  if (count === 2) draws.uniform();
  const text = syllables.join("") + draws.choice(rules.endings);
  return text[0].toUpperCase() + text.slice(1);
}

const roman = (number) =>
  ["", "X", "XX"][Math.floor(number / 10)] + ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][number % 10];

function starOf(draws, tables) {
  const place = Math.floor(draws.of(tables.census));
  const mass = rounded(lookup(tables.mass, place), 3);
  const luminosity = rounded(lookup(tables.luminosity, place), 5);
  const oldest = Math.min(12, (0.9 * 10 * mass) / luminosity);
  const temperature = rounded(lookup(tables.temperature_k, place), 0);
  const channels = [1, 2, 3].map((i) => lookup(tables.color.map((row) => [row[0], row[i]]), temperature));
  const radius = rounded(lookup(tables.radius, place), 3);
  return {
    class: `${tables.letters[Math.floor(place / 10)]}${place % 10}V`,
    temperature_k: temperature,
    color: `#${channels.map((one) => rounded(one, 0).toString(16).padStart(2, "0")).join("")}`,
    mass,
    radius,
    luminosity,
    age_gyr: Math.max(rounded(oldest * draws.uniform(), 2), 0.01),
  };
}

function zonesOf(star) {
  const reach = Math.sqrt(star.luminosity);
  return { habitable_au: [rounded(0.95 * reach, 4), rounded(1.67 * reach, 4)], frost_au: rounded(2.7 * reach, 4) };
}

function accreted(draws, star, frost, disk) {
  const size = Math.sqrt(star.mass);
  const dust = draws.of(disk.dust) * star.mass;
  let inner = draws.of(disk.inner_au) * size;
  const outer = draws.of(disk.outer_au) * size;
  const drift = draws.of(disk.drift);
  const [planets, belts] = [[], []];
  const pullOf = (mass) => {
    const share = mass / 332946 / star.mass;
    return quarticRoot(share / (1 + share));
  };
  while (planets.length < 14) {
    const e = rounded(draws.of(disk.eccentricity), 3);
    const sweep = draws.of(disk.sweep);
    const kept = draws.of(disk.kept) * dust;
    let [pull, mass, a, reach] = [0.03, 0, 0, 0];
    for (let turn = 0; turn < 3; turn++) {
      a = (inner * (1 + sweep)) / ((1 - e) * (1 - pull));
      reach = (a * (1 + e) * (1 + pull)) / (1 - sweep);
      mass = swept(inner, reach, frost, drift) * kept;
      pull = pullOf(mass);
    }
    if (a > outer) break;
    let gas = 1;
    const cold = a > frost;
    if (mass > draws.of(disk.core) * (cold ? 1 : 1.6)) {
      gas = rounded(draws.of(disk.gas), 2);
      pull = pullOf(mass * gas);
      reach = Math.max(reach, (a * (1 + e) * (1 + pull)) / (1 - sweep));
    }
    planets.push({ a_au: rounded(a, 4), e, mass: significant(Math.min(mass * gas, 4000)), gas, cold });
    if (draws.uniform() < (a < frost && frost < 2.2 * reach ? 0.35 : 0.06)) {
      const wide = reach * draws.of(disk.belt_gap);
      if (wide < outer) belts.push({ inner_au: rounded(reach * 1.05, 3), outer_au: rounded(wide * 0.92, 3) });
      inner = wide;
    } else {
      inner = reach * draws.of(disk.gap);
    }
  }
  return { found: wandered(draws, planets), belts };
}

function wandered(draws, planets) {
  const chance = draws.uniform();
  const place = draws.between(0.035, 0.09);
  const giant = planets.findIndex((one) => one.mass >= 50 && one.gas > 1);
  if (giant < 0 || chance > 0.03) return planets;
  return [{ ...planets[giant], a_au: rounded(place, 4), e: 0.01, cold: false }, ...planets.slice(giant + 1)];
}

function swept(inner, outer, frost, drift) {
  const within = (distance) => {
    const root = Math.sqrt(distance);
    const edge = Math.sqrt(frost);
    return distance <= frost ? drift * root : drift * edge + 4.2 * (root - edge);
  };
  return 3.34 * (within(outer) - within(inner));
}

function angles(draws, disk) {
  const i_deg = rounded(draws.of(disk.inclination_deg), 2);
  const [node_deg, peri_deg, m0_deg] = [0, 1, 2].map(() => rounded(359.9 * draws.uniform(), 1));
  return { i_deg, node_deg, peri_deg, m0_deg };
}

function planetOf(draws, number, found, address, system, star, zones, rules) {
  const { a_au, mass } = found;
  const insolation = star.luminosity / (a_au * a_au);
  const period_d = rounded(365.25 * Math.sqrt((a_au * a_au * a_au) / star.mass), 3);
  const orbit = { a_au, e: found.e, ...angles(draws, rules.disk), period_d };
  const body = bodyOf(draws, mass, found.gas, insolation, found.cold, rules);
  const locked = a_au < 0.35 * lookup(rules.planet.cube_root, star.mass);
  const day = draws.of(rules.planet[found.gas > 1 ? "giant_day_h" : "day_h"]);
  const tilt = draws.of(rules.planet.tilt_deg);
  const [inner, outer] = zones.habitable_au;
  const planet = {
    address: `${address}/${number}`,
    name: `${system} ${roman(number)}`,
    ...body,
    zone: a_au < inner ? "hot" : a_au <= outer ? "habitable" : a_au <= zones.frost_au ? "cold" : "ice",
    orbit,
    locked,
    day_h: locked ? rounded(24 * period_d, 2) : rounded(day, 2),
    tilt_deg: locked ? 0 : rounded(tilt, 1),
    rings: ringsOf(draws, body),
  };
  const hill = a_au * 149597870.7 * (1 - found.e) * lookup(rules.planet.cube_root, mass / (3 * 332946 * star.mass));
  return { ...planet, moons: moonsOf(draws, planet, hill, insolation, found, rules) };
}

function ringsOf(draws, body) {
  const [chance, near, far, opacity] = [0, 1, 2, 3].map(() => draws.uniform());
  if (chance > (body.mass_earth >= 10 ? 0.5 : 0.015)) return null;
  const inner = rounded(1.15 + 0.35 * near, 3);
  return {
    inner_km: rounded(inner * body.radius_km, 0),
    outer_km: rounded((inner + 0.2 + (2.2 - inner - 0.2) * far) * body.radius_km, 0),
    opacity: rounded(0.1 + 0.8 * opacity * opacity, 2),
  };
}

function moonsOf(draws, planet, hill, insolation, found, rules) {
  const giant = found.gas > 1 && planet.mass_earth >= 10;
  const chance = draws.uniform();
  const count = giant ? Math.floor(1 + 4.999 * chance) : chance < 0.3 ? 1 : chance < 0.36 ? 2 : 0;
  const moons = [];
  let a_km = 2.44 * planet.radius_km;
  for (let index = 0; index < count; index++) {
    a_km = rounded(a_km * (giant ? draws.between(1.5, 2.6) : draws.between(3, 14)), 0);
    const share = draws.uniform();
    const mass = significant(planet.mass_earth * (giant ? 0.0001 : 0.012) * share * share * share);
    if (a_km > hill / 3 || mass < 1e-5) break;
    const e = rounded(0.02 * draws.uniform(), 3);
    const seconds = 6.283185307179586 * Math.sqrt((a_km * a_km * a_km) / (398600.4418 * planet.mass_earth));
    const orbit = { a_km, e, ...angles(draws, rules.disk), period_d: rounded(seconds / 86400, 4) };
    const body = bodyOf(draws, mass, 1, insolation, found.cold, rules);
    if (["rock", "dwarf", "ice"].includes(body.class)) {
      body.kind = draws.choice(rules.kinds[found.cold ? "ice moon" : "rock moon"]);
    }
    const [address, name] = [`${planet.address}/${index + 1}`, `${planet.name} ${"abcdef"[index]}`];
    moons.push({ address, name, ...body, orbit, locked: true, day_h: rounded(24 * orbit.period_d, 2), tilt_deg: 0 });
  }
  return moons;
}

function bodyOf(draws, mass, gas, insolation, cold, { planet: tables, kinds }) {
  const black = 278.5 * quarticRoot(insolation);
  const solid = () => lookup(tables.rock_radius, mass) * (cold ? 1.22 : 1);
  const radius = rounded((gas > 1 ? lookup(tables.gas_radius, mass) : solid()) * draws.between(0.96, 1.04), 4);
  const air = gas > 1 ? "h2-he" : airOf(draws, mass, radius, black, cold);
  let type = typeOf(mass, gas, black, air, cold);
  const warmed = black * quarticRoot(1 - tables.albedo[type]) + draws.between(...tables.greenhouse_k[air]);
  const temperature_k = rounded(warmed, 0);
  if (type === "ocean") {
    if (temperature_k < 273) type = "tundra";
    else if (temperature_k > 330) type = "desert";
    else if (draws.uniform() < 0.5) type = "terran";
  }
  const kind = draws.choice(kinds[type]);
  return {
    kind,
    class: type,
    radius_km: rounded(6371 * radius, 0),
    mass_earth: mass,
    gravity_g: rounded(mass / (radius * radius), 3),
    temperature_k,
    atmosphere: air,
    clouds: rounded(draws.between(...tables.clouds[air]), 2),
  };
}

function airOf(draws, mass, radius, black, cold) {
  const escape = 11.186 * Math.sqrt(mass / radius);
  const keeps = (molecule) => escape > 6 * 0.158 * Math.sqrt((5 * black) / molecule);
  const [n2, co2] = [28, 44];
  if (black > 1100) return keeps(co2) ? "rock vapor" : "none";
  if (keeps(n2)) {
    if (black > 320) return "co2";
    if (cold || black < 150) return "thin n2";
    return draws.uniform() < 0.5 ? "n2-o2" : "n2-co2";
  }
  return keeps(co2) && !cold ? "thin co2" : "none";
}

function typeOf(mass, gas, black, air, cold) {
  if (gas > 1) return mass >= 50 ? "gas giant" : mass >= 10 ? "ice giant" : "gas dwarf";
  if (black > 1100) return "lava";
  if (mass < 0.003) return "dwarf";
  if (air === "co2") return "venusian";
  if (air === "n2-o2" || air === "n2-co2") return "ocean";
  if (cold) return "ice";
  return air === "none" ? "rock" : "desert";
}
