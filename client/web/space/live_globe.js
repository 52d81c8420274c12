// One live globe at a time, on a canvas of its own, as a picture to draw with.

import { fetchShader } from "../lib/api.js";
import { Globe, contextOf } from "../lib/globe.js";
import { fetchWorld } from "../lib/world_data.js";

const LARGEST = 1024; // px
const SETTLED_MS = 300;
const SEEN = 0.05; // degrees
const DARKNESS = { ambient: 0.015, limb: 0.85 }; // out here nothing but its star lights a body

export class LiveGlobe {
  #onSharp;
  #canvas = document.createElement("canvas");
  #globe = null;
  #world = null;
  #running = new AbortController();
  #painted = new Float64Array(6); // the camera of what is on the canvas
  #changed = 0; // ms, when that was last drawn
  #settling = null;

  /** `onSharp` is called when the picture has become another, or sharper. */
  constructor(onSharp) {
    this.#onSharp = onSharp;
    this.#canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault(); // else it never comes back
      this.#globe = null;
      this.#onSharp();
    });
    this.#canvas.addEventListener("webglcontextrestored", () => this.#raise());
  }

  /** Whether there is something to `paint`. */
  get isLive() {
    return this.#globe !== null && this.#world !== null;
  }

  /** Fetches a world and has it ready to `paint`; without WebGL nothing happens. Throws what keeps it from coming. */
  async show(address, options) {
    this.clear();
    const { signal } = this.#running;
    try {
      if (contextOf(this.#canvas) === null) return;
      const shader = await fetchShader(address, options, signal);
      const world = await fetchWorld(address, options, shader, signal);
      if (signal.aborted) return;
      const own = options.kind.split(",").find((part) => part.startsWith("sun")); // of this share it shines by itself
      const shine = own ? Number(own.split(":")[1] ?? 1) : 0.01;
      this.#world = { ...world, shader: { ...shader, ...DARKNESS, shine } };
      this.#raise();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Forgets the world. */
  clear() {
    this.#running.abort();
    this.#running = new AbortController();
    this.#globe?.rest();
    clearTimeout(this.#settling);
    this.#settling = null;
    this.#world = null;
    this.#painted.fill(NaN);
  }

  /** Its canvas, of about `side` px, as seen by a camera of a Globe; null while there is none. */
  paint(camera, side) {
    if (!this.isLive) return null;
    const px = Math.min(LARGEST, Math.max(64, 16 * Math.ceil(side / 16)));
    if (!this.#isNew(px, camera)) return this.#canvas;
    if (this.#canvas.width !== px) this.#canvas.width = this.#canvas.height = px;
    this.#changed = performance.now();
    if (!this.#globe.draw(camera)) this.#settling ??= setTimeout(() => this.#settle(camera), SETTLED_MS);
    return this.#canvas;
  }

  /** Whether a camera differs from the last one by what could be seen. */
  #isNew(px, { lon, lat, roll, sun }) {
    const before = this.#painted;
    const isSame = before[0] === px && Math.abs(before[1] - lon) < SEEN && Math.abs(before[2] - lat) < SEEN
      && before[3] === roll && Math.abs(before[4] - sun[0]) < SEEN && Math.abs(before[5] - sun[1]) < SEEN;
    if (isSame) return false;
    before[0] = px;
    before[1] = lon;
    before[2] = lat;
    before[3] = roll;
    before[4] = sun[0];
    before[5] = sun[1];
    return true;
  }

  /** Once it rests: exactly. */
  #settle(camera) {
    this.#settling = null;
    if (!this.isLive) return;
    if (performance.now() - this.#changed < SETTLED_MS) this.#settling = setTimeout(() => this.#settle(camera), SETTLED_MS);
    else this.#globe.refine(camera, this.#onSharp);
  }

  #raise() {
    try {
      const gl = contextOf(this.#canvas);
      this.#globe ??= gl && !gl.isContextLost() ? new Globe(gl) : null;
      if (this.#world) this.#globe?.use(this.#world);
    } catch {
      this.#globe = null; // pictures have to do
    }
    this.#painted.fill(NaN);
    this.#onSharp();
  }
}
