"""A world of few weights, none of them trained, as an export writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.serving.tiny_model import tiny_card, write_card

SIZE = 144  # px, of the only `render_…`
MAP_HEIGHT = 256  # px
KINDS = ("earth", "mars")


def write_small_world(saved_models: Path, name: str = "small_world") -> None:
    """Writes `saved_models/NAME/1`."""
    import keras

    from datasets.manifest import Size
    from tests.training.uncompiled import unoptimized
    from training.families.world_v2.decoder import parts_of
    from training.families.world_v2.ground import FRACTAL, GROUNDS
    from training.families.world_v2.networks import build_world_generator
    from training.families.world_v2.savedmodel import LATENT_LENGTH, save_world
    from training.families.world_v2.shader import card_entry

    keras.utils.set_random_seed(1)
    network = build_world_generator(Size(64, 64), len(KINDS), width=0.13, grids=3)
    random = np.random.default_rng(1)
    for variable in network.trainable_variables:
        variable.assign(variable + random.normal(0, 0.1, variable.shape))
    parts = parts_of(network.get_layer("surface"))
    fine, albedo = parts["fine"].kernel, parts["albedo"].kernel
    fine.assign(0.3 * fine)  # what is too fine for the map is faint, as in a trained world
    amounts = parts["amounts"].bias
    amounts.assign(amounts - np.isin([*GROUNDS, ""], FRACTAL))  # so are they: what they fray is finer than the map
    for variable in parts["palette"].trainable_variables:  # straight to colors, first from the field, then from details
        variable.assign(variable * np.repeat([0.1, 0.01], variable.shape[-1] // 2))
    albedo.assign(0.4 * albedo)  # all is of middling brightness, on which air and light show
    folder = saved_models / name / "1"
    with unoptimized():
        save_world(network, Size(64, 64), folder, (SIZE,), MAP_HEIGHT)
    card = tiny_card(name, 1, KINDS, 64) | {
        "latent_size": LATENT_LENGTH,
        "world": {"sizes": [SIZE], "map": [MAP_HEIGHT, 2 * MAP_HEIGHT], "heights": True, "sights": True},
        "shader": card_entry(network),
    }
    write_card(folder, card)
