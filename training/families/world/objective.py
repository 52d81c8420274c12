"""The GAN of world_v1: planet_v3's, whose generator is a world that is looked at."""

from __future__ import annotations

import numpy as np

from training.engine import draws
from training.families.planet.objective import PlanetObjective
from training.gan.drawing import draw_with
from training.saved.sights import SIGHT_SIZE, SUN, sights


class WorldObjective(PlanetObjective):
    """Shows the discriminator worlds from where the screenshots were taken: latitude, and how bright the sun is."""

    def draw(self, images, given, random):
        batch = images.shape[0]
        latent = draws.normal((batch, self.latent_size), seed=random)
        view, sun = sights(draws.normal((batch, SIGHT_SIZE), seed=random))
        inputs = {"latent": latent, "kind": given.kinds, "view": view, "sun": sun}
        return draw_with(self.generator, inputs, training=True), {}

    def preview_inputs(self, rows: int, columns: int):
        inputs, columns = super().preview_inputs(rows, columns)
        count = len(inputs["latent"])
        view = np.zeros((count, 3), np.float32)
        view[:, 0] = np.arange(count) * (360.0 / count)
        return {**inputs, "view": view, "sun": np.tile(np.float32(SUN), (count, 1))}, columns
