"""Worlds that are fields on a cube."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from datasets.manifest import Size
from datasets.pictures import load_pictures
from training.contract.config import TrainingConfig
from training.families import FAMILIES, recipe_of
from training.families.world_v2 import cube, rendering
from training.families.world_v2.chances import LATENT_SIZE, chances_of
from training.families.world_v2.decoder import FRAYED, FRAYING, parts_of
from training.families.world_v2.detail import DETAILS, details_at
from training.families.world_v2.ground import GROUNDS, LARGE
from training.families.world_v2.networks import CODE_SIZE, build_world_generator
from training.families.world_v2.rendering import map_places, pixel_side
from training.families.world_v2.trainer import WHOLE_ROWS, ZOOMS
from training.loop.loop import train
from training.records.logs import read_log

WIDTH, GRIDS = 0.13, 3  # 8 channels at most, 32² cells
LATENTS = np.random.default_rng(0).standard_normal((2, LATENT_SIZE), dtype=np.float32)
KINDS = np.eye(2, dtype=np.float32)


@pytest.fixture(scope="module")
def world() -> keras.Model:
    return build(32)


def build(side: int, grids: int = GRIDS, seed: int = 2) -> keras.Model:
    """A world whose weights are other than its first, so that it shows."""
    keras.utils.set_random_seed(seed)
    network = build_world_generator(Size.of(side), 2, WIDTH, grids)
    random = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        variable.assign(variable + random.normal(0, 0.1, variable.shape))
    palette = parts_of(network.get_layer("surface"))["palette"]
    for variable in palette.trainable_variables:
        variable.assign(0.02 * variable)  # it leads straight to colors and heights
    return network


def draw(network, views=((0.0, 0.0, 0.0),), windows=None, latents=LATENTS, sun=(0.0, 0.0, 1.0)) -> np.ndarray:
    """Pictures in 0..1, `(B, V, H, W, 3)`."""
    inputs = inputs_of(network.output_shape[3], views, windows, latents, sun)
    return (ops.convert_to_numpy(network(inputs, training=False)) + 1) / 2


def inputs_of(side: int, views, windows=None, latents=LATENTS, sun=(0.0, 0.0, 1.0)) -> dict[str, np.ndarray]:
    windows = [(0.0, 0.0, pixel_side(Size.of(side)))] * len(views) if windows is None else windows
    inputs = {"latent": latents, "kind": KINDS[: len(latents)]}
    for name, rows in (("view", views), ("window", windows), ("sun", [sun] * len(views))):
        inputs[name] = np.tile(np.float32(rows), (len(latents), 1, 1))
    return inputs


def field_of(network, latents=LATENTS):
    code = np.random.default_rng(1).standard_normal((len(latents), CODE_SIZE), dtype=np.float32)
    return network.get_layer("field")(latents, code), code


def test_network_has_the_published_size():
    assert build_world_generator(Size.of(64), 12).count_params() == 505_404


def test_world_is_a_disc_on_black(world):
    pictures = draw(world)
    assert pictures.shape == (2, 1, 32, 32, 3)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    np.testing.assert_allclose(pictures[:, :, [0, 0, -1, -1], [0, -1, 0, -1]], 0, atol=1e-6)
    assert (pictures[:, :, 12:20, 12:20].mean(axis=(1, 2, 3, 4)) > 0.05).all()


def test_views_are_of_one_world(world):
    """What is drawn together is what is drawn alone: the field knows nothing of who looks."""
    views = ((0.0, 0.0, 0.0), (120.0, 40.0, 10.0))
    together = draw(world, views)
    for place, view in enumerate(views):
        np.testing.assert_allclose(together[:, place], draw(world, (view,))[:, 0], atol=1e-4)
    assert np.abs(together[:, 0] - together[:, 1]).mean() > 0.01
    np.testing.assert_allclose(draw(world, ((360.0, 0.0, 0.0),))[:, 0], together[:, 0], atol=2e-3)


def test_the_same_place_has_the_same_color_from_two_views():
    network = build(65)  # odd: a pixel lies in the middle
    for name, logit in (
        ("ambient", 50.0),
        ("haze", -50.0),
        ("relief", -50.0),
        ("axes", 50.0),
    ):  # no shade, no air, a sphere
        layer = network.get_layer(name)
        layer.kernel.assign(0 * layer.kernel)
        layer.bias.assign(0 * layer.bias + logit)
    side = pixel_side(Size.of(65))
    side /= 4  # so near that all details show, however obliquely they are seen
    windows = [(0.0, 0.0, side), (0.5, 0.0, side), (0.0, 0.0, side)]  # a place 30° east lies half a radius right
    pictures = draw(network, ((30, 0, 0), (0, 0, 0), (210, 0, 0)), windows)
    middle, beside, other = np.moveaxis(pictures[:, :, 32, 32], 1, 0)
    np.testing.assert_allclose(middle, beside, atol=5e-3)
    assert np.abs(middle - other).max() > 0.06


def test_a_crop_is_the_cut_out_of_the_whole_view(world):
    side, view = pixel_side(Size.of(64)), (20.0, 30.0, 0.0)
    pictures = draw(build(64), (view,))[:, 0]
    left, top = 24, 12
    window = ((left + 16 - 32) * side, (32 - top - 16) * side, side)
    crop = draw(world, (view,), [window])[:, 0]
    assert crop.shape[1:3] == (32, 32)
    inner = slice(2, -2)  # the outermost pixels have neighbors on one side only
    expected = pictures[:, top : top + 32, left : left + 32]
    np.testing.assert_allclose(crop[:, inner, inner], expected[:, inner, inner], atol=2e-3)
    assert expected.std() > 0.01


def test_a_small_picture_is_drawn_twice_as_large_and_then_halved(monkeypatch):
    view = (20.0, 10.0, 0.0)
    small = draw(build(32), [view])[:, 0]
    monkeypatch.setattr(rendering, "SMALL", 32)
    large = draw(build(64), [view])[:, 0]
    np.testing.assert_allclose(small, np.clip(rendering.halved(large), 0, 1), atol=1e-4)


def test_each_latent_is_another_world_and_an_earlier_one_changes_no_other(world):
    both, alone = draw(world), draw(world, latents=LATENTS[:1])
    np.testing.assert_allclose(both[:1], alone, atol=1e-4)
    assert np.abs(both[0] - draw(world, latents=LATENTS[::-1].copy())[0]).mean() > 0.01


def test_what_is_too_fine_to_be_seen_fades(world):
    """Near, details show; where they would be finer than the pixels, they change nothing, but seas, which are large."""
    field, code = field_of(world)
    surface, detail = world.get_layer("surface"), world.get_layer("detail")(LATENTS)
    points = np.tile(np.float32(ops.convert_to_numpy(cube.cells(4)).reshape(1, 96, 3)), (2, 1, 1))

    seas = detail * np.float32([name in LARGE for name in GROUNDS])

    def changed(apart: float, details=detail - seas) -> float:
        with_them, without = (
            ops.convert_to_numpy(surface(points, np.full((2, 96, 1), apart, np.float32), field, one, LATENTS, code)[0])
            for one in (details, 0.0 * details)
        )
        return np.abs(with_them - without).max()

    assert changed(0.07) == 0
    assert 0 < changed(0.045) < changed(0.004)
    assert changed(0.07, seas) == changed(0.004, seas) > 0


def test_a_world_has_as_much_of_details_and_relief_as_its_amounts_say(world):
    field, code = field_of(world)
    surface, detail = world.get_layer("surface"), world.get_layer("detail")(LATENTS)
    points = np.tile(np.float32(ops.convert_to_numpy(cube.cells(4)).reshape(1, 96, 3)), (2, 1, 1))
    amounts = parts_of(surface)["amounts"]
    before = amounts.get_weights()

    def drawn(logits=None, details=detail):
        amounts.set_weights(before if logits is None else [0 * before[0], np.float32(logits)])
        found = surface(points, np.full((2, 96, 1), 0.01, np.float32), field, details, LATENTS, code)
        return [ops.convert_to_numpy(one) for one in found]

    try:
        color, height = drawn()
        assert np.abs(height).max() > 0
        color_of_none, flat = drawn([-50.0] * (DETAILS + 1))
        np.testing.assert_allclose(color_of_none, drawn(details=0.0 * detail)[0], atol=1e-5)
        assert np.abs(color_of_none - color).max() > 0.01
        np.testing.assert_allclose(flat, 0.0, atol=1e-6)
    finally:
        amounts.set_weights(before)


def test_fractal_grounds_fray_what_the_field_tells():
    """Where they show in nothing else, a frayed surface is the smooth one of places that they have moved."""
    network = build(16)
    field, code = field_of(network)
    surface, detail = network.get_layer("surface"), network.get_layer("detail")(LATENTS)
    for name in ("fine", "palette"):
        layer = parts_of(surface)[name]
        layer.set_weights([0.0 * one for one in layer.get_weights()])
    points = np.tile(np.float32(ops.convert_to_numpy(cube.cells(4)).reshape(1, 96, 3)), (2, 1, 1))
    ground = ops.convert_to_numpy(details_at(detail, points, chances_of(LATENTS).turns))
    ground = ground * ops.convert_to_numpy(surface.amounts_of(code)[0])[:, None]

    def drawn(points, apart: float) -> np.ndarray:
        found = surface(points, np.full((2, 96, 1), apart, np.float32), field, detail, LATENTS, code)
        return np.concatenate([ops.convert_to_numpy(one) for one in found], axis=-1)

    frayed, smooth = drawn(points, 0.01), drawn(points, 1.0)
    np.testing.assert_allclose(frayed, drawn(points + FRAYING * ground[..., FRAYED], 1.0), atol=1e-5)
    assert np.abs(frayed - smooth).max() > 1e-3


def test_a_latent_on_the_way_between_two_is_a_world_on_the_way(world):
    """A little of another latent changes a world a little: morphs do not flicker."""
    here = draw(world)
    near = draw(world, latents=LATENTS + 0.001 * LATENTS[::-1])
    far = draw(world, latents=LATENTS[::-1].copy())
    assert np.abs(here - near).mean() < 0.1 * np.abs(here - far).mean()


def test_surface_has_no_seam_at_the_cubes_edges(world):
    field, code = field_of(world)
    a = np.concatenate([np.linspace(-0.98, 0.98, 30)] * 2).astype(np.float32)
    faces = np.repeat(np.int32([0, 4]), 30)
    for offset in (1.0, -1.0):
        one, other = (
            np.tile(cube.directions(faces, a, np.full(60, offset * (1 + step), np.float32), np)[None], (2, 1, 1))
            for step in (1e-5, -1e-5)
        )
        surface, detail = world.get_layer("surface"), world.get_layer("detail")(LATENTS)
        beside = [
            surface(np.float32(points), np.full((2, 60, 1), 0.01, np.float32), field, detail, LATENTS, code)
            for points in (one, other)
        ]
        for here, there in zip(*beside, strict=True):
            np.testing.assert_allclose(ops.convert_to_numpy(here), ops.convert_to_numpy(there), atol=0.01)


def test_maps_edges_meet_and_its_poles_are_of_one_color(world):
    field, code = field_of(world)
    places = ops.broadcast_to(map_places(16)[None], (2, 16 * 32, 3))
    albedo, height = world.get_layer("surface")(
        places, np.full((2, 512, 1), 0.01, np.float32), field, world.get_layer("detail")(LATENTS), LATENTS, code
    )
    albedo = ops.convert_to_numpy(albedo).reshape(2, 16, 32, 3)
    for row in (0, -1):
        assert np.ptp(albedo[:, row], axis=1).max() < 1e-4
    across = np.abs(albedo[:, 1:-1, 0] - albedo[:, 1:-1, -1]).mean()
    within = np.abs(np.diff(albedo[:, 1:-1], axis=2)).mean()
    assert across < 1.6 * within
    assert ops.convert_to_numpy(height).std() > 0


@pytest.mark.slow
def test_both_backends_draw_the_same(tmp_path):
    """In a process of its own, which cannot import TensorFlow."""
    pytest.importorskip("jax", reason="JAX is not installed")
    network = build(16, grids=2)
    network.save_weights(tmp_path / "world.weights.h5")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", _ON_JAX, str(tmp_path)]
    subprocess.run(command, env=environment, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "pictures.npy"), draw(network, _VIEWS), atol=2e-3)


_VIEWS = ((20.0, 30.0, 40.0), (200.0, -50.0, 0.0))
_ON_JAX = """
import sys; sys.modules["tensorflow"] = None
import numpy as np
from tests.training.families.world_v2.test_world_v2 import _VIEWS, build, inputs_of
from training import engine
network = build(16, grids=2)
network.load_weights(sys.argv[1] + "/world.weights.h5")
draw = engine.compile_function(lambda inputs: network(inputs, training=False), lambda: network.variables)
np.save(sys.argv[1] + "/pictures.npy", (np.asarray(draw(inputs_of(16, _VIEWS))) + 1) / 2)
"""


def test_a_copy_of_the_network_draws_the_same(world):
    copy = keras.models.clone_model(world)
    copy.set_weights(world.get_weights())
    np.testing.assert_array_equal(draw(copy), draw(world))


def tiny_config(data, run) -> TrainingConfig:
    return TrainingConfig(
        data=str(data),
        out=str(run),
        family="world_v2",
        size=16,
        epochs=2,
        batch_size=8,
        checkpoint_every=1,
        changes={"width": WIDTH, "grids": 2, "projected_weight": 0.0, "r1_gamma": 0.0},
    )


def test_training_leaves_a_run_to_draw_with(prepared_data, eagerly, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # without the yardstick's network
    monkeypatch.setattr("training.families.world_v2.trainer.MEASURED", 16)
    run = tmp_path / "run"
    train(tiny_config(prepared_data, run))
    described = json.loads((run / "config.json").read_text())
    assert (described["family"], described["latent_size"]) == ("world_v2", LATENT_SIZE)
    rows = read_log(run)
    assert all(np.isfinite(float(row[name])) for row in rows for name in ("generator_loss", "sliced_wasserstein"))
    with Image.open(run / "samples" / "epoch_00002.png") as preview:
        assert preview.size == (2 * 16, (WHOLE_ROWS + len(ZOOMS)) * 16)
    network = build_world_generator(Size.of(16), 2, WIDTH, 2)
    before = network.get_weights()
    network.load_weights(run / "generator.weights.h5")
    changed = [(new != old).any() for new, old in zip(network.get_weights(), before, strict=True)]
    # Details are too fine for pictures of 16 px, and two grids are told no profiles.
    faint = [one.path.startswith(("surface/fine", "surface/gain", "field/profiles")) for one in network.variables]
    assert [one for one, hidden in zip(changed, faint, strict=True) if not hidden] == [True] * faint.count(False)


def test_a_step_teaches_all_networks(prepared_data, eagerly, tmp_path, monkeypatch):
    """The projected discriminator, too; pictures are at least 32 px then."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = dataclasses.replace(tiny_config(prepared_data, ""), size=32, changes={"width": WIDTH, "grids": 2})
    pictures = load_pictures(config.data, 32)
    recipe = recipe_of(config)[1]
    trainer = FAMILIES["world_v2"].build(config, recipe, pictures, 10)
    before = {name: variable.numpy() for name, variable in trainer.state.items()}
    images, labels, extras = next(FAMILIES["world_v2"].feed(config, recipe, pictures, 0))
    extras = {name: ops.convert_to_tensor(values) for name, values in extras.items()}
    metrics = trainer.step(ops.convert_to_tensor(images), ops.convert_to_tensor(labels), 0, extras)
    assert {"generator_loss", "discriminator_loss", "projected_loss"} <= set(metrics)
    assert all(np.isfinite(float(value)) for value in metrics.values())
    changed = {
        name.split("/")[0] for name, variable in trainer.state.items() if (variable.numpy() != before[name]).any()
    }
    assert {"generator", "discriminator", "projected", "ema"} <= changed


def test_pictures_of_a_batch_come_from_worlds_seen_several_times(prepared_data, eagerly, tmp_path, monkeypatch):
    """Rows of a group are of one world: its latent is drawn once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = tiny_config(prepared_data, "")
    pictures = load_pictures(config.data, 16)
    trainer = FAMILIES["world_v2"].build(config, recipe_of(config)[1], pictures, 10)
    latents = []
    generator = trainer.objective.networks["generator"]
    trainer.objective.networks["generator"] = Watched(generator, latents)
    images, labels, extras = next(FAMILIES["world_v2"].feed(config, recipe_of(config)[1], pictures, 0))
    fakes, _ = trainer.objective.draw(
        ops.convert_to_tensor(images), trainer.given(labels, list(extras.values())), trainer.random
    )
    assert fakes.shape == images.shape
    assert latents[0]["latent"].shape == (2, LATENT_SIZE)
    assert latents[0]["view"].shape == (2, 4, 3)
    np.testing.assert_array_equal(np.reshape(latents[0]["window"], (8, 3)), extras["window"])
    np.testing.assert_array_equal(ops.convert_to_numpy(latents[0]["kind"]), labels[::4])


class Watched:
    """A network that keeps what it was given."""

    def __init__(self, network, given: list):
        self._network, self._given = network, given

    def __call__(self, inputs, training):
        self._given.append(inputs)
        return self._network(inputs, training=training)

    def get_layer(self, name):
        return self._network.get_layer(name)
