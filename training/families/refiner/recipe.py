"""How a refiner is trained, as data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from training.contract.recipes import check_ranges
from training.gan.recipes import STABLE, ChosenLossRecipe


@dataclasses.dataclass(frozen=True)
class RefinerRecipe(ChosenLossRecipe):
    """Hyperparameters of a refiner."""

    width: float  # factor of the widths of both networks
    copy_weight: float  # of the mean absolute error of refined screenshots, in [-1, 1], beside the GAN's own loss
    consistency_weight: float  # of the same of what it makes, shrunken and softened again, from what it was given
    base: Path | None  # run folder of the planet_v3 or refiner whose pictures, of half the side, are refined

    def __post_init__(self):
        super().__post_init__()
        check_ranges(self, positive=("width",), at_least_0=("copy_weight", "consistency_weight"))


RECIPES = {
    "sharp": RefinerRecipe(
        width=1.0,
        copy_weight=1.0,
        consistency_weight=10.0,
        base=None,
        **{**STABLE, "discriminator_learning_rate": 0.0004, "r1_gamma": 0.0003, "augment_probability": 0.4},
    ),
}
