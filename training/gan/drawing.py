"""What trainers of a generator have in common: its average, and previews of what it draws."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from training import engine
from training.gan.ema import average_of_generator
from training.loop.trainer import Preview
from training.measure.quality import SampleQuality, collapse_warning
from training.records.grids import tile, to_uint8

PREVIEW_PICTURES = 64  # at most
PREVIEW_SIDE = 1024  # pixels
PREVIEW_ROWS = 8  # at most, of a generator of kinds
PREVIEW_KINDS = 12  # at most


class DrawingTrainer:
    """The generator's part of a trainer.

    Args:
        generator: Model from latents `(B, Z)`, its input `latent`, to pictures `(B, H, W, 3)` in [-1, 1].
        recipe: Has `ema_decay`.
        total_steps: Of the training.
        seed: Of all that is drawn.
        quality: What previews are compared with.
    """

    def __init__(self, generator: keras.Model, recipe, total_steps: int, seed: int, quality: SampleQuality):
        self.generator = generator
        self.recipe = recipe
        self.quality = quality
        self.latent_size = generator.get_layer("latent").output.shape[-1]
        self.total_steps = total_steps
        self.random = keras.random.SeedGenerator(seed)
        self.ema = average_of_generator(generator, recipe.ema_decay)
        self._compiled_sample = engine.compile_function(
            lambda *inputs: self._generate(self.trained_generator, *inputs, training=False),
            self.trained_generator.variables,
        )

    @property
    def trained_generator(self) -> keras.Model:
        """The generator to export: the averaged one where the recipe averages."""
        return self.ema.model if self.ema else self.generator

    @property
    def models(self) -> dict[str, keras.Model]:
        return {"generator": self.ema.settle() if self.ema else self.generator}

    def preview(self) -> Preview:
        """The same latents every time, in rows; scored by sliced Wasserstein distance to real pictures."""
        if self.ema:
            self.ema.settle()
        height, width = self.generator.output_shape[1:3]
        inputs, columns = self._preview_inputs(max(1, PREVIEW_SIDE // height), max(1, PREVIEW_SIDE // width))
        pictures = to_uint8(ops.convert_to_numpy(self._compiled_sample(*inputs)))
        measures = self.quality.measure(pictures)
        return Preview(tile(pictures, columns), measures, measures["sliced_wasserstein"], collapse_warning(measures))

    def _generate(self, generator, latent, kinds=None, training=False):
        """Pictures of a generator, whose kinds count where a subclass says so."""
        return generator(latent, training=training)

    def _preview_inputs(self, rows: int, columns: int) -> tuple[tuple[np.ndarray, ...], int]:
        """Inputs of the generator for at most so many rows and columns of pictures, and the columns that they take."""
        columns = min(columns, 8)
        return (sample_latent(self.latent_size)[: rows * columns],), columns


class DrawsKinds:
    """Makes a `DrawingTrainer` one of a generator of latents and kinds, as `training.gan.conditional` builds it.

    Its previews have a row per latent and a column per kind.
    """

    def _generate(self, generator, latent, kinds, training=False):
        return generator({"latent": latent, "kind": kinds}, training=training)

    def _preview_inputs(self, rows: int, columns: int):
        kinds = self.generator.get_layer("kind").output.shape[-1]
        columns, rows = min(columns, PREVIEW_KINDS, kinds), min(rows, PREVIEW_ROWS)
        latent = sample_latent(self.latent_size)[:rows]
        kind = np.eye(kinds, dtype=np.float32)[:columns]
        return (np.repeat(latent, columns, axis=0), np.tile(kind, (rows, 1))), columns


def sample_latent(latent_size: int) -> np.ndarray:
    """The latents of every preview, float32 `(PREVIEW_PICTURES, latent_size)`."""
    return np.random.default_rng(0).standard_normal((PREVIEW_PICTURES, latent_size), dtype=np.float32)
