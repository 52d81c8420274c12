"""What a GAN's family says for `training.gan.trainer` to train it: what is drawn, what critics say, what else costs.

A family with one critic overrides `Objective.draw`, `judge` or `costs` where it differs; one with several sets
`critics`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from training.engine import draws
from training.gan.augment import augment, random_flip
from training.gan.drawing import draw_with, preview_inputs
from training.gan.losses import LOSSES, Loss
from training.gan.recipes import ChosenLossRecipe, GANRecipe


class Given(NamedTuple):
    """What is known of the pictures of a batch, real and generated ones alike.

    Attributes:
        kinds: Float32 `(B, K)`, rows summing to 1.
        step: Steps taken before this one, an integer, tensor or variable.
        extras: Tensors by the names of `Objective.extras`, their first dimension the batch.
    """

    kinds: Any
    step: Any
    extras: Mapping[str, Any] = {}

    def twice(self) -> Given:
        """The same for two batches, one after another."""
        extras = {name: ops.concatenate([values, values]) for name, values in self.extras.items()}
        return self._replace(kinds=ops.concatenate([self.kinds, self.kinds]), extras=extras)


class Critic(NamedTuple):
    """A discriminator, and how it learns.

    Attributes:
        name: Of its weights in the run folder and of its figures in the log.
        network: Its trainable variables are what it learns by.
        judge: `(images, given)` to logits `(B, …)`, large for real pictures, and a scalar that both sides minimize
            besides, or None.
        loss: Of both sides.
        learning_rate: At the start.
        weight: `(step)` to what its verdict counts in the generator's loss, a scalar; None for 1.
        r1_gamma: `(step)` to the weight of the R1 penalty; None turns it off.
        r2_gamma: `(step)` to the weight of the same penalty at generated pictures; None turns it off.
        penalty_every: Steps between two R1 and R2 penalties, which are weighted up by as much.
        gradient_penalty: Weight of WGAN-GP's penalty; 0 turns it off.
        real_label_noise: Real labels are 1 + U(0, this), for a loss that takes a `real_target`.
    """

    name: str
    network: keras.Model
    judge: Callable[[Any, Given], tuple[Any, Any]]
    loss: Loss
    learning_rate: float
    weight: Callable[[Any], Any] | None = None
    r1_gamma: Callable[[Any], Any] | None = None
    r2_gamma: Callable[[Any], Any] | None = None
    penalty_every: int = 1
    gradient_penalty: float = 0.0
    real_label_noise: float = 0.0


def constant(weight: float) -> Callable[[Any], float] | None:
    """A weight that is the same in each step; None for 0."""
    return (lambda step: weight) if weight else None


def critic_of(recipe: ChosenLossRecipe, network: keras.Model, judge: Callable) -> Critic:
    """The one critic of a GAN whose loss can be chosen."""
    return Critic(
        "discriminator",
        network,
        judge,
        LOSSES[recipe.loss],
        recipe.discriminator_learning_rate,
        r1_gamma=constant(recipe.r1_gamma),
        r2_gamma=constant(recipe.r2_gamma),
        penalty_every=recipe.r1_every,
        gradient_penalty=recipe.gradient_penalty,
        real_label_noise=recipe.real_label_noise,
    )


class Objective:
    """The objective of a GAN whose critic looks at nothing but pictures.

    Args:
        generator: Model with an input `latent` `(B, Z)`, perhaps others, to pictures `(B, H, W, 3)` in [-1, 1].
        discriminator: Model from pictures to logits `(B, 1)`.
        recipe: Hyperparameters.
        total_steps: Of the training.

    Attributes:
        networks: Those that learn to draw, by the names of their weights in the run folder, `generator` first.
        critics: Those that judge, the most important one first.
        extras: Names of what batches bring besides images and labels (`training.contract.family.Family.feed`).
        generator_ramp: Steps over which the generator's learning rate rises from 0, in a straight line.
    """

    critics: Sequence[Critic]
    extras: Sequence[str] = ()
    generator_ramp: float = 0.0

    def __init__(self, generator: keras.Model, discriminator: keras.Model, recipe: ChosenLossRecipe, total_steps: int):
        self.networks: dict[str, keras.Model] = {"generator": generator}
        self.critics = [critic_of(recipe, discriminator, self.judge)]
        self.discriminator = discriminator
        self.recipe: GANRecipe = recipe
        self.total_steps = total_steps

    @property
    def generator(self) -> keras.Model:
        return self.networks["generator"]

    @property
    def latent_size(self) -> int:
        return self.generator.get_layer("latent").output.shape[-1]

    def draw(self, images, given: Given, random: keras.random.SeedGenerator):
        """What the generator draws.

        Args:
            images: The real pictures, float32 `(B, H, W, 3)`.
            given: What is known of them, and holds for what is drawn.
            random: Source of latents.

        Returns:
            As many pictures, and by name what they cost besides, scalars for `costs` and for the log. Differentiated by
            all variables of `networks`.
        """
        latent = draws.normal((images.shape[0], self.latent_size), seed=random)
        return draw_with(self.generator, {"latent": latent, "kind": given.kinds}, training=True), {}

    def judge(self, images, given: Given):
        """What the critic says of pictures, as `Critic.judge`."""
        return self.discriminator(images, training=True), None

    def costs(self, images, fakes, drawn: Mapping[str, Any], given: Given):
        """What the generator minimizes besides its critics' verdicts.

        Args:
            images: The real pictures.
            fakes: Those of `draw`.
            drawn: What `draw` says that they cost.
            given: As above.

        Returns:
            Scalar, differentiated by `fakes` and `drawn`; None if nothing.
        """
        return None

    def shown(self, images, random: keras.random.SeedGenerator):
        """Real pictures as critics meet them, before the augmentation that generated ones get, too."""
        return random_flip(images, random) if self.recipe.flip else images

    def augment(self, images, random: keras.random.SeedGenerator):
        """Real and generated pictures as critics are shown them."""
        probability = self.recipe.augment_probability
        return augment(images, random, probability) if probability else images

    def preview_inputs(self, rows: int, columns: int) -> tuple[dict[str, np.ndarray], int]:
        """Inputs of the generator, always the same, for at most so many rows and columns of pictures, and the columns
        that they take."""
        return preview_inputs(self.generator, rows, columns)
