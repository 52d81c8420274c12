// Marks on a canvas: what is looked at, and rings of planets.

import { hash, textHash } from "./noise.js";

const DASHES = [5, 5];
const NONE = [];
const BANDS = 60;

/** A ring around what is looked at: dashed where keys have the focus. */
export function ring(context, x, y, radius, isFocused) {
  context.strokeStyle = isFocused ? "#ffb673" : "#ffffff80";
  context.lineWidth = isFocused ? 2 : 1;
  context.setLineDash(isFocused ? DASHES : NONE);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
  context.setLineDash(NONE);
}

/** The bands of a planet's rings: `[radius in the planet's, width, CSS color]`, the same for ever. */
export function bandsOf({ address, radius_km, rings }) {
  if (!rings) return null;
  const salt = textHash(address);
  const [inner, outer] = [rings.inner_km / radius_km, rings.outer_km / radius_km];
  const width = (outer - inner) / BANDS;
  return Array.from({ length: BANDS }, (_, i) => {
    const random = (index) => hash(salt, i, index) / 2 ** 32;
    const gap = hash(salt, i >> 2, 3) / 2 ** 32 < 0.16 ? 0.12 : 1;
    const alpha = rings.opacity * gap * (0.55 + 0.45 * random(1)) * (0.5 + (0.5 * hash(salt, i >> 3, 4)) / 2 ** 32) * Math.min(1, (i + 1) / 5, (BANDS - i) / 5);
    const shade = Math.round(168 + 60 * random(2));
    return [inner + (i + 0.5) * width, 1.15 * width, `rgb(${shade} ${shade - 14} ${shade - 34} / ${alpha.toFixed(3)})`];
  });
}

/**
 * One half of a planet's rings, behind it or before it: `radius` is the planet's in px, `tilt` how they lie on the screen in
 * radians, `flat` how flat they look (1 from above), `sun` the light's direction in their plane in radians (0 right, π/2 nearer).
 */
export function drawRings(context, bands, x, y, radius, tilt, flat, isFront, sun) {
  const [from, to] = isFront ? [0, Math.PI] : [Math.PI, 2 * Math.PI];
  for (const [middle, width, color] of bands) {
    context.strokeStyle = color;
    context.lineWidth = Math.max(0.5, width * radius * (0.45 + 0.55 * flat));
    const shadow = Math.asin(Math.min(1, 1 / middle)); // half an angle of the planet's shadow
    const start = wrapped(sun + Math.PI - shadow);
    const end = start + 2 * shadow;
    arc(context, x, y, middle * radius, tilt, flat, Math.max(from, end - 2 * Math.PI), Math.min(to, start));
    arc(context, x, y, middle * radius, tilt, flat, Math.max(from, end), Math.min(to, start + 2 * Math.PI));
  }
}

function arc(context, x, y, radius, tilt, flat, from, to) {
  if (to - from < 1e-3) return;
  context.beginPath();
  context.ellipse(x, y, radius, radius * flat, tilt, from, to);
  context.stroke();
}

const wrapped = (angle) => ((angle % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);
