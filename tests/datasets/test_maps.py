from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets import decoding
from datasets import maps as module
from datasets.bodies import body_of_map
from datasets.capture import Options, capture, main
from datasets.errors import RequestError
from datasets.maps import decode_map, find_maps, load_map

SMALL = ["--views", "1", "--width", "64", "--height", "64", "--workers", "1"]


@pytest.fixture
def maps(tmp_path):
    (tmp_path / "maps").mkdir()
    return tmp_path / "maps"


def gradient(width=64, dtype=np.uint8, highest=255):
    """Dark in the north, bright in the south."""
    rows = np.linspace(0, highest, width // 2).astype(dtype)
    return np.repeat(rows[:, None], width, axis=1)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("world.topo.bathy.200412.3x21600x10800", "earth"),
        ("world.200401.3x5400x2700", "earth"),
        ("land_ocean_ice_2048", "earth"),
        ("bluemarble-2048", "earth"),
        ("lroc_color_poles_8k", "moon"),
        ("lroc_color_16bit_srgb_4k", "moon"),
        ("Lunar_LRO_LROC-WAC_Mosaic_global_100m_June2013", "moon"),
        ("earth_moon", "moon"),
        ("Mars_Viking_MDIM21_ClrMosaic_global_232m", "mars"),
        ("Mercury_MESSENGER_MDIS_Basemap_EnhancedColor_Mosaic_Global_665m", "mercury"),
        ("Pluto_NewHorizons_Global_Mosaic_300m_Jul2017_8bit", "pluto"),
        ("Ceres_Dawn_FC_HAMO_DLR_global_60ppd_Oct2016", "ceres"),
        ("Venus_Magellan_C3-MDIR_Colorized_Global_Mosaic_4641m", "venus"),
        ("8k_jupiter", "jupiter"),
        ("venus-surface", "venus"),
        ("2k_saturn", "saturn"),
        ("Io_GalileoSSI-Voyager_Global_Mosaic_1km", "io"),
        ("ldem_16_uint", "ldem"),
    ],
)
def test_names_as_their_sources_give_them(name, body):
    assert body_of_map(name) == body


def test_tiffs_and_names_of_sources_are_used_and_the_rest_is_listed(maps, tmp_path, capsys):
    for name in (
        "mars.png",
        "moon.tif",
        "8k_jupiter.jpg",
        "venus-surface.png",
        "2k_saturn.png",
        "mars_dem.png",
        "x9.png",
    ):
        Image.fromarray(gradient()).save(maps / name)
    (maps / "readme.txt").write_text("whose they are")
    assert main([str(maps), str(tmp_path / "out"), *SMALL]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("4 kinds x 1 views")
    assert "4 passed over:" in said.err
    for line in (
        "2k_saturn.png: It is of saturn: name it with --kinds.",
        "mars_dem.png: mars.png is the map of mars that was taken.",
        "readme.txt: It is no map by its ending",
        "x9.png: Its name tells of none of the kinds",
    ):
        assert line in said.err
    assert main([str(maps), str(tmp_path / "out"), "--bodies", "saturn", *SMALL]) == 0
    assert not (tmp_path / "out" / ".maps").exists()


def test_a_surface_is_preferred_to_what_goes_with_it(maps):
    for name in ("8k_earth_clouds.jpg", "8k_earth_daymap.jpg", "8k_earth_nightmap.jpg", "8k_earth_normal_map.tif"):
        Image.fromarray(gradient()).save(maps / name)
    assert find_maps(maps)["earth"].name == "8k_earth_daymap.jpg"


@pytest.mark.parametrize("body", ["K2:18b", "gas, giant"])
def test_bodies_with_signs_of_the_mix_are_refused(maps, tmp_path, body):
    Image.fromarray(gradient()).save(maps / f"{body.lower()}.png")
    with pytest.raises(RequestError, match="a sign of mixes"):
        capture(maps, tmp_path / "out", Options(64, 64, 1), kinds=[body], workers=1)


def test_maps_are_turned_as_their_exif_says_and_stand_on_black(maps):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    upright = Image.fromarray(gradient(64))
    upright.transpose(Image.Transpose.ROTATE_90).save(maps / "mars.jpg", exif=exif, quality=95)
    light = load_map(maps / "mars.jpg", 16)
    assert light[0].max() < 0.05
    assert light[-1].min() > 0.8
    cap = np.dstack(
        [np.full((32, 64, 3), 255, np.uint8), np.where(np.arange(32) < 4, 0, 255).repeat(64).reshape(32, 64)]
    )
    Image.fromarray(cap.astype(np.uint8)).save(maps / "sun.png")
    light = load_map(maps / "sun.png", 16)
    assert light[0].max() < 0.05
    assert light[-1].min() > 0.99


@pytest.mark.parametrize("highest", [1023, 4095, 16383, 65535])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_values_of_fewer_bits_than_their_file_are_stretched(maps, highest, ending):
    Image.fromarray(gradient(64, np.uint16, highest)).save(maps / f"moon.{ending}")
    Image.fromarray(gradient(64)).save(maps / "plain.png")
    np.testing.assert_allclose(load_map(maps / f"moon.{ending}", 16), load_map(maps / "plain.png", 16), atol=0.02)


def test_heights_are_no_map(maps):
    Image.fromarray(gradient(64).astype(np.float32) - 100).save(maps / "moon.tif")
    with pytest.raises(RequestError, match="heights or other figures"):
        load_map(maps / "moon.tif", 16)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_large_maps_are_halved_first_and_look_alike(maps, monkeypatch, ending, mode):
    if (ending, mode) == ("jpg", "P"):
        pytest.skip("JPEG has no palettes")
    Image.fromarray(gradient(512)).convert(mode).save(maps / f"moon.{ending}")
    expected = load_map(maps / f"moon.{ending}", 32)
    monkeypatch.setattr(module, "_LARGE", 1000)
    np.testing.assert_allclose(load_map(maps / f"moon.{ending}", 32), expected, atol=0.02)


def test_a_map_beyond_the_limit_is_one_sentence_and_the_rest_is_done(maps, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(decoding, "LARGEST_PICTURE", 21600 * 10800)
    Image.new("1", (21602, 10801)).save(maps / "earth.png")
    Image.fromarray(gradient()).save(maps / "mars.png")
    assert main([str(maps), str(tmp_path / "out"), *SMALL]) == 1
    said = capsys.readouterr().err
    assert "earth.png: It is 21602x10801 pixels, more than 233 million: make it smaller." in said
    assert (tmp_path / "out/mars/mars_000.png").is_file()


def test_the_largest_map_of_the_earth_is_within_the_limit():
    assert decoding.LARGEST_PICTURE > 27360 * 13680 > 21600 * 10800  # CGI Moon Kit's, Visible Earth's


def test_a_bit_flipped_in_a_png_is_seen(maps):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)).save(maps / "mars.png")
    content = bytearray((maps / "mars.png").read_bytes())
    content[len(content) // 2] ^= 1
    (maps / "mars.png").write_bytes(content)
    with pytest.raises(RequestError, match="can't be decoded"):
        load_map(maps / "mars.png", 16)


def test_colors_of_12_bits_in_16_are_refused_before_they_are_nearly_black(tmp_path):
    """Pillow keeps the upper 8 of 16 bits per channel, and cannot write such a file."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def write(highest: int) -> Path:
        rows = np.linspace(0, highest, 32, dtype=">u2").repeat(3).tobytes()
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 16, 16, 2, 0, 0, 0))
        pixels = chunk(b"IDAT", zlib.compress((b"\0" + rows) * 16))
        path = tmp_path / f"{highest}.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))
        return path

    assert np.asarray(decode_map(write(65535))).max() == 255
    with pytest.raises(RequestError, match="would be nearly black: stretch it first"):
        decode_map(write(4095))
