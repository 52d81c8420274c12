"""Worlds as SavedModels."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from datasets.manifest import Size
from tests.training.drawn_run import draw_run
from tests.training.families.world.equirectangular import sampled
from training.contract.config import TrainingConfig
from training.families.world import savedmodel as savedmodel_world
from training.families.world.networks import LATENT_SIZE, build_world_generator, style_of
from training.families.world.savedmodel import LATENT_LENGTH, map_normals
from training.families.world.shader import network_numbers
from training.families.world2.rendering import RADIUS, lit, map_latitudes, map_places, see, turn_of
from training.publishing.exporting import ExportOptions, export_run
from training.saved.sights import SIGHT_SIZE, SUN, sights

WIDTH, MAP = 0.1, 64
LATENTS = np.random.default_rng(0).standard_normal((2, LATENT_LENGTH), dtype=np.float32)
KINDS = np.eye(2, dtype=np.float32)
VIEWS = np.float32([[30, 20, 10], [-100, -50, 0]])
SUNS = np.float32([[0.3, 0.3, 0.9], [-0.5, 0.1, 0.4]])
WORLDS = {"latent": LATENTS, "kind": KINDS}
SIGHTS = {**WORLDS, "view": VIEWS, "sun": SUNS}


def generator(size: int, trained: keras.Model | None = None) -> keras.Model:
    """A world whose weights are other than its first, or those of another."""
    keras.utils.set_random_seed(1)
    network = build_world_generator(Size(size, size), 2, WIDTH)
    random = np.random.default_rng(1)
    for variable in network.trainable_variables:
        variable.assign(variable + random.normal(0, 0.05, variable.shape))
    if trained is not None:
        network.set_weights(trained.get_weights())
    return network


@pytest.fixture(scope="module")
def trained() -> keras.Model:
    return generator(16)


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    config = TrainingConfig(data="data", out="run", family="world_v1", size=16, changes={"width": WIDTH})
    folder = tmp_path_factory.mktemp("worlds")
    run = draw_run(folder / "run", config=config)
    described = json.loads((run / "config.json").read_text()) | {"latent_size": LATENT_SIZE}
    (run / "config.json").write_text(json.dumps(described))
    trained.save_weights(run / "generator.weights.h5")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(savedmodel_world, "SIZES", (32,))
        patch.setattr(savedmodel_world, "MAP_HEIGHT", MAP)
        patch.setattr(savedmodel_world, "_POINTS", 1000)  # so that even small pictures come in pieces
        return export_run(run, ExportOptions(saved_models=folder))


@pytest.fixture(scope="module")
def ask(exported):
    """Calls a signature; returns its output `image`, or another."""
    loaded = tf.saved_model.load(str(exported))

    def call(signature: str, output: str = "image", **inputs: np.ndarray) -> np.ndarray:
        return loaded.signatures[signature](**{name: tf.constant(rows) for name, rows in inputs.items()})[
            output
        ].numpy()

    return call


def test_card_tells_its_sizes(exported):
    card = json.loads((exported / "assets.extra" / "card.json").read_text())
    assert (card["name"], card["task"], card["latent_size"]) == ("world_v1_16", "generate", LATENT_SIZE + SIGHT_SIZE)
    assert card["image_size"] == {"width": 16, "height": 16}
    assert card["world"] == {"sizes": [32], "map": [MAP, 2 * MAP]}
    assert card["class_names"] == ["earth", "mars"]
    assert card["shader"]["radius"] == RADIUS
    assert "void surface(vec3 point, out vec3 albedo, out float height)" in card["shader"]["glsl"]


def test_every_signature_is_warmed_up(exported):
    records = tf.data.TFRecordDataset(str(exported / "assets.extra" / "tf_serving_warmup_requests"))
    for name in ("generate", "render_32", "map", "normal", "shader", "network"):
        assert any(name.encode() in record.numpy() for record in records)


def test_a_render_on_black_is_the_trained_networks_picture(trained, ask):
    inputs = {**SIGHTS, "latent": LATENTS[:, :LATENT_SIZE]}
    expected = (np.asarray(generator(32, trained)(inputs, training=False)) + 1) * 127.5
    image = ask("render_32", **SIGHTS).astype(np.float32)
    assert image.shape == (2, 32, 32, 4)
    assert np.abs(image[..., :3] * image[..., 3:] / 255 - expected).max() <= 2
    assert image[..., 3].min() == 0
    assert image[..., 3].max() == 255


def test_no_black_comes_in_at_the_limb(ask):
    [image] = ask("render_32", **{name: rows[:1] for name, rows in SIGHTS.items()}).astype(int)
    color, alpha = image[..., :3].sum(axis=-1), image[..., 3]
    limb = (alpha > 0) & (alpha < 255)
    beyond = (alpha == 0) & (np.roll(limb, 1, 0) | np.roll(limb, -1, 0) | np.roll(limb, 1, 1) | np.roll(limb, -1, 1))
    inside = np.median(color[alpha == 255])
    assert limb.any()
    assert np.median(color[limb]) > inside / 3
    assert np.median(color[beyond]) > inside / 3


def test_generate_looks_from_where_its_latent_says(trained, ask):
    view, sun = (np.asarray(part) for part in sights(LATENTS[:, LATENT_SIZE:]))
    inputs = {"latent": LATENTS[:, :LATENT_SIZE], "kind": KINDS, "view": view, "sun": sun}
    expected = (np.asarray(trained(inputs, training=False)) + 1) * 127.5
    generated = ask("generate", **WORLDS)
    assert (generated.dtype, generated.shape) == (np.uint8, (2, 16, 16, 3))
    assert np.abs(generated - expected).max() <= 2
    elsewhere = LATENTS.copy()
    elsewhere[:, LATENT_SIZE:] *= -1
    assert np.abs(ask("generate", latent=elsewhere, kind=KINDS) - generated.astype(int)).mean() > 1


def test_rows_do_not_change_one_another(ask):
    for signature, inputs in (("render_32", SIGHTS), ("map", WORLDS), ("normal", WORLDS)):
        together = ask(signature, **inputs)
        alone = [ask(signature, **{name: rows[[row]] for name, rows in inputs.items()})[0] for row in (0, 1)]
        np.testing.assert_array_equal(together, alone)


def test_a_whole_turn_shows_the_same_picture(ask):
    before, after = (ask("render_32", **{**SIGHTS, "view": VIEWS + np.float32([turn, 0, 0])}) for turn in (0, 360))
    assert np.abs(before.astype(int) - after).max() <= 2


def test_maps_edges_join_and_its_poles_are_of_one_color(ask):
    maps = ask("map", **WORLDS).astype(int)
    assert maps.shape == (2, MAP, 2 * MAP, 3)
    steps = np.abs(np.diff(maps, axis=2)).mean(axis=(1, 3))
    seam = np.abs(maps[:, :, 0] - maps[:, :, -1]).mean(axis=(1, 2))
    assert (seam <= steps.max(axis=1)).all()
    for pole in (maps[:, 0], maps[:, -1]):
        assert np.ptp(pole, axis=1).max() <= 2
    assert np.ptp(maps, axis=(1, 2)).min() > 20


def test_a_picture_from_the_map_is_the_picture(trained, ask):
    flat = generator(64, trained)
    height = flat.get_layer("surface")._height
    height.set_weights([0 * values for values in height.get_weights()])
    size = Size(64, 64)
    looks = style_of(flat)({"latent": LATENTS[:, :LATENT_SIZE], "kind": KINDS})
    axes = np.asarray(looks["axes"])
    sight = see(size, axes, turn_of(VIEWS))
    np.testing.assert_allclose(ask("map", "axes", **WORLDS), axes, atol=1e-5)
    albedo = np.stack([sampled(*pair) for pair in zip(ask("map", **WORLDS), np.asarray(sight.points), strict=True)])
    picture = np.asarray(lit(albedo, sight.normals, sight.normals, SUNS, looks) * sight.coverage)
    inputs = {**SIGHTS, "latent": LATENTS[:, :LATENT_SIZE]}
    direct = (np.asarray(flat(inputs, training=False)) + 1) / 2
    assert np.abs(picture.reshape(direct.shape) - direct).mean() <= 3 / 255


@pytest.mark.parametrize("slope", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.3, -0.5, 0.4]])
def test_normals_of_a_steady_slope_are_exact_even_at_the_poles(slope):
    places = np.asarray(map_places(64))
    slope = 0.2 * np.float32(slope)
    normals = np.asarray(map_normals(tf.reshape(places @ slope, (64, 128))))
    longitude = ((np.arange(128) + 0.5) / 64 - 1) * np.pi
    latitude, longitude = np.meshgrid(map_latitudes(64), longitude, indexing="ij")
    east = np.stack([np.cos(longitude), 0 * longitude, -np.sin(longitude)], axis=-1)
    north = np.stack(
        [-np.sin(latitude) * np.sin(longitude), np.cos(latitude), -np.sin(latitude) * np.cos(longitude)], axis=-1
    )
    expected = np.stack([-east @ slope, -north @ slope, np.ones_like(latitude)], axis=-1)
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    np.testing.assert_allclose(normals, expected, atol=2e-3)


def test_normal_map_is_seamless_and_mostly_flat(ask):
    normals = ask("normal", **WORLDS).astype(int)
    assert normals.shape == (2, MAP, 2 * MAP, 3)
    lengths = np.linalg.norm((normals - 128) / 127, axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=0.02)
    steps = np.abs(np.diff(normals, axis=2)).mean(axis=(1, 3))
    assert (np.abs(normals[:, :, 0] - normals[:, :, -1]).mean(axis=(1, 2)) <= steps.max(axis=1)).all()
    assert (np.ptp(normals[..., :2], axis=(1, 2)) > 8).all()


def test_a_shader_reads_what_the_network_does(trained, ask):
    """Whether it draws the same is seen in `tests/client/test_page_world.py`, where something runs it."""
    looks = style_of(trained)({"latent": LATENTS[:, :LATENT_SIZE], "kind": KINDS})
    for name in ("axes", "ambient", "limb", "shine", "rim", "haze"):
        np.testing.assert_allclose(ask("shader", name, **WORLDS), looks[name], atol=1e-5)
    numbers = ask("shader", "numbers", **WORLDS)
    channels = 12  # 10, in whole texels
    assert numbers.shape == (2, 4 * (192 + 140) + 6 * 2 * channels)
    for row in (0, 1):
        alone = ask("shader", "numbers", latent=LATENTS[[row]], kind=KINDS[[row]])
        np.testing.assert_array_equal(alone[0], numbers[row])
    assert (numbers[0, : 4 * 192] != numbers[1, : 4 * 192]).all()
    centers = numbers[:, 4 * 192 : 4 * 332].reshape(2, 140, 4)
    np.testing.assert_allclose(np.linalg.norm(centers[..., :3], axis=-1), 1, atol=1e-4)
    network = ask("network", "numbers", latent=LATENTS)
    np.testing.assert_array_equal(network[0], network[1])
    np.testing.assert_array_equal(network[0], network_numbers(trained.get_layer("surface")))


def test_sights_fall_as_in_the_screenshots():
    view, sun = (np.asarray(part) for part in sights(np.random.default_rng(0).standard_normal((20000, 8)).astype("f4")))
    longitude, latitude, roll = view.T
    assert np.histogram(longitude, 6, (-180, 180))[0] / 20000 == pytest.approx(1 / 6, abs=0.02)
    assert (latitude > 25).mean() == pytest.approx(0.3, abs=0.02)
    south = latitude < -25
    assert south.mean() == pytest.approx(0.2, abs=0.02)
    assert latitude[latitude > 25].mean() == pytest.approx(49, abs=0.5)
    assert latitude[south].mean() == pytest.approx(-54, abs=0.5)
    assert not roll.any()
    strength = np.linalg.norm(sun, axis=1)
    for some, low, high in ((south, 0.35, 0.8), (~south, 0.9, 1.05)):
        assert (strength[some].min(), strength[some].max()) == pytest.approx((low, high), abs=0.01)
        assert strength[some].mean() == pytest.approx((low + high) / 2, abs=0.01)
    np.testing.assert_allclose(np.median(sun[~south], axis=0), 0.975 * np.float32(SUN) / np.linalg.norm(SUN), atol=0.03)
