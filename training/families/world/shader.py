"""A world's surface as a shader: GLSL that holds for every world of a model, its weights, and a world's own numbers.

The GLSL is a function `surface(point, albedo, height)`, as `training.families.world.networks.Surface` is one, for WebGL
2 and OpenGL ES 3. It reads two textures without filtering, of four floats a texel, `WIDTH` texels wide: `network`, the
weights, and `world`, which the latent and the code come down to: waves turned as the world is, cells, and the gains and
shifts of the layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from keras import ops

from training.families.world.networks import (
    CELLS,
    FARTHEST_WARP,
    FIELDS,
    OCTAVES,
    WAVES,
    Surface,
    chances_of,
    layer_inputs,
    parts_of,
    rotation_of,
)

WIDTH = 256  # texels of a row of either texture

_TURN = 2.0 * math.pi
_CELLS = sum(number for number, _, _ in CELLS)
_FIELD_TEXELS = -(-FIELDS // 4)
_LAYERS = 6


def network_numbers(surface: Surface) -> np.ndarray:
    """What texture `network` holds, float32 `(N,)`: the weights that are the same for all worlds."""
    return np.concatenate([values.ravel() for values in _network(surface).values()]).astype(np.float32)


def world_numbers(surface: Surface, latent, code):
    """What texture `world` holds, float32 `(B, N)`, of latents `(B, LATENT_SIZE)` and codes `(B, CODE_SIZE)`."""
    parts = parts_of(surface)
    phases, turning, centers = chances_of(latent)
    directions = ops.reshape(parts.waves, (-1, 3)) @ rotation_of(turning)  # (B, waves, 3)
    waves = ops.concatenate([directions, phases[..., None]], axis=-1) / _TURN
    nearness = (1.0 / ops.square(parts.radii))[None, :, None] + ops.zeros_like(centers[..., :1])
    cells = ops.concatenate([centers, nearness], axis=-1)
    styles = []
    for style in parts.styles:
        gain, shift = ops.split(ops.cast(style(code), "float32"), 2, axis=-1)
        room = -gain.shape[-1] % 4
        styles += [ops.pad(part, ((0, 0), (0, room))) for part in (1.0 + gain, shift)]
    flat = (ops.reshape(part, (-1, 4 * part.shape[1])) for part in (waves, cells))
    return ops.concatenate([*flat, *styles], axis=-1)


def shader(surface: Surface) -> str:
    """The GLSL, without a version and precisions, which its user writes above it: all floats and samplers highp."""
    weights = _network(surface)
    places, start = {}, 0
    for name, values in weights.items():
        places[name] = start
        start += values.size // 4
    channels = -(-parts_of(surface).hidden[0].units // 4)
    inputs = {index: weights[f"dense_{index}"].size // (16 * channels) for index in range(_LAYERS)}
    styles = OCTAVES * WAVES + _CELLS

    def layer(index: int) -> str:
        return f"layer({places[f'dense_{index}']}, {styles + 2 * channels * index}, {inputs[index]});"

    def head(name: str) -> str:
        return f"head({places[name]})"

    first, second, third = np.cumsum([0, *(number for number, _, _ in CELLS)])[:3]
    cosine = np.polynomial.Chebyshev.interpolate(lambda squares: np.cos(_TURN * np.sqrt(squares)), 7, [0.0, 0.25])
    terms = [f"{term:.9e}" for term in cosine.convert(kind=np.polynomial.Polynomial).coef]
    polynomial = terms[-1]
    for term in reversed(terms[:-1]):
        polynomial = f"{term} + s * ({polynomial})"
    f, c = _FIELD_TEXELS, channels
    return f"""\
uniform sampler2D network;
uniform sampler2D world;

vec4 a[{max(inputs.values())}]; // a layer's inputs
vec4 b[{c}]; // its outputs
vec4 x[{c}];

vec4 weight(int i) {{ return texelFetch(network, ivec2(i % {WIDTH}, i / {WIDTH}), 0); }}
vec4 own(int i) {{ return texelFetch(world, ivec2(i % {WIDTH}, i / {WIDTH}), 0); }}
vec3 toUnit(vec3 v) {{ return v * inversesqrt(dot(v, v) + 1e-6); }}

// The cosine of an angle in turns; the built-in one is coarse on some hardware.
float wave(float turns) {{
  float t = turns - round(turns);
  float s = t * t;
  return {polynomial};
}}

void layer(int weights, int style, int count) {{
  for (int o = 0; o < {c}; ++o) {{
    vec4 sum = vec4(0.0);
    for (int i = 0; i < count; ++i) {{
      int at = weights + 4 * (o * count + i);
      sum += mat4(weight(at), weight(at + 1), weight(at + 2), weight(at + 3)) * a[i];
    }}
    sum = sum * own(style + o) + own(style + {c} + o);
    b[o] = max(sum, 0.2 * sum);
  }}
}}

vec4 head(int weights) {{
  vec4 sum = weight(weights);
  for (int i = 0; i < {c}; ++i) {{
    int at = weights + 1 + 4 * i;
    sum += mat4(weight(at), weight(at + 1), weight(at + 2), weight(at + 3)) * x[i];
  }}
  return sum;
}}

void fields(int octave, vec3 point, int to) {{
  for (int j = 0; j < {f}; ++j) a[to + j] = vec4(0.0);
  for (int k = octave * {WAVES}; k < (octave + 1) * {WAVES}; ++k) {{
    vec4 one = own(k);
    float height = wave(dot(one.xyz, point) + one.w);
    for (int j = 0; j < {f}; ++j) a[to + j] += height * weight({places["mixes"]} + {f} * k + j);
  }}
}}

vec2 cells(vec3 point, int start, int count) {{
  vec2 sum = vec2(0.0);
  for (int k = {OCTAVES * WAVES} + start; k < {OCTAVES * WAVES} + start + count; ++k) {{
    vec4 one = own(k);
    float nearness = (2.0 - 2.0 * dot(point, one.xyz)) * one.w;
    sum += max(vec2(0.0), vec2(1.0 - nearness, 1.0 - 2.0 * abs(nearness - 1.0)));
  }}
  return sum;
}}

// At a point of the unit sphere, x towards 90 degrees east, y north, z towards longitude 0: the color of the surface in
// 0..1, and its height in radii.
void surface(vec3 point, out vec3 albedo, out float height) {{
  float latitude = point.y;
  float turns = latitude * {6.0 / _TURN:.9f};
  a[0] = vec4(latitude, abs(latitude), 2.0 * latitude * latitude - 1.0, wave(turns));
  a[1] = vec4(wave(turns - 0.25), 0.0, 0.0, 0.0);
  fields(0, point, 2);
  fields(1, point, {2 + f});
  {layer(0)}
  for (int i = 0; i < {c}; ++i) a[i] = b[i];
  {layer(1)}
  for (int i = 0; i < {c}; ++i) a[i] = x[i] = b[i];
  vec3 warped = toUnit(point + {FARTHEST_WARP} * tanh({head("warp")}.xyz));
  turns = warped.y * {6.0 / _TURN:.9f};
  a[{c}] = vec4(wave(turns), wave(turns - 0.25), wave(2.0 * turns), wave(2.0 * turns - 0.25));
  fields(2, warped, {c + 1});
  fields(3, warped, {c + 1 + f});
  a[{c + 1 + 2 * f}] = vec4(cells(warped, {first}, {CELLS[0][0]}), cells(warped, {second}, {CELLS[1][0]}));
  {layer(2)}
  for (int i = 0; i < {c}; ++i) a[i] = b[i];
  {layer(3)}
  for (int i = 0; i < {c}; ++i) a[i] = x[i] += b[i];
  fields(4, warped, {c});
  fields(5, warped, {c + f});
  a[{c + 2 * f}] = vec4(cells(warped, {third}, {CELLS[2][0]}), 0.0, 0.0);
  {layer(4)}
  for (int i = 0; i < {c}; ++i) a[i] = b[i];
  {layer(5)}
  for (int i = 0; i < {c}; ++i) x[i] += b[i];
  // Within bounds beyond which nothing changes, but exp may overflow.
  vec4 color = clamp({head("albedo")}, -20.0, 20.0);
  albedo = 1.0 / (1.0 + exp(-color.rgb));
  height = 0.05 * tanh(clamp({head("height")}.x, -10.0, 10.0));
}}
"""


def _network(surface: Surface) -> dict[str, np.ndarray]:
    """By name what texture `network` holds, one after another, each of whole texels."""
    parts = parts_of(surface)
    channels = parts.hidden[0].units
    mixes = np.asarray(parts.mixes)
    packed = {"mixes": np.pad(mixes, ((0, 0), (0, 0), (0, -FIELDS % 4)))}
    for index, (layer, pieces) in enumerate(zip(parts.hidden, layer_inputs(channels), strict=True)):
        packed[f"dense_{index}"] = _matrices(np.asarray(layer.kernel), pieces)  # each piece begins with a texel
    for name, head in parts.heads.items():
        kernel, bias = (np.asarray(part) for part in head.weights)
        bias = np.pad(bias, (0, 4 - bias.size))
        packed[name] = np.concatenate([bias, _matrices(kernel, [channels]).ravel()])
    return packed


def _matrices(kernel: np.ndarray, pieces: Sequence[int]) -> np.ndarray:
    """A kernel `(inputs, outputs)` as 4x4 matrices, by outputs, then inputs; of each its columns."""
    ends = np.cumsum(pieces)
    parts = [np.pad(part, ((0, -len(part) % 4), (0, 0))) for part in np.split(kernel, ends[:-1])]
    padded = np.concatenate(parts)
    padded = np.pad(padded, ((0, 0), (0, -padded.shape[1] % 4)))
    rows, columns = padded.shape
    return padded.reshape(rows // 4, 4, columns // 4, 4).transpose(2, 0, 1, 3)
