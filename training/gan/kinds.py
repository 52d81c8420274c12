"""Critics that look at kinds: what they say of pictures, and when it counts."""

from __future__ import annotations

import keras

from datasets.errors import RequestError
from datasets.pictures import Pictures
from training.gan.losses import kind_cross_entropy
from training.gan.ramp import ramp


def kind_ramp(recipe, total_steps: int, step):
    """What a critic's logit of the kind counts after so many steps, float32 scalar in 0..1.

    A discriminator that looks at kinds from the first step can collapse with few pictures (Shahbazi 2022, "Collapse by
    Conditioning", arXiv:2201.06578).

    Args:
        recipe: Has `ramp_start` and `ramp_end`, shares of the training after which it begins to count, and counts in
            full.
        total_steps: Of the training.
        step: Steps taken.
    """
    return ramp(step, recipe.ramp_start * total_steps, recipe.ramp_end * total_steps)


def auxiliary_verdict(critic: keras.Model, images, kinds, weight: float):
    """What a critic says that tells kinds apart, of real and of generated pictures; the generator helps it to.

    Args:
        critic: As `training.gan.critic.build_auxiliary_critic` builds it.
        images: Float `(B, H, W, 3)` in [-1, 1].
        kinds: Float `(B, K)`, rows summing to 1.
        weight: Of the cross-entropy of kinds.

    Returns:
        As `training.gan.objective.Critic.judge`.
    """
    outputs = critic(images, training=True)
    return outputs["logit"], weight * kind_cross_entropy(outputs["kind_logits"], kinds)


def check_kinds(pictures: Pictures):
    """Raises `RequestError` for data of a single class, of which no kind can be asked for."""
    if len(pictures.class_names) < 2:
        raise RequestError(
            f"All pictures are of one class, {pictures.class_names[0]}, but a model of kinds needs two or more: "
            "train a dcgan, or put the pictures into several class folders."
        )
