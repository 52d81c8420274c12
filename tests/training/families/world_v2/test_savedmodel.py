"""Exported worlds draw what the network draws; their maps are of the same surface."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from datasets.manifest import Size
from tests.training.families.world_v2.test_world_v2 import KINDS, build, inputs_of
from tests.training.uncompiled import unoptimized
from training.families.world_v2 import savedmodel
from training.families.world_v2.chances import LATENT_SIZE
from training.families.world_v2.networks import STEEPEST, style_of
from training.families.world_v2.rendering import RADIUS, map_places
from training.families.world_v2.savedmodel import LATENT_LENGTH, in_bytes, save_world
from training.families.world_v2.shader import card_entry, network_numbers
from training.saved.sights import SIGHT_SIZE, SUN, sights

MAP = 32
LATENTS = np.random.default_rng(0).standard_normal((2, LATENT_LENGTH), dtype=np.float32)
WORLDS = {"latent": LATENTS, "kind": KINDS}
VIEW = (30.0, 20.0, 10.0)
SIGHTS = {**WORLDS, "view": np.float32([VIEW] * 2), "sun": np.tile(np.float32(SUN), (2, 1))}


@pytest.fixture(scope="module")
def network():
    return build(16, grids=2, seed=3)


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch, unoptimized():
        patch.setattr(savedmodel, "_POINTS", 500)  # so that even small pictures come in pieces
        save_world(network, Size.of(16), folder, (16, 136), MAP)
    return folder


@pytest.fixture(scope="module")
def signatures(folder):
    return tf.saved_model.load(str(folder)).signatures


@pytest.fixture(scope="module")
def ask(signatures):
    def call(signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        found = signatures[signature](**{name: tf.constant(rows) for name, rows in inputs.items()})
        return {name: values.numpy() for name, values in found.items()}

    return call


def test_signatures(signatures):
    assert set(signatures) == {
        "serving_default",
        "generate",
        "sight",
        "render_16",
        "render_136",
        "spin_16",
        "spin_136",
        "map",
        "shader",
        "network",
    }


def test_weights_are_stored_in_halves(network, folder):
    saved = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    for place, variable in enumerate(network.variables):
        stored = saved.get_tensor(f"variables_of_models/{place}/.ATTRIBUTES/VARIABLE_VALUE")
        assert stored.dtype == np.float16
        np.testing.assert_array_equal(stored, variable.numpy())  # saving rounds the network's own


def drawn_by(network, side: int) -> np.ndarray:
    """What a network whose pictures have this side draws of `SIGHTS`, float 0..255 `(2, side, side, 3)`."""
    drawn = network(inputs_of(side, (VIEW,), latents=LATENTS[:, :LATENT_SIZE], sun=SUN), training=False)
    return (np.asarray(drawn)[:, 0] + 1) * 127.5


def on_black(served: np.ndarray) -> np.ndarray:
    return served[..., :3].astype(float) * served[..., 3:] / 255


def test_a_render_on_black_is_the_networks_picture(network, ask):
    larger = build(136, grids=2)
    larger.set_weights(network.get_weights())
    detail = larger.get_layer("detail")
    detail._details = np.multiply(*in_bytes(detail._details))  # as they are saved
    served = ask("render_136", **SIGHTS)["image"]
    assert served.shape == (2, 136, 136, 4)
    difference = np.abs(on_black(served) - drawn_by(larger, 136))
    assert np.quantile(difference, 0.999) < 2
    assert difference.max() < 8  # details are bytes there; where the light is grazing it shows


def test_a_small_render_on_black_is_the_networks_picture(network, ask):
    served = ask("render_16", **SIGHTS)["image"]
    assert served.shape == (2, 16, 16, 4)
    difference = np.abs(on_black(served) - drawn_by(network, 16))
    assert difference[served[..., 3] > 128].max() <= 2
    assert difference.max() <= 20  # where there is more sky than globe


@pytest.mark.parametrize("side", [16, 136])
def test_a_spin_shows_what_renders_do(ask, side):
    views = np.zeros((2, 12, 3), np.float32)
    views[:, :3] = [[0, 20, 10], [120, -30, 0], [240, 0, 0]]
    rows = {**WORLDS, "sun": SIGHTS["sun"]}
    spun = ask(f"spin_{side}", **rows, views=views)["image"]
    assert spun.shape == (2, 12, side, side, 4)
    alone = ask(f"spin_{side}", **{name: one[1:] for name, one in rows.items()}, views=views[1:])["image"]
    np.testing.assert_array_equal(alone[0], spun[1])
    for view in range(3):
        rendered = ask(f"render_{side}", **rows, view=views[:, view])["image"].astype(float)
        surely = rendered[..., 3] == 255
        assert np.abs(rendered - spun[:, view])[surely].mean() < 4
        assert np.abs(rendered[..., 3] - spun[:, view, ..., 3]).max() <= 24  # small renders are made twice as large
    assert np.abs(spun[:, 0].astype(float) - spun[:, 1])[surely].mean() > 8


def test_generate_looks_from_where_its_latent_says(ask):
    sight = ask("sight", latent=LATENTS)
    for name, expected in zip(("view", "sun"), sights(LATENTS[:, -SIGHT_SIZE:]), strict=True):
        np.testing.assert_allclose(sight[name], expected, atol=1e-4)
    seen = ask("render_16", **WORLDS, **sight)["image"].astype(float)
    generated = ask("generate", **WORLDS)["image"]
    assert generated.shape == (2, 16, 16, 3)
    np.testing.assert_allclose(generated, seen[..., :3] * seen[..., 3:] / 255, atol=2)
    assert np.abs(generated[0].astype(float) - generated[1]).mean() > 1


def test_rows_are_drawn_as_if_alone_whether_or_not_they_are_of_one_world(ask):
    """A row's field is kept for those that follow it."""
    order = [0, 0, 1, 0, 1, 1]
    rows = {name: values[order] for name, values in SIGHTS.items()}
    rows["view"] = np.float32([[30 * index, 10, 0] for index in range(len(order))])
    together = ask("render_16", **rows)["image"]
    for index in range(len(order)):
        alone = ask("render_16", **{name: values[[index]] for name, values in rows.items()})["image"][0]
        np.testing.assert_array_equal(together[index], alone)
    changed = {**rows, "kind": KINDS[[1, 0, 0, 0, 0, 0]]}  # a kind alone makes another world
    alone = ask("render_16", **{name: values[[1]] for name, values in changed.items()})["image"][0]
    np.testing.assert_array_equal(ask("render_16", **changed)["image"][1], alone)


def test_maps_are_of_the_surface_that_pictures_show(network, ask):
    found = ask("map", **WORLDS)
    latent = LATENTS[:, :LATENT_SIZE]
    looks = style_of(network)({"latent": latent, "kind": KINDS})
    np.testing.assert_allclose(found["axes"], looks["axes"], atol=1e-5)
    places = np.tile(np.asarray(map_places(MAP))[None], (2, 1, 1))
    apart = np.full((2, 2 * MAP * MAP, 1), np.pi / (MAP - 1), np.float32)
    field = network.get_layer("field")(latent, looks["code"])
    detail = np.multiply(*in_bytes(network.get_layer("detail")(latent).numpy()))
    albedo, height = map(np.asarray, network.get_layer("surface")(places, apart, field, detail, latent, looks["code"]))
    # Read from a cube that is drawn once, for small maps with larger cells.
    difference = np.abs(found["image"].reshape(2, -1, 3) - 255 * albedo)
    assert difference.mean() < 0.05 * 255 * albedo.std()
    low, high = found["heights"][:, :1], found["heights"][:, 1:]
    told = low + found["height"].reshape(2, -1) / 65535 * (high - low)
    assert np.abs(told - height[..., 0]).mean() < 0.05 * height.std()
    assert found["height"].dtype == np.uint16
    assert (found["height"].min(axis=(1, 2)) == 0).all()
    assert (found["height"].max(axis=(1, 2)) == 65535).all()


def test_maps_join_and_normals_lean_away_from_heights(ask):
    found = ask("map", **WORLDS)
    for name in ("image", "normal", "height"):
        values = found[name].astype(float)
        steps = np.abs(np.diff(values, axis=2)).reshape(2, MAP, 2 * MAP - 1, -1).mean(axis=(1, 3))
        seam = np.abs(values[:, :, 0] - values[:, :, -1]).reshape(2, -1).mean(axis=1)
        assert (seam <= steps.max(axis=1)).all(), name
    normals = (found["normal"].astype(float) - 128) / 127
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=0.02)
    # Where it rises to the east, the normal leans to the west.
    rise = np.roll(found["height"].astype(float), -1, axis=2) - np.roll(found["height"].astype(float), 1, axis=2)
    middle = slice(MAP // 4, -MAP // 4)
    slopes = normals[:, middle, :, 0] / normals[:, middle, :, 2]
    steep = np.abs(slopes) > np.quantile(np.abs(slopes), 0.8)  # and so told well by bytes
    assert (np.sign(rise[:, middle]) == -np.sign(slopes))[steep].mean() > 0.95
    assert np.corrcoef(rise[:, middle][steep], slopes[steep])[0, 1] < -0.8
    assert np.abs(slopes).max() <= STEEPEST + 0.02  # as in pictures


def test_no_black_comes_in_at_the_limb(ask):
    image = ask("render_136", **SIGHTS)["image"][0].astype(int)
    color, alpha = image[..., :3].sum(axis=-1), image[..., 3]
    rows, columns = np.indices(alpha.shape)
    limb = (alpha > 0) & (alpha < 255) & (columns > rows)  # where the sun shines: from the upper right
    beside = np.roll(limb, 1, 0) | np.roll(limb, -1, 0) | np.roll(limb, 1, 1) | np.roll(limb, -1, 1)
    inside = np.median(color[alpha == 255])
    assert limb.any()
    assert np.median(color[limb]) > inside / 3
    assert np.median(color[(alpha == 0) & beside]) > inside / 3


def test_a_whole_turn_shows_the_same_picture(ask):
    before, after = (
        ask("render_16", **{**SIGHTS, "view": SIGHTS["view"] + np.float32([turn, 0, 0])})["image"] for turn in (0, 360)
    )
    assert np.abs(before.astype(int) - after).max() <= 2


def test_a_shader_is_told_the_world(network, ask):
    """Whether it draws the same is seen in `tests/client/test_page_world.py`, where something runs it."""
    latent = LATENTS[:, :LATENT_SIZE]
    looks = style_of(network)({"latent": latent, "kind": KINDS})
    told, shared = ask("shader", **WORLDS), ask("network", latent=LATENTS)
    for name in ("axes", "ambient", "limb", "shine", "rim", "haze", "relief"):
        np.testing.assert_allclose(told[name], looks[name], atol=1e-5)
    field = network.get_layer("field")(latent, looks["code"])
    assert told["field"].dtype == np.uint16
    np.testing.assert_allclose(told["field"].view(np.float16), field, rtol=1e-3, atol=1e-3)
    levels, _ = in_bytes(network.get_layer("detail")(latent).numpy())
    np.testing.assert_array_equal(shared["details"], 128 + np.repeat(levels, 2, axis=0).astype(int))
    np.testing.assert_array_equal(shared["numbers"][1], network_numbers(network.get_layer("surface")))
    entry = card_entry(network)
    assert (entry["radius"], entry["steepest"]) == (RADIUS, STEEPEST)
    sizes = {"field": told["field"][0].size, "details": shared["details"][0].size}
    assert {name: 4 * width * height for name, (width, height) in entry["textures"].items()} == sizes
    declared = {
        "network[": shared["numbers"].shape[1],
        "uniform vec4 world[": told["numbers"].shape[1],
    }
    for text, numbers in declared.items():
        assert f"{text}{numbers // 4}];" in entry["glsl"]
        assert numbers % 4 == 0
