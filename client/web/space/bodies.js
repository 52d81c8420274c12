// A planet or a moon on a canvas: its picture, or a ball in its class' color until there is one, in its star's light.

import { BALL_RADIUS, air, ball, night } from "./light.js";
import { airOf, colorOf } from "./looks.js";

/**
 * Paints a body of a radius at x and y. `picture`, if any, shows it lit from the viewer; the light comes from `sunX`, `sunY`
 * (up) and `sunZ` (the viewer's side), a unit vector.
 */
export function drawBody(context, body, picture, x, y, radius, sunX, sunY, sunZ) {
  const half = radius / BALL_RADIUS;
  context.drawImage(picture ?? ball(colorOf(body)), x - half, y - half, 2 * half, 2 * half);
  drawLit(context, night(sunZ), x, y, radius, sunX, sunY);
  drawAir(context, body, x, y, radius, sunX, sunY);
}

/** The glow of its air, on the side of the light. */
export function drawAir(context, body, x, y, radius, sunX, sunY) {
  const color = airOf(body);
  if (color === null || radius < 3) return;
  context.globalCompositeOperation = "lighter";
  context.globalAlpha = body.atmosphere.startsWith("thin") ? 0.5 : 1;
  drawLit(context, air(color), x, y, 2 * radius, sunX, sunY);
  context.globalAlpha = 1;
  context.globalCompositeOperation = "source-over";
}

/** A picture of what is lit from the right, turned to its light. */
function drawLit(context, picture, x, y, half, sunX, sunY) {
  const angle = Math.atan2(-sunY, sunX);
  context.translate(x, y);
  context.rotate(angle);
  context.drawImage(picture, -half, -half, 2 * half, 2 * half);
  context.rotate(-angle);
  context.translate(-x, -y);
}
