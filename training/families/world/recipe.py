"""How world_v1 is trained, as data."""

from __future__ import annotations

import dataclasses

from training.families.planet import recipe as planet

RECIPES = {
    # A network of few weights, each of which every pixel pulls at, learns faster, and its gradients have longer tails.
    # It draws clean limbs from the start, and worlds are looked at from all sides: no other views need be made up.
    "sharp": dataclasses.replace(
        planet.RECIPES["sharp"],
        generator_learning_rate=0.001,
        clip_norm=5.0,
        augment_probability=0.4,
        r1_gamma=0.05,
        r1_early_share=0.17,
        ramp_end=0.43,
        turn_probability=0.0,
    ),
}
