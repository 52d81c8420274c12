"""How variational autoencoders are trained, as data."""

from __future__ import annotations

import dataclasses

from training.contract.recipes import check_filters, check_ranges
from training.gan.recipes import SHARP, ChosenLossRecipe


@dataclasses.dataclass(frozen=True)
class VAERecipe:
    """Hyperparameters of a variational autoencoder's training."""

    learning_rate: float  # of Adam at the start, falling to 0 along a cosine
    likelihood_scale: float  # expected absolute error of a value in [-1, 1]
    kl_weight: float  # of the Kullback-Leibler divergence once warm: the beta of a beta-VAE
    kl_warm_up: float  # share of the training in which that weight rises from 0
    flip: bool  # mirror pictures at random
    ema_decay: float  # of the exported copy of the generator, per step; 0 exports the last weights
    generator_filters: int  # of the generator's last block
    encoder_filters: int  # of the encoder's first convolution

    def __post_init__(self):
        _check_encoder(self)
        check_ranges(self, shares=("ema_decay",), positive=("learning_rate",))
        check_filters(self, "generator_filters")


@dataclasses.dataclass(frozen=True)
class CVAEGANRecipe(ChosenLossRecipe):
    """Hyperparameters of a CVAE-GAN."""

    generator_filters: int  # of the generator's last block
    discriminator_filters: int  # of the discriminator's first convolution
    kind_weight: float  # of the cross-entropy of kinds beside the GAN's own loss
    likelihood_scale: float  # expected absolute error of a reconstructed value in [-1, 1]
    kl_weight: float  # of the Kullback-Leibler divergence beside the reconstruction, both in nats, once warm
    kl_warm_up: float  # share of the training in which that weight rises from 0
    bound_weight: float  # of reconstruction and divergence, in nats per value, beside the GAN's own loss
    feature_weight: float  # of the distance of reconstructions in the discriminator's eyes
    encoder_filters: int  # of the encoder's first convolution

    def __post_init__(self):
        super().__post_init__()
        _check_encoder(self)
        check_filters(self, "generator_filters", "discriminator_filters")
        check_ranges(self, at_least_0=("kind_weight", "bound_weight", "feature_weight"))


def _check_encoder(recipe):
    """What recipes with an encoder have in common."""
    check_ranges(recipe, shares=("kl_warm_up",), positive=("likelihood_scale",), at_least_0=("kl_weight",))
    check_filters(recipe, "encoder_filters")


VAE_RECIPES = {
    "laplace": VAERecipe(
        learning_rate=0.001,
        likelihood_scale=0.1,
        kl_weight=100.0,  # leaves about 10 nats: more, and a few hundred pictures leave holes where samples fall
        kl_warm_up=0.05,
        flip=True,
        ema_decay=0.99,
        generator_filters=32,
        encoder_filters=32,
    ),
}

CVAEGAN_RECIPES = {
    "sharp": CVAEGANRecipe(
        generator_filters=32,
        discriminator_filters=32,
        kind_weight=0.5,
        likelihood_scale=0.1,
        kl_weight=100.0,
        kl_warm_up=0.05,
        bound_weight=1.0,
        feature_weight=1.0,
        encoder_filters=32,
        **SHARP,
    ),
}
