"""Trains worlds, and shows them: whole, from near, and in figures."""

from __future__ import annotations

import numpy as np
from keras import ops

from datasets.manifest import Size
from training.contract.trainer import Preview
from training.families.world_v2.rendering import pixel_side
from training.gan.trainer import GANTrainer
from training.measure.quality import SampleQuality, collapse_warning
from training.measure.small_yardstick import SmallYardstick
from training.records.grids import tile, to_uint8
from training.saved.sights import SIGHT_SIZE, SUN, sights

KINDS = 12  # columns of a preview, at most
WHOLE_ROWS = 3
ZOOMS = (2, 4, 8)
MEASURED = 240  # pictures

_BATCH = 12  # worlds drawn at a time


class WorldTrainer(GANTrainer):
    """A `GANTrainer` whose previews show rows of whole worlds, a kind a column, and the first row's from nearer and
    nearer; figures are of other worlds, seen as the screenshots are."""

    def __init__(self, objective, seed: int, quality: SmallYardstick | SampleQuality):
        super().__init__(objective, seed, quality)
        self.quality = quality

    def preview(self) -> Preview:
        pictures = to_uint8(self._draw(*self._shown()))
        measures = self.quality.measure(to_uint8(self._draw(*self._measured())))
        score = measures["kid_x1000" if "kid_x1000" in measures else "sliced_wasserstein"]
        return Preview(tile(pictures, self._columns), measures, score, collapse_warning(measures))

    @property
    def _columns(self) -> int:
        return min(KINDS, self.generator.get_layer("kind").output.shape[-1])

    def _shown(self):
        columns = self._columns
        worlds = self._worlds(WHOLE_ROWS * columns, seed=0)
        worlds = [np.concatenate([one, *[one[:columns]] * len(ZOOMS)]) for one in worlds]
        count = len(worlds[0])
        view = np.stack([np.arange(count) * 37.0, np.zeros(count), np.zeros(count)], axis=-1)
        # Nearer on, the middle of what is seen lies away from that of the disc, where a relief casts shades.
        zooms = np.repeat([1, *ZOOMS], [WHOLE_ROWS * columns, *[columns] * len(ZOOMS)])
        aside = np.where(zooms > 1, 0.3, 0.0)
        view[WHOLE_ROWS * columns :] = np.tile(view[:columns], (len(ZOOMS), 1))
        window = np.stack([-aside, aside, pixel_side(self._size) / zooms], axis=-1)
        return *worlds, view[:, None], np.tile(np.float32(SUN), (count, 1, 1)), window[:, None]

    def _measured(self):
        views = self.recipe.views
        count = -(-MEASURED // views)
        chances = np.random.default_rng(2).standard_normal((count * views, SIGHT_SIZE), dtype=np.float32)
        view, sun = (ops.convert_to_numpy(one).reshape(count, views, 3) for one in sights(chances))
        window = np.tile(np.float32([0.0, 0.0, pixel_side(self._size)]), (count, views, 1))
        return *self._worlds(count, seed=1), view, sun, window

    @property
    def _size(self) -> Size:
        return Size(self.generator.output_shape[3], self.generator.output_shape[2])

    def _worlds(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Latents, and the kinds in turn."""
        kinds = self.generator.get_layer("kind").output.shape[-1]
        latents = np.random.default_rng(seed).standard_normal((count, self.objective.latent_size), dtype=np.float32)
        return latents, np.eye(kinds, dtype=np.float32)[np.arange(count) % min(kinds, max(count, 1))]

    def _draw(self, latent, kind, view, sun, window) -> np.ndarray:
        """Pictures in [-1, 1], the views of a world one after another, float32 `(N, H, W, 3)`."""
        given = {"latent": latent, "kind": kind, "view": view, "sun": sun, "window": window}
        drawn = []
        for start in range(0, len(latent), _BATCH):
            inputs = {name: np.float32(values[start : start + _BATCH]) for name, values in given.items()}
            drawn.append(ops.convert_to_numpy(self.averaged.draw(inputs)))
        pictures = np.concatenate(drawn)
        return pictures.reshape(-1, *pictures.shape[2:])
