"""GANs that learn to draw the kind of picture asked for."""

from __future__ import annotations

from training.gan.drawing import DrawsKinds
from training.gan.losses import kind_cross_entropy
from training.gan.trainer import GANTrainer
from training.loop.trainer import ramp


class LabelledGANTrainer(DrawsKinds, GANTrainer):
    """A GAN whose generator draws the kind asked for."""


class ConditionalGANTrainer(LabelledGANTrainer):
    """The discriminator judges how real a picture is and, more and more, how well it fits its kind.

    A discriminator that looks at kinds from the first step can collapse with few pictures (Shahbazi 2022, "Collapse by
    Conditioning", arXiv:2201.06578): the logit is that of the picture + ramp · that of its kind, the ramp going from
    0 to 1 between `recipe.ramp_start` and `recipe.ramp_end`.
    """

    def _judge(self, images, kinds):
        logits = self.discriminator({"image": images, "kind": kinds}, training=True)
        return logits["logit"] + self._ramp() * logits["kind_logit"], None

    def _ramp(self):
        start, end = (share * self.total_steps for share in (self.recipe.ramp_start, self.recipe.ramp_end))
        return ramp(self.generator_optimizer.iterations, start, end)


class ACGANTrainer(LabelledGANTrainer):
    """The discriminator tells kinds apart, of real and of generated pictures, and the generator helps it to."""

    def _judge(self, images, kinds):
        outputs = self.discriminator(images, training=True)
        return outputs["logit"], self.recipe.kind_weight * kind_cross_entropy(outputs["kind_logits"], kinds)
