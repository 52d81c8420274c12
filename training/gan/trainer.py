"""One step of a GAN: the discriminator learns first, then the generator from the same pictures, drawn only once."""

from __future__ import annotations

import keras
from keras import ops

from training import engine
from training.engine import draws
from training.gan import losses
from training.gan.augment import augment, random_flip
from training.gan.drawing import DrawingTrainer
from training.gan.recipes import GANRecipe
from training.loop.trainer import named_variables
from training.measure.quality import SampleQuality


class GANTrainer(DrawingTrainer):
    """Holds everything that a training changes, and changes it one step at a time.

    Args:
        generator: Model from latents `(B, Z)`, its input `latent`, to pictures `(B, H, W, 3)` in [-1, 1].
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
        recipe: GANRecipe,
        total_steps: int,
        seed: int,
        quality: SampleQuality,
    ):
        super().__init__(generator, recipe, total_steps, seed, quality)
        self.discriminator = discriminator
        self.loss = losses.LOSSES[recipe.loss]
        self.generator_optimizer = _optimizer(
            recipe, recipe.generator_learning_rate, total_steps, self._drawing_variables
        )
        self.discriminator_optimizer = _optimizer(
            recipe, recipe.discriminator_learning_rate, total_steps, discriminator.trainable_variables
        )
        self._compiled_step = engine.compile_step(self._step, list(self.state.values()))

    @property
    def models(self) -> dict[str, keras.Model]:
        return super().models | {"discriminator": self.discriminator}

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
        """Updates discriminator, generator and average by one batch.

        Returns:
            Float32 scalar tensors, on JAX perhaps still being computed: `discriminator_loss` and `generator_loss`
            (natural-log units), and the share of real and of generated pictures that the discriminator got right,
            `real_accuracy` and `fake_accuracy`, in 0..1.
        """
        regularize = self.recipe.r1_gamma > 0 and index % self.recipe.r1_every == 0
        return self._compiled_step(images, labels, regularize=regularize)

    def _real(self, images):
        """Real pictures as the discriminator meets them, before the augmentation that generated ones get, too."""
        return random_flip(images, self.random) if self.recipe.flip else images

    def _judge(self, images, kinds):
        """The discriminator's logits `(B, 1)` for pictures of these kinds, and what both sides minimize besides, a
        scalar, or None."""
        return self.discriminator(images, training=True), None

    def _step(self, images, labels, regularize):
        kinds = labels / ops.sum(labels, axis=-1, keepdims=True)
        images = self._real(images)
        (fakes, costs), pullback = engine.forward_and_pullback(
            lambda: self._draw(images, kinds), self._drawing_variables
        )
        fakes = ops.stop_gradient(fakes)
        metrics = self._discriminator_step(images, fakes, kinds, regularize)
        metrics["generator_loss"], slopes = engine.input_gradient(
            lambda drawn: self._generator_loss(*drawn, images, kinds), (fakes, costs)
        )
        self.generator_optimizer.apply(pullback(slopes), self._drawing_variables)
        if self.ema:
            self.ema.update(self.generator_optimizer.iterations)
        return metrics | costs

    @property
    def _drawing_variables(self) -> list[keras.Variable]:
        """Those that `_draw` learns by."""
        return self.generator.trainable_variables

    def _draw(self, images, kinds):
        """Pictures of these kinds for the discriminator to judge, and by name what they cost besides, scalars."""
        latent = draws.normal((images.shape[0], self.latent_size), seed=self.random)
        return self._generate(self.generator, latent, kinds, training=True), {}

    def _discriminator_step(self, images, fakes, kinds, regularize):
        recipe = self.recipe
        batch = images.shape[0]
        noise = {}
        if recipe.real_label_noise:
            noise["real_target"] = 1.0 + draws.uniform((batch, 1), 0.0, recipe.real_label_noise, seed=self.random)

        def loss():
            both = self._augment(ops.concatenate([images, fakes]))
            logits, besides = self._judge(both, ops.concatenate([kinds, kinds]))
            real, fake = logits[:batch], logits[batch:]
            total = self.loss.discriminator(real, fake, **noise)
            if besides is not None:
                total += besides
            if regularize:
                total += recipe.r1_every * losses.r1_penalty(self._slope(images, kinds), self._r1_gamma())
            if recipe.gradient_penalty:
                slope = self._slope(self._mix(images, fakes), kinds)
                total += recipe.gradient_penalty * losses.gradient_penalty(slope)
            return total, (real, fake)

        variables = self.discriminator.trainable_variables
        total, (real, fake), gradients = engine.loss_and_gradients(loss, variables)
        self.discriminator_optimizer.apply(gradients, variables)
        return {
            "discriminator_loss": total,
            "real_accuracy": ops.mean(ops.cast(real > self.loss.boundary, "float32")),
            "fake_accuracy": ops.mean(ops.cast(fake < self.loss.boundary, "float32")),
        }

    def _r1_gamma(self):
        return self.recipe.r1_gamma

    def _slope(self, images, kinds):
        """d(sum of logits) / d(images), itself differentiable."""
        return engine.input_gradient(lambda x: ops.sum(self._judge(x, kinds)[0]), images)[1]

    def _mix(self, images, fakes):
        share = draws.uniform((images.shape[0], 1, 1, 1), seed=self.random)
        return share * images + (1.0 - share) * fakes

    def _generator_loss(self, fakes, costs, images, kinds):
        logits, besides = self._judge(self._augment(fakes), kinds)
        loss = self.loss.generator(logits)
        return loss if besides is None else loss + besides

    def _augment(self, images):
        if not self.recipe.augment_probability:
            return images
        return augment(images, self.random, self.recipe.augment_probability)


def _optimizer(
    recipe: GANRecipe, learning_rate: float, total_steps: int, variables: list[keras.Variable]
) -> keras.optimizers.Optimizer:
    schedules = keras.optimizers.schedules
    rate = {
        "constant": lambda: learning_rate,
        "linear": lambda: schedules.PolynomialDecay(learning_rate, total_steps, end_learning_rate=0.0),
        "cosine": lambda: schedules.CosineDecay(learning_rate, total_steps),
    }[recipe.schedule]()
    optimizer = engine.Adam(rate, beta_1=recipe.beta_1, beta_2=recipe.beta_2, global_clipnorm=recipe.clip_norm or None)
    optimizer.build(variables)
    return optimizer
