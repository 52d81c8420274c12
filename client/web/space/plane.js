// The plane of a system: where water is liquid, from where on it is ice, and belts.

import { SMALL } from "./labels.js";
import { hash, textHash } from "./noise.js";

const ROCKS = 420; // of a belt
const CORNERS = 96; // of a circle
const OUTSIDE = 1.02; // of the scene's radius, from which on a circle isn't drawn
const DASHES = [2, 6];
const NO_DASHES = [];

export class Plane {
  #project;
  #place;
  #circles; // of the habitable zone, from outside to inside, and its middle; of the frost line
  #belts;

  /** `place` is what `project()` of `draw` and `name` takes from the scene to the screen. */
  constructor({ address, zones, belts, star }, scale, place) {
    const { habitable_au: [inner, outer], frost_au: frost } = zones;
    const between = (share) => scale.of(inner * (outer / inner) ** share);
    this.#circles = { outer: between(1), most: between(0.78), middle: between(0.5), least: between(0.22), inner: between(0), frost: scale.of(frost) };
    this.#belts = belts.map((belt, index) => rocksOf(belt, star.mass, scale, hash(textHash(address), index)));
    this.#place = place;
  }

  /** Paints it on a day; rocks are `size` times as large as usual. */
  draw(context, days, project, size) {
    this.#project = project;
    const { outer, most, least, inner, frost } = this.#circles;
    context.fillStyle = "rgb(86 220 150 / 0.06)";
    this.#ring(context, inner, outer);
    this.#ring(context, least, most);
    if (frost <= OUTSIDE) {
      context.strokeStyle = "rgb(150 205 255 / 0.26)";
      context.lineWidth = 1;
      context.setLineDash(DASHES);
      context.beginPath();
      this.#circle(context, frost, 1);
      context.stroke();
      context.setLineDash(NO_DASHES);
    }
    context.fillStyle = "rgb(214 196 168 / 0.5)";
    for (const belt of this.#belts) this.#drawBelt(context, belt, days, size);
  }

  /** Names zone and line where they are nearest, if there is room; `around` is the camera's, in degrees. */
  name(context, labels, around) {
    const { middle, frost } = this.#circles;
    context.font = SMALL;
    context.fillStyle = "rgb(134 226 180 / 0.85)";
    this.#nameCircle(context, labels, "liquid water", middle, around);
    context.fillStyle = "rgb(168 212 255 / 0.75)";
    if (frost <= OUTSIDE) this.#nameCircle(context, labels, "frost line", frost, around);
  }

  #nameCircle(context, labels, text, radius, around) {
    const nearest = (-around * Math.PI) / 180 - Math.PI / 2;
    this.#move(radius * Math.cos(nearest), radius * Math.sin(nearest), 0);
    labels.write(context, text, this.#place[0], this.#place[1] - 8);
  }

  #ring(context, inner, outer) {
    context.beginPath();
    this.#circle(context, inner, 1);
    this.#circle(context, outer, -1);
    context.fill();
  }

  #circle(context, radius, direction) {
    for (let i = 0; i <= CORNERS; i++) {
      const angle = (direction * 2 * Math.PI * i) / CORNERS;
      this.#move(radius * Math.cos(angle), radius * Math.sin(angle), 0);
      if (i === 0) context.moveTo(this.#place[0], this.#place[1]);
      else context.lineTo(this.#place[0], this.#place[1]);
    }
    context.closePath();
  }

  #drawBelt(context, { radii, angles, heights, speeds, sizes }, days, size) {
    for (let i = 0; i < ROCKS; i++) {
      const angle = angles[i] + speeds[i] * days;
      this.#move(radii[i] * Math.cos(angle), radii[i] * Math.sin(angle), heights[i]);
      const side = sizes[i] * size * this.#place[2];
      context.fillRect(this.#place[0], this.#place[1], side, side);
    }
  }

  #move(x, y, z) {
    this.#place[0] = x;
    this.#place[1] = y;
    this.#place[2] = z;
    this.#project();
  }
}

/** Rocks of a belt, each with an orbit of its own: radii and heights in the scene's, speeds in radians a day. */
function rocksOf({ inner_au: inner, outer_au: outer }, mass, scale, salt) {
  const [radii, angles, heights, speeds, sizes] = Array.from({ length: 5 }, () => new Float32Array(ROCKS));
  for (let i = 0; i < ROCKS; i++) {
    const random = (index) => hash(salt, i, index) / 2 ** 32;
    const distance = inner + (outer - inner) * 0.5 * (random(0) + random(1));
    radii[i] = scale.of(distance);
    angles[i] = 2 * Math.PI * random(2);
    heights[i] = 0.05 * (random(3) + random(4) - 1) * radii[i];
    speeds[i] = (2 * Math.PI) / (365.25 * Math.sqrt(distance ** 3 / mass));
    sizes[i] = 0.6 + 0.9 * random(5) ** 3;
  }
  return { radii, angles, heights, speeds, sizes };
}
