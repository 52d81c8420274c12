// A system: its star, where water is liquid, belts, and planets on their orbits, as an orrery to turn.

import { drawBody } from "./bodies.js";
import { FONT, Labels, STRONG } from "./labels.js";
import { BALL_RADIUS, GLOW_CORE, glow, sunDisc } from "./light.js";
import { EARTH_KM } from "./looks.js";
import { bandsOf, drawRings, ring } from "./marks.js";
import { textHash } from "./noise.js";
import { Camera, Orbit, Scale, perspective } from "./orbits.js";
import { Plane } from "./plane.js";

export const ZOOM = { least: 0.7, most: 8 };
const STEPS = 144; // of an orbit's line
const TRAIL = 12; // parts of it, each fainter than the one before
const REACH = 22; // px
const MARGIN = 26; // px above and below the outermost orbit, for what is on it
const FILL = 0.4; // of the light comes from the viewer, so that what is before its star is not a mere sickle
const FASTEST_MOON = 0.7; // turns a second: what is faster would only flicker, and rests
const TRAILS = Array.from({ length: TRAIL }, (_, i) => `rgb(152 174 255 / ${(0.62 * (1 - i / TRAIL) ** 1.6 + 0.12).toFixed(3)})`);
const CHOSEN_TRAILS = Array.from({ length: TRAIL }, (_, i) => `rgb(255 190 132 / ${(0.85 * (1 - i / TRAIL) + 0.2).toFixed(3)})`);

export class SystemView {
  kind = "system";
  target = null; // the planet that Enter opens
  hovered = null;
  #labels = new Labels();
  #place = new Float64Array(3);
  #line = new Float32Array(2 * (STEPS + 1));
  #shift = { x: 0, y: 0 };
  #order;
  #plane;
  #middle = { x: 0, y: 0, radius: 1 };
  #star = { x: 0, y: 0, z: 0, radius: 1 };

  /** `system` is the server's JSON, `pictureOf(body)` a picture of a body or null. */
  constructor(system, pictureOf) {
    this.system = system;
    this.pictureOf = pictureOf;
    this.salt = textHash(system.address);
    this.camera = new Camera(-20, 30);
    this.zoomed = 1;
    this.isAimed = false;
    const { planets, zones, belts } = system;
    const ends = planets.map(({ orbit }) => [orbit.a_au * (1 - orbit.e), orbit.a_au * (1 + orbit.e)]);
    const nearest = Math.min(zones.habitable_au[0], ...ends.map(([near]) => near));
    const farthest = Math.max(1.15 * zones.habitable_au[1], ...ends.map(([, far]) => far), ...belts.map((belt) => belt.outer_au));
    this.scale = new Scale(0.42 * nearest, farthest);
    this.planets = planets.map((body) => this.#planetOf(body));
    this.#plane = new Plane(system, this.scale, this.#place);
    this.#order = this.planets.map((_, index) => index);
  }

  #planetOf(body) {
    const orbit = new Orbit(body.orbit, body.orbit.a_au);
    const line = new Float32Array(3 * STEPS);
    for (let i = 0; i < STEPS; i++) {
      orbit.put((2 * Math.PI * i) / STEPS, this.#place);
      this.scale.apply(this.#place);
      line.set(this.#place, 3 * i);
    }
    const moons = body.moons.map((moon) => new Orbit(moon.orbit, 1));
    const label = body.name.slice(this.system.name.length + 1) || body.name;
    return { body, orbit, line, moons, label, bands: bandsOf(body), size: (body.radius_km / EARTH_KM) ** 0.5, x: 0, y: 0, radius: 1, u: 0, v: 0, w: 0 };
  }

  /** Turns it as if it were held, or with Shift moves it. */
  pan(dx, dy, { shift = false } = {}) {
    if (shift) {
      this.#shift.x -= dx;
      this.#shift.y -= dy;
      return;
    }
    this.isAimed = true;
    const above = Math.min(89, Math.max(6, this.camera.above - 0.25 * dy));
    this.camera.aim(((this.camera.around - 0.25 * dx + 540) % 360) - 180, above);
  }

  zoom(factor, x, y) {
    const before = this.zoomed;
    this.zoomed = Math.min(ZOOM.most, Math.max(ZOOM.least, before * factor));
    const grown = this.zoomed / before;
    this.#shift.x = x - this.#middle.x - (x - this.#middle.x - this.#shift.x) * grown;
    this.#shift.y = y - this.#middle.y - (y - this.#middle.y - this.#shift.y) * grown;
    if (this.zoomed <= 1) this.#shift.x = this.#shift.y = 0;
  }

  /** Where keys zoom to: the target. */
  get anchor() {
    return this.target === null ? [this.#star.x, this.#star.y] : [this.target.x, this.target.y];
  }

  pick(x, y) {
    let [best, least] = [null, Infinity];
    for (const planet of this.planets) {
      const distance = Math.hypot(planet.x - x, planet.y - y) - planet.radius;
      if (distance < least && distance < Math.max(6, REACH - planet.radius)) [best, least] = [planet, distance];
    }
    return best;
  }

  /** The next planet outwards (right, up) or inwards; the star, null, is before the first. */
  step(dx, dy) {
    const by = Math.sign(dx - dy);
    const at = this.target === null ? -1 : this.planets.indexOf(this.target);
    this.target = this.planets[Math.min(this.planets.length - 1, Math.max(-1, at + by))] ?? null;
    return this.target;
  }

  placeOf(planet) {
    return planet === null ? [this.#star.x, this.#star.y] : [planet.x, planet.y];
  }

  /** Paints it on a day, while time runs at `speed` days a second. */
  draw(context, { width, height, ratio, sky, days, speed, isFocused, inset }) {
    this.#fit(width, height, inset);
    sky.draw(context, width, height, this.salt, 14 * this.camera.around, -10 * this.camera.above, ratio);
    this.#labels.clear();
    this.#putStar();
    for (const planet of this.planets) this.#put(planet, days);
    this.#plane.draw(context, days, this.#project, Math.sqrt(this.zoomed));
    for (const planet of this.planets) this.#drawOrbit(context, planet, days);
    this.#drawBodies(context, days, speed, isFocused);
    this.#name(context, isFocused);
    return false;
  }

  #fit(width, height, inset) {
    const [wide, high] = [width - inset.left - inset.right, height - inset.top - inset.bottom];
    if (!this.isAimed) this.camera.aim(this.camera.around, Math.min(72, Math.max(27, (Math.asin(Math.min(1, (0.9 * high) / wide)) * 180) / Math.PI - 6)));
    const { sb, cb } = this.camera;
    const [up, down] = [sb * perspective(-cb), sb * perspective(cb)]; // how far the outermost orbit reaches
    const fits = Math.min(wide / 2.14, (high - 2 * MARGIN) / Math.max(0.5, up + down));
    const aside = Math.max(0, high - 2 * MARGIN - fits * (up + down)) / 2;
    Object.assign(this.#middle, { x: inset.left + wide / 2, y: inset.top + MARGIN + aside + fits * up, radius: fits });
  }

  /** From the scene to the screen, in `#place`: x, y, how much larger it looks. */
  #project = () => {
    const place = this.#place;
    this.camera.turn(place);
    const near = perspective(place[2]);
    const far = this.#middle.radius * this.zoomed * near;
    place[0] = this.#middle.x + this.#shift.x + far * place[0];
    place[1] = this.#middle.y + this.#shift.y - far * place[1];
    place[2] = near;
  };

  get #unit() {
    return (6.5 + 0.0125 * this.#middle.radius) * this.zoomed ** 0.75;
  }

  #putStar() {
    this.#star.x = this.#middle.x + this.#shift.x;
    this.#star.y = this.#middle.y + this.#shift.y;
    const { radius } = this.system.star;
    this.#star.radius = this.#unit * (0.7 + 0.75 * radius ** 0.4);
  }

  #put(planet, days) {
    const place = this.#place;
    planet.orbit.put(planet.orbit.eccentricAt(days), place);
    this.scale.apply(place);
    this.camera.turn(place);
    const distance = Math.hypot(place[0], place[1], place[2]);
    planet.u = place[0] / distance;
    planet.v = place[1] / distance;
    planet.w = place[2] / distance;
    planet.depth = place[2];
    const near = perspective(place[2]);
    const far = this.#middle.radius * this.zoomed * near;
    planet.x = this.#star.x + far * place[0];
    planet.y = this.#star.y - far * place[1];
    planet.radius = Math.max(2, this.#unit * (0.35 + 0.65 * planet.size) * near);
  }

  /** An orbit's line, brightest where the planet has just been. */
  #drawOrbit(context, planet, days) {
    const line = this.#line;
    const now = planet.orbit.eccentricAt(days) / (2 * Math.PI);
    const first = Math.floor((((now % 1) + 1) % 1) * STEPS); // the last step that it passed
    line[0] = planet.x;
    line[1] = planet.y;
    for (let i = 1; i <= STEPS; i++) {
      const at = 3 * ((first - i + 1 + 2 * STEPS) % STEPS);
      for (let axis = 0; axis < 3; axis++) this.#place[axis] = planet.line[at + axis];
      this.#project();
      line[2 * i] = this.#place[0];
      line[2 * i + 1] = this.#place[1];
    }
    const trails = planet === this.target || planet === this.hovered ? CHOSEN_TRAILS : TRAILS;
    context.lineWidth = 1;
    for (let part = 0; part < TRAIL; part++) {
      const [from, to] = [(part * STEPS) / TRAIL, ((part + 1) * STEPS) / TRAIL];
      context.strokeStyle = trails[part];
      context.beginPath();
      context.moveTo(line[2 * from], line[2 * from + 1]);
      for (let i = from + 1; i <= to; i++) context.lineTo(line[2 * i], line[2 * i + 1]);
      if (part === TRAIL - 1) context.lineTo(planet.x, planet.y);
      context.stroke();
    }
  }

  /** The star and the planets, the farthest first. */
  #drawBodies(context, days, speed, isFocused) {
    const order = this.#order;
    for (let i = 1; i < order.length; i++) {
      const one = order[i];
      let j = i - 1;
      for (; j >= 0 && this.planets[order[j]].depth > this.planets[one].depth; j--) order[j + 1] = order[j];
      order[j + 1] = one;
    }
    let isStarDrawn = false;
    for (const index of order) {
      const planet = this.planets[index];
      if (!isStarDrawn && planet.depth > 0) isStarDrawn = this.#drawStar(context);
      this.#drawPlanet(context, planet, days, speed, isFocused);
    }
    if (!isStarDrawn) this.#drawStar(context);
  }

  #drawStar(context) {
    const { x, y, radius } = this.#star;
    const half = radius / GLOW_CORE;
    const { color } = this.system.star;
    context.globalCompositeOperation = "lighter";
    context.drawImage(glow(color, true), x - half, y - half, 2 * half, 2 * half);
    context.globalCompositeOperation = "source-over";
    const disc = radius / BALL_RADIUS;
    context.drawImage(sunDisc(color), x - disc, y - disc, 2 * disc, 2 * disc);
    this.#labels.keep(x - radius, y - radius, 2 * radius, 2 * radius);
    return true;
  }

  #drawPlanet(context, planet, days, speed, isFocused) {
    const { body, x, y, radius, bands } = planet;
    const tilt = (-body.tilt_deg * Math.PI) / 180;
    const flat = Math.max(0.12, this.camera.sb);
    this.#drawMoons(context, planet, days, speed, -1);
    if (bands) drawRings(context, bands, x, y, radius, tilt, flat, false, Math.atan2(-planet.w, -planet.u));
    drawBody(context, body, this.pictureOf(body), x, y, radius, -planet.u, -planet.v, FILL - (1 - FILL) * planet.w);
    if (bands) drawRings(context, bands, x, y, radius, tilt, flat, true, Math.atan2(-planet.w, -planet.u));
    this.#drawMoons(context, planet, days, speed, 1);
    if (planet === this.target || planet === this.hovered) ring(context, x, y, radius + 7, isFocused && planet === this.target);
    this.#labels.keep(x - radius, y - radius, 2 * radius, 2 * radius);
  }

  #drawMoons(context, planet, days, speed, side) {
    if (planet.radius < 4) return;
    context.fillStyle = "#d6dbe8";
    for (let i = 0; i < planet.moons.length; i++) {
      const orbit = planet.moons[i];
      const isFast = speed / orbit.period > FASTEST_MOON;
      const angle = isFast ? orbit.start : orbit.eccentricAt(days);
      const far = planet.radius * 1.5 + (5 + 4.5 * i) * Math.sqrt(this.zoomed);
      const [right, away] = [Math.cos(angle + planet.orbit.start), Math.sin(angle + planet.orbit.start)];
      if (away * side > 0) continue;
      const size = Math.max(1, 0.09 * planet.radius);
      context.beginPath();
      context.arc(planet.x + far * right, planet.y - far * away * this.camera.sb, size, 0, 2 * Math.PI);
      context.fill();
    }
  }

  #name(context, isFocused) {
    const labels = this.#labels;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const special = this.hovered ?? this.target;
    if (special !== null) {
      context.font = STRONG;
      context.fillStyle = "#ffffff";
      labels.write(context, special.body.name, special.x, special.y + special.radius + 10, true);
    }
    context.font = FONT;
    context.fillStyle = "#b9c1d8";
    for (const planet of this.planets) {
      if (planet !== special) labels.write(context, planet.label, planet.x, planet.y + planet.radius + 6);
    }
    this.#plane.name(context, labels, this.camera.around);
  }
}
