// What pointers, fingers and keys do to a scene.

import { enablePanning } from "../lib/panning.js";

const FAST = 6; // times as far goes an arrow key with Shift

/**
 * Listens on the hud's stage: `onStep(dx, dy, isFar)` is told of arrow keys, `onZoom(factor)` of plus and minus, `onOpen(target)` of
 * what was clicked or entered, `onLeave()` of Escape, `onMoved()` that a pointer moved or zoomed the view.
 */
export function listen(hud, scene, { onStep, onZoom, onOpen, onLeave, onMoved }) {
  const { stage, canvas } = hud;
  const within = (x, y) => {
    const { left, top } = stage.getBoundingClientRect();
    return [x - left, y - top];
  };
  enablePanning(stage, {
    onMove: (dx, dy, { shift, isKey }) => {
      if (isKey) return onStep(Math.sign(dx), Math.sign(dy), shift);
      scene.view?.pan(dx, dy, { shift });
      onMoved();
    },
    onZoom: (factor, x, y, { isKey } = {}) => {
      if (isKey) return onZoom(factor);
      scene.view?.zoom(factor, ...within(x, y));
      onMoved();
    },
    onClick: (_, x, y) => onOpen(scene.view?.pick(...within(x, y)) ?? null),
  }, { wheelZooms: true, fast: FAST });
  stage.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.target.matches("input")) onLeave();
    else if (event.key === "Enter" && event.target === stage) onOpen(scene.view?.target ?? (scene.view?.kind === "body" ? scene.view : null));
    else return;
    event.preventDefault();
  });
  stage.addEventListener("pointermove", ({ pointerType, buttons, offsetX, offsetY, target }) => {
    if (pointerType !== "mouse" || buttons !== 0 || scene.view === null) return;
    const hovered = target === canvas || target === stage ? scene.view.pick(offsetX, offsetY) : null;
    if (hovered === scene.view.hovered) return;
    scene.view.hovered = hovered;
    hud.point(hovered !== null);
    scene.redraw();
  });
  for (const type of ["focus", "blur", "keydown"]) {
    stage.addEventListener(type, () => {
      const isFocused = stage.matches(":focus-visible");
      if (isFocused === scene.isFocused) return;
      scene.isFocused = isFocused;
      if (isFocused && scene.view?.kind === "galaxy") scene.view.target ??= scene.view.middle();
      scene.redraw();
    });
  }
}
