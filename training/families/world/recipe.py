"""How world_v1 is trained, as data."""

from __future__ import annotations

import dataclasses

from training.contract.recipes import check_ramp, check_ranges
from training.gan.recipes import STABLE, ChosenLossRecipe


@dataclasses.dataclass(frozen=True)
class WorldRecipe(ChosenLossRecipe):
    """Hyperparameters of world_v1. Weights of R1 are those at 64 px; they grow with the number of pixels."""

    r1_gamma_early: float  # weight of the R1 penalty to begin with
    r1_early_share: float  # share of the training for which it holds
    width: float  # factor of the width of the generator's surface network
    kind_weight: float  # of the cross-entropy of kinds beside the GAN's own loss
    ramp_start: float  # share of the training after which kinds begin to count in the discriminator's logit
    ramp_end: float  # and after which they count in full

    def __post_init__(self):
        super().__post_init__()
        check_ranges(
            self, shares=("r1_early_share",), positive=("width",), at_least_0=("kind_weight", "r1_gamma_early")
        )
        check_ramp(self)


RECIPES = {
    # A network of few weights, each of which every pixel pulls at, learns faster, and its gradients have longer tails.
    # It draws clean limbs from the start.
    "sharp": WorldRecipe(
        r1_gamma_early=0.3,
        r1_early_share=0.17,
        width=1.0,
        kind_weight=0.5,
        ramp_start=0.0,
        ramp_end=0.43,
        **{**STABLE, "generator_learning_rate": 0.001, "clip_norm": 5.0, "augment_probability": 0.4, "r1_gamma": 0.05},
    ),
}
