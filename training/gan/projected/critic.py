"""The projected discriminator as one of a GAN's critics."""

from __future__ import annotations

from datasets.manifest import Size
from training.gan.losses import PROJECTED
from training.gan.objective import Critic
from training.gan.projected.discriminator import build_projected_discriminator
from training.gan.ramp import ramp
from training.gan.recipes import ChosenLossRecipe


def projected_critics(recipe: ChosenLossRecipe, size: Size, kinds: int, batch_size: int) -> list[Critic]:
    """What to add to an objective's critics: the projected one, or nothing where the recipe gives it no weight.

    Args:
        recipe: Its `projected_weight` is reached after `projected_ramp` pictures, in a straight line from 0.
        size: Of the pictures, at least 32 px a side.
        kinds: Number of kinds, or 0 for a GAN that draws without a choice of kind.
        batch_size: Pictures per step, of all devices.
    """
    if not recipe.projected_weight:
        return []
    network = build_projected_discriminator(size, kinds)

    def judge(images, given):
        inputs = {"image": images, "kind": given.kinds} if kinds else images
        return network(inputs, training=True), None

    def weight(step):
        return recipe.projected_weight * ramp(step, 0, recipe.projected_ramp / batch_size)

    return [Critic("projected", network, judge, PROJECTED, recipe.discriminator_learning_rate, weight=weight)]
