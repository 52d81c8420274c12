"""The GAN of planet_v3: its discriminator asks of a picture whether it is real, fits its kind, and which kind it is."""

from __future__ import annotations

import math

from keras import ops

from training.engine import draws
from training.gan.kinds import kind_ramp
from training.gan.losses import kind_cross_entropy
from training.gan.objective import Objective
from training.gan.turning import disc_of, turned

_TURN = math.radians(25)  # views of the screenshots are about 7° apart along the equator, 100° across it


class PlanetObjective(Objective):
    """A conditional GAN with the auxiliary classifier of an AC-GAN, on globes that are turned at random.

    The projection alone is slow to tell gray bodies apart, the classifier alone makes pictures of a kind alike. A steep
    discriminator is what detail is learned from, but to begin with it leaves ragged limbs: R1 weighs more at first.
    """

    def __init__(self, generator, discriminator, recipe, total_steps):
        super().__init__(generator, discriminator, recipe, total_steps)
        if recipe.r1_gamma:
            self.critics = [self.critics[0]._replace(r1_gamma=self.r1_gamma)]

    def judge(self, images, given):
        outputs = self.discriminator({"image": images, "kind": given.kinds}, training=True)
        logits = outputs["logit"] + kind_ramp(self.recipe, self.total_steps, given.step) * outputs["kind_logit"]
        return logits, self.recipe.kind_weight * kind_cross_entropy(outputs["kind_logits"], given.kinds)

    def r1_gamma(self, step):
        recipe = self.recipe
        early = step < recipe.r1_early_share * self.total_steps
        return ops.where(early, recipe.r1_gamma_early, recipe.r1_gamma)

    def shown(self, images, random):
        images = super().shown(images, random)
        if not self.recipe.turn_probability:
            return images
        light = (images + 1.0) * 0.5
        chances, angles, directions = (
            draws.uniform((images.shape[0], 1, 1, 1), 0.0, high, seed=random) for high in (1.0, _TURN, 2 * math.pi)
        )
        views = turned(light, disc_of(light), angles, directions) * 2.0 - 1.0
        return ops.where(chances < self.recipe.turn_probability, views, images)
