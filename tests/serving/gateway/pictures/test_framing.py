"""Framing a picture as the models were trained to see them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from serving.gateway.pictures.framing import Framing, find_on_black
from tests.serving.picture_files import BLUE, GREEN, RED, planet


def red_box(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is rather red than black; right and bottom exclusive."""
    rows, columns = (np.flatnonzero((pixels[..., 0] > 115).any(axis=axis)) for axis in (1, 0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (300, 300)])
@pytest.mark.parametrize("box", [(20, 30, 140, 150), (90, 90, 300, 300), (200, 200, 240, 240)])
def test_planet_fills_nine_tenths_of_the_frame_wherever_it_stood(size: tuple[int, int], box: tuple) -> None:
    left, top, right, bottom = red_box(Framing(planet(*size, box=box)).at(80, 80))

    assert np.abs(np.array([left, top, 80 - right, 80 - bottom]) - 4).max() <= 1


def test_planet_at_the_edge_gets_black_around_it() -> None:
    tight = planet(100, 100, box=(0, 0, 99, 99))

    assert np.abs(np.array(red_box(Framing(tight).at(80, 80))) - [4, 4, 76, 76]).max() <= 1


def test_frame_of_another_shape_keeps_the_planets() -> None:
    left, top, right, bottom = red_box(Framing(planet(200, 200)).at(80, 40))

    assert abs((right - left) - 36) <= 1
    assert abs((bottom - top) - 36) <= 1
    assert abs((left + right) / 2 - 40) <= 1


def test_icons_and_stars_do_not_count() -> None:
    picture = planet(640, 360, box=(200, 60, 440, 300))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((600, 10, 625, 35), fill="white")
    for x in range(10, 190, 20):
        draw.point((x, 3 * x % 360), fill="white")

    left, top, right, bottom = find_on_black(picture)
    assert np.abs(np.array([left, top, right, bottom]) - [200, 60, 441, 301]).max() <= 2


def test_noise_of_a_dark_sky_does_not_count() -> None:
    noise = np.random.default_rng(0).integers(0, 12, (200, 300, 3), dtype=np.uint8)
    picture = Image.fromarray(np.maximum(noise, np.asarray(planet(300, 200, box=(100, 50, 200, 150)))))

    assert np.abs(np.array(find_on_black(picture)) - [100, 50, 201, 151]).max() <= 2


def test_middle_of_a_picture_without_a_sky() -> None:
    picture = Image.new("RGB", (300, 100), BLUE)
    picture.paste(RED, (100, 0, 200, 100))

    assert find_on_black(picture) is None
    assert (Framing(picture).at(20, 20) == RED).all()


@pytest.mark.parametrize("picture", [Image.new("RGB", (90, 50)), planet(900, 500, box=(400, 200, 403, 203))])
def test_nothing_of_size_on_black(picture: Image.Image) -> None:
    assert find_on_black(picture) is None
    assert Framing(picture).at(16, 16).max() < 40


@pytest.mark.parametrize("size", [(1, 1), (2048, 1), (1, 2048), (3, 7)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    pixels = Framing(Image.new("RGB", size, GREEN)).at(24, 16)

    assert pixels.shape == (16, 24, 3)
    assert (pixels == GREEN).all()


def test_picture_of_the_models_size_is_left_as_it_is() -> None:
    picture = planet(32, 16, box=(1, 1, 8, 8))

    np.testing.assert_array_equal(Framing(picture).at(32, 16), np.asarray(picture))
