"""How GANs that draw the kind asked for are trained, as data."""

from __future__ import annotations

import dataclasses

from training.contract.recipes import check_choices, check_filters, check_ramp, check_ranges
from training.gan import recipes
from training.gan.critic import CONDITIONINGS
from training.gan.recipes import SHARP, ChosenLossRecipe

CONDITIONAL_CHOICES = {"conditioning": CONDITIONINGS, **recipes.CHOICES}
ACGAN_CHOICES = recipes.CHOICES


@dataclasses.dataclass(frozen=True)
class LabelledRecipe(ChosenLossRecipe):
    """Hyperparameters of a GAN that draws the kind asked for."""

    generator_filters: int  # of the generator's last block
    discriminator_filters: int  # of the discriminator's first convolution

    def __post_init__(self):
        super().__post_init__()
        check_filters(self, "generator_filters", "discriminator_filters")


@dataclasses.dataclass(frozen=True)
class ConditionalRecipe(LabelledRecipe):
    """Hyperparameters of a conditional GAN."""

    conditioning: str  # how the discriminator learns of the kinds, one of training.gan.critic.CONDITIONINGS
    ramp_start: float  # share of the training after which kinds begin to count in the discriminator
    ramp_end: float  # and after which they count in full

    def __post_init__(self):
        super().__post_init__()
        check_choices(self, {"conditioning": CONDITIONINGS})
        check_ramp(self)


@dataclasses.dataclass(frozen=True)
class ACGANRecipe(LabelledRecipe):
    """Hyperparameters of an AC-GAN."""

    kind_weight: float  # of the cross-entropy of kinds beside the GAN's own loss

    def __post_init__(self):
        super().__post_init__()
        check_ranges(self, at_least_0=("kind_weight",))


CONDITIONAL_RECIPES = {
    "sharp": ConditionalRecipe(
        conditioning="projection",
        ramp_start=0.0,
        ramp_end=0.2,
        generator_filters=32,
        discriminator_filters=32,
        **SHARP,
    ),
}

ACGAN_RECIPES = {
    "sharp": ACGANRecipe(kind_weight=0.5, generator_filters=32, discriminator_filters=32, **SHARP),
}
