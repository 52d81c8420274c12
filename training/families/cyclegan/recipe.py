"""How a CycleGAN is trained, as data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from datasets.errors import RequestError
from training.contract.recipes import check_choices, check_ranges

CHOICES = {
    "loss": ("lsgan", "wgan-gp"),
    "discriminator": ("patchgan", "projected"),
}


@dataclasses.dataclass(frozen=True)
class CycleGANRecipe:
    """Hyperparameters of a CycleGAN's training; saved with the run and in the cards of the exported models."""

    filters: int  # of the generators at full resolution
    blocks: int  # residual blocks of a generator
    downsamplings: int  # of a generator; the paper has 2
    discriminator: str  # "patchgan", or "projected": training.gan.projected, on the features of a frozen network
    discriminator_filters: int  # of the PatchGANs' first convolution
    discriminator_layers: int  # of stride 2; 3 judges patches of 70×70 px
    init_from: Path | None  # run folder of another CycleGAN to take the first weights from
    loss: str  # "lsgan" or "wgan-gp"
    gradient_penalty: float  # weight of WGAN-GP's penalty; 0 turns it off
    learning_rate: float  # of all networks
    learning_rate_held: float  # share of the run after which it falls in a straight line to 0; 1 keeps it
    beta_1: float  # of Adam
    cycle_weight: float  # of the cycle loss at the start; as ours halves least squares, 5 is the paper's 10
    cycle_weight_end: float
    cycle_weight_share: float  # of the run, after which the weight has come to its end
    identity_weight: float  # as `cycle_weight`; while it is 0 the loss isn't even computed
    identity_weight_end: float
    identity_weight_share: float
    clip_norm: float  # largest norm of the generators' gradient, and of the discriminators', at the start; 0: any
    clip_norm_end: float
    clip_norm_share: float
    pool: int  # translations of each domain kept for its discriminator; 0 turns the pool off
    flip: bool  # mirror pictures at random
    ema_decay: float  # of the exported copies of the generators, per step; 0 exports the last weights

    def __post_init__(self):
        check_choices(self, CHOICES)
        check_ranges(
            self,
            shares=(
                "learning_rate_held",
                "beta_1",
                "cycle_weight_share",
                "identity_weight_share",
                "clip_norm_share",
                "ema_decay",
            ),
            positive=("filters", "downsamplings", "discriminator_filters", "discriminator_layers", "learning_rate"),
            at_least_0=(
                "blocks",
                "gradient_penalty",
                "cycle_weight",
                "cycle_weight_end",
                "identity_weight",
                "identity_weight_end",
                "clip_norm",
                "clip_norm_end",
                "pool",
            ),
        )
        if bool(self.clip_norm) != bool(self.clip_norm_end):
            raise RequestError(
                f"clip_norm is {self.clip_norm} and clip_norm_end {self.clip_norm_end}: set both, or both to 0."
            )
        if self.loss == "wgan-gp" and not self.gradient_penalty:
            raise RequestError("The wgan-gp loss needs its penalty: set gradient_penalty, usually to 10.")

    @property
    def cycle_schedule(self) -> tuple[float, float, float]:
        """Start, end, and the share of the run after which the end is reached."""
        return self.cycle_weight, self.cycle_weight_end, self.cycle_weight_share

    @property
    def identity_schedule(self) -> tuple[float, float, float]:
        return self.identity_weight, self.identity_weight_end, self.identity_weight_share

    @property
    def clip_schedule(self) -> tuple[float, float, float]:
        return self.clip_norm, self.clip_norm_end, self.clip_norm_share


RECIPES = {
    # Networks that two processor cores can train, and weights that shrink as the translations come to look right.
    "small": CycleGANRecipe(
        filters=20,
        blocks=5,
        downsamplings=2,
        discriminator="patchgan",
        discriminator_filters=32,
        discriminator_layers=3,
        init_from=None,
        loss="lsgan",
        gradient_penalty=0.0,
        learning_rate=0.0003,
        learning_rate_held=0.5,
        beta_1=0.5,
        cycle_weight=5.0,
        cycle_weight_end=2.5,
        cycle_weight_share=0.5,
        identity_weight=0.0,
        identity_weight_end=0.0,
        identity_weight_share=1.0,
        clip_norm=0.0,
        clip_norm_end=0.0,
        clip_norm_share=1.0,
        pool=50,
        flip=True,
        ema_decay=0.995,
    ),
    "paper": CycleGANRecipe(
        filters=64,
        blocks=9,
        downsamplings=2,
        discriminator="patchgan",
        discriminator_filters=64,
        discriminator_layers=3,
        init_from=None,
        loss="lsgan",
        gradient_penalty=0.0,
        learning_rate=0.0002,
        learning_rate_held=0.5,
        beta_1=0.5,
        cycle_weight=5.0,
        cycle_weight_end=5.0,
        cycle_weight_share=1.0,
        identity_weight=2.5,
        identity_weight_end=2.5,
        identity_weight_share=1.0,
        clip_norm=0.0,
        clip_norm_end=0.0,
        clip_norm_share=1.0,
        pool=50,
        flip=True,
        ema_decay=0.0,
    ),
}
