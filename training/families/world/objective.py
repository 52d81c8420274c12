"""The GAN of world_v1: its discriminator asks of a picture whether it is real, fits its kind, and which kind it is."""

from __future__ import annotations

import numpy as np
from keras import ops

from training.engine import draws
from training.gan.drawing import draw_with
from training.gan.kinds import kind_ramp
from training.gan.losses import kind_cross_entropy
from training.gan.objective import Objective
from training.saved.sights import SIGHT_SIZE, SUN, sights


class WorldObjective(Objective):
    """A conditional GAN with the auxiliary classifier of an AC-GAN, whose worlds are seen from where the screenshots
    were taken: latitude, and how bright the sun is.

    The projection alone is slow to tell gray bodies apart, the classifier alone makes pictures of a kind alike. A steep
    discriminator is what detail is learned from, but to begin with it leaves ragged limbs: R1 weighs more at first.
    """

    def __init__(self, generator, discriminator, recipe, total_steps):
        super().__init__(generator, discriminator, recipe, total_steps)
        if recipe.r1_gamma:
            self.critics = [self.critics[0]._replace(r1_gamma=self.r1_gamma)]

    def draw(self, images, given, random):
        batch = images.shape[0]
        latent = draws.normal((batch, self.latent_size), seed=random)
        view, sun = sights(draws.normal((batch, SIGHT_SIZE), seed=random))
        inputs = {"latent": latent, "kind": given.kinds, "view": view, "sun": sun}
        return draw_with(self.generator, inputs, training=True), {}

    def judge(self, images, given):
        outputs = self.discriminator({"image": images, "kind": given.kinds}, training=True)
        logits = outputs["logit"] + kind_ramp(self.recipe, self.total_steps, given.step) * outputs["kind_logit"]
        return logits, self.recipe.kind_weight * kind_cross_entropy(outputs["kind_logits"], given.kinds)

    def r1_gamma(self, step):
        recipe = self.recipe
        early = step < recipe.r1_early_share * self.total_steps
        return ops.where(early, recipe.r1_gamma_early, recipe.r1_gamma)

    def preview_inputs(self, rows: int, columns: int):
        inputs, columns = super().preview_inputs(rows, columns)
        count = len(inputs["latent"])
        view = np.zeros((count, 3), np.float32)
        view[:, 0] = np.arange(count) * (360.0 / count)
        return {**inputs, "view": view, "sun": np.tile(np.float32(SUN), (count, 1))}, columns
