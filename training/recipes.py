"""How a DCGAN is trained, as data: the original project's recipe and ours."""

from __future__ import annotations

import dataclasses

from training.models.dcgan import VARIANTS

CHOICES = {
    "variant": tuple(VARIANTS),
    "discriminator": ("original", "deep"),
    "loss": ("non_saturating", "hinge", "least_squares", "wasserstein_gp"),
    "schedule": ("constant", "linear", "cosine"),
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Hyperparameters of a GAN training; saved with the run and in the card of the exported model."""

    variant: str  # of the architecture, a key of training.models.dcgan.VARIANTS
    discriminator: str  # "original": the variant's own; "deep": training.models.critic
    loss: str  # a key of training.losses.LOSSES
    generator_learning_rate: float
    discriminator_learning_rate: float
    beta_1: float  # of both Adams
    beta_2: float
    schedule: str  # of both learning rates: "constant", "linear" or "cosine", the latter two falling to 0 at the end
    clip_norm: float  # largest norm of a network's gradient; 0 turns it off
    real_label_noise: float  # real labels are 1 + U(0, this)
    augment_probability: float  # of each operation of training.augment; 0 turns it off
    flip: bool  # mirror real pictures at random
    r1_gamma: float  # weight of the R1 penalty; 0 turns it off
    r1_every: int  # steps between two R1 penalties, which are weighted up by as much
    gradient_penalty: float  # weight of WGAN-GP's penalty; 0 turns it off
    ema_decay: float  # of the exported copy of the generator, per step; 0 exports the last weights

    def __post_init__(self):
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}: choose one of {', '.join(choices)}.")
        for name in ("beta_1", "beta_2", "augment_probability", "ema_decay"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be in 0..1.")
        for name in ("generator_learning_rate", "discriminator_learning_rate", "r1_every"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be above 0.")
        for name in ("clip_norm", "real_label_noise", "r1_gamma", "gradient_penalty"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be at least 0.")
        if self.loss == "wasserstein_gp" and not self.gradient_penalty:
            raise ValueError("The wasserstein_gp loss needs its penalty: set gradient_penalty, usually to 10.")
        if self.real_label_noise and self.loss != "non_saturating":
            raise ValueError(
                f"real_label_noise goes with the non_saturating loss only, not with {self.loss}: set it to 0."
            )


RECIPES = {
    "stable": Recipe(
        variant="v1",
        discriminator="deep",
        loss="non_saturating",
        generator_learning_rate=0.0002,
        discriminator_learning_rate=0.0002,
        beta_1=0.0,
        beta_2=0.99,
        schedule="constant",
        clip_norm=0.0,
        real_label_noise=0.0,
        augment_probability=0.6,
        flip=True,
        r1_gamma=0.3,
        r1_every=16,
        gradient_penalty=0.0,
        ema_decay=0.998,
    ),
    # Adam's other settings, the losses and dropout are Keras' and the models' own.
    "original": Recipe(
        variant="v1",
        discriminator="original",
        loss="non_saturating",
        generator_learning_rate=0.003,
        discriminator_learning_rate=0.001,
        beta_1=0.5,
        beta_2=0.999,
        schedule="constant",
        clip_norm=0.0,
        real_label_noise=0.05,
        augment_probability=0.0,
        flip=False,
        r1_gamma=0.0,
        r1_every=16,
        gradient_penalty=0.0,
        ema_decay=0.0,
    ),
}
