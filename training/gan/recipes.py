"""How GANs are trained, as data: what all of them are asked, and the settings that most begin with.

A family's recipe is a frozen dataclass of its own, each field of which becomes a command-line option. It derives from
`ChosenLossRecipe`, or from `GANRecipe` if its losses are its own. A parent's field that makes no sense for it is fixed
with `dataclasses.field(init=False, default=…)`, and is no option.
"""

from __future__ import annotations

import dataclasses

from datasets.errors import RequestError
from training.contract.recipes import check_choices, check_ranges
from training.gan.losses import LOSSES

SCHEDULES = ("constant", "linear", "cosine")
CHOICES = {"loss": tuple(LOSSES), "schedule": SCHEDULES}


@dataclasses.dataclass(frozen=True)
class GANRecipe:
    """Hyperparameters of any GAN's training; saved with the run and in the card of the exported model."""

    generator_learning_rate: float
    discriminator_learning_rate: float
    beta_1: float  # of all Adams
    beta_2: float
    schedule: str  # of all learning rates: "constant", "linear" or "cosine", the latter two falling to 0 at the end
    clip_norm: float  # largest norm of a network's gradient; 0 turns it off
    augment_probability: float  # of each operation of training.gan.augment; 0 turns it off
    flip: bool  # mirror real pictures at random
    r1_gamma: float  # weight of the R1 penalty; 0 turns it off
    r1_every: int  # steps between two R1 penalties, which are weighted up by as much
    ema_decay: float  # of the exported copy of the generator, per step; 0 exports the last weights

    def __post_init__(self):
        check_choices(self, {"schedule": SCHEDULES})
        check_ranges(
            self,
            shares=("beta_1", "beta_2", "augment_probability", "ema_decay"),
            positive=("generator_learning_rate", "discriminator_learning_rate", "r1_every"),
            at_least_0=("clip_norm", "r1_gamma"),
        )


@dataclasses.dataclass(frozen=True)
class ChosenLossRecipe(GANRecipe):
    """Hyperparameters of a GAN with a critic whose loss can be chosen, and perhaps a projected one beside it."""

    loss: str  # a key of training.gan.losses.LOSSES
    real_label_noise: float  # real labels are 1 + U(0, this)
    r2_gamma: float  # weight of the R1 penalty at generated pictures, as often; 0 turns it off
    gradient_penalty: float  # weight of WGAN-GP's penalty; 0 turns it off
    # Of training.gan.projected beside the critic's verdict; 0 does without. And pictures until it has come to that.
    projected_weight: float = dataclasses.field(default=0.0, kw_only=True)
    projected_ramp: int = dataclasses.field(default=8000, kw_only=True)

    def __post_init__(self):
        super().__post_init__()
        check_choices(self, {"loss": CHOICES["loss"]})
        check_ranges(self, at_least_0=("real_label_noise", "r2_gamma", "gradient_penalty"))
        check_ranges(self, at_least_0=("projected_weight", "projected_ramp"))
        if self.loss == "wasserstein_gp" and not self.gradient_penalty:
            raise RequestError("The wasserstein_gp loss needs its penalty: set gradient_penalty, usually to 10.")
        if self.real_label_noise and self.loss != "non_saturating":
            raise RequestError(
                f"real_label_noise goes with the non_saturating loss only, not with {self.loss}: set it to 0."
            )


STABLE = {
    "loss": "non_saturating",
    "generator_learning_rate": 0.0002,
    "discriminator_learning_rate": 0.0002,
    "beta_1": 0.0,
    "beta_2": 0.99,
    "schedule": "constant",
    "clip_norm": 0.0,
    "real_label_noise": 0.0,
    "augment_probability": 0.6,
    "flip": True,
    "r1_gamma": 0.3,
    "r1_every": 16,
    "r2_gamma": 0.0,
    "gradient_penalty": 0.0,
    "ema_decay": 0.998,
}

# Generators that can draw detail learn it from a discriminator that may be steeper.
SHARP = {**STABLE, "r1_gamma": 0.03}
