"""The GAN of world_v1: planet_v3's, whose generator is a world that is looked at."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from training import draws
from training.trainers.planet import PlanetTrainer

_NORTH, _SOUTH = 49.0, -54.0  # degrees, of the screenshots' upper and lower rows of views
_NORTHERN, _SOUTHERN = 0.3, 0.2  # shares of the screenshots; the others are taken above the equator
_SUN = (0.36, 0.29, 0.89)  # in the viewer's axes, as far as screenshots tell


class WorldTrainer(PlanetTrainer):
    """Shows the discriminator worlds from where the screenshots were taken: latitude, and how bright the sun is."""

    def _generate(self, generator, latent, kinds, view, sun, training=False):
        return generator({"latent": latent, "kind": kinds, "view": view, "sun": sun}, training=training)

    def _draw(self, images, kinds):
        latent = draws.normal((images.shape[0], self.latent_size), seed=self.random)
        return self._generate(self.generator, latent, kinds, *_sights(images.shape[0], self.random), training=True), {}

    def _preview_inputs(self, rows: int, columns: int):
        (latent, kinds), columns = super()._preview_inputs(rows, columns)
        longitude = np.arange(len(latent)) * (360.0 / len(latent))
        view = np.stack([longitude, np.zeros_like(longitude), np.zeros_like(longitude)], axis=-1)
        return (latent, kinds, view.astype(np.float32), np.tile(np.float32(_SUN), (len(latent), 1))), columns


def _sights(batch: int, seed: keras.random.SeedGenerator):
    """Views and suns as in the screenshots, float32 `(batch, 3)` each."""
    chance = draws.uniform((batch, 1), seed=seed)
    spread = draws.normal((batch, 4), seed=seed)
    north, south = chance < _NORTHERN, chance > 1.0 - _SOUTHERN
    latitude = spread[:, :1] * 3.0 + ops.where(north, _NORTH, ops.where(south, _SOUTH, 0.0))
    longitude = draws.uniform((batch, 1), -180.0, 180.0, seed=seed)
    view = ops.concatenate([longitude, latitude, ops.zeros_like(latitude)], axis=-1)
    strength = draws.uniform((batch, 1), seed=seed)
    strength = ops.where(south, 0.35 + 0.45 * strength, 0.9 + 0.15 * strength)
    sun = ops.convert_to_tensor(np.float32(_SUN)) + 0.15 * spread[:, 1:]
    return view, sun * strength / ops.sqrt(ops.sum(sun * sun, axis=-1, keepdims=True))
