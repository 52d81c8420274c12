"""One step of a GAN, whatever its family: its critics learn first, then the generator from the same pictures, drawn
only once. What is drawn, judged and paid for is the family's to say: `training.gan.objective`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from training import engine
from training.contract.trainer import Preview, named_variables
from training.engine import draws
from training.gan import losses
from training.gan.drawing import AveragedGenerator
from training.gan.objective import Critic, Given, Objective
from training.gan.ramp import ramp
from training.gan.recipes import GANRecipe
from training.measure.quality import SampleQuality


class GANTrainer:
    """Holds everything that a training changes, and changes it one step at a time.

    Args:
        objective: The networks, and what they minimize.
        seed: Of latents, augmentation and label noise.
        quality: What previews are compared with.
    """

    def __init__(self, objective: Objective, seed: int, quality: SampleQuality):
        self.objective = objective
        self.recipe = recipe = objective.recipe
        self.random = keras.random.SeedGenerator(seed)
        self.averaged = AveragedGenerator(objective.generator, recipe.ema_decay, quality, objective.preview_inputs)
        self.drawing_variables = [v for one in objective.networks.values() for v in one.trainable_variables]
        steps = objective.total_steps
        self.generator_optimizer = _optimizer(
            recipe, recipe.generator_learning_rate, steps, self.drawing_variables, objective.generator_ramp
        )
        self.critic_optimizers = [
            _optimizer(recipe, critic.learning_rate, steps, critic.network.trainable_variables)
            for critic in objective.critics
        ]
        self._compiled_step = engine.compile_step(self._step, lambda: list(self.state.values()))

    @property
    def generator(self) -> keras.Model:
        return self.objective.generator

    @property
    def trained_generator(self) -> keras.Model:
        """The generator to export: the averaged one where the recipe averages."""
        return self.averaged.trained

    @property
    def models(self) -> dict[str, keras.Model]:
        return self._networks | {"generator": self.averaged.settled()}

    @property
    def facts(self) -> dict[str, Any]:
        sizes = {f"{name}_parameters": network.count_params() for name, network in self._networks.items()}
        return {"latent_size": self.objective.latent_size, **sizes}

    @property
    def state(self) -> dict[str, keras.Variable]:
        """Every variable that a step reads or writes, by a name that is the same in each process."""
        holders = {name: network.variables for name, network in self._networks.items()}
        holders |= {"generator_optimizer": self.generator_optimizer.variables, "random": [self.random.state]}
        for critic, optimizer in zip(self.objective.critics, self.critic_optimizers, strict=True):
            holders[f"{critic.name}_optimizer"] = optimizer.variables
        return named_variables(holders | self.averaged.holders)

    def preview(self) -> Preview:
        return self.averaged.preview()

    def step(self, images, labels, index: int, extras: Mapping[str, Any] | None = None) -> dict:
        """Updates critics, generator and average by one batch.

        Args:
            images: As in `training.contract.trainer.Trainer.step`, like the two that follow.
            labels: As above.
            index: As above.
            extras: What the objective's `extras` names, tensors whose first dimension is the batch.

        Returns:
            Float32 scalar tensors, on JAX perhaps still being computed: `generator_loss` and, of the first critic,
            `discriminator_loss` (natural-log units) and the share of real and of generated pictures that it got right,
            `real_accuracy` and `fake_accuracy`, in 0..1; those of further critics begin with their names. And what
            `Objective.draw` says that pictures cost.
        """
        penalized = tuple(
            bool(critic.r1_gamma or critic.r2_gamma) and index % critic.penalty_every == 0
            for critic in self.objective.critics
        )
        inputs = [extras[name] for name in self.objective.extras] if extras else []
        return self._compiled_step(images, labels, *inputs, penalized=penalized)

    def given(self, labels, extras=()) -> Given:
        """What is known of pictures with these labels `(B, K)` and extras, in the order of `Objective.extras`."""
        kinds = labels / ops.sum(labels, axis=-1, keepdims=True)
        named = {name: ops.convert_to_tensor(one) for name, one in zip(self.objective.extras, extras, strict=True)}
        return Given(kinds, self.generator_optimizer.iterations, named)

    @property
    def _networks(self) -> dict[str, keras.Model]:
        return self.objective.networks | {critic.name: critic.network for critic in self.objective.critics}

    def _step(self, images, labels, *extras, penalized):
        objective, given, metrics = self.objective, self.given(labels, extras), {}
        images = objective.shown(images, self.random)
        (fakes, costs), pullback = engine.forward_and_pullback(
            lambda: objective.draw(images, given, self.random), self.drawing_variables
        )
        fakes = ops.stop_gradient(fakes)
        for place, critic in enumerate(objective.critics):
            loss, (real, fake), gradients = engine.loss_and_gradients(
                self._critic_loss(critic, images, fakes, given, penalized[place]), critic.network.trainable_variables
            )
            self.critic_optimizers[place].apply(gradients, critic.network.trainable_variables)
            metrics[f"{critic.name}_loss"] = loss
            right = critic.loss.accuracy(real, fake)
            metrics |= {f"{critic.name}_{name}" if place else name: value for name, value in right.items()}
        metrics["generator_loss"], slopes = engine.input_gradient(
            lambda drawn: self._generator_loss(images, *drawn, given), (fakes, costs)
        )
        self.generator_optimizer.apply(pullback(slopes), self.drawing_variables)
        self.averaged.update(self.generator_optimizer.iterations)
        return metrics | costs

    def _critic_loss(self, critic: Critic, images, fakes, given: Given, penalize: bool):
        """A function to what a critic minimizes, and its logits of real and of generated pictures."""
        batch, options = images.shape[0], {}
        if critic.real_label_noise:
            noise = draws.uniform((batch, 1), 0.0, critic.real_label_noise, seed=self.random)
            options["real_target"] = 1.0 + noise

        def loss():
            both = self.objective.augment(ops.concatenate([images, fakes]), self.random)
            logits, besides = critic.judge(both, given.twice())
            real, fake = logits[:batch], logits[batch:]
            total = critic.loss.discriminator(real, fake, **options)
            if besides is not None:
                total += besides
            for pictures, gamma in ((images, critic.r1_gamma), (fakes, critic.r2_gamma)):
                if penalize and gamma:
                    slope = slope_of(critic, pictures, given)
                    total += critic.penalty_every * losses.r1_penalty(slope, gamma(given.step))
            if critic.gradient_penalty:
                share = draws.uniform((batch, 1, 1, 1), seed=self.random)
                slope = slope_of(critic, share * images + (1.0 - share) * fakes, given)
                total += critic.gradient_penalty * losses.gradient_penalty(slope)
            return total, (real, fake)

        return loss

    def _generator_loss(self, images, fakes, costs, given: Given):
        total = 0.0
        for critic in self.objective.critics:
            logits, besides = critic.judge(self.objective.augment(fakes, self.random), given)
            if critic.loss.compares:
                real, _ = critic.judge(self.objective.augment(images, self.random), given)
                verdict = critic.loss.generator(real, logits)
            else:
                verdict = critic.loss.generator(logits)
            if besides is not None:
                verdict += besides
            total += verdict if critic.weight is None else critic.weight(given.step) * verdict
        besides = self.objective.costs(images, fakes, costs, given)
        return total if besides is None else total + besides


def slope_of(critic: Critic, images, given: Given):
    """Gradient of the logits by pictures `(B, H, W, 3)`, itself differentiable.

    Of a critic of patches it is the sum over them, divided by the root of their number: each pixel is in as many
    patches, whatever the picture's size; their number would make a penalty grow with it.
    """

    def total(x):
        logits, _ = critic.judge(x, given)
        return ops.sum(logits) / math.sqrt(math.prod(logits.shape[1:]))

    return engine.input_gradient(total, images)[1]


def _optimizer(
    recipe: GANRecipe, learning_rate: float, total_steps: int, variables: list[keras.Variable], rising: float = 0.0
) -> keras.optimizers.Optimizer:
    schedules = keras.optimizers.schedules
    rate = {
        "constant": lambda: learning_rate,
        "linear": lambda: schedules.PolynomialDecay(learning_rate, total_steps, end_learning_rate=0.0),
        "cosine": lambda: schedules.CosineDecay(learning_rate, total_steps),
    }[recipe.schedule]()
    if rising:
        rate = _Rising(rate, rising)
    optimizer = engine.Adam(rate, beta_1=recipe.beta_1, beta_2=recipe.beta_2, global_clipnorm=recipe.clip_norm or None)
    optimizer.build(variables)
    return optimizer


class _Rising(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate, a number or a schedule, that rises from 0 over the first steps."""

    def __init__(self, rate: float | keras.optimizers.schedules.LearningRateSchedule, steps: float):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        rate = self.rate(step) if callable(self.rate) else self.rate
        return rate * ramp(step, 0, self.steps)
