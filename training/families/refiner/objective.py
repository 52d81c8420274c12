"""The GAN that refines another one's pictures: its detail has to look real, and to add nothing to what it refines."""

from __future__ import annotations

from keras import ops

from training.engine import draws
from training.families.refiner.networks import shrunken, softened
from training.gan.augment import recolor
from training.gan.objective import Objective


class RefinerObjective(Objective):
    """Even rows of a batch are screenshots, shrunken, that it has to come close to; the odd ones the base has drawn.

    The discriminator sees no picture moved by parts of a pixel: that blurs just the detail it is there for.
    """

    def draw(self, images, given, random):
        base, refiner = (self.generator.get_layer(name) for name in ("base", "refiner"))
        latent = draws.normal((images.shape[0], self.latent_size), seed=random)
        drawn = base({"latent": latent[1::2], "kind": given.kinds[1::2]}, training=False)
        small = ops.stack([shrunken(images)[::2], drawn], axis=1)
        small = softened(ops.reshape(small, (-1, *drawn.shape[1:])))
        fakes = refiner({"image": small, "latent": latent, "kind": given.kinds}, training=True)
        return fakes, {
            "copy": ops.mean(ops.abs(fakes[::2] - images[::2])),
            "consistency": ops.mean(ops.abs(softened(shrunken(fakes)) - small)),
        }

    def judge(self, images, given):
        outputs = self.discriminator({"image": images, "kind": given.kinds}, training=True)
        return outputs["logit"] + outputs["kind_logit"], None

    def costs(self, images, fakes, drawn, given):
        recipe = self.recipe
        return recipe.copy_weight * drawn["copy"] + recipe.consistency_weight * drawn["consistency"]

    def augment(self, images, random):
        return recolor(images, random, self.recipe.augment_probability)
