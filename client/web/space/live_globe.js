// One live globe at a time, on a canvas of its own, as a picture to draw with.

import { fetchShader } from "../lib/api.js";
import { Globe, contextOf } from "../lib/globe.js";
import { fetchMaps } from "../lib/world_data.js";

const LARGEST = 1024; // px
const DEAR_MS = 40; // what a frame may take at most without being painted more seldom
const SHARE = 6; // of its time it is painted in one, where it is dear, as without a GPU
const SEEN = 0.05; // degrees
const DARKNESS = { ambient: 0.015, limb: 0.55 }; // out here nothing but its star lights a body

export class LiveGlobe {
  isBehind = false; // whether the canvas may show an older camera than the last one asked for
  #onChange;
  #canvas = document.createElement("canvas");
  #globe = null;
  #world = null;
  #running = new AbortController();
  #painted = new Float64Array(6); // the camera of what is on the canvas
  #last = 0; // ms, when that was painted
  #wasPainted = false; // in the last frame
  #cost = 0; // ms, of the last frame in which it was painted

  /** `onChange` is called when there is something to paint, or nothing any more. */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault(); // else it never comes back
      this.#globe = null;
      this.#onChange();
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
      const maps = await fetchMaps(address, options, signal); // sharp enough, and drawn in no time
      if (signal.aborted) return;
      const own = options.kind.split(",").find((part) => part.startsWith("sun")); // of this share it shines by itself
      const shine = own ? Number(own.split(":")[1] ?? 1) : 0.01;
      this.#world = { ...maps, shader: { ...shader, ...DARKNESS, shine } };
      this.#raise();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Forgets the world. */
  clear() {
    this.#running.abort();
    this.#running = new AbortController();
    this.#cost = 0;
    this.#wasPainted = false;
    this.#world = null;
    this.#painted.fill(NaN);
  }

  /**
   * Its canvas, of about `side` px, as seen by a camera of a Globe, painted anew if that costs little; null while there is
   * none. To be asked once a frame.
   */
  paint(camera, side, now) {
    if (!this.isLive) return null;
    if (this.#wasPainted) this.#cost = now - this.#last;
    this.#wasPainted = false;
    const isDear = this.#cost > DEAR_MS && now - this.#last < SHARE * this.#cost;
    const px = Math.min(LARGEST, Math.max(64, 16 * Math.ceil(side / 16)));
    this.isBehind = isDear;
    if (isDear || !this.#isNew(px, camera)) return this.#canvas;
    if (this.#canvas.width !== px) this.#canvas.width = this.#canvas.height = px;
    this.#globe.draw(camera);
    this.#wasPainted = true;
    this.#last = now;
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

  #raise() {
    try {
      const gl = contextOf(this.#canvas);
      this.#globe ??= gl && !gl.isContextLost() ? new Globe(gl) : null;
      if (this.#world) this.#globe?.use(this.#world);
    } catch {
      this.#globe = null; // pictures have to do
    }
    this.#painted.fill(NaN);
    this.#onChange();
  }
}
