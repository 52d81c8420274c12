"""GANs that learn to draw the kind of picture asked for."""

from __future__ import annotations

import numpy as np
from keras import ops

from training.trainers.base import ramp
from training.trainers.gan import GANTrainer, sample_latent

PREVIEW_ROWS = 8  # at most
PREVIEW_KINDS = 12  # at most


class LabelledGANTrainer(GANTrainer):
    """A GAN whose generator takes latents and kinds, as `training.models.conditional` builds it."""

    def _generate(self, generator, latent, kinds, training=False):
        return generator({"latent": latent, "kind": kinds}, training=training)

    def _preview_inputs(self, rows: int, columns: int):
        return preview_inputs(self.generator, rows, columns)


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
        cross_entropy = -ops.mean(ops.sum(kinds * ops.log_softmax(outputs["kind_logits"]), axis=-1))
        return outputs["logit"], self.recipe.kind_weight * cross_entropy


def preview_inputs(generator, rows: int, columns: int) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    """A row of pictures per latent, a column per kind, at most so many.

    Args:
        generator: Model with inputs `latent` and `kind`.
        rows: Of the picture, at most.
        columns: Of the picture, at most.

    Returns:
        `((latent, kind), columns)`: float32 `(N, Z)` and `(N, K)`.
    """
    kinds = generator.get_layer("kind").output.shape[-1]
    columns, rows = min(columns, PREVIEW_KINDS, kinds), min(rows, PREVIEW_ROWS)
    latent = sample_latent(generator.get_layer("latent").output.shape[-1])[:rows]
    kind = np.eye(kinds, dtype=np.float32)[:columns]
    return (np.repeat(latent, columns, axis=0), np.tile(kind, (rows, 1))), columns
