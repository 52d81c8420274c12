// Where bodies are, by Kepler's elements, and the scales by which far and near fit on a screen.

const TURN = 2 * Math.PI;
const RADIANS = Math.PI / 180;

/** The eccentric anomaly of a mean anomaly, in radians: Kepler's equation by Newton's steps. */
export function eccentricOf(mean, e) {
  let eccentric = mean + e * Math.sin(mean);
  for (let i = 0; i < 6; i++) eccentric -= (eccentric - e * Math.sin(eccentric) - mean) / (1 - e * Math.cos(eccentric));
  return eccentric;
}

/** An orbit as the system's JSON tells it, ready to be asked for places; `size` is its semi-major axis. */
export class Orbit {
  constructor({ e, i_deg, node_deg, peri_deg, m0_deg, period_d }, size) {
    Object.assign(this, { e, size, period: period_d, start: m0_deg * RADIANS });
    const [i, node, peri] = [i_deg, node_deg, peri_deg].map((angle) => angle * RADIANS);
    const [si, ci, sn, cn, sp, cp] = [Math.sin(i), Math.cos(i), Math.sin(node), Math.cos(node), Math.sin(peri), Math.cos(peri)];
    this.along = [cn * cp - sn * sp * ci, sn * cp + cn * sp * ci, sp * si]; // towards the periapsis
    this.across = [-cn * sp - sn * cp * ci, -sn * sp + cn * cp * ci, cp * si];
  }

  /** The eccentric anomaly on a day, in radians. */
  eccentricAt(days) {
    return eccentricOf((this.start + (TURN * days) / this.period) % TURN, this.e);
  }

  /** Writes the place at an eccentric anomaly into `place`: x and y in the plane, z towards its north. */
  put(eccentric, place) {
    const u = this.size * (Math.cos(eccentric) - this.e);
    const v = this.size * Math.sqrt(1 - this.e * this.e) * Math.sin(eccentric);
    for (let axis = 0; axis < 3; axis++) place[axis] = u * this.along[axis] + v * this.across[axis];
  }
}

/**
 * A readable scale, as orbits reach from a hundredth to dozens of au: what is `distance` away is drawn
 * ln(1 + distance / near) / ln(1 + far / near) from the middle, so `far` is at 1 and the star at 0. Directions stay.
 */
export class Scale {
  constructor(near, far) {
    this.near = near;
    this.whole = Math.log1p(far / near);
  }

  of(distance) {
    return Math.log1p(distance / this.near) / this.whole;
  }

  /** Moves a place towards the middle, in itself. */
  apply(place) {
    const distance = Math.hypot(place[0], place[1], place[2]);
    const factor = distance === 0 ? 0 : this.of(distance) / distance;
    for (let axis = 0; axis < 3; axis++) place[axis] *= factor;
  }
}

/** A camera that looks at the middle: from how far round and how far above the plane, in degrees. */
export class Camera {
  constructor(around, above) {
    this.aim(around, above);
  }

  aim(around, above) {
    Object.assign(this, { around, above });
    [this.sa, this.ca] = [Math.sin(around * RADIANS), Math.cos(around * RADIANS)];
    [this.sb, this.cb] = [Math.sin(above * RADIANS), Math.cos(above * RADIANS)];
  }

  /** Turns a place into what the viewer sees, in itself: right, up, nearer. */
  turn(place) {
    const [x, y, z] = place;
    const right = x * this.ca - y * this.sa;
    const away = x * this.sa + y * this.ca;
    place[0] = right;
    place[1] = away * this.sb + z * this.cb;
    place[2] = z * this.sb - away * this.cb;
  }
}

/** How much larger what is nearer looks; `depth` in radii of the scene, nearer is positive. */
export const perspective = (depth) => 3.2 / (3.2 - depth);
