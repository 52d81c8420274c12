"""A GAN that also learns to draw each picture again from what an encoder tells of it.

References: Larsen 2016, "Autoencoding beyond pixels using a learned similarity metric" (arXiv:1512.09300); Bao 2017,
"CVAE-GAN: Fine-Grained Image Generation through Asymmetric Training" (arXiv:1703.10155).
"""

from __future__ import annotations

import dataclasses

import keras
from keras import ops

from training.engine import draws
from training.families.autoencoders.encoder import latent_of
from training.families.autoencoders.vae import check_autoencoder, kl_weight, values_of
from training.families.labelled.trainer import ACGANTrainer
from training.gan import losses
from training.gan.critic import features_of
from training.gan.recipes import ACGAN_RECIPES, ACGANRecipe, check_ranges
from training.loop.trainer import named_variables


@dataclasses.dataclass(frozen=True)
class CVAEGANRecipe(ACGANRecipe):
    """Hyperparameters of a CVAE-GAN."""

    likelihood_scale: float  # expected absolute error of a reconstructed value in [-1, 1]
    kl_weight: float  # of the Kullback-Leibler divergence beside the reconstruction, both in nats, once warm
    kl_warm_up: float  # share of the training in which that weight rises from 0
    bound_weight: float  # of reconstruction and divergence, in nats per value, beside the GAN's own loss
    feature_weight: float  # of the distance of reconstructions in the discriminator's eyes
    encoder_filters: int  # of the encoder's first convolution

    def __post_init__(self):
        super().__post_init__()
        check_autoencoder(self)
        check_ranges(self, at_least_0=("bound_weight", "feature_weight"))


RECIPES = {
    "sharp": CVAEGANRecipe(
        likelihood_scale=0.1,
        kl_weight=100.0,
        kl_warm_up=0.05,
        bound_weight=1.0,
        feature_weight=1.0,
        encoder_filters=32,
        **dataclasses.asdict(ACGAN_RECIPES["sharp"]),
    ),
}


class CVAEGANTrainer(ACGANTrainer):
    """An AC-GAN half of whose pictures are drawn from latents of real ones, which they have to resemble.

    Even rows of a batch are reconstructed, to the pixel and in the discriminator's features; the odd ones are drawn
    from the standard normal distribution. So a step costs about as much as an AC-GAN's.

    Args:
        generator: As `training.gan.conditional` builds it.
        discriminator: As `training.gan.critic.build_auxiliary_critic` builds it.
        encoder: As `training.families.autoencoders.encoder` builds it.
        recipe: Hyperparameters.
        total_steps: Steps over which a learning rate schedule falls.
        seed: Of latents, augmentation and label noise.
        quality: What previews are compared with.
    """

    def __init__(self, generator, discriminator, encoder: keras.Model, recipe: CVAEGANRecipe, *rest):
        self.encoder = encoder
        self._features = features_of(discriminator)
        super().__init__(generator, discriminator, recipe, *rest)

    @property
    def models(self) -> dict[str, keras.Model]:
        return super().models | {"encoder": self.encoder}

    @property
    def facts(self) -> dict[str, int]:
        return super().facts | {"encoder_parameters": self.encoder.count_params()}

    @property
    def state(self) -> dict[str, keras.Variable]:
        return super().state | named_variables({"encoder": self.encoder.variables})

    @property
    def _drawing_variables(self) -> list[keras.Variable]:
        return super()._drawing_variables + self.encoder.trainable_variables

    def _draw(self, images, kinds):
        noise = draws.normal((images.shape[0], self.latent_size), seed=self.random)
        distribution = self.encoder({"image": images, "kind": kinds}, training=True)
        even = ops.reshape(ops.arange(images.shape[0]) % 2 == 0, (-1, 1))
        latent = ops.where(even, latent_of(distribution, noise), noise)
        fakes = self._generate(self.generator, latent, kinds, training=True)
        scale = self.recipe.likelihood_scale
        return fakes, {
            "reconstruction": losses.laplace_reconstruction(images[::2], fakes[::2], scale),
            "kl": losses.kl_divergence(**distribution),
        }

    def _generator_loss(self, fakes, costs, images, kinds):
        weight = kl_weight(self.recipe, self.generator_optimizer.iterations, self.total_steps)
        bound = (costs["reconstruction"] + weight * costs["kl"]) / values_of(images)
        real, copied = ops.stop_gradient(self._features(images[::2])), self._features(fakes[::2])
        return (
            super()._generator_loss(fakes, costs, images, kinds)
            + self.recipe.bound_weight * bound
            + self.recipe.feature_weight * losses.feature_distance(real, copied)
        )
