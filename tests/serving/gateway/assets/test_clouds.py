"""Clouds and ground of a made-up earth: dark sea, green land, white clouds and a cap of ice in the south."""

from __future__ import annotations

import numpy as np
import pytest

from serving.gateway.assets.clouds import has_clouds, layers_of

H = 128
EARTH = {"earth": 1.0}
SEA, LAND, WHITE, SAND = (15, 35, 90), (60, 90, 40), (240, 240, 245), (225, 190, 120)
CLOUD, ICE = (slice(50, 62), slice(20, 50)), slice(110, None)


@pytest.fixture(scope="module")
def colors() -> np.ndarray:
    made = np.empty((H, 2 * H, 3), np.uint8)
    made[:] = SEA
    made[:, 128:] = LAND
    made[20:40, 200:230] = SAND
    made[CLOUD] = WHITE
    made[ICE] = WHITE
    return made


@pytest.fixture(scope="module")
def flat() -> np.ndarray:
    return np.zeros((H, 2 * H), np.uint16)


def test_clouds_are_what_is_white_but_no_polar_ice_and_no_sand(colors: np.ndarray, flat: np.ndarray) -> None:
    alpha = layers_of(colors, flat, EARTH).clouds[..., 3]
    assert alpha[CLOUD].min() > 250
    alpha[CLOUD] = 0
    assert alpha.max() == 0


def test_below_clouds_is_what_is_around_them(colors: np.ndarray, flat: np.ndarray) -> None:
    layers = layers_of(colors, flat, EARTH)
    np.testing.assert_allclose(layers.ground[CLOUD], np.broadcast_to(SEA, (12, 30, 3)), atol=8)
    elsewhere = np.ones((H, 2 * H), bool)
    elsewhere[46:66, 16:54] = False
    elsewhere[0] = False  # the pole, of one color
    np.testing.assert_array_equal(layers.ground[elsewhere], colors[elsewhere])
    assert layers.clouds[..., :3].min() > 200  # no dark fringe where alpha ends


def test_relief_goes_on_below_clouds(colors: np.ndarray) -> None:
    heights = np.random.default_rng(0).integers(0, 65535, (H, 2 * H), dtype=np.uint16)
    assert layers_of(colors, heights, EARTH).ground[CLOUD].std(axis=(0, 1)).min() > 0.3


def test_poles_are_of_one_color(flat: np.ndarray) -> None:
    colors = np.random.default_rng(0).integers(0, 255, (H, 2 * H, 3), dtype=np.uint8)
    layers = layers_of(colors, flat, EARTH)
    for surface in (layers.ground, layers.clouds):
        assert np.ptp(surface[[0, -1]], axis=1).max() == 0


def test_clouds_that_lie_across_the_seam_are_whole(colors: np.ndarray, flat: np.ndarray) -> None:
    turned = np.roll(colors, -35, axis=1)
    expected, found = (layers_of(one, flat, EARTH).clouds[..., 3] for one in (colors, turned))
    np.testing.assert_allclose(np.roll(expected, -35, axis=1), found, atol=1)


def test_what_is_pale_is_cloud_of_venus_only(flat: np.ndarray) -> None:
    colors = np.empty((H, 2 * H, 3), np.uint8)
    colors[:] = (150, 70, 30)
    colors[CLOUD] = (225, 205, 170)
    alpha = {kind: layers_of(colors, flat, {kind: 1.0}).clouds[..., 3] for kind in ("earth", "venus")}
    assert alpha["venus"][CLOUD].min() > 200
    assert alpha["venus"][0].max() == 0
    assert alpha["earth"][CLOUD].max() < alpha["venus"][CLOUD].min()


@pytest.mark.parametrize("height", [8, 24, 32])
def test_maps_of_any_size_are_taken_apart(height: int) -> None:
    layers = layers_of(np.full((height, 2 * height, 3), 250, np.uint8), np.zeros((height, 2 * height)), EARTH)
    assert np.isfinite(layers.ground).all()
    assert layers.clouds.shape == (height, 2 * height, 4)


def test_kinds_with_a_shell() -> None:
    assert has_clouds({"earth": 0.7, "pluto": 0.3})
    assert has_clouds({"venus": 1.0})
    assert not any(has_clouds(kind) for kind in (None, {"mars": 1.0}, {"jupiter": 1.0}, {"venus": 0.7, "sun": 0.3}))
