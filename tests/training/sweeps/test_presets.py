from __future__ import annotations

import re
from pathlib import Path

import keras
import pytest

from datasets.manifest import Size
from training.families import FAMILIES, recipe_of
from training.families.dcgan.networks import build_generator
from training.gan.critic import build_critic
from training.sweeps.presets import PRESETS, preset

DOCS = Path(__file__).resolve().parents[3] / "docs" / "training.md"


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


def test_docs_tell_how_many_parameters_each_has():
    row = re.compile(r"\| `(dcgan_v\d_\d+)` \| ([\d,]+) \| ([\d,]+) \|")
    told = {name: (generator, critic) for name, generator, critic in row.findall(DOCS.read_text(encoding="utf-8"))}
    assert set(told) == set(PRESETS)
    with keras.StatelessScope(initialize_variables=False):  # counts without allocating gigabytes
        for name, counts in told.items():
            config = preset(name, data="data", out="run")
            _, recipe = recipe_of(config)
            networks = build_generator(recipe.variant, config.side), build_critic(Size.of(config.size))
            assert counts == tuple(f"{network.count_params():,}" for network in networks)
