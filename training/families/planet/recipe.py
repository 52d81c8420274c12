"""How planet_v3 is trained, as data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from training.contract.recipes import check_ramp, check_ranges
from training.gan.recipes import SHARP, ChosenLossRecipe


@dataclasses.dataclass(frozen=True)
class PlanetRecipe(ChosenLossRecipe):
    """Hyperparameters of planet_v3. Weights of R1 are those at 64 px; they grow with the number of pixels."""

    r1_gamma_early: float  # weight of the R1 penalty to begin with
    r1_early_share: float  # share of the training for which it holds
    width: float  # factor of the widths of both networks
    kind_weight: float  # of the cross-entropy of kinds beside the GAN's own loss
    ramp_start: float  # share of the training after which kinds begin to count in the discriminator's logit
    ramp_end: float  # and after which they count in full
    turn_probability: float  # of showing a globe from another side than its picture does; 0 turns it off
    init_from: Path | None  # run folder of another planet_v3, of this size or a smaller one, to begin with its weights

    def __post_init__(self):
        super().__post_init__()
        check_ranges(
            self,
            shares=("r1_early_share", "turn_probability"),
            positive=("width",),
            at_least_0=("kind_weight", "r1_gamma_early"),
        )
        check_ramp(self)


RECIPES = {
    "sharp": PlanetRecipe(
        r1_gamma_early=0.3,
        r1_early_share=0.5,
        width=1.0,
        kind_weight=0.5,
        ramp_start=0.0,
        ramp_end=0.2,
        turn_probability=0.3,
        init_from=None,
        **SHARP,
    ),
}
