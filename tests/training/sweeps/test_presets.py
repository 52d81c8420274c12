from __future__ import annotations

import pytest

from training.families import FAMILIES, recipe_of
from training.sweeps.presets import PRESETS, preset


@pytest.mark.parametrize("name", PRESETS)
def test_preset_is_the_model_that_it_is_named_after(name):
    config = preset(name, data="data", out="run")
    _, recipe = recipe_of(config)
    described = {"size": config.size, "recipe": {"variant": recipe.variant}}
    assert FAMILIES[config.family].exports["generator"].name(described) == name
    assert config.batch_size % 4 == 0


def test_the_first_projects_eight_models_are_there():
    assert set(PRESETS) == {f"dcgan_{variant}_{size}" for variant in ("v1", "v2") for size in (64, 128, 256, 512)}


def test_overrides_add_to_the_preset():
    config = preset("dcgan_v2_64", data="data", out="run", epochs=3, changes={"loss": "hinge"})
    assert (config.epochs, config.size) == (3, 64)
    assert config.changes == {"variant": "v2", "loss": "hinge"}
    assert "loss" not in PRESETS["dcgan_v2_64"].changes


def test_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="no preset 'dcgan_v3_64': choose from dcgan_v1_64"):
        preset("dcgan_v3_64", data="data", out="run")
