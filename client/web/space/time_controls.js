// Time: run, stop, how fast, and which day it is.

import { slider } from "../lib/controls.js";
import { el, icon } from "../lib/dom.js";
import { span } from "./looks.js";

/** Controls of a scene's clock; `onChange()` is told when the reader did something. */
export class TimeControls {
  #scene;
  #play;
  #speed;
  #day = el("output", { class: "facts" });

  constructor(scene, onChange) {
    this.#scene = scene;
    this.#play = el("button", { class: "tool", type: "button", onclick: () => (this.run(!scene.clock.isRunning), onChange()) });
    this.#speed = slider({ label: "Speed", name: "speed", min: -4, max: 4, step: 0.05, value: 0, tell: (power) => `${span(10 ** power)} a second` });
    this.#speed.input.addEventListener("input", () => (scene.clock.speed = 10 ** Number(this.#speed.input.value)));
    this.element = el("div", { class: "hud time", role: "group", "aria-label": "Time", hidden: true }, this.#play, this.#speed.element, this.#day);
    this.run(false);
  }

  run(isRunning) {
    this.#scene.run(isRunning);
    const label = isRunning ? "Stop time" : "Let time run";
    this.#play.replaceChildren(icon(isRunning ? "pause" : "play"));
    this.#play.setAttribute("aria-label", label);
    this.#play.title = label;
  }

  /** Sets the pace, in days a second. */
  pace(speed) {
    this.#scene.clock.speed = speed;
    this.#speed.show(Math.min(4, Math.max(-4, Math.log10(speed))).toFixed(2));
  }

  /** Tells which day it is. */
  tell() {
    const { days } = this.#scene.clock;
    this.#day.textContent = `Day ${days.toLocaleString("en", { maximumFractionDigits: days < 1000 ? 1 : 0 })}`;
  }
}
