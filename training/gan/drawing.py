"""A generator that is trained: its average, and previews of what it draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from training import engine
from training.contract.trainer import Preview
from training.gan.ema import average_of_generator
from training.measure.quality import SampleQuality, collapse_warning
from training.records.grids import tile, to_uint8

PREVIEW_PICTURES = 64  # at most
PREVIEW_SIDE = 1024  # pixels
PREVIEW_COLUMNS = 8  # at most, of a generator without kinds
PREVIEW_ROWS = 8  # at most, of a generator of kinds
PREVIEW_KINDS = 12  # at most


class AveragedGenerator:
    """A generator and its exponential moving average.

    Args:
        generator: Model with an input `latent` `(B, Z)` to pictures `(B, H, W, 3)` in [-1, 1].
        decay: Of the average, per step; 0 turns it off.
        quality: What previews are compared with.
        inputs: `(rows, columns)` to inputs by name for at most so many pictures, and the columns that they take;
            None for `preview_inputs` of the generator.
    """

    def __init__(
        self,
        generator: keras.Model,
        decay: float,
        quality: SampleQuality,
        inputs: Callable[[int, int], Any] | None = None,
    ):
        self.generator = generator
        self.ema = average_of_generator(generator, decay)
        self._quality = quality
        self._inputs = inputs or (lambda rows, columns: preview_inputs(generator, rows, columns))
        self.draw = engine.compile_function(
            lambda inputs: draw_with(self.trained, inputs, training=False), lambda: self.trained.variables
        )

    @property
    def trained(self) -> keras.Model:
        """The generator to export: the average where there is one."""
        return self.ema.model if self.ema else self.generator

    @property
    def holders(self) -> dict[str, list[keras.Variable]]:
        """The average's variables under the name that they have in checkpoints."""
        return {"ema": self.ema.variables} if self.ema else {}

    def update(self, step):
        """Moves the average; `step` as in `ExponentialMovingAverage.update`."""
        if self.ema:
            self.ema.update(step)

    def settled(self) -> keras.Model:
        """The generator to export as it can be used now."""
        return self.ema.settle() if self.ema else self.generator

    def preview(self) -> Preview:
        """The same latents every time, in rows; scored by sliced Wasserstein distance to real pictures."""
        height, width = self.generator.output_shape[1:3]
        inputs, columns = self._inputs(max(1, PREVIEW_SIDE // height), max(1, PREVIEW_SIDE // width))
        self.settled()
        pictures = to_uint8(ops.convert_to_numpy(self.draw(inputs)))
        measures = self._quality.measure(pictures)
        return Preview(tile(pictures, columns), measures, measures["sliced_wasserstein"], collapse_warning(measures))


def draw_with(generator: keras.Model, inputs: Mapping[str, Any], training: bool):
    """Pictures of a generator for those of the inputs that it takes."""
    if isinstance(generator.input, dict):
        return generator({name: inputs[name] for name in generator.input}, training=training)
    return generator(inputs["latent"], training=training)


def preview_inputs(generator: keras.Model, rows: int, columns: int) -> tuple[dict[str, np.ndarray], int]:
    """Latents for a generator; for one of kinds a row per latent and a column per kind.

    Args:
        generator: With an input `latent` and perhaps `kind`.
        rows: At most so many.
        columns: At most so many.

    Returns:
        Inputs by name, and the columns that they take.
    """
    sizes = {one.name: one.shape[-1] for one in generator.inputs}
    latent = sample_latent(sizes["latent"])
    if "kind" not in sizes:
        columns = min(columns, PREVIEW_COLUMNS)
        return {"latent": latent[: rows * columns]}, columns
    columns, rows = min(columns, PREVIEW_KINDS, sizes["kind"]), min(rows, PREVIEW_ROWS)
    kind = np.eye(sizes["kind"], dtype=np.float32)[:columns]
    return {"latent": np.repeat(latent[:rows], columns, axis=0), "kind": np.tile(kind, (rows, 1))}, columns


def sample_latent(latent_size: int) -> np.ndarray:
    """The latents of every preview, float32 `(PREVIEW_PICTURES, latent_size)`."""
    return np.random.default_rng(0).standard_normal((PREVIEW_PICTURES, latent_size), dtype=np.float32)
