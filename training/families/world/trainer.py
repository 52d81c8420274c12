"""The GAN of world_v1: planet_v3's, whose generator is a world that is looked at."""

from __future__ import annotations

import numpy as np

from training.engine import draws
from training.families.planet.trainer import PlanetTrainer
from training.families.world.sights import SIGHT_SIZE, SUN, sights


class WorldTrainer(PlanetTrainer):
    """Shows the discriminator worlds from where the screenshots were taken: latitude, and how bright the sun is."""

    def _generate(self, generator, latent, kinds, view, sun, training=False):
        return generator({"latent": latent, "kind": kinds, "view": view, "sun": sun}, training=training)

    def _draw(self, images, kinds):
        batch = images.shape[0]
        latent = draws.normal((batch, self.latent_size), seed=self.random)
        sight = sights(draws.normal((batch, SIGHT_SIZE), seed=self.random))
        return self._generate(self.generator, latent, kinds, *sight, training=True), {}

    def _preview_inputs(self, rows: int, columns: int):
        (latent, kinds), columns = super()._preview_inputs(rows, columns)
        longitude = np.arange(len(latent)) * (360.0 / len(latent))
        view = np.stack([longitude, np.zeros_like(longitude), np.zeros_like(longitude)], axis=-1)
        return (latent, kinds, view.astype(np.float32), np.tile(np.float32(SUN), (len(latent), 1))), columns
