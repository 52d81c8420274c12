// A planet or a moon on a canvas: its picture, or a ball in its class' color until there is one, in its star's light.

import { BALL_RADIUS, air, ball, night } from "./light.js";
import { airOf, colorOf } from "./looks.js";

/**
 * Paints a body of a radius at x and y. `picture`, `{bitmap, wide, high}` or null, shows it upright and lit from the viewer; the
 * light comes from `sunX`, `sunY` (up) and `sunZ` (the viewer's side), a unit vector.
 */
export function drawBody(context, body, picture, x, y, radius, sunX, sunY, sunZ) {
  const half = radius / BALL_RADIUS;
  context.save();
  context.translate(x, y);
  context.rotate((-body.tilt_deg * Math.PI) / 180);
  context.drawImage(picture?.bitmap ?? ball(colorOf(body)), -half, -half, 2 * half, 2 * half);
  context.restore();
  drawLit(context, night(sunZ), body, picture, x, y, 1.015 * radius, sunX, sunY); // no lit edge may look out
  drawAir(context, body, picture, x, y, radius, sunX, sunY);
}

/** The glow of its air, on the side of the light. */
export function drawAir(context, body, picture, x, y, radius, sunX, sunY) {
  const color = airOf(body);
  if (color === null || radius < 3) return;
  context.globalCompositeOperation = "lighter";
  context.globalAlpha = body.atmosphere.startsWith("thin") ? 0.5 : 1;
  drawLit(context, air(color), body, picture, x, y, 2 * radius, sunX, sunY);
  context.globalAlpha = 1;
  context.globalCompositeOperation = "source-over";
}

/** What is lit from the right, turned to its light, and as flat as the body. */
function drawLit(context, lit, body, picture, x, y, half, sunX, sunY) {
  const tilt = (-body.tilt_deg * Math.PI) / 180;
  context.save();
  context.translate(x, y);
  context.rotate(tilt);
  context.scale(picture?.wide ?? 1, picture?.high ?? 1);
  context.rotate(Math.atan2(-sunY, sunX) - tilt);
  context.drawImage(lit, -half, -half, 2 * half, 2 * half);
  context.restore();
}
