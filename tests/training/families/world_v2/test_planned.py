"""Grounds of kinds as someone plans them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from datasets.errors import RequestError
from tests.training.families.world_v2.test_world_v2 import build, inputs_of
from training import engine
from training.families.world_v2 import planned
from training.families.world_v2.chances import LATENT_SIZE, TURNS
from training.families.world_v2.decoder import parts_of
from training.families.world_v2.detail import DETAILS
from training.families.world_v2.field import FEATURES
from training.families.world_v2.ground import FRACTAL, GROUNDS
from training.families.world_v2.networks import style_of
from training.families.world_v2.planned import freeze_grounds, plan_grounds, read_plan
from training.families.world_v2.recipe import RECIPES

CLASSES = ("earth", "moon")
CRATERS, RAYS = GROUNDS.index("large craters"), GROUNDS.index("rays")


def told_of(network: keras.Model) -> dict[str, np.ndarray]:
    """What 20 worlds of each kind have, the kinds one after the other: amounts, heights of details, and relief."""
    latents = np.random.default_rng(5).standard_normal((40, LATENT_SIZE), dtype=np.float32)
    style = style_of(network)({"latent": latents, "kind": np.repeat(np.eye(2, dtype=np.float32), 20, axis=0)})
    surface = network.get_layer("surface")
    amounts, factor = surface.amounts_of(style["code"])
    palette = ops.convert_to_numpy(surface.palette_of(style["code"]))[:, FEATURES:]
    told = {"amounts": amounts, "height_factor": factor, "relief": style["relief"]}
    found = {name: ops.convert_to_numpy(one).reshape(2, 20, -1) for name, one in told.items()}
    return {**found, "palette": palette.reshape(2, 20, TURNS, DETAILS, 4)}


def test_worlds_of_a_kind_have_the_grounds_of_its_plan_and_others_stay():
    network = build(16, grids=2)
    before = told_of(network)
    plan = {
        "amounts": {"large craters": 1.5, "rays": 0.0},
        "heights": {"large craters": [0.3, 0.0]},
        "colors": {"rays": 0.2},
        "height_factor": 0.4,
        "relief": 2.0,
    }
    plan_grounds(network, {"moon": plan}, CLASSES)
    after = told_of(network)
    moon = {name: one[1].mean(axis=0) for name, one in after.items()}
    assert moon["amounts"].reshape(TURNS, DETAILS)[:, CRATERS] == pytest.approx(1.5, abs=0.1)
    assert moon["amounts"].reshape(TURNS, DETAILS)[:, RAYS] == pytest.approx(0.0, abs=0.1)
    assert moon["height_factor"] == pytest.approx(0.4, abs=0.1)
    assert moon["relief"] == pytest.approx(2.0, abs=0.2)
    assert moon["palette"][:, CRATERS, 3] == pytest.approx([0.3, 0.0], abs=0.03)
    assert moon["palette"][:, RAYS, :3] == pytest.approx(0.2, abs=0.03)
    for name, one in after.items():
        np.testing.assert_allclose(one[0].mean(axis=0), before[name][0].mean(axis=0), atol=0.1)
    hidden = ops.convert_to_numpy(parts_of(network.get_layer("surface"))["fine"].kernel).reshape(TURNS, DETAILS, -1)
    assert [name for name, row in zip(GROUNDS, hidden.any(axis=(0, 2)), strict=True) if row] == list(FRACTAL)


def test_what_is_planned_is_not_trained():
    network = build(16, grids=2)
    freeze_grounds(network)
    trained = {id(one) for one in network.trainable_variables}
    surface = parts_of(network.get_layer("surface"))
    for layer in (surface["bare"], network.get_layer("relief"), network.get_layer("embedding")):
        assert not trained & {id(one) for one in layer.variables}
    for layer in (surface["read"], surface["fine"], network.get_layer("ambient")):
        assert {id(one) for one in layer.variables} <= trained


def slope_of(network: keras.Model, variable: keras.Variable) -> np.ndarray:
    inputs = inputs_of(16, ((0.0, 0.0, 0.0),), windows=((0.0, 0.0, 0.01),))  # from near, else details are too fine

    def total(value):
        with keras.StatelessScope([(variable, value)]):
            return ops.sum(ops.square(network(inputs, training=True)))

    return np.abs(ops.convert_to_numpy(engine.input_gradient(total, ops.convert_to_tensor(variable.value))[1]))


@pytest.mark.parametrize("name", ["fine", "amounts", "palette"])
def test_training_moves_what_is_told_of_fractal_grounds_alone(name):
    network = build(16, grids=2)
    freeze_grounds(network)
    layer = parts_of(network.get_layer("surface"))[name]
    of_grounds = {
        "fine": lambda slope: slope.reshape(TURNS, DETAILS, -1).max(axis=(0, 2)),
        "amounts": lambda slope: slope.reshape(-1, DETAILS + 1).max(axis=0),
        "palette": lambda slope: slope.reshape(-1, FEATURES + TURNS * DETAILS, 4).max(axis=(0, 2)),
    }[name](slope_of(network, layer.kernel))
    if name == "palette":
        assert not of_grounds[:FEATURES].any()
        of_grounds = of_grounds[FEATURES:].reshape(TURNS, DETAILS).max(axis=0)
    if name == "amounts":
        assert of_grounds[DETAILS] == 0.0  # the relief's factor
    assert [ground for ground, slope in zip(GROUNDS, of_grounds, strict=False) if slope] == list(FRACTAL)


def test_training_does_not_cover_what_is_planned():
    """Where features tell nothing but how bare the ground is, no gradient reaches them."""
    network = build(16, grids=2)
    parts = parts_of(network.get_layer("surface"))
    for name in ("read", "gain"):
        parts[name].kernel.assign(0.0 * parts[name].kernel)
    told = np.zeros((FEATURES + TURNS * DETAILS, 4), np.float32)
    told[FEATURES:] = 0.1
    parts["palette"].set_weights([0.0 * parts["palette"].get_weights()[0], told.ravel()])
    features = next(one for one in network.variables if one.path.endswith("features/kernel"))
    assert slope_of(network, features).max() > 0
    freeze_grounds(network)
    assert not slope_of(network, features).any()


def test_the_plan_of_the_twelve_bodies_names_all_of_them():
    path = Path(planned.__file__).with_name("bodies.json")
    bodies = list(json.loads(path.read_text()))
    assert len(read_plan(path, bodies)) == 12


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        ([], "is not a JSON object"),
        ({"mars": {}}, "plans no kind of this training: give plans of earth, moon"),
        ({"moon": 3}, "moon: no object where any of amounts, heights, colors, height_factor, relief is expected"),
        ({"moon": {"depth": 3}}, "moon: 'depth' where any of amounts"),
        ({"moon": {"amounts": 3}}, "moon, amounts is no object of grounds and numbers"),
        ({"moon": {"heights": {"pits": 1}}}, "moon, heights: 'pits' is no ground: give any of large craters"),
        ({"moon": {"heights": {"rays": [1, 2, 3]}}}, "heights of rays are 3 numbers: give one, or 2"),
        ({"moon": {"amounts": {"rays": 3}}}, r"amounts of rays is 3: give a number in 0\.\.2"),
        ({"moon": {"relief": "strong"}}, r"moon, relief is 'strong': give a number in 0\.\.4"),
        ({"moon": {"colors": {"rays": True}}}, "colors of rays is True: give a number"),
        ({"moon": {"height_factor": float("nan")}}, r"moon, height_factor is nan: give a number in 0\.\.2"),
    ],
)
def test_a_plan_that_is_wrong_is_refused_in_a_sentence(plan, sentence, tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    with pytest.raises(RequestError, match=sentence):
        read_plan(path, CLASSES)


def test_kinds_that_are_not_trained_are_passed_over_with_a_note(tmp_path, capsys):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"moon": {"relief": 1}, "mars": {"relief": 2}}))
    assert read_plan(path, CLASSES) == {"moon": {"relief": 1}}
    assert "plans mars, too" in capsys.readouterr().err


def test_a_plan_needs_worlds_that_have_learned():
    with pytest.raises(RequestError, match="--grounds needs --init-from"):
        dataclasses.replace(RECIPES["usual"], grounds=Path("plan.json"))


def test_a_plan_that_is_not_there_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(RequestError, match=r"can't be read .*: give a plan of grounds"):
        read_plan(tmp_path / "none.json", CLASSES)
