// A planet with its moons, or a moon with its planet, near by: a live globe where the hardware has one, else a picture.

import { drawAir, drawBody } from "./bodies.js";
import { FONT, Labels, STRONG } from "./labels.js";
import { BALL_RADIUS, glow } from "./light.js";
import { bandsOf, drawRings, ring } from "./marks.js";
import { textHash } from "./noise.js";
import { Camera, Orbit } from "./orbits.js";

export const ZOOM = { least: 0.6, most: 2.5 };
export const USUAL = { around: 0, above: 14 }; // degrees, of the viewer
const SUN = [-56, 12]; // degrees, from the viewer as usual: around, and above the orbit
const REACH = 24; // px
const TURN_S = 45; // seconds that a day takes at first
const FADE_MS = 700; // from the picture to the globe
const RADIANS = Math.PI / 180;

export class BodyView {
  kind = "body";
  target = null; // the companion that Enter opens
  hovered = null;
  zoomed = 1;
  isAimed = false; // by the reader
  #labels = new Labels();
  #sun = new Float64Array(3);
  #middle = { x: 0, y: 0, radius: 1 };
  #arrived = null; // ms, when the globe was first there
  #angles = { lon: 0, lat: 0, roll: 0, sun: [0, 0], zoom: 1 };

  /** `parent` is a moon's planet, or null; `pictureOf` as a system's view has it, `portraitOf` the same, but larger. */
  constructor(system, body, parent, pictureOf, portraitOf) {
    Object.assign(this, { system, body, parent, pictureOf, portraitOf });
    this.salt = textHash(body.address);
    this.camera = new Camera(USUAL.around, USUAL.above);
    this.bands = bandsOf(body);
    const moons = parent === null ? body.moons.map((moon) => companion(moon, moon, 1)) : [companion(parent, body, -1)];
    this.companions = placed(moons, body);
  }

  /** Days a second at which it turns slowly enough to look at. */
  get speed() {
    const turns = this.body.locked ? this.companions.map(({ orbit }) => orbit.period) : [this.body.day_h / 24];
    return Math.min(...turns, this.body.day_h / 24) / TURN_S;
  }

  pan(dx, dy) {
    this.isAimed = true;
    const { around, above } = this.camera;
    const by = 0.32 / Math.sqrt(this.zoomed);
    this.camera.aim(((around + by * dx + 540) % 360) - 180, Math.min(85, Math.max(-85, above - by * dy)));
  }

  zoom(factor) {
    this.zoomed = Math.min(ZOOM.most, Math.max(ZOOM.least, this.zoomed * factor));
  }

  get anchor() {
    return [this.#middle.x, this.#middle.y];
  }

  /** The body itself or a companion, as `{body}`, at a point of the screen, or null. */
  pick(x, y) {
    for (const one of this.companions) {
      if (one.isSeen && Math.hypot(one.x - x, one.y - y) < Math.max(one.radius + 4, REACH)) return one;
    }
    return Math.hypot(this.#middle.x - x, this.#middle.y - y) < this.#middle.radius ? this : null;
  }

  /** The next companion, outwards (down) or inwards (up); none, null, is before the first. */
  step(_, dy) {
    const at = this.target === null ? -1 : this.companions.indexOf(this.target);
    this.target = this.companions[Math.min(this.companions.length - 1, at + dy)] ?? null;
    return this.target;
  }

  placeOf(one) {
    return one === null || one === this ? this.anchor : [one.x, one.y];
  }

  draw(context, { width, height, ratio, sky, days, isFocused, inset, globe, now }) {
    this.#fit(width, height, inset);
    sky.draw(context, width, height, this.salt, 9 * this.camera.around, -9 * this.camera.above, ratio);
    this.#turnSun();
    this.#drawStar(context, width, height);
    this.#put(days);
    const { x, y, radius } = this.#middle;
    const [tilt, flat] = [-this.body.tilt_deg * RADIANS, this.camera.sb];
    const sun = this.#sunAround(tilt);
    this.#drawPaths(context, x, y, tilt, -1);
    this.#drawCompanions(context, -1);
    if (this.bands) drawRings(context, this.bands, x, y, radius, tilt, Math.abs(flat), flat < 0, sun);
    const isMore = this.#drawItself(context, days, globe, ratio, now);
    if (this.bands) drawRings(context, this.bands, x, y, radius, tilt, Math.abs(flat), flat >= 0, sun);
    this.#drawPaths(context, x, y, tilt, 1);
    this.#drawCompanions(context, 1);
    this.#name(context, isFocused);
    return isMore;
  }

  #fit(width, height, inset) {
    const [wide, high] = [width - inset.left - inset.right, height - inset.top - inset.bottom];
    const reach = Math.max(1.3, this.companions.length ? 2.2 : 0, this.bands ? 1.1 * this.bands.at(-1)[0] : 0);
    const radius = Math.min(0.34 * high, (0.5 * wide) / reach) * this.zoomed;
    Object.assign(this.#middle, { x: inset.left + wide / 2, y: inset.top + high / 2, radius, reach: Math.max(2, Math.min(3.4, (0.47 * wide) / radius)) });
  }

  #turnSun() {
    const [azimuth, elevation] = [(SUN[0] - this.camera.around) * RADIANS, SUN[1] * RADIANS];
    const [right, up, nearer] = [Math.cos(elevation) * Math.sin(azimuth), Math.sin(elevation), Math.cos(elevation) * Math.cos(azimuth)];
    const { sb, cb } = this.camera;
    this.#sun[0] = right;
    this.#sun[1] = up * cb - nearer * sb;
    this.#sun[2] = up * sb + nearer * cb;
  }

  /** The light's direction in the plane of rings that lie tilted: 0 right, π/2 nearer. */
  #sunAround(tilt) {
    const [right, up, nearer] = this.#sun;
    const [st, ct] = [Math.sin(tilt), Math.cos(tilt)];
    return Math.atan2(nearer * this.camera.cb - (right * st + up * ct) * this.camera.sb, right * ct - up * st);
  }

  /** The star, where it is before the viewer; else the light that comes from its side. */
  #drawStar(context, width, height) {
    const [right, up, nearer] = this.#sun;
    const { x, y, radius } = this.#middle;
    const sprite = glow(this.system.star.color);
    context.globalCompositeOperation = "lighter";
    if (nearer < 0.15) {
      const far = (3 * radius) / Math.max(0.25, 0.3 - nearer);
      const half = 0.85 * radius;
      context.drawImage(sprite, x + far * right - half, y - far * up - half, 2 * half, 2 * half);
    } else {
      const aside = Math.hypot(right, up) || 1;
      const far = 0.62 * Math.max(width, height);
      const half = 0.8 * far;
      context.globalAlpha = 0.2;
      context.drawImage(sprite, x + (far * right) / aside - half, y - (far * up) / aside - half, 2 * half, 2 * half);
      context.globalAlpha = 1;
    }
    context.globalCompositeOperation = "source-over";
  }

  #put(days) {
    const { x, y, radius, reach } = this.#middle;
    const [st, ct] = [Math.sin(-this.body.tilt_deg * RADIANS), Math.cos(-this.body.tilt_deg * RADIANS)];
    for (const one of this.companions) {
      const angle = one.orbit.eccentricAt(days) + (one.isParent ? Math.PI : 0) - this.camera.around * RADIANS;
      one.far = radius * (one.least + (Math.max(one.least, reach) - one.least) * one.share);
      const [right, away] = [one.far * Math.cos(angle), one.far * Math.sin(angle)];
      const [up, nearer] = [away * this.camera.sb, -away * this.camera.cb];
      one.x = x + right * ct + up * st;
      one.y = y + right * st - up * ct;
      one.nearer = nearer;
      one.radius = Math.max(2.5, radius * one.size * (1 + (0.18 * nearer) / one.far));
      one.isSeen = nearer > 0 || Math.hypot(one.x - x, one.y - y) > radius;
    }
  }

  #drawPaths(context, x, y, tilt, side) {
    context.lineWidth = 1;
    const isUpper = this.camera.sb * side < 0; // of an ellipse, the half that lies on this side
    for (const one of this.companions) {
      context.strokeStyle = one === this.target || one === this.hovered ? "rgb(255 190 132 / 0.7)" : "rgb(152 174 255 / 0.28)";
      context.beginPath();
      context.ellipse(x, y, one.far, one.far * Math.abs(this.camera.sb), tilt, isUpper ? Math.PI : 0, isUpper ? 2 * Math.PI : Math.PI);
      context.stroke();
    }
  }

  #drawCompanions(context, side) {
    for (const one of this.companions) {
      if (one.nearer * side < 0) continue;
      drawBody(context, one.body, this.pictureOf(one.body), one.x, one.y, one.radius, this.#sun[0], this.#sun[1], this.#sun[2]);
    }
  }

  /** The body in the middle; tells whether its globe is still to be painted. */
  #drawItself(context, days, globe, ratio, now) {
    const { x, y, radius } = this.#middle;
    const [right, up, nearer] = this.#sun;
    const half = radius / BALL_RADIUS;
    const canvas = globe?.paint(this.#anglesOn(days), 2 * half * ratio, now) ?? null;
    if (canvas === null) this.#arrived = null;
    else this.#arrived ??= now;
    const share = canvas === null ? 0 : Math.min(1, (now - this.#arrived) / FADE_MS);
    const portrait = this.portraitOf(this.body);
    if (share < 1) drawBody(context, this.body, portrait, x, y, radius, right, up, nearer);
    if (share > 0) {
      context.globalAlpha = share;
      context.drawImage(canvas, x - half, y - half, 2 * half, 2 * half);
      context.globalAlpha = 1;
      drawAir(context, this.body, portrait, x, y, radius, right, up);
    }
    return canvas !== null && (share < 1 || globe.isBehind);
  }

  /** How the globe is turned and lit, as the World tab's is. */
  #anglesOn(days) {
    const [right, up, nearer] = this.#sun;
    const turned = this.body.locked ? 0 : (-360 * days * 24) / this.body.day_h;
    this.#angles.lon = ((((turned + this.camera.around + 180) % 360) + 360) % 360) - 180;
    this.#angles.lat = this.camera.above;
    this.#angles.roll = this.body.tilt_deg;
    this.#angles.sun[0] = Math.atan2(right, nearer) / RADIANS;
    this.#angles.sun[1] = Math.asin(up) / RADIANS;
    return this.#angles;
  }

  #name(context, isFocused) {
    const labels = this.#labels;
    labels.clear();
    context.textAlign = "center";
    context.textBaseline = "middle";
    const special = this.hovered === this ? null : this.hovered ?? this.target;
    if (special !== null) {
      context.font = STRONG;
      context.fillStyle = "#ffffff";
      labels.write(context, special.body.name, special.x, special.y + special.radius + 9, true);
      ring(context, special.x, special.y, special.radius + 6, isFocused && special === this.target);
    }
    context.font = FONT;
    context.fillStyle = "#b9c1d8";
    for (const one of this.companions) {
      if (one !== special && one.isSeen) labels.write(context, one.label, one.x, one.y + one.radius + 6);
    }
  }
}

function companion(body, orbiting, direction) {
  const label = direction > 0 ? body.name.split(" ").at(-1) : body.name;
  return { body, label, isParent: direction < 0, orbit: new Orbit(orbiting.orbit, orbiting.orbit.a_km), distance: orbiting.orbit.a_km, x: 0, y: 0, radius: 1, nearer: 0, far: 0, isSeen: false };
}

/** With a place between the rings' edge and the screen's, by the logarithm of their distance, and a size by the root of theirs. */
function placed(companions, body) {
  const distances = companions.map(({ distance }) => Math.log(distance));
  const [low, high] = [Math.min(...distances), Math.max(...distances)];
  const least = Math.max(1.5, body.rings ? (1.12 * body.rings.outer_km) / body.radius_km : 0);
  return companions.map((one, i) => ({
    ...one,
    least,
    share: high === low ? 0.6 : 0.08 + (0.92 * (distances[i] - low)) / (high - low),
    size: Math.min(0.42, Math.max(0.045, 0.42 * Math.sqrt(one.body.radius_km / body.radius_km))),
  }));
}
