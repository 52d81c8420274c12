"""How a DCGAN is trained, as data: the original project's recipe and ours."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Hyperparameters of a GAN training; saved with the run and in the card of the exported model."""

    discriminator: str  # "original": the variant's own; "deep": training.models.critic
    generator_learning_rate: float
    discriminator_learning_rate: float
    beta_1: float  # of both Adams
    beta_2: float
    real_label_noise: float  # real labels are 1 + U(0, this)
    augment_probability: float  # of each operation of training.augment; 0 turns it off
    flip: bool  # mirror real pictures at random
    r1_gamma: float  # weight of the R1 penalty; 0 turns it off
    r1_every: int  # steps between two R1 penalties, which are weighted up by as much
    ema_decay: float  # of the exported copy of the generator, per step; 0 exports the last weights


RECIPES = {
    # Adam's other settings, the losses and dropout are Keras' and the models' own.
    "original": Recipe(
        discriminator="original",
        generator_learning_rate=0.003,
        discriminator_learning_rate=0.001,
        beta_1=0.5,
        beta_2=0.999,
        real_label_noise=0.05,
        augment_probability=0.0,
        flip=False,
        r1_gamma=0.0,
        r1_every=16,
        ema_decay=0.0,
    ),
    "stable": Recipe(
        discriminator="deep",
        generator_learning_rate=0.0002,
        discriminator_learning_rate=0.0002,
        beta_1=0.0,
        beta_2=0.99,
        real_label_noise=0.0,
        augment_probability=0.6,
        flip=True,
        r1_gamma=0.3,
        r1_every=16,
        ema_decay=0.998,
    ),
}
