"""One step of a variational autoencoder: pictures to latents and back, by kind."""

from __future__ import annotations

import keras
from keras import ops

from training import engine
from training.contract.trainer import Preview, named_variables
from training.engine import draws
from training.families.autoencoders.encoder import latent_of, minimized_bound
from training.families.autoencoders.recipe import VAERecipe
from training.gan import losses
from training.gan.augment import random_flip
from training.gan.drawing import AveragedGenerator, draw_with
from training.measure.quality import SampleQuality


class VAETrainer:
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
        self.generator, self.encoder, self.recipe, self.total_steps = generator, encoder, recipe, total_steps
        self.latent_size = generator.get_layer("latent").output.shape[-1]
        self.random = keras.random.SeedGenerator(seed)
        self.averaged = AveragedGenerator(generator, recipe.ema_decay, quality)
        self.optimizer = engine.Adam(keras.optimizers.schedules.CosineDecay(recipe.learning_rate, total_steps))
        self.optimizer.build(self._trained)
        self._compiled_step = engine.compile_step(self._step, lambda: list(self.state.values()))

    @property
    def models(self) -> dict[str, keras.Model]:
        return {"generator": self.averaged.settled(), "encoder": self.encoder}

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
        return named_variables(holders | self.averaged.holders)

    def preview(self) -> Preview:
        return self.averaged.preview()

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
            pictures = draw_with(self.generator, {"latent": latent, "kind": kinds}, training=True)
            reconstruction = losses.laplace_reconstruction(images, pictures, recipe.likelihood_scale)
            kl = losses.kl_divergence(**distribution)
            step = self.optimizer.iterations
            bound = minimized_bound(images, reconstruction, kl, recipe, step, self.total_steps)
            return bound, (reconstruction, kl)

        total, (reconstruction, kl), gradients = engine.loss_and_gradients(loss, self._trained)
        self.optimizer.apply(gradients, self._trained)
        self.averaged.update(self.optimizer.iterations)
        return {"loss": total, "reconstruction": reconstruction, "kl": kl}
