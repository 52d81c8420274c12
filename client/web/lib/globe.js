// A globe on a canvas, by WebGL 2: from a world's maps and, once it rests or where the hardware is quick, exactly, from the
// field and the network themselves.

import { EVERYWHERE, FROM_MAPS, FROM_SURFACE, surfaceOf } from "./globe_shaders.js";
import { surroundingsOf } from "./surroundings.js";
import { begun, finished, isMade, levelsTexture, numbersTexture, pictureTexture } from "./webgl.js";

const FIRST_ROWS = 4; // of pixels, of the first strip; later ones are as high as the hardware is quick
const PATIENCE_MS = 30_000; // for a whole picture
const LATE = 3; // frames in a row, of a globe that isn't quick any more

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
  #fromSurface;
  #surface = null; // the world's own program, where this hardware can run it
  #textures = {};
  #weights = null;
  #target = null;
  #refining = null; // the frame asked for, and whether what is drawn is exact
  #strip = null; // under way: `{fence, frames}`
  #rows = FIRST_ROWS; // of a strip
  #isQuick = null; // whether all rows take no longer than a frame; unknown for each size of the canvas
  #late = 0; // frames in a row
  #around; // uniforms
  #profile = null; // of rings

  constructor(gl) {
    this.#gl = gl;
    this.surround(null);
    [this.#fromMaps, this.#fromSurface] = [FROM_MAPS, FROM_SURFACE].map((one) => finished(gl, begun(gl, EVERYWHERE, one)));
  }

  /**
   * What to draw: `{shader, map, normal, network, field, details}`; shader is `shader.json`, maps as ImageBitmaps,
   * network as a Float32Array, field as a Uint16Array, of halves, and details as a Uint8Array; without these three it is
   * drawn from the maps alone.
   */
  use(world) {
    const gl = this.#gl;
    this.rest();
    this.#world = world;
    Object.values(this.#textures).forEach((texture) => gl.deleteTexture(texture));
    gl.deleteBuffer(this.#weights);
    gl.deleteProgram(this.#surface?.made);
    this.#surface = null;
    this.#textures = { albedoMap: pictureTexture(gl, world.map), normalMap: pictureTexture(gl, world.normal) };
    // Pixels of floats, to draw on, are all that an older phone may lack.
    const { shader, network } = world;
    if (!network || !gl.getExtension("EXT_color_buffer_float")) return;
    this.#weights = gl.createBuffer();
    gl.bindBufferBase(gl.UNIFORM_BUFFER, 0, this.#weights);
    gl.bufferData(gl.UNIFORM_BUFFER, network, gl.STATIC_DRAW);
    for (const name of ["field", "details"]) {
      this.#textures[name] = numbersTexture(gl, shader[name].width, shader[name].height, world[name]);
    }
    this.#surface = begun(gl, EVERYWHERE, surfaceOf(shader.glsl));
  }

  /** With what is around it, as `….json` of a world tells it, or without, null. */
  surround(facts) {
    const { profile, ...around } = surroundingsOf(facts);
    this.#gl.deleteTexture(this.#profile);
    this.#profile = levelsTexture(this.#gl, profile);
    this.#around = around;
  }

  /**
   * Draws `{lon, lat, roll, sun: [azimuth, elevation], zoom}`, angles in degrees, and tells whether exactly: from the
   * maps, until strip after strip has shown that this hardware draws all of it exactly within a frame.
   */
  draw(camera) {
    this.rest();
    const isReady = this.#surface !== null && isMade(this.#gl, this.#surface) && this.#prepare();
    const isFree = this.#hasDrawnStrip();
    if (isReady && this.#isQuick) {
      this.#drawStrip(camera, 0, this.#gl.canvas.height);
      this.#refining = { done: true };
      return this.relight(camera);
    }
    this.#paint(this.#fromMaps, camera, { albedoMap: this.#textures.albedoMap, normalMap: this.#textures.normalMap });
    const { height } = this.#gl.canvas;
    if (isReady && isFree && this.#isQuick === null) {
      this.#drawStrip(camera, Math.max(0, (height - this.#rows) >> 1), Math.min(this.#rows, height));
    }
    return false;
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
    if (!this.#prepare()) return;
    const refining = { done: false, frame: null };
    let [row, first] = [0, undefined];
    const step = () => {
      if (gl.isContextLost()) return;
      if (this.#hasDrawnStrip()) {
        if (row > 0) first ??= performance.now(); // before it the shader was being prepared
        if (performance.now() - first > PATIENCE_MS) {
          this.#surface = null;
          return;
        }
        if (row >= gl.canvas.height) {
          refining.done = true;
          this.relight(camera);
          onDone();
          return;
        }
        this.#drawStrip(camera, row, this.#rows);
        row += this.#rows;
      }
      again();
    };
    const again = () => (refining.frame = requestAnimationFrame(step));
    this.#refining = refining;
    again();
  }

  /** Stops drawing exactly. */
  rest() {
    cancelAnimationFrame(this.#refining?.frame);
    this.#refining = null;
  }

  /** Has what it takes to draw exactly at hand; tells whether this hardware can. */
  #prepare() {
    if (this.#surface === null) return false;
    try {
      this.#surface = { ...this.#surface, program: this.#surface.program ?? finished(this.#gl, this.#surface) };
      this.#retarget();
      return true;
    } catch {
      this.#surface = null; // too much for this hardware: the maps have to do
      return false;
    }
  }

  #drawStrip(camera, row, rows) {
    const gl = this.#gl;
    const { albedoMap, normalMap, ...textures } = this.#textures;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#target.buffer);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(0, row, gl.canvas.width, rows);
    this.#paint(this.#surface.program, camera, textures);
    gl.disable(gl.SCISSOR_TEST);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    if (this.#strip) gl.deleteSync(this.#strip.fence);
    this.#strip = { fence: gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0), frames: 0, isWhole: rows >= gl.canvas.height };
    gl.flush();
  }

  /** Asked once a frame: whether no strip is under way. Makes the next one as high as the last one was quick. */
  #hasDrawnStrip() {
    const gl = this.#gl;
    if (this.#strip === null) return true;
    const { fence, frames, isWhole } = this.#strip;
    if (gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED) {
      this.#strip.frames += 1;
      this.#late += 1;
      if (this.#late >= LATE) this.#isQuick = false;
      return gl.isContextLost();
    }
    gl.deleteSync(fence);
    this.#strip = null;
    this.#late = frames && this.#late;
    if (frames > 1) this.#rows = Math.max(1, this.#rows >> 1);
    else if (frames === 0 && isWhole) this.#isQuick ??= true;
    else if (frames === 0) this.#rows *= 2;
    return true;
  }

  #side(zoom) {
    const { width, height } = this.#gl.canvas;
    return 2 / (this.#world.shader.radius * Math.min(width, height) * zoom);
  }

  #paint(made, { lon, lat, roll = 0, sun, zoom }, textures) {
    const gl = this.#gl;
    const { width, height } = gl.canvas;
    const { axes, ambient, limb, shine, rim, haze, relief, steepest, numbers } = this.#world.shader;
    gl.viewport(0, 0, width, height);
    gl.useProgram(made);
    const at = (name) => gl.getUniformLocation(made, name);
    gl.uniformMatrix3fv(at("turn"), false, turnOf(lon, lat, roll));
    gl.uniform3fv(at("axes"), axes);
    gl.uniform2f(at("middle"), width / 2, height / 2);
    gl.uniform1f(at("side"), this.#side(zoom));
    gl.uniform3fv(at("sun"), sunOf(sun));
    const { isThere, hasAir, absorbed, heights, rings, ...colors } = this.#around;
    Object.entries({ isThere, hasAir }).forEach(([name, value]) => gl.uniform1i(at(name), value));
    Object.entries({ ambient, limb, shine, haze, relief, steepest, absorbed }).forEach(([name, value]) => gl.uniform1f(at(name), value));
    Object.entries({ heights, rings }).forEach(([name, value]) => gl.uniform2fv(at(name), value));
    Object.entries({ rim, ...colors }).forEach(([name, value]) => gl.uniform3fv(at(name), value));
    gl.uniform4fv(at("world"), numbers);
    Object.entries({ ...textures, profile: this.#profile }).forEach(([name, texture], unit) => {
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
    this.#isQuick = null;
    const texture = numbersTexture(gl, width, height, null);
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
