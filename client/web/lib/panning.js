// Moving a camera over a plane or around a globe: drag, wheel, touch, pinch and keys, with a little drift after a throw.

const STEP = 90; // px a key press
const CLICK = 6; // px that a pointer may stray in a click
const FRICTION = 0.93; // of the speed, a frame

/**
 * Listens on `element`; `onMove(dx, dy, {shift, isKey})` tells by how many px of the screen the camera goes, whether the
 * Shift key is held, and whether a key is what moves it; `onZoom(factor, x, y)` that it comes nearer at a point of the screen, which a key, `{isKey}`, has none of, `onClick(target, x, y)` that something was
 * clicked and not dragged. `step` is px a key press; `fast` a factor on it with Shift; the wheel moves, or zooms.
 */
export function enablePanning(element, { onMove, onZoom, onClick = () => {} }, { step = STEP, fast = 5, wheelZooms = false } = {}) {
  const pointers = new Map();
  let start = null;
  let speed = [0, 0];
  let shift = false;
  let drift = null;
  let moved = 0; // ms, when a pointer last did
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  element.addEventListener("pointerdown", (event) => {
    cancelAnimationFrame(drift); // a button over it, too, that leads elsewhere
    speed = [0, 0];
    if (event.button !== 0 || event.target.closest(".hud")) return;
    if (pointers.size === 0) start = { x: event.clientX, y: event.clientY, target: event.target, isClick: true };
    else start.isClick = false;
    pointers.set(event.pointerId, event);
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    moved = event.timeStamp;
    const old = [...pointers.values()];
    pointers.set(event.pointerId, event);
    if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > CLICK) start.isClick = false;
    if (start.isClick) return;
    if (old.length === 2) pinch(old, [...pointers.values()]);
    speed = [(before.clientX - event.clientX) / old.length, (before.clientY - event.clientY) / old.length];
    shift = event.shiftKey;
    onMove(...speed, { shift });
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
    if (event.type === "pointerup" && start.isClick) onClick(start.target, start.x, start.y);
    else if (!calm.matches && event.timeStamp - moved < 60) glide();
  };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);

  function pinch([a, b], [c, d]) {
    const apart = (p, q) => Math.hypot(p.clientX - q.clientX, p.clientY - q.clientY) || 1;
    onZoom(apart(c, d) / apart(a, b), (c.clientX + d.clientX) / 2, (c.clientY + d.clientY) / 2);
  }

  function glide() {
    speed = speed.map((value) => value * FRICTION);
    if (Math.hypot(...speed) < 0.3) return;
    onMove(...speed, { shift });
    drift = requestAnimationFrame(glide);
  }

  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
    if (event.ctrlKey || wheelZooms) {
      const speed = event.ctrlKey ? 0.004 : 0.0015;
      onZoom(Math.exp(-event.deltaY * scale * speed), event.clientX, event.clientY);
    } else {
      onMove(event.deltaX * scale, event.deltaY * scale, { shift: event.shiftKey });
    }
  }, { passive: false });

  element.addEventListener("keydown", (event) => {
    if (event.target.matches("input") || event.ctrlKey || event.altKey || event.metaKey) return;
    const by = step * (event.shiftKey ? fast : 1);
    const move = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
    const zoom = { "+": 1.25, "=": 1.25, "-": 0.8 }[event.key];
    if (!move && !zoom) return;
    event.preventDefault();
    const { left, top, width, height } = element.getBoundingClientRect();
    if (move) onMove(...move, { shift: event.shiftKey, isKey: true });
    else onZoom(zoom, left + width / 2, top + height / 2, { isKey: true });
  });
}
