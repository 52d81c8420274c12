"""How GANs are trained, as data: the original project's recipe for its DCGANs, and ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.families.dcgan.networks import VARIANTS
from training.gan.critic import CONDITIONINGS

CHOICES = {
    "loss": ("non_saturating", "hinge", "least_squares", "wasserstein_gp"),
    "schedule": ("constant", "linear", "cosine"),
}
DCGAN_CHOICES = {
    "variant": tuple(VARIANTS),
    "discriminator": ("original", "deep"),
    **CHOICES,
}
CONDITIONAL_CHOICES = {"conditioning": CONDITIONINGS, **CHOICES}


@dataclasses.dataclass(frozen=True)
class GANRecipe:
    """Hyperparameters of a GAN training; saved with the run and in the card of the exported model."""

    loss: str  # a key of training.gan.losses.LOSSES
    generator_learning_rate: float
    discriminator_learning_rate: float
    beta_1: float  # of both Adams
    beta_2: float
    schedule: str  # of both learning rates: "constant", "linear" or "cosine", the latter two falling to 0 at the end
    clip_norm: float  # largest norm of a network's gradient; 0 turns it off
    real_label_noise: float  # real labels are 1 + U(0, this)
    augment_probability: float  # of each operation of training.gan.augment; 0 turns it off
    flip: bool  # mirror real pictures at random
    r1_gamma: float  # weight of the R1 penalty; 0 turns it off
    r1_every: int  # steps between two R1 penalties, which are weighted up by as much
    gradient_penalty: float  # weight of WGAN-GP's penalty; 0 turns it off
    ema_decay: float  # of the exported copy of the generator, per step; 0 exports the last weights

    def __post_init__(self):
        check_choices(self, CHOICES)
        check_ranges(
            self,
            shares=("beta_1", "beta_2", "augment_probability", "ema_decay"),
            positive=("generator_learning_rate", "discriminator_learning_rate", "r1_every"),
            at_least_0=("clip_norm", "real_label_noise", "r1_gamma", "gradient_penalty"),
        )
        if self.loss == "wasserstein_gp" and not self.gradient_penalty:
            raise ValueError("The wasserstein_gp loss needs its penalty: set gradient_penalty, usually to 10.")
        if self.real_label_noise and self.loss != "non_saturating":
            raise ValueError(
                f"real_label_noise goes with the non_saturating loss only, not with {self.loss}: set it to 0."
            )


@dataclasses.dataclass(frozen=True)
class DCGANRecipe(GANRecipe):
    """Hyperparameters of a DCGAN."""

    variant: str  # of the architecture, a key of training.families.dcgan.networks.VARIANTS
    discriminator: str  # "original": the variant's own; "deep": training.gan.critic

    def __post_init__(self):
        super().__post_init__()
        check_choices(self, DCGAN_CHOICES)


@dataclasses.dataclass(frozen=True)
class LabelledGANRecipe(GANRecipe):
    """Hyperparameters of a GAN that draws the kind asked for."""

    generator_filters: int  # of the generator's last block
    discriminator_filters: int  # of the discriminator's first convolution

    def __post_init__(self):
        super().__post_init__()
        for name in ("generator_filters", "discriminator_filters"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be at least 1.")


@dataclasses.dataclass(frozen=True)
class ConditionalRecipe(LabelledGANRecipe):
    """Hyperparameters of a conditional GAN."""

    conditioning: str  # how the discriminator learns of the kinds, one of training.gan.critic.CONDITIONINGS
    ramp_start: float  # share of the training after which kinds begin to count in the discriminator
    ramp_end: float  # and after which they count in full

    def __post_init__(self):
        super().__post_init__()
        check_choices(self, CONDITIONAL_CHOICES)
        check_ramp(self)


@dataclasses.dataclass(frozen=True)
class ACGANRecipe(LabelledGANRecipe):
    """Hyperparameters of an AC-GAN."""

    kind_weight: float  # of the cross-entropy of kinds beside the GAN's own loss

    def __post_init__(self):
        super().__post_init__()
        check_ranges(self, at_least_0=("kind_weight",))


@dataclasses.dataclass(frozen=True)
class PlanetRecipe(GANRecipe):
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


@dataclasses.dataclass(frozen=True)
class RefinerRecipe(GANRecipe):
    """Hyperparameters of a refiner."""

    width: float  # factor of the widths of both networks
    copy_weight: float  # of the mean absolute error of refined screenshots, in [-1, 1], beside the GAN's own loss
    consistency_weight: float  # of the same of what it makes, shrunken and softened again, from what it was given
    base: Path | None  # run folder of the planet_v3 or refiner whose pictures, of half the side, are refined

    def __post_init__(self):
        super().__post_init__()
        check_ranges(self, positive=("width",), at_least_0=("copy_weight", "consistency_weight"))


def check_ramp(recipe):
    """Raises `ValueError` for a recipe whose ramp of the kinds can't be."""
    if not 0 <= recipe.ramp_start <= recipe.ramp_end <= 1:
        raise ValueError(
            f"ramp_start is {recipe.ramp_start} and ramp_end {recipe.ramp_end}: both must be in 0..1, in this order."
        )


def check_ranges(recipe, shares: Sequence[str] = (), positive: Sequence[str] = (), at_least_0: Sequence[str] = ()):
    """Raises `ValueError` for the first of a recipe's fields that is no share in 0..1, not above 0, or below 0."""
    for name in shares:
        if not 0 <= getattr(recipe, name) <= 1:
            raise ValueError(f"{name} is {getattr(recipe, name)}: it must be in 0..1.")
    for name in positive:
        if not getattr(recipe, name) > 0:
            raise ValueError(f"{name} is {getattr(recipe, name)}: it must be above 0.")
    for name in at_least_0:
        if not getattr(recipe, name) >= 0:
            raise ValueError(f"{name} is {getattr(recipe, name)}: it must be at least 0.")


def check_choices(recipe, choices: Mapping[str, tuple[str, ...]]):
    """Raises `ValueError` for a field of a recipe that is none of its choices."""
    for name, allowed in choices.items():
        if getattr(recipe, name) not in allowed:
            raise ValueError(f"{name} is {getattr(recipe, name)!r}: choose one of {', '.join(allowed)}.")


_STABLE = {
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
    "gradient_penalty": 0.0,
    "ema_decay": 0.998,
}

DCGAN_RECIPES = {
    "stable": DCGANRecipe(variant="v1", discriminator="deep", **_STABLE),
    # Adam's other settings, the losses and dropout are Keras' and the models' own.
    "original": DCGANRecipe(
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

# Generators that can draw detail learn it from a discriminator that may be steeper.
_SHARP = {**_STABLE, "r1_gamma": 0.03}

CONDITIONAL_RECIPES = {
    "sharp": ConditionalRecipe(
        conditioning="projection",
        ramp_start=0.0,
        ramp_end=0.2,
        generator_filters=32,
        discriminator_filters=32,
        **_SHARP,
    ),
}

ACGAN_RECIPES = {
    "sharp": ACGANRecipe(kind_weight=0.5, generator_filters=32, discriminator_filters=32, **_SHARP),
}

PLANET_RECIPES = {
    "sharp": PlanetRecipe(
        r1_gamma_early=0.3,
        r1_early_share=0.5,
        width=1.0,
        kind_weight=0.5,
        ramp_start=0.0,
        ramp_end=0.2,
        turn_probability=0.3,
        init_from=None,
        **_SHARP,
    ),
}

REFINER_RECIPES = {
    "sharp": RefinerRecipe(
        width=1.0,
        copy_weight=1.0,
        consistency_weight=10.0,
        base=None,
        **{**_STABLE, "discriminator_learning_rate": 0.0004, "r1_gamma": 0.0003, "augment_probability": 0.4},
    ),
}

WORLD_RECIPES = {
    # A network of few weights, each of which every pixel pulls at, learns faster, and its gradients have longer tails.
    # It draws clean limbs from the start, and worlds are looked at from all sides: no other views need be made up.
    "sharp": dataclasses.replace(
        PLANET_RECIPES["sharp"],
        generator_learning_rate=0.001,
        clip_norm=5.0,
        augment_probability=0.4,
        r1_gamma=0.05,
        r1_early_share=0.17,
        ramp_end=0.43,
        turn_probability=0.0,
    ),
}
