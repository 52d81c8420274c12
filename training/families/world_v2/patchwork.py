"""Forms larger than a field's finest cells: continents, seas, storms, pieced together anew for each world.

All worlds share learned maps. A world mixes them as its code says, and is a patchwork of several copies, each turned
about the axis, so that what lies there keeps its latitude, and tipped a little. Convolutions that read only random
waves draw blots; those that read pieces of learned maps have coasts to go by, and no world repeats a map as a whole.
After Efros and Freeman 2001, "Image Quilting for Texture Synthesis and Transfer".
"""

from __future__ import annotations

from keras import initializers, layers, ops

from training.families.world_v2.chances import Chances
from training.families.world_v2.cube import FACES, cells, padded, sampled
from training.families.world_v2.fields import random_waves
from training.families.world_v2.initial import dense

PIECES = 6  # channels of a patchwork

_MAPS = 24
_CELLS = 32  # of the maps, along a face
_STEP = 10.0  # of a map's numbers for one of a weight: they are noise at first, and have far to go
_OCTAVE = 1  # of the waves that choose a copy: patches are about a radius wide
_SHARPNESS = 3.0


class Patchwork(layers.Layer):
    """Codes `(B, N)` and the chances of worlds to a grid `(B, 6, n, n, PIECES)`, n a divisor of 32."""

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self._shares = dense(_MAPS * PIECES, 0.1, name="shares")

    def build(self, code_shape):
        self._shares.build(code_shape)
        initializer = initializers.RandomNormal(stddev=1.0 / _STEP)
        self._maps = self.add_weight((FACES, _CELLS, _CELLS, _MAPS), initializer, name="maps")

    def call(self, code, chances: Chances):
        shares = ops.reshape(self._shares(code), (-1, 1, _MAPS, PIECES))
        maps = ops.reshape(self._maps * (_STEP * _MAPS**-0.5), (1, -1, _MAPS))
        mixed = ops.reshape(ops.matmul(maps, shares[:, 0]), (-1, FACES, _CELLS, _CELLS, PIECES))
        here = ops.reshape(cells(_CELLS), (1, -1, 3))
        copies = chances.copies.shape[1]
        points = ops.reshape(ops.matmul(here[:, None], chances.copies), (-1, copies * here.shape[1], 3))
        seen = ops.reshape(sampled(padded(mixed), points), (-1, copies, here.shape[1], PIECES))
        waves = random_waves(here, chances, (_OCTAVE,))
        chosen = ops.softmax(_SHARPNESS * waves[..., :copies], axis=-1)  # (B, P, copies)
        pieces = ops.sum(seen * ops.transpose(chosen, (0, 2, 1))[..., None], axis=1)
        return ops.reshape(pieces, (-1, FACES, _CELLS, _CELLS, PIECES))
