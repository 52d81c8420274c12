"""PNG files of the gateway's own writer, read by Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from serving.gateway.pictures import png
from serving.gateway.pictures.png import write_png


def _read(file: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(file))
    picture.load()
    return picture


@pytest.mark.parametrize("shape", [(16, 16, 3), (1, 1, 3), (1, 5, 4), (5, 1, 4), (37, 23, 4), (64, 128, 3)])
@pytest.mark.parametrize("band_bytes", [1, 500, 256 * 1024])
def test_every_pixel_comes_back(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], band_bytes: int) -> None:
    monkeypatch.setattr(png, "_BAND_BYTES", band_bytes)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    picture = _read(write_png(pixels, {}))
    assert picture.mode == ("RGB" if shape[2] == 3 else "RGBA")
    np.testing.assert_array_equal(np.asarray(picture), pixels)


def test_a_picture_without_contiguous_rows_comes_back() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8, 4), dtype=np.uint8)[::-1, ::2, :3]
    np.testing.assert_array_equal(np.asarray(_read(write_png(pixels, {}))), pixels)


def test_texts_come_back() -> None:
    about = {"seed": "42", "address": "größe", "kind": "地球"}
    picture = _read(write_png(np.zeros((2, 2, 3), np.uint8), about))
    assert picture.text == about


def test_a_planet_takes_no_more_room_than_pillow_makes_it() -> None:
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    light = np.clip(1 - x**2 - y**2, 0, 1) ** 0.5 * (0.8 + 0.2 * np.sin(20 * y + 3 * np.sin(9 * x)))
    pixels = np.rint(light[..., None] * [240, 200, 150]).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    assert len(write_png(pixels, {})) < 1.15 * len(file.getvalue())
