// A globe on a canvas, by WebGL 2: at once from a world's maps and, once it rests, exactly, from the network itself.

import { EVERYWHERE, FROM_MAPS, FROM_SURFACE, surfaceOf } from "./globe_shaders.js";

const TEXELS = 256; // of a row of the network's textures
const FIRST_ROWS = 4; // of pixels, of the first strip; later ones are as high as the hardware is quick
const QUICK_MS = 12;
const SLOW_MS = 40;
const PATIENCE_MS = 30_000; // for a whole picture

/** The canvas's own context, or null where there is none. */
export function contextOf(canvas) {
  // The picture stays, so that it can be saved from the page.
  return canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true, preserveDrawingBuffer: true });
}

/** Draws one world at a time: `use(world)`, then `draw(camera)` as often as need be. */
export class Globe {
  #gl;
  #world = null;
  #fromMaps;
  #fromSurface = null;
  #surface = null; // the network's program, where this hardware can run it
  #textures = {};
  #target = null;
  #refining = null; // the frame asked for, and what is drawn so far

  constructor(gl) {
    this.#gl = gl;
    this.#fromMaps = program(gl, FROM_MAPS);
  }

  /**
   * What to draw: `{shader, map, normal, numbers, network}`; shader is `shader.json`, maps as ImageBitmaps,
   * numbers and network as Float32Arrays.
   */
  use(world) {
    const gl = this.#gl;
    this.rest();
    this.#world = world;
    Object.values(this.#textures).forEach((texture) => gl.deleteTexture(texture));
    this.#textures = { albedoMap: pictureTexture(gl, world.map), normalMap: pictureTexture(gl, world.normal) };
    // Pixels of floats, to draw on, are all that an older phone may lack.
    if (!gl.getExtension("EXT_color_buffer_float")) return;
    this.#textures.world = numbersTexture(gl, world.numbers);
    this.#textures.network = numbersTexture(gl, world.network);
    gl.deleteProgram(this.#surface?.made);
    this.#surface = { source: surfaceOf(world.shader.glsl), made: null };
  }

  /** Draws `{lon, lat, roll, sun: [azimuth, elevation], zoom}`, angles in degrees, from the maps. */
  draw(camera) {
    this.rest();
    this.#paint(this.#fromMaps, camera, this.#textures);
  }

  /** Draws only the light anew, if the last picture is exact; tells whether it is. */
  relight(camera) {
    if (!this.#refining?.done) return false;
    this.#paint(this.#fromSurface, camera, { surfaceMap: this.#target.texture });
    return true;
  }

  /** Draws it exactly, strip by strip, and calls `onDone`; the next `draw` stops it. Slow hardware gives up for good. */
  refine(camera, onDone) {
    const gl = this.#gl;
    this.rest();
    if (this.#surface === null) return;
    try {
      this.#surface.made ??= program(gl, this.#surface.source);
      this.#fromSurface ??= program(gl, FROM_SURFACE);
      this.#retarget();
    } catch {
      this.#surface = null; // too much for this hardware: the maps have to do
      return;
    }
    const { width, height } = gl.canvas;
    let [row, rows, fence, began, first] = [0, FIRST_ROWS, null, 0, null];
    const step = () => {
      if (fence !== null) {
        if (gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED && !gl.isContextLost()) return again();
        gl.deleteSync(fence);
        const now = performance.now();
        const took = now - began;
        row += rows;
        first ??= now; // before it the shader was being prepared
        if (now - first > PATIENCE_MS) {
          this.#surface = null;
          return;
        }
        if (took < QUICK_MS) rows *= 2;
        else if (took > SLOW_MS) rows = Math.max(1, rows >> 1);
      }
      if (gl.isContextLost()) return;
      if (row >= height) {
        refining.done = true;
        this.relight(camera);
        onDone();
        return;
      }
      began = performance.now();
      gl.bindFramebuffer(gl.FRAMEBUFFER, this.#target.buffer);
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(0, row, width, rows);
      const { network, world } = this.#textures;
      this.#paint(this.#surface.made, camera, { network, world });
      gl.disable(gl.SCISSOR_TEST);
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      gl.flush();
      again();
    };
    const again = () => (refining.frame = requestAnimationFrame(step));
    const refining = { done: false, frame: null };
    this.#refining = refining;
    again();
  }

  /** Stops drawing exactly. */
  rest() {
    cancelAnimationFrame(this.#refining?.frame);
    this.#refining = null;
  }

  #side(zoom) {
    const { width, height } = this.#gl.canvas;
    return 2 / (this.#world.shader.radius * Math.min(width, height) * zoom);
  }

  #paint(made, { lon, lat, roll = 0, sun, zoom }, textures) {
    const gl = this.#gl;
    const { width, height } = gl.canvas;
    const { axes, ambient, limb, shine, rim, haze } = this.#world.shader;
    gl.viewport(0, 0, width, height);
    gl.useProgram(made);
    const at = (name) => gl.getUniformLocation(made, name);
    gl.uniformMatrix3fv(at("turn"), false, turnOf(lon, lat, roll));
    gl.uniform3fv(at("axes"), axes);
    gl.uniform2f(at("middle"), width / 2, height / 2);
    gl.uniform1f(at("side"), this.#side(zoom));
    gl.uniform3fv(at("sun"), sunOf(sun));
    Object.entries({ ambient, limb, shine, haze }).forEach(([name, value]) => gl.uniform1f(at(name), value));
    gl.uniform3fv(at("rim"), rim);
    Object.entries(textures).forEach(([name, texture], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform1i(at(name), unit);
    });
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** A picture of floats as large as the canvas. */
  #retarget() {
    const gl = this.#gl;
    const { width, height } = gl.canvas;
    if (this.#target?.width === width && this.#target.height === height) return;
    if (this.#target) gl.deleteTexture(this.#target.texture);
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, width, height);
    unfiltered(gl);
    const buffer = this.#target?.buffer ?? gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, buffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const whole = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.#target = { texture, buffer, width, height };
    if (!whole) throw new Error("This hardware does not draw floats.");
  }
}

/** From the viewer's axes to the globe's, by columns; angles in degrees. */
function turnOf(...degrees) {
  const [lon, lat, roll] = degrees.map((angle) => (angle * Math.PI) / 180);
  const [sl, cl, sp, cp, sr, cr] = [Math.sin(lon), Math.cos(lon), Math.sin(lat), Math.cos(lat), Math.sin(roll), Math.cos(roll)];
  const right = [cl, 0, -sl]; // where they point without a roll
  const up = [-sp * sl, cp, -sp * cl];
  const nearer = [cp * sl, sp, cp * cl];
  const mixed = (a, b) => right.map((value, i) => a * value + b * up[i]);
  return [...mixed(cr, -sr), ...mixed(sr, cr), ...nearer];
}

/** Towards the sun, in the viewer's axes; azimuth and elevation in degrees. */
function sunOf(angles) {
  const [azimuth, elevation] = angles.map((angle) => (angle * Math.PI) / 180);
  return [Math.cos(elevation) * Math.sin(azimuth), Math.sin(elevation), Math.cos(elevation) * Math.cos(azimuth)];
}

function program(gl, fragment) {
  const made = gl.createProgram();
  const shaders = [[gl.VERTEX_SHADER, EVERYWHERE], [gl.FRAGMENT_SHADER, fragment]].map(([type, source]) => {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
    return shader;
  });
  gl.linkProgram(made);
  shaders.forEach((shader) => gl.deleteShader(shader));
  if (gl.getProgramParameter(made, gl.LINK_STATUS)) return made;
  const reasons = [...shaders.map((shader) => gl.getShaderInfoLog(shader)), gl.getProgramInfoLog(made)];
  throw new Error(reasons.filter(Boolean).join(" "));
}

/** Smooth between pixels, round the globe but not over its poles. */
function pictureTexture(gl, bitmap) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

function numbersTexture(gl, numbers) {
  const rows = Math.ceil(numbers.length / (4 * TEXELS));
  const whole = new Float32Array(4 * TEXELS * rows);
  whole.set(numbers);
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, TEXELS, rows, 0, gl.RGBA, gl.FLOAT, whole);
  unfiltered(gl);
  return texture;
}

function unfiltered(gl) {
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
}
