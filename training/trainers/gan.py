"""One step of a GAN: the discriminator learns first, then the generator from the same pictures, drawn only once."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from training import draws, engine, losses
from training.augment import augment, random_flip
from training.ema import ExponentialMovingAverage
from training.grids import tile, to_uint8
from training.quality import SampleQuality, collapse_warning
from training.recipes import Recipe
from training.trainers.base import Preview, named_variables

PREVIEW_PICTURES = 64  # fewer from 256 px on, so that a preview stays a picture of at most 1024 px a side
PREVIEW_SIDE = 1024  # pixels


class GANTrainer:
    """Holds everything that a training changes, and changes it one step at a time.

    Args:
        generator: Model from latents `(B, Z)` to pictures `(B, H, W, 3)` in [-1, 1].
        discriminator: Model from pictures to logits `(B, 1)`.
        recipe: Losses, optimizers and regularization.
        total_steps: Steps over which a learning rate schedule falls.
        seed: Of latents, augmentation and label noise.
        quality: What previews are compared with.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        recipe: Recipe,
        total_steps: int,
        seed: int,
        quality: SampleQuality,
    ):
        self.generator = generator
        self.discriminator = discriminator
        self.recipe = recipe
        self.quality = quality
        self.loss = losses.LOSSES[recipe.loss]
        self.latent_size = generator.input_shape[-1]
        self.random = keras.random.SeedGenerator(seed)
        self.ema = ExponentialMovingAverage(generator, recipe.ema_decay) if recipe.ema_decay else None
        self.generator_optimizer = _optimizer(recipe, recipe.generator_learning_rate, total_steps, generator)
        self.discriminator_optimizer = _optimizer(
            recipe, recipe.discriminator_learning_rate, total_steps, discriminator
        )
        self._compiled_step = engine.compile_step(self._step, list(self.state.values()))
        self._compiled_sample = engine.compile_function(
            lambda latent: self.trained_generator(latent, training=False), self.trained_generator.variables
        )

    @property
    def trained_generator(self) -> keras.Model:
        """The generator to export: the averaged one where the recipe averages."""
        return self.ema.model if self.ema else self.generator

    @property
    def models(self) -> dict[str, keras.Model]:
        return {"generator": self.trained_generator, "discriminator": self.discriminator}

    @property
    def facts(self) -> dict[str, int]:
        return {
            "latent_size": self.latent_size,
            "generator_parameters": self.generator.count_params(),
            "discriminator_parameters": self.discriminator.count_params(),
        }

    @property
    def state(self) -> dict[str, keras.Variable]:
        """Every variable that a step reads or writes, by a name that is the same in each process."""
        holders = {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "generator_optimizer": self.generator_optimizer.variables,
            "discriminator_optimizer": self.discriminator_optimizer.variables,
            "random": [self.random.state],
        }
        if self.ema:
            holders["ema"] = self.ema.variables
        return named_variables(holders)

    def step(self, images, labels, index: int) -> dict:
        """Updates discriminator, generator and average by one batch; the labels are not looked at.

        Returns:
            Float32 scalar tensors, on JAX perhaps still being computed: `discriminator_loss` and `generator_loss`
            (natural-log units), and the share of real and of generated pictures that the discriminator got right,
            `real_accuracy` and `fake_accuracy`, in 0..1.
        """
        regularize = self.recipe.r1_gamma > 0 and index % self.recipe.r1_every == 0
        return self._compiled_step(images, regularize=regularize)

    def preview(self) -> Preview:
        """The same latents every time, in rows; scored by sliced Wasserstein distance to real pictures."""
        height, width = self.generator.output_shape[1:3]
        columns = max(1, min(8, PREVIEW_SIDE // width))
        count = min(PREVIEW_PICTURES, columns * max(1, PREVIEW_SIDE // height))
        pictures = to_uint8(ops.convert_to_numpy(self._compiled_sample(sample_latent(self.latent_size)[:count])))
        measures = self.quality.measure(pictures)
        return Preview(tile(pictures, columns), measures, measures["sliced_wasserstein"], collapse_warning(measures))

    def _step(self, images, regularize):
        recipe = self.recipe
        if recipe.flip:
            images = random_flip(images, self.random)
        latent = draws.normal((images.shape[0], self.latent_size), seed=self.random)
        fakes, generator_pullback = engine.forward_and_pullback(
            lambda: self.generator(latent, training=True), self.generator.trainable_variables
        )
        metrics = self._discriminator_step(images, ops.stop_gradient(fakes), regularize)
        metrics["generator_loss"], d_fakes = engine.input_gradient(self._generator_loss, ops.stop_gradient(fakes))
        self.generator_optimizer.apply(generator_pullback(d_fakes), self.generator.trainable_variables)
        if self.ema:
            self.ema.update(self.generator_optimizer.iterations)
        return metrics

    def _discriminator_step(self, images, fakes, regularize):
        recipe = self.recipe
        batch = images.shape[0]
        noise = {}
        if recipe.real_label_noise:
            noise["real_target"] = 1.0 + draws.uniform((batch, 1), 0.0, recipe.real_label_noise, seed=self.random)

        def loss():
            both = self._augment(ops.concatenate([images, fakes]))
            logits = self.discriminator(both, training=True)
            real, fake = logits[:batch], logits[batch:]
            total = self.loss.discriminator(real, fake, **noise)
            if regularize:
                total += recipe.r1_every * losses.r1_penalty(self._slope(images), recipe.r1_gamma)
            if recipe.gradient_penalty:
                total += recipe.gradient_penalty * losses.gradient_penalty(self._slope(self._mix(images, fakes)))
            return total, (real, fake)

        variables = self.discriminator.trainable_variables
        total, (real, fake), gradients = engine.loss_and_gradients(loss, variables)
        self.discriminator_optimizer.apply(gradients, variables)
        return {
            "discriminator_loss": total,
            "real_accuracy": ops.mean(ops.cast(real > self.loss.boundary, "float32")),
            "fake_accuracy": ops.mean(ops.cast(fake < self.loss.boundary, "float32")),
        }

    def _slope(self, images):
        """d(sum of logits) / d(images), itself differentiable."""
        return engine.input_gradient(lambda x: ops.sum(self.discriminator(x, training=True)), images)[1]

    def _mix(self, images, fakes):
        share = draws.uniform((images.shape[0], 1, 1, 1), seed=self.random)
        return share * images + (1.0 - share) * fakes

    def _generator_loss(self, fakes):
        logits = self.discriminator(self._augment(fakes), training=True)
        return self.loss.generator(logits)

    def _augment(self, images):
        if not self.recipe.augment_probability:
            return images
        return augment(images, self.random, self.recipe.augment_probability)


def sample_latent(latent_size: int) -> np.ndarray:
    """The latents of every preview, float32 `(PREVIEW_PICTURES, latent_size)`."""
    return np.random.default_rng(0).standard_normal((PREVIEW_PICTURES, latent_size), dtype=np.float32)


def _optimizer(
    recipe: Recipe, learning_rate: float, total_steps: int, model: keras.Model
) -> keras.optimizers.Optimizer:
    schedules = keras.optimizers.schedules
    rate = {
        "constant": lambda: learning_rate,
        "linear": lambda: schedules.PolynomialDecay(learning_rate, total_steps, end_learning_rate=0.0),
        "cosine": lambda: schedules.CosineDecay(learning_rate, total_steps),
    }[recipe.schedule]()
    optimizer = engine.Adam(rate, beta_1=recipe.beta_1, beta_2=recipe.beta_2, global_clipnorm=recipe.clip_norm or None)
    optimizer.build(model.trainable_variables)
    return optimizer
