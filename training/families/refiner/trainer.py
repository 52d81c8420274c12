"""The GAN that refines another one's pictures: its detail has to look real, and to add nothing to what it refines."""

from __future__ import annotations

import math

from keras import ops

from training.engine import draws
from training.families.labelled.trainer import LabelledGANTrainer
from training.families.refiner.networks import shrunken, softened
from training.gan.augment import recolor


class RefinerTrainer(LabelledGANTrainer):
    """Even rows of a batch are screenshots, shrunken, that it has to come close to; the odd ones the base has drawn.

    The discriminator sees no picture moved by parts of a pixel: that blurs just the detail it is there for.
    """

    def _draw(self, images, kinds):
        base, refiner = (self.generator.get_layer(name) for name in ("base", "refiner"))
        latent = draws.normal((images.shape[0], self.latent_size), seed=self.random)
        drawn = base({"latent": latent[1::2], "kind": kinds[1::2]}, training=False)
        small = ops.stack([shrunken(images)[::2], drawn], axis=1)
        small = softened(ops.reshape(small, (-1, *drawn.shape[1:])))
        fakes = refiner({"image": small, "latent": latent, "kind": kinds}, training=True)
        return fakes, {
            "copy": ops.mean(ops.abs(fakes[::2] - images[::2])),
            "consistency": ops.mean(ops.abs(softened(shrunken(fakes)) - small)),
        }

    def _judge(self, images, kinds):
        outputs = self.discriminator({"image": images, "kind": kinds}, training=True)
        return outputs["logit"] + outputs["kind_logit"], None

    def _slope(self, images, kinds):
        # Each pixel is in as many patches, whatever the picture's size; their number would make R1 grow with it.
        patches = math.prod(self.discriminator.get_layer("logit").output.shape[1:])
        return super()._slope(images, kinds) / math.sqrt(patches)

    def _generator_loss(self, fakes, costs, images, kinds):
        recipe = self.recipe
        besides = recipe.copy_weight * costs["copy"] + recipe.consistency_weight * costs["consistency"]
        return super()._generator_loss(fakes, costs, images, kinds) + besides

    def _augment(self, images):
        return recolor(images, self.random, self.recipe.augment_probability)
