"""A GAN that also learns to draw each picture again from what an encoder tells of it.

References: Larsen 2016, "Autoencoding beyond pixels using a learned similarity metric" (arXiv:1512.09300); Bao 2017,
"CVAE-GAN: Fine-Grained Image Generation through Asymmetric Training" (arXiv:1703.10155).
"""

from __future__ import annotations

import keras
from keras import ops

from training.engine import draws
from training.families.autoencoders.encoder import latent_of, minimized_bound
from training.families.autoencoders.recipe import CVAEGANRecipe
from training.gan import losses
from training.gan.critic import features_of
from training.gan.drawing import draw_with
from training.gan.kinds import auxiliary_verdict
from training.gan.objective import Objective


class CVAEGANObjective(Objective):
    """An AC-GAN half of whose pictures are drawn from latents of real ones, which they have to resemble.

    Even rows of a batch are reconstructed, to the pixel and in the discriminator's features; the odd ones are drawn
    from the standard normal distribution. So a step costs about as much as an AC-GAN's.

    Args:
        generator: As `training.gan.conditional` builds it.
        discriminator: As `training.gan.critic.build_auxiliary_critic` builds it.
        encoder: As `training.families.autoencoders.encoder` builds it.
        recipe: Hyperparameters.
        total_steps: Of the training.
    """

    def __init__(self, generator, discriminator, encoder: keras.Model, recipe: CVAEGANRecipe, total_steps: int):
        super().__init__(generator, discriminator, recipe, total_steps)
        self.networks["encoder"] = encoder
        self._features = features_of(discriminator)

    def draw(self, images, given, random):
        noise = draws.normal((images.shape[0], self.latent_size), seed=random)
        distribution = self.networks["encoder"]({"image": images, "kind": given.kinds}, training=True)
        even = ops.reshape(ops.arange(images.shape[0]) % 2 == 0, (-1, 1))
        latent = ops.where(even, latent_of(distribution, noise), noise)
        fakes = draw_with(self.generator, {"latent": latent, "kind": given.kinds}, training=True)
        scale = self.recipe.likelihood_scale
        return fakes, {
            "reconstruction": losses.laplace_reconstruction(images[::2], fakes[::2], scale),
            "kl": losses.kl_divergence(**distribution),
        }

    def judge(self, images, given):
        return auxiliary_verdict(self.discriminator, images, given.kinds, self.recipe.kind_weight)

    def costs(self, images, fakes, drawn, given):
        bound = minimized_bound(images, drawn["reconstruction"], drawn["kl"], self.recipe, given.step, self.total_steps)
        real, copied = ops.stop_gradient(self._features(images[::2])), self._features(fakes[::2])
        distance = losses.feature_distance(real, copied)
        return self.recipe.bound_weight * bound + self.recipe.feature_weight * distance
