"""How a DCGAN is trained, as data: the original project's recipe, and ours."""

from __future__ import annotations

import dataclasses

from training.contract.recipes import check_choices
from training.families.dcgan.networks import VARIANTS
from training.gan import recipes
from training.gan.recipes import STABLE, ChosenLossRecipe

_OWN = {"variant": tuple(VARIANTS), "discriminator": ("original", "deep")}
CHOICES = {**_OWN, **recipes.CHOICES}


@dataclasses.dataclass(frozen=True)
class DCGANRecipe(ChosenLossRecipe):
    """Hyperparameters of a DCGAN."""

    variant: str  # of the architecture, a key of training.families.dcgan.networks.VARIANTS
    discriminator: str  # "original": the variant's own; "deep": training.gan.critic

    def __post_init__(self):
        super().__post_init__()
        check_choices(self, _OWN)


RECIPES = {
    "stable": DCGANRecipe(variant="v1", discriminator="deep", **STABLE),
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
        r2_gamma=0.0,
        gradient_penalty=0.0,
        ema_decay=0.0,
    ),
}
