"""Worlds that begin with others' weights."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from datasets.errors import RequestError
from datasets.manifest import Size
from datasets.pictures import load_pictures
from tests.training.families.world_v2.test_world_v2 import GRIDS, WIDTH, build, tiny_config
from training.families import FAMILIES, recipe_of
from training.families.world_v2.networks import build_world_generator
from training.families.world_v2.recipe import RECIPES
from training.families.world_v2.warm_start import begin_with
from training.saved.served import CARD
from training.saved.signatures import save_signatures

RECIPE = dataclasses.replace(RECIPES["usual"], width=WIDTH, grids=GRIDS)
KINDS = ("earth", "mars")
TOLD = {"family": "world_v2", "size": 16, "recipe": {"width": WIDTH, "grids": GRIDS}}


@pytest.fixture(scope="module")
def others():
    return build(16, seed=5)


@pytest.fixture(scope="module")
def run(others, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    others.save_weights(folder / "generator.weights.h5")
    (folder / "config.json").write_text(json.dumps({**TOLD, "classes": KINDS}))
    return folder


@pytest.fixture(scope="module")
def exported(others, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")

    @tf.function(input_signature=[tf.TensorSpec([None, 2], name="kind")])
    def embedded(kind):
        return {"row": others.get_layer("embedding")(kind)}

    save_signatures(folder, [others], {"embedded": embedded}, lambda batch: {"kind": np.eye(2, dtype="f4")[:1]})
    (folder / CARD).write_text(json.dumps({**TOLD, "class_names": KINDS}))
    return folder


@pytest.mark.parametrize("source", ["run", "exported"])
@pytest.mark.parametrize("kinds", [("mars", "earth"), ("mars",)])
def test_weights_are_those_of_the_other_worlds(source, kinds, others, request):
    network = build_world_generator(Size.of(32), len(kinds), WIDTH, GRIDS)
    begin_with(network, request.getfixturevalue(source), RECIPE, kinds)
    for mine, theirs in zip(network.variables, others.variables, strict=True):
        expected = ops.convert_to_numpy(theirs.value)
        np.testing.assert_array_equal(mine, expected[::-1][: len(kinds)] if "embedding" in mine.path else expected)


def test_what_does_not_fit_is_refused_in_a_sentence(run, exported, tmp_path):
    network = build(16)
    with pytest.raises(RequestError, match=r"not a finished training of world_v2: config\.json is missing"):
        begin_with(network, tmp_path, RECIPE, KINDS)
    with pytest.raises(RequestError, match=f"trained with --width {WIDTH}, not 1.0: give that"):
        begin_with(network, exported, dataclasses.replace(RECIPE, width=1.0), KINDS)
    with pytest.raises(RequestError, match="draws no lava: give worlds of the same kinds"):
        begin_with(network, run, RECIPE, ("mars", "lava"))
    (tmp_path / CARD.parent).mkdir()
    (tmp_path / "saved_model.pb").touch()
    (tmp_path / CARD).write_text(json.dumps({"family": "dcgan"}))
    with pytest.raises(RequestError, match="is of the family dcgan: give worlds of world_v2"):
        begin_with(network, tmp_path, RECIPE, KINDS)
    (tmp_path / CARD).write_text((exported / CARD).read_text())
    with pytest.raises(RequestError, match="are not those of this network"):
        begin_with(network, tmp_path, RECIPE, KINDS)


def test_the_generator_waits_for_its_discriminators(run, prepared_data, eagerly, tmp_path, monkeypatch):
    """Its first step changes nothing, its second less than it would."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    changes = {"width": WIDTH, "grids": GRIDS, "init_from": run, "generator_ramp": 80}
    config = tiny_config(prepared_data, "")
    config = dataclasses.replace(config, changes={**config.changes, **changes})
    pictures = load_pictures(config.data, 16)
    recipe = recipe_of(config)[1]
    trainer = FAMILIES["world_v2"].build(config, recipe, pictures, 10)
    rates = []
    batches = FAMILIES["world_v2"].feed(config, recipe, pictures, 0)
    for step in range(2):
        images, labels, extras = next(batches)
        before = trainer.generator.get_weights()
        rates.append(float(trainer.generator_optimizer.learning_rate))
        trainer.step(images, labels, step, {name: ops.convert_to_tensor(one) for name, one in extras.items()})
        moved = max(np.abs(a - b).max() for a, b in zip(before, trainer.generator.get_weights(), strict=True))
        assert (moved > 0) == (step > 0)
    assert rates == pytest.approx([0, recipe.generator_learning_rate / 10])


def test_discriminators_of_the_same_kinds_and_size_go_on(run, prepared_data, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    config = tiny_config(prepared_data, "")
    pictures = load_pictures(config.data, 16)
    changes = {**config.changes, "width": WIDTH, "grids": GRIDS, "init_from": folder}
    config = dataclasses.replace(config, changes=changes)

    def critic():
        trainer = FAMILIES["world_v2"].build(config, recipe_of(config)[1], pictures, 10)
        return trainer.objective.critics[0]

    first = critic()
    told = {**TOLD, "size": config.size, "classes": pictures.class_names}
    (folder / "config.json").write_text(json.dumps(told))
    first.network.save_weights(folder / f"{first.name}.weights.h5")
    for mine, theirs in zip(critic().network.get_weights(), first.network.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    (folder / "config.json").write_text(json.dumps({**told, "size": 2 * config.size}))
    kernels = critic().network.get_weights()[0], first.network.get_weights()[0]
    assert np.abs(kernels[0] - kernels[1]).max() > 0
