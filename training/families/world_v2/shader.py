"""A world's surface as a shader: GLSL that holds for every world of a model, and what it reads.

The GLSL is a function `surface(point, albedo, height)`, as `training.families.world_v2.decoder.Surface` is one, for
WebGL 2 and OpenGL ES 3. Of the model it reads the weights, `network`, and the details, 8 bits a number; of the world
its field, 16 bits a number, and `world`, what latent and code come down to. Field and details are textures whose texels
are as they lie in memory: the cells of a row side by side, face below face.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from training.families.world_v2.chances import TURNS, chances_of
from training.families.world_v2.cube import FACES
from training.families.world_v2.decoder import FRAYED, FRAYING, HIGHEST, STRONGEST, Surface, parts_of
from training.families.world_v2.detail import DETAILS, FINEST
from training.families.world_v2.field import FEATURES
from training.families.world_v2.ground import GROUNDS, LARGE
from training.families.world_v2.networks import STEEPEST
from training.families.world_v2.rendering import RADIUS

_READ = FEATURES // 4  # texels of a field's cell
_SEEN = DETAILS // 4  # of the details'


def card_entry(generator: keras.Model) -> dict[str, Any]:
    """What a card says of a shader: `glsl`, width and height of its `textures` in texels, the planet's `radius` in
    halves of a picture's shorter side, and the `steepest` slope that is seen, as a tangent."""
    field, detail, surface = (generator.get_layer(name) for name in ("field", "detail", "surface"))
    field, detail = field.compute_output_shape((1, 1), (1, 1))[2], detail.compute_output_shape((1,))[2]
    return {
        "glsl": _glsl(surface, field - 2, detail - 2),
        "radius": RADIUS,
        "steepest": STEEPEST,
        "textures": {"field": [field * _READ, field * FACES], "details": [detail * _SEEN, detail * FACES]},
    }


def network_numbers(surface: Surface) -> np.ndarray:
    """What `network` holds, float32 `(N,)`: the weights."""
    parts = parts_of(surface)
    gain = _texels(1.0 + np.asarray(parts["gain"].bias))
    matrices = [_matrices(parts[name].kernel) for name in ("read", "gain", "fine")]
    hidden = _matrices(parts["hidden"].kernel).transpose(1, 0, 2, 3)  # by inputs
    groups = [np.concatenate([one[group].ravel() for one in (gain, *matrices, hidden)]) for group in range(len(gain))]
    heads = np.concatenate([np.asarray(parts[name].kernel) for name in ("albedo", "height")], axis=1)
    bias = np.concatenate([np.asarray(parts[name].bias) for name in ("albedo", "height")])
    bare = 1.0 + np.asarray(parts["bare"].bias), _matrices(parts["bare"].kernel)
    rest = [_texels(np.asarray(parts["hidden"].bias)), bias, _matrices(heads), *bare]
    return np.concatenate([*groups, *(one.ravel() for one in rest)]).astype(np.float32)


def world_numbers(surface: Surface, steps: np.ndarray, latent, code):
    """What `world` holds, float32 `(B, N)`, of latents `(B, LATENT_SIZE)` and codes `(B, CODE_SIZE)`; its amounts of
    details are times the steps of these, `(DETAILS,)`."""
    parts, chances = parts_of(surface), chances_of(latent)
    style = parts["style"](code) + parts["read"].bias
    style = ops.pad(style, ((0, 0), (0, -style.shape[-1] % 4)))
    turns = ops.pad(ops.transpose(chances.turns, (0, 1, 3, 2)), ((0, 0), (0, 0), (0, 0), (0, 1)))
    flat = (ops.reshape(one, (-1, math.prod(one.shape[1:]))) for one in (turns, surface.palette_of(code)))
    amounts, height_factor = surface.amounts_of(code)
    height_factor = ops.pad(height_factor, ((0, 0), (0, 3)))
    return ops.concatenate([style, *flat, amounts[:, :DETAILS] * np.float32(steps), height_factor], axis=-1)


def _glsl(surface: Surface, field: int, details: int) -> str:
    """For these cells along the faces, without a version and precisions, which its user writes above it."""
    channels = -(-parts_of(surface)["hidden"].units // 4)
    # Where in `network` a group of four channels has what, and what follows the groups.
    read, gain, fine, hidden, group = np.cumsum([1, 4 * _READ, 4 * _READ, 4 * TURNS * _SEEN, 4 * channels]).tolist()
    lengths = [0, channels, 1, 4 * channels, 1, 4 * _READ]
    bias, heads, matrices, bare, bared, end = (channels * group + one for one in np.cumsum(lengths).tolist())
    lengths = [channels, 3 * TURNS, FEATURES, TURNS * DETAILS, _SEEN, 1]
    turns, colors, grounds, amounts, factor, own = np.cumsum(lengths).tolist()

    frayed = ", ".join(f"g[{i // 4}][{i % 4}]" for i in range(DETAILS)[FRAYED])

    def product(start: str, matrix: int, inputs: str, count: int, of: str = "matrix") -> str:
        return "".join(f" + {of}({start} + {matrix + 4 * i}) * {inputs}[{i}]" for i in range(count))

    def lines(template: Callable[[int], str], count: int) -> str:
        return "\n".join(template(i) for i in range(count))

    return f"""\
layout(std140) uniform Network {{ vec4 network[{end}]; }};
uniform vec4 world[{own}];
uniform sampler2D field;
uniform sampler2D details;

struct Place {{ ivec2 corner; vec3 across; vec3 along; }}; // of the 3x3 cells around it, and what they weigh

mat4 matrix(int i) {{ return mat4(network[i], network[i + 1], network[i + 2], network[i + 3]); }}
mat4 palette(int i) {{ return mat4(world[i], world[i + 1], world[i + 2], world[i + 3]); }}

// The angle of a tangent in eighths of a turn; what is built in is coarse on some hardware.
float eighths(float tangent) {{
  float s = tangent * tangent;
  return tangent * ({_polynomial(lambda s: np.arctan(np.sqrt(s)) / np.sqrt(s) * 4.0 / np.pi, 9, 1.0)});
}}

vec3 spline(float offset) {{
  return vec3(0.5 * (0.5 - offset) * (0.5 - offset), 0.75 - offset * offset, 0.5 * (0.5 + offset) * (0.5 + offset));
}}

// On a cube whose faces have n x n cells, and a border of their neighbors' cells.
Place placeOf(vec3 p, float n) {{
  vec3 far = abs(p);
  float face;
  vec2 side;
  if (far.z >= max(far.x, far.y)) {{
    face = p.z > 0.0 ? 0.0 : 2.0;
    side = vec2(p.z > 0.0 ? p.x : -p.x, p.y) / far.z;
  }} else if (far.x >= far.y) {{
    face = p.x > 0.0 ? 1.0 : 3.0;
    side = vec2(p.x > 0.0 ? -p.z : p.z, p.y) / far.x;
  }} else {{
    face = p.y > 0.0 ? 4.0 : 5.0;
    side = vec2(p.x, p.y > 0.0 ? -p.z : p.z) / far.y;
  }}
  vec2 place = (1.0 + vec2(eighths(side.x), -eighths(side.y))) * (0.5 * n) - 0.5;
  vec2 cell = clamp(round(place), 0.0, n - 1.0);
  vec2 offset = place - cell;
  return Place(ivec2(cell.x, cell.y + face * (n + 2.0)), spline(offset.x), spline(offset.y));
}}

void readField(Place place, out vec4 f[{_READ}]) {{
{lines(lambda k: f"  f[{k}] = vec4(0.0);", _READ)}
  for (int i = 0; i < 3; ++i) {{
    for (int j = 0; j < 3; ++j) {{
      float share = place.along[i] * place.across[j];
      ivec2 at = ivec2({_READ} * (place.corner.x + j), place.corner.y + i);
{lines(lambda k: f"      f[{k}] += share * texelFetch(field, at + ivec2({k}, 0), 0);", _READ)}
    }}
  }}
}}

void readDetails(Place place, out vec4 d[{_SEEN}]) {{
{lines(lambda k: f"  d[{k}] = vec4(0.0);", _SEEN)}
  for (int i = 0; i < 3; ++i) {{
    for (int j = 0; j < 3; ++j) {{
      float share = 255.0 * place.along[i] * place.across[j];
      ivec2 at = ivec2({_SEEN} * (place.corner.x + j), place.corner.y + i);
{lines(lambda k: f"      d[{k}] += share * texelFetch(details, at + ivec2({k}, 0), 0);", _SEEN)}
    }}
  }}
{lines(lambda k: f"  d[{k}] -= 128.0;", _SEEN)}
}}

// At a point of the unit sphere, x towards 90 degrees east, y north, z towards longitude 0, where pixels lie
// `footprint` radii apart: the color of the surface in 0..1, and its height in radii.
void surface(vec3 point, float footprint, out vec3 albedo, out float height) {{
  vec4 f[{_READ}];
  vec4 d[{_SEEN}];
  vec4 g[{TURNS * _SEEN}];
  vec4 h[{channels}];
  float seen = clamp({2.0 * FINEST} / footprint - 1.0, 0.0, 1.0);
{lines(_detail_lines(turns, details, amounts), TURNS)}
  readField(placeOf(point + {FRAYING} * vec3({frayed}), {field}.0), f);
{lines(lambda j: f"  h[{j}] = network[{bias + j}];", channels)}
  for (int i = 0; i < {channels}; ++i) {{
    int at = {group} * i;
    vec4 fine = vec4(0.0){product("at", fine, "g", TURNS * _SEEN)};
    vec4 gain = network[at]{product("at", gain, "f", _READ)};
    gain = clamp(gain, {-STRONGEST}, {STRONGEST});
    vec4 x = world[i] + fine * gain{product("at", read, "f", _READ)};
    x = max(x, 0.2 * x);
{lines(lambda j: f"    h[{j}] += matrix(at + {hidden + 4 * j}) * x;", channels)}
  }}
  vec4 told = network[{heads}];
{lines(lambda j: f"  told += matrix({matrices + 4 * j}) * max(h[{j}], 0.2 * h[{j}]);", channels)}
  told += vec4(0.0){product("0", colors, "f", _READ, "palette")};
  vec4 ground = vec4(0.0){product("0", grounds, "g", TURNS * _SEEN, "palette")};
  ground *= network[{bare}]{product("0", bared, "f", _READ)};
  told.rgb += ground.rgb;
  // Within bounds beyond which nothing changes, but exp may overflow.
  told = clamp(told, -20.0, 20.0);
  albedo = 1.0 / (1.0 + exp(-told.rgb));
  height = {HIGHEST} * (tanh(world[{factor}].x * told.a) + world[{factor}].x * ground.a);
}}
"""


def _detail_lines(turns: int, cells: int, amounts: int) -> Callable[[int], str]:
    def of_turn(turn: int) -> str:
        axes = ", ".join(f"world[{turns + 3 * turn + axis}].xyz" for axis in range(3))
        taken = "\n".join(
            f"  g[{_SEEN * turn + k}] = {_seen(4 * k)} * world[{amounts + k}] * d[{k}];" for k in range(_SEEN)
        )
        return f"  readDetails(placeOf(point * mat3({axes}), {cells}.0), d);\n{taken}"

    return of_turn


def _seen(first: int) -> str:
    """How much of four details shows."""
    large = [name in LARGE for name in GROUNDS[first : first + 4]]
    return f"max(vec4(seen), vec4({', '.join(map(str, map(int, large)))}))" if any(large) else "seen"


def _polynomial(function: Callable[[np.ndarray], np.ndarray], degree: int, end: float) -> str:
    """A function of `s` in 0..end."""
    fit = np.polynomial.Chebyshev.interpolate(function, degree, [0.0, end])
    terms = [f"{term:.9e}" for term in fit.convert(kind=np.polynomial.Polynomial).coef]
    written = terms[-1]
    for term in reversed(terms[:-1]):
        written = f"{term} + s * ({written})"
    return written


def _texels(values: np.ndarray) -> np.ndarray:
    """Numbers by fours, `(texels, 4)`."""
    return np.pad(values, (0, -values.size % 4)).reshape(-1, 4)


def _matrices(kernel) -> np.ndarray:
    """A kernel `(inputs, outputs)` as 4×4 matrices, by outputs, then inputs; of each its columns."""
    kernel = np.asarray(kernel)
    kernel = np.pad(kernel, [(0, -length % 4) for length in kernel.shape])
    rows, columns = kernel.shape
    return kernel.reshape(rows // 4, 4, columns // 4, 4).transpose(2, 0, 1, 3)
