"""world_v2: a generator whose planets have a surface all around, seen from any side, under any sun, at any size.

Code → field on a cube (`training.families.world_v2.field`) → what the decoder makes of it where a pixel's ray meets the
globe (`training.families.world_v2.decoder`) → light (`training.families.world_v2.rendering`). A world's field, the dear
part, is drawn once for all that is seen of it.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from datasets.manifest import Size
from training.families.world_v2.chances import LATENT_SIZE, STYLE_SIZE
from training.families.world_v2.decoder import Surface
from training.families.world_v2.detail import Detail
from training.families.world_v2.field import GRIDS, Field
from training.families.world_v2.initial import dense
from training.families.world_v2.rendering import Sight, bumped, halved, lit, see, times_larger, turn_of

CODE_SIZE = 128
STEEPEST = 0.4  # slope of a relief that is seen
STRONGEST_RELIEF = 4.0  # that slopes are lit by, as `training.families.world_v2.rendering.lit` takes it

_EMBEDDING_SIZE = 96
_FLATTEST = 0.4  # shortest axis over the longest
# What a world is besides its surface: how many numbers, and their logit at first; in 0..1, but relief.
_LOOKS = {
    "axes": (3, 3.0),
    "ambient": (1, -2.0),
    "limb": (1, 0.0),
    "shine": (1, -2.0),
    "rim": (3, -1.0),
    "haze": (1, -2.0),
    "relief": (1, -3.0),
}


def build_world_generator(
    size: Size, kinds: int, width: float = 1.0, grids: int = len(GRIDS), name: str = "generator"
) -> keras.Model:
    """Worlds and what is looked at of them to pictures.

    Args:
        size: Of the pictures; the weights are the same for all sizes.
        kinds: Number of kinds, K.
        width: Factor of the channels of field and decoder.
        grids: How many of `training.families.world_v2.field.GRIDS`.
        name: Name of the Keras model.

    Returns:
        A model of B worlds with V views each, from `{"latent": (B, LATENT_SIZE), standard normal, "kind": (B, K), rows
        summing to 1, "view": (B, V, 3) as in `training.families.world_v2.rendering.turn_of`, "sun": (B, V, 3) as in
        `lit`, "window": (B, V, 3) as in `see`}` to float32 `(B, V, H, W, 3)` in [-1, 1], on black.
    """
    inputs = {name: keras.Input((length,), name=name) for name, length in (("latent", LATENT_SIZE), ("kind", kinds))}
    inputs |= {name: keras.Input((None, 3), name=name) for name in ("view", "sun", "window")}
    code, looks = _style(inputs["latent"], inputs["kind"])
    field = Field(width, grids, name="field")(inputs["latent"], code)
    sight = View(size, name="sight")(looks["axes"], inputs["view"], inputs["window"])
    detail = Detail(name="detail")(inputs["latent"])
    albedo, height = Surface(width, name="surface")(sight[0], sight[3], field, detail, inputs["latent"], code)
    image = Light(size, name="image")(albedo, height, sight, inputs["sun"], inputs["window"], looks)
    return keras.Model(inputs, image, name=name)


def style_of(generator: keras.Model) -> keras.Model:
    """The part of a world's generator that sees neither places nor pixels.

    Args:
        generator: As `build_world_generator` builds it.

    Returns:
        A model from `latent` and `kind` to `code` `(B, CODE_SIZE)`, `axes` `(B, 3)`, for
        `training.families.world_v2.rendering.see`, and what `lit` wants of a world's looks. It shares the generator's
        weights.
    """
    looks = {name: generator.get_layer(name).output for name in _LOOKS}
    axes, code = generator.get_layer("sight").input[0], generator.get_layer("field").input[1]
    inputs = {one.name: one for one in generator.inputs if one.name in ("latent", "kind")}
    return keras.Model(inputs, {**looks, "axes": axes, "code": code})


def _style(latent, kind):
    """A code of the world's style and kind `(B, CODE_SIZE)`, and by name what it is besides its surface."""
    embedding = dense(_EMBEDDING_SIZE, use_bias=False, name="embedding")(kind)
    code = layers.Concatenate(dtype="float32")([latent[:, :STYLE_SIZE], embedding])
    for i in range(2):
        code = layers.LeakyReLU(0.2, dtype="float32")(dense(CODE_SIZE, name=f"code_{i}")(code))
    looks = {
        name: dense(
            length,
            1e-3,
            activation=relief_of if name == "relief" else "sigmoid",
            bias_initializer=keras.initializers.Constant(logit),
            name=name,
        )(code)
        for name, (length, logit) in _LOOKS.items()
    }
    axes = _FLATTEST + (1.0 - _FLATTEST) * looks["axes"]
    looks["axes"] = axes / ops.max(axes, axis=-1, keepdims=True)
    return code, looks


@keras.saving.register_keras_serializable("planet_generator")
def relief_of(logit):
    """Strengths of relief, `(B, 1)`, of their logits."""
    return STRONGEST_RELIEF * ops.sigmoid(logit)


class _OfSize(layers.Layer):
    """A layer without weights that knows the size of the pictures, and as how large they are drawn; in float32."""

    def __init__(self, size: Size, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.size = Size(*size)
        self.times = times_larger(self.size)
        self.drawn = Size(self.times * self.size.width, self.times * self.size.height)

    def drawn_window(self, window):
        """That of the drawn pictures `(B · V, 3)`, whose pixels are smaller, for one of the pictures `(B, V, 3)`."""
        return _in_rows(window) / np.float32([1.0, 1.0, self.times])

    def get_config(self):
        return {**super().get_config(), "size": list(self.size)}


@keras.saving.register_keras_serializable("planet_generator")
class View(_OfSize):
    """Where the pixels of V pictures of each world meet it, P = height · width as they are drawn.

    From axes `(B, 3)`, views `(B, V, 3)` and windows `(B, V, 3)` to a `Sight` with points `(B, V · P, 3)` and footprint
    `(B, V · P, 1)`, normals `(B · V, 3, P)` and coverage `(B · V, P, 1)`.
    """

    def call(self, axes, view, window):
        seen = see(self.drawn, _for_each(axes, view), turn_of(_in_rows(view)), self.drawn_window(window))
        points, footprint = (
            ops.reshape(one, (ops.shape(axes)[0], -1, one.shape[-1])) for one in (seen.points, seen.footprint)
        )
        return Sight(points, seen.normals, seen.coverage, footprint)

    def compute_output_shape(self, axes_shape, view_shape, window_shape):
        pixels = self.drawn.height * self.drawn.width
        return Sight((axes_shape[0], None, 3), (None, 3, pixels), (None, pixels, 1), (axes_shape[0], None, 1))


@keras.saving.register_keras_serializable("planet_generator")
class Light(_OfSize):
    """A surface that was seen, with its relief, air and sun, as pictures `(B, V, H, W, 3)` in [-1, 1], on black."""

    def call(self, albedo, height, sight, sun, window, looks):
        _, normals, coverage, _ = sight
        pixels = self.drawn.height * self.drawn.width
        albedo, height = (ops.reshape(one, (-1, pixels, one.shape[-1])) for one in (albedo, height))
        raised = bumped(normals, height, self.drawn, self.drawn_window(window), STEEPEST)
        looks = {name: _for_each(one, sun) for name, one in looks.items()}
        light = lit(albedo, raised, normals, _in_rows(sun), looks) * coverage
        light = ops.reshape(light, (-1, self.drawn.height, self.drawn.width, 3))
        if self.times > 1:
            light = ops.clip(halved(light), 0.0, 1.0)
        return ops.reshape(light * 2.0 - 1.0, (*ops.shape(sun)[:2], self.size.height, self.size.width, 3))

    def compute_output_shape(self, albedo_shape, height_shape, sight_shape, sun_shape, window_shape, looks_shape):
        return (*sun_shape[:2], self.size.height, self.size.width, 3)


def _in_rows(of_views):
    """`(B, V, N)` to `(B · V, N)`."""
    return ops.reshape(of_views, (-1, of_views.shape[-1]))


def _for_each(of_worlds, of_views):
    """`(B, N)` of worlds to `(B · V, N)`, for each of their views `(B, V, 3)`."""
    shape = (*ops.shape(of_views)[:2], of_worlds.shape[-1])
    return _in_rows(ops.broadcast_to(of_worlds[:, None], shape))
