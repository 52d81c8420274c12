// The canvas of the galaxy: one view at a time, painted when something moves, with time that runs.

import { Sky } from "./sky.js";

const LONGEST_STEP = 0.1; // s, by which a frame moves time on
const PASSAGE_MS = 520; // from one view to the next
const TOLD_MS = 250; // between two tellings of the time

export class Scene {
  view = null;
  inset = { left: 0, right: 0, top: 0, bottom: 0 }; // px of the canvas under other things
  isFocused = false; // by keys
  globe = null;
  clock = { days: 0, speed: 1, isRunning: false }; // days since the epoch, days a second
  #canvas;
  #context;
  #onTime;
  #sky = new Sky();
  #frame = null;
  #last = null;
  #told = 0;
  #passage = null; // `{picture, since, x, y, isInwards}`
  #state = {};
  #calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** `onTime()` is told a few times a second while time runs. */
  constructor(canvas, onTime) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#onTime = onTime;
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  /** Goes over to another view: into what is at a point of the screen, or out of it. */
  enter(view, [x, y] = [this.width / 2, this.height / 2], isInwards = true) {
    if (this.view !== null && this.view !== view && !this.#calm.matches && this.width > 0) {
      const picture = new OffscreenCanvas(this.#canvas.width, this.#canvas.height);
      picture.getContext("2d").drawImage(this.#canvas, 0, 0);
      this.#passage = { picture, since: performance.now(), x, y, isInwards };
    }
    this.view = view;
    this.redraw();
  }

  get width() {
    return this.#canvas.clientWidth;
  }

  get height() {
    return this.#canvas.clientHeight;
  }

  /** Lets time run, or stop. */
  run(isRunning) {
    this.clock.isRunning = isRunning;
    this.redraw();
  }

  /** Paints with the next frame. */
  redraw() {
    this.#frame ??= requestAnimationFrame(this.#paint);
  }

  /** Stops painting until `redraw`. */
  rest() {
    cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#last = null;
  }

  /** Takes the canvas' size on the page. */
  resize() {
    const ratio = Math.min(devicePixelRatio, 2);
    const [width, height] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (width === 0) return;
    if (this.#canvas.width !== width || this.#canvas.height !== height) [this.#canvas.width, this.#canvas.height] = [width, height];
    Object.assign(this.#state, { width: this.width, height: this.height, ratio, sky: this.#sky });
    this.redraw();
  }

  #paint = (now) => {
    this.#frame = null;
    const state = this.#state;
    if (this.view === null || !state.width) return;
    const isRunning = this.clock.isRunning && this.view.kind !== "galaxy";
    if (isRunning && this.#last !== null) this.clock.days += this.clock.speed * Math.min(LONGEST_STEP, (now - this.#last) / 1000);
    this.#last = isRunning ? now : null;
    state.now = now;
    state.days = this.clock.days;
    state.speed = isRunning ? this.clock.speed : 0;
    state.isFocused = this.isFocused;
    state.inset = this.inset;
    state.globe = this.globe;
    const context = this.#context;
    context.setTransform(state.ratio, 0, 0, state.ratio, 0, 0);
    const isMore = this.view.draw(context, state);
    if (this.#passage !== null) this.#fade(context, now);
    if (isRunning && now - this.#told > TOLD_MS) {
      this.#told = now;
      this.#onTime();
    }
    if (isRunning || isMore || this.#passage !== null) this.redraw();
  };

  /** What was seen before goes by, or falls back. */
  #fade(context, now) {
    const { picture, since, x, y, isInwards } = this.#passage;
    const share = Math.min(1, Math.max(0, (now - since) / PASSAGE_MS));
    if (share === 1) {
      this.#passage = null;
      return;
    }
    const eased = share * share * (3 - 2 * share);
    const grown = isInwards ? 1 + 2.2 * eased : 1 - 0.45 * eased;
    context.globalAlpha = 1 - eased;
    context.translate(x * (1 - grown), y * (1 - grown));
    context.scale(grown, grown);
    context.drawImage(picture, 0, 0, this.#state.width, this.#state.height);
    context.setTransform(this.#state.ratio, 0, 0, this.#state.ratio, 0, 0);
    context.globalAlpha = 1;
  }
}
