// Programs and textures of WebGL 2.

/** Begins to make a program of a vertex and a fragment shader, which may go on elsewhere: see `isMade`. */
export function begun(gl, vertex, fragment) {
  const made = gl.createProgram();
  const shaders = [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]].map(([type, source]) => {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
    return shader;
  });
  gl.linkProgram(made);
  return { made, shaders };
}

/** Whether a program that was `begun` is there without waiting, or whether nobody can tell. */
export function isMade(gl, { made }) {
  const parallel = gl.getExtension("KHR_parallel_shader_compile");
  return parallel === null || gl.getProgramParameter(made, parallel.COMPLETION_STATUS_KHR);
}

/** The program that was `begun`; throws if this hardware cannot run it. */
export function finished(gl, { made, shaders }) {
  const reasons = [...shaders.map((shader) => gl.getShaderInfoLog(shader)), gl.getProgramInfoLog(made)];
  shaders.forEach((shader) => gl.deleteShader(shader));
  if (gl.getProgramParameter(made, gl.LINK_STATUS)) return made;
  throw new Error(reasons.filter(Boolean).join(" "));
}

/** A picture: smooth between pixels, round the globe but not over its poles. */
export function pictureTexture(gl, bitmap) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/** Four numbers a texel, unfiltered: halves (as a Uint16Array), bytes, floats, or none yet, for floats to draw on. */
export function numbersTexture(gl, width, height, numbers) {
  const [format, type] = {
    Uint16Array: [gl.RGBA16F, gl.HALF_FLOAT],
    Uint8Array: [gl.RGBA8, gl.UNSIGNED_BYTE],
  }[numbers?.constructor.name] ?? [gl.RGBA32F, gl.FLOAT];
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, format, width, height, 0, gl.RGBA, type, numbers);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  return texture;
}

/** Levels of 0 to 1 in a row, smooth between them and from afar. */
export function levelsTexture(gl, levels) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, levels.length, 1, 0, gl.RED, gl.UNSIGNED_BYTE, Uint8Array.from(levels, (one) => Math.round(255 * one)));
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  return texture;
}
