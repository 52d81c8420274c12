// Light and shade as small pictures, drawn once: what glows, what a ball looks like, and how much of it is night.

const GLOW = 256; // px
const BALL = 128;
const PHASES = 24; // from the night's side to the day's
const NIGHT = 0.045; // of the day's light

const kept = new Map(); // what → canvas

export const BALL_RADIUS = 0.9;

/** A star's light in space, of a color such as `#ffd9b0`; what is its disc is `GLOW_CORE` of the picture's half. */
export const GLOW_CORE = 0.085;

export function glow(color, hasRays = false) {
  return keep(`glow ${color} ${hasRays}`, GLOW, (context, half) => {
    const halo = saturated(color);
    const light = (to, stops) => {
      const gradient = context.createRadialGradient(half, half, 0, half, half, to * half);
      stops.forEach(([at, alpha, tint = halo]) => gradient.addColorStop(at, withAlpha(tint, alpha)));
      context.fillStyle = gradient;
      context.fillRect(0, 0, 2 * half, 2 * half);
    };
    context.globalCompositeOperation = "lighter";
    light(1, [[0, 0.3], [0.1, 0.2], [0.25, 0.085], [0.5, 0.025], [1, 0]]);
    light(0.36, [[0, 0.75], [0.22, 0.5], [0.45, 0.15], [1, 0]]);
    if (hasRays) for (const angle of [0, Math.PI / 2]) drawRay(context, half, angle, halo);
    light(0.16, [[0, 1, "#ffffff"], [0.24, 0.95, "#ffffff"], [0.46, 0.6, color], [1, 0, color]]);
  });
}

function drawRay(context, half, angle, color) {
  context.save();
  context.translate(half, half);
  context.rotate(angle);
  const gradient = context.createLinearGradient(-half, 0, half, 0);
  [[0, 0], [0.3, 0.06], [0.5, 0.8], [0.7, 0.06], [1, 0]].forEach(([at, alpha]) => gradient.addColorStop(at, withAlpha(color, alpha)));
  context.fillStyle = gradient;
  context.beginPath();
  context.ellipse(0, 0, 0.8 * half, 0.012 * half, 0, 0, 2 * Math.PI);
  context.fill();
  context.restore();
}

/** A star's disc, darker and more colored towards its limb; it fills 0.9 of the picture's half, as a body does. */
export function sunDisc(color) {
  return keep(`disc ${color}`, GLOW, (context, half) => {
    const gradient = context.createRadialGradient(half, half, 0, half, half, half * BALL_RADIUS);
    const rim = saturated(color);
    [[0, "#ffffff"], [0.5, mix(color, "#ffffff", 0.8)], [0.8, color], [1, mix(color, rim, 0.9)]].forEach(([at, tint]) => gradient.addColorStop(at, tint));
    context.fillStyle = gradient;
    context.beginPath();
    context.arc(half, half, half * BALL_RADIUS, 0, 2 * Math.PI);
    context.fill();
  });
}

/** A ball in a color, lit from the viewer, until there is a picture: it fills `BALL_RADIUS` of the picture's half, as theirs do. */
export function ball(color) {
  return keep(`ball ${color}`, BALL, (context, half) => {
    const gradient = context.createRadialGradient(half, half, 0, half, half, half * BALL_RADIUS);
    [[0, mix(color, "#ffffff", 0.12)], [0.7, color], [1, mix(color, "#04050a", 0.45)]].forEach(([at, tint]) => gradient.addColorStop(at, tint));
    context.fillStyle = gradient;
    context.beginPath();
    context.arc(half, half, half * BALL_RADIUS, 0, 2 * Math.PI);
    context.fill();
  });
}

/** The air around a ball that is lit from the right; the ball's edge is at half of the picture's half. */
export function air(color) {
  return keep(`air ${color}`, GLOW, (context, half) => {
    const image = context.createImageData(2 * half, 2 * half);
    const [red, green, blue] = channels(color);
    for (let row = 0, at = 0; row < 2 * half; row++) {
      for (let column = 0; column < 2 * half; column++, at += 4) {
        const [u, v] = [(2 * (column + 0.5)) / half - 2, (2 * (row + 0.5)) / half - 2];
        const distance = Math.hypot(u, v);
        const height = distance - 1;
        const dense = height > 0 ? 0.5 * Math.exp(-height / 0.035) + 0.16 * Math.exp(-height / 0.13) : 0.5 * Math.exp(height / 0.07);
        const lit = Math.min(1, Math.max(0, 0.35 + (0.8 * u) / distance));
        const end = Math.min(1, Math.max(0, (2 - distance) * 3));
        [image.data[at], image.data[at + 1], image.data[at + 2]] = [red, green, blue];
        image.data[at + 3] = 255 * dense * lit * end;
      }
    }
    context.putImageData(image, 0, 0);
  });
}

/**
 * The night of a ball that fills the picture, lit from the right; `nearer` of −1 to 1 is how much of the light comes from the
 * viewer's side: 1 is a full disc, 0 a half one, −1 a new one.
 */
export function night(nearer) {
  const phase = Math.round(((nearer + 1) / 2) * PHASES);
  return keep(phase, BALL, (context, half) => {
    const z = Math.min(1, Math.max(-1, (2 * phase) / PHASES - 1));
    const x = Math.sqrt(1 - z * z);
    const image = context.createImageData(2 * half, 2 * half);
    for (let row = 0, at = 0; row < 2 * half; row++) {
      for (let column = 0; column < 2 * half; column++, at += 4) {
        const [u, v] = [(column + 0.5) / half - 1, (row + 0.5) / half - 1];
        const depth = Math.sqrt(Math.max(0, 1 - u * u - v * v));
        const day = Math.min(1, Math.max(0, 1.3 * (u * x + depth * z) + 0.06)) ** 0.75; // air scatters a little past the edge
        [image.data[at], image.data[at + 1], image.data[at + 2]] = [3, 4, 10];
        const inside = Math.min(1, Math.max(0, (1 - Math.hypot(u, v)) * half + 0.5));
        image.data[at + 3] = 255 * (1 - NIGHT) * (1 - day) * inside;
      }
    }
    context.putImageData(image, 0, 0);
  });
}

function keep(key, size, draw) {
  const known = kept.get(key);
  if (known) return known;
  const canvas = new OffscreenCanvas(size, size);
  draw(canvas.getContext("2d"), size / 2);
  kept.set(key, canvas);
  return canvas;
}

const channels = (color) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

/** A color of CSS: `#rrggbb` with an alpha. */
export function withAlpha(color, alpha) {
  return `rgb(${channels(color).join(" ")} / ${alpha})`;
}

/** A color as a halo has it: what it lacks of white, half as much again. */
function saturated(color) {
  return hex(channels(color).map((value) => Math.max(0, 255 - 1.7 * (255 - value))));
}

function mix(color, other, share) {
  const [a, b] = [channels(color), channels(other)];
  return hex(a.map((value, i) => value + share * (b[i] - value)));
}

const hex = (values) => `#${values.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
