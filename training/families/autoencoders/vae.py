"""One step of a variational autoencoder: pictures to latents and back, by kind."""

from __future__ import annotations

import dataclasses

import keras
from keras import ops

from training import engine
from training.engine import draws
from training.families.autoencoders.encoder import latent_of
from training.gan import losses
from training.gan.augment import random_flip
from training.gan.drawing import DrawingTrainer, DrawsKinds
from training.gan.recipes import check_ranges
from training.loop.trainer import named_variables, ramp
from training.measure.quality import SampleQuality


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
        check_autoencoder(self)
        check_ranges(self, shares=("ema_decay",), positive=("learning_rate",))
        if self.generator_filters < 1:
            raise ValueError(f"generator_filters is {self.generator_filters}: it must be at least 1.")


def check_autoencoder(recipe):
    """Raises `ValueError` for what can't be among the settings that recipes with an encoder have in common."""
    check_ranges(recipe, shares=("kl_warm_up",), positive=("likelihood_scale",), at_least_0=("kl_weight",))
    if recipe.encoder_filters < 1:
        raise ValueError(f"encoder_filters is {recipe.encoder_filters}: it must be at least 1.")


RECIPES = {
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


class VAETrainer(DrawsKinds, DrawingTrainer):
    """Holds everything that a training changes, and changes it one step at a time.

    References: Kingma and Welling 2014, "Auto-Encoding Variational Bayes" (arXiv:1312.6114); Higgins 2017, "beta-VAE:
    Learning Basic Visual Concepts with a Constrained Variational Framework"; warm-up after Sønderby 2016, "Ladder
    Variational Autoencoders" (arXiv:1602.02282).

    Args:
        generator: The decoder, as `training.gan.conditional` builds it.
        encoder: As `training.families.autoencoders.encoder` builds it.
        recipe: Hyperparameters.
        total_steps: Steps over which the learning rate falls.
        seed: Of latents and flips.
        quality: What previews are compared with.
    """

    def __init__(
        self,
        generator: keras.Model,
        encoder: keras.Model,
        recipe: VAERecipe,
        total_steps: int,
        seed: int,
        quality: SampleQuality,
    ):
        super().__init__(generator, recipe, total_steps, seed, quality)
        self.encoder = encoder
        self.optimizer = engine.Adam(keras.optimizers.schedules.CosineDecay(recipe.learning_rate, total_steps))
        self.optimizer.build(self._trained)
        self._compiled_step = engine.compile_step(self._step, list(self.state.values()))

    @property
    def models(self) -> dict[str, keras.Model]:
        return super().models | {"encoder": self.encoder}

    @property
    def facts(self) -> dict[str, int]:
        return {
            "latent_size": self.latent_size,
            "generator_parameters": self.generator.count_params(),
            "encoder_parameters": self.encoder.count_params(),
        }

    @property
    def state(self) -> dict[str, keras.Variable]:
        """Every variable that a step reads or writes, by a name that is the same in each process."""
        holders = {
            "generator": self.generator.variables,
            "encoder": self.encoder.variables,
            "optimizer": self.optimizer.variables,
            "random": [self.random.state],
        }
        if self.ema:
            holders["ema"] = self.ema.variables
        return named_variables(holders)

    def step(self, images, labels, index: int) -> dict:
        """Updates encoder, generator and average by one batch.

        Returns:
            Float32 scalar tensors, on JAX perhaps still being computed: `reconstruction` and `kl` in nats per picture,
            their sum being the negative evidence lower bound, and `loss`, what was minimized, in nats per value.
        """
        return self._compiled_step(images, labels)

    @property
    def _trained(self) -> list[keras.Variable]:
        return self.encoder.trainable_variables + self.generator.trainable_variables

    def _step(self, images, labels):
        recipe = self.recipe
        kinds = labels / ops.sum(labels, axis=-1, keepdims=True)
        if recipe.flip:
            images = random_flip(images, self.random)
        noise = draws.normal((images.shape[0], self.latent_size), seed=self.random)

        def loss():
            distribution = self.encoder({"image": images, "kind": kinds}, training=True)
            latent = latent_of(distribution, noise)
            pictures = self._generate(self.generator, latent, kinds, training=True)
            reconstruction = losses.laplace_reconstruction(images, pictures, recipe.likelihood_scale)
            kl = losses.kl_divergence(**distribution)
            total = reconstruction + kl_weight(recipe, self.optimizer.iterations, self.total_steps) * kl
            return total / values_of(images), (reconstruction, kl)

        total, (reconstruction, kl), gradients = engine.loss_and_gradients(loss, self._trained)
        self.optimizer.apply(gradients, self._trained)
        if self.ema:
            self.ema.update(self.optimizer.iterations)
        return {"loss": total, "reconstruction": reconstruction, "kl": kl}


def kl_weight(recipe, iterations, total_steps: int):
    """What the Kullback-Leibler divergence weighs after so many steps, float32 scalar."""
    return recipe.kl_weight * ramp(iterations, 0.0, recipe.kl_warm_up * total_steps)


def values_of(images) -> int:
    """Numbers that make one picture of a batch `(B, H, W, 3)`."""
    return images.shape[1] * images.shape[2] * images.shape[3]
