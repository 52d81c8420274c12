"""Pictures that people send: every usual kind is understood, everything else refused in one sentence."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import ExifTags, Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from serving.gateway import GatewayConfig, create_app
from serving.gateway.asked.decoding import decode
from tests.serving import picture_files
from tests.serving.fake_backend import SeeingBackend
from tests.serving.picture_files import BLUE, GREEN, RED, file_of, planet

_FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(SeeingBackend()).test_client()


def send(client: FlaskClient, file: bytes, content_type: str = "application/octet-stream") -> TestResponse:
    return client.post("/v1/classify", data=file, content_type=content_type)


def understood(client: FlaskClient, file: bytes) -> dict[str, Any]:
    response = send(client, file)
    assert response.status_code == 200, response.text
    return response.get_json()


def refused(client: FlaskClient, response: TestResponse, status: int) -> str:
    """The sentence of a refusal, after which the server still serves."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert document["parameter"] == "image"
    assert document["detail"].endswith(".")
    assert "\n" not in document["detail"]
    assert understood(client, file_of(planet(), "PNG"))["kind"] == "red"
    return document["detail"]


@pytest.mark.parametrize("picture_format", _FORMATS)
@pytest.mark.parametrize(("color", "kind"), [(RED, "red"), (BLUE, "blue")])
def test_formats(client: FlaskClient, picture_format: str, color: tuple, kind: str) -> None:
    answer = understood(client, file_of(planet(80, 40, color), picture_format))

    assert answer["kind"] == kind
    assert answer["picture"] == {"width": 80, "height": 40, "format": picture_format, "frames": 1}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "1", "P", "CMYK"])
def test_modes(client: FlaskClient, mode: str) -> None:
    picture = planet(64, 64, (255, 0, 0) if mode in ("RGBA", "P", "CMYK") else (255, 255, 255)).convert(mode)

    answer = understood(client, file_of(picture, "TIFF" if mode == "CMYK" else "PNG"))
    assert answer["kind"] == ("red" if mode in ("RGBA", "P", "CMYK") else None)
    assert answer["realness"]["value"] > 0.1  # it isn't black


def test_cmyk_jpeg(client: FlaskClient) -> None:
    file = file_of(planet(color=GREEN).convert("CMYK"), "JPEG")
    assert b"Adobe" in file  # whose inks are stored inverted

    assert understood(client, file)["kind"] == "green"


def test_photo_of_20_megapixels(client: FlaskClient) -> None:
    answer = understood(client, picture_files.photo_of_20_megapixels())

    assert answer["kind"] == "red"
    assert answer["picture"] == {"width": 5472, "height": 3648, "format": "JPEG", "frames": 1}


def test_16_bits_are_scaled_not_clipped(client: FlaskClient) -> None:
    gray = understood(client, picture_files.gray_16_bits())
    assert gray["realness"]["value"] == pytest.approx(0.5, abs=0.02)

    red = understood(client, picture_files.rgb_16_bits())
    eight_bits = understood(client, file_of(Image.new("RGB", (64, 64), RED), "PNG"))
    assert red["probabilities"] == eight_bits["probabilities"]


@pytest.mark.parametrize("picture_format", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_an_animation(client: FlaskClient, picture_format: str) -> None:
    answer = understood(client, picture_files.animation(picture_format, frames=3))

    assert answer["kind"] == "red"
    assert answer["picture"]["frames"] == 3


def test_transparency_is_black(client: FlaskClient) -> None:
    picture = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    assert understood(client, file_of(picture, "PNG"))["realness"]["value"] == 0.0

    palette = Image.new("P", (64, 64), 1)
    palette.putpalette([0, 0, 0, 255, 255, 255])
    file = file_of(palette, "PNG", transparency=1)
    assert understood(client, file)["realness"]["value"] == 0.0


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_of_a_camera_is_applied(client: FlaskClient, picture_format: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned clockwise by a quarter
    picture = Image.new("RGB", (48, 32), RED)
    picture.paste(BLUE, (24, 0, 48, 32))  # the right half, which shall be the lower one

    file = file_of(picture, picture_format, exif=exif)
    assert understood(client, file)["picture"]["width"] == 32
    turned = client.post("/v1/translate?size=240", data=file, content_type="image/x-any")
    pixels = np.asarray(Image.open(io.BytesIO(turned.data))).astype(int)
    assert (pixels[20, :, 2] > 150).all()  # the translator swaps red and blue
    assert (pixels[-20, :, 0] > 150).all()


def test_a_form_holds_it_too(client: FlaskClient) -> None:
    form = {"image": (io.BytesIO(file_of(planet(color=BLUE), "PNG")), "my planet.png", "text/plain")}

    response = client.post("/v1/classify", data=form, content_type="multipart/form-data")
    assert response.get_json()["kind"] == "blue"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"picture": (io.BytesIO(b"x"), "a.png")}, "one file named image; it holds 0 (parts: picture)"),
        ({"image": "text"}, "it holds 0 (parts: image)"),
        ({"image": [(io.BytesIO(b"x"), "a.png"), (io.BytesIO(b"y"), "b.png")]}, "it holds 2 (parts: image)"),
        ({"image": (io.BytesIO(b""), "a.png")}, "The picture is empty"),
        ({}, "it holds 0 (parts: no part)"),
    ],
)
def test_wrong_forms(client: FlaskClient, form: dict, sentence: str) -> None:
    response = client.post("/v1/classify", data=form, content_type="multipart/form-data; boundary=x")
    assert sentence in refused(client, response, 422)


def test_a_form_that_there_is_no_room_for(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    boundary, form = encode_multipart({"image": FileStorage(io.BytesIO(bytes(3_000_000)), "a.png")})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))

    response = client.post("/v1/classify", data=form, content_type=f"multipart/form-data; boundary={boundary}")
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert response.headers["Retry-After"] == "2"
    assert "no room" in response.get_json(force=True)["detail"]
    assert understood(client, file_of(planet(), "PNG"))["kind"] == "red"


@pytest.mark.parametrize(
    ("file", "content_type", "status", "sentence"),
    [
        (b"", "image/png", 422, "The picture is empty"),
        (b"", None, 422, "The picture is empty"),
        (b"Dear sirs", "text/plain", 415, "The body is text/plain, not a picture"),
        (b"{}", "application/json", 415, "The body is application/json"),
        (b"Dear sirs,\n" * 100, "image/png", 415, "send PNG, JPEG, WEBP, GIF, BMP or TIFF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 415, "no picture that can be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "image/eps", 415, "no picture that can be read"),
    ],
)
def test_no_picture(client: FlaskClient, file: bytes, content_type: str | None, status: int, sentence: str) -> None:
    response = client.post("/v1/classify", data=file, content_type=content_type)
    assert sentence in refused(client, response, status)


@pytest.mark.parametrize("picture_format", _FORMATS)
@pytest.mark.parametrize("kept", [0.2, 0.6, 0.95])
def test_truncated_file(client: FlaskClient, picture_format: str, kept: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    file = file_of(noise, picture_format)

    response = send(client, file[: int(len(file) * kept)])
    refused(client, response, response.status_code)
    assert response.status_code in (415, 422)


@pytest.mark.parametrize(
    "bomb",
    [picture_files.png_bomb, lambda: picture_files.png_bomb(7000), picture_files.gif_bomb, picture_files.webp_bomb],
)
def test_decompression_bomb(client: FlaskClient, bomb: Callable[[], bytes]) -> None:
    file = bomb()
    assert len(file) < 200_000

    sentence = refused(client, send(client, file), 413)
    assert sentence == "The picture has more than 40 megapixels; make it smaller and send it again."


@pytest.mark.parametrize("kind", ["zTXt", "iCCP"])
def test_metadata_that_unpack_to_too_much(client: FlaskClient, kind: str) -> None:
    assert "metadata" in refused(client, send(client, picture_files.metadata_bomb(kind)), 422)


def test_jpeg_of_too_many_scans(client: FlaskClient) -> None:
    assert understood(client, picture_files.jpeg_of_many_scans(20))["kind"] == "red"
    assert "more than 100 scans" in refused(client, send(client, picture_files.jpeg_of_many_scans(200)), 422)


def test_32_bits_per_channel(client: FlaskClient) -> None:
    assert "8 or 16 bits" in refused(client, send(client, file_of(Image.new("F", (8, 8), 3.0), "TIFF")), 422)


def test_limits_are_the_configs() -> None:
    config = GatewayConfig(max_body_bytes=10, max_upload_bytes=3000, max_upload_pixels=64 * 64)
    client = create_app(SeeingBackend(), config).test_client()

    assert "The upload is larger than 3000 bytes" in refused(client, send(client, bytes(3001)), 413)
    form = {"image": (io.BytesIO(bytes(3001)), "a.png")}
    assert "larger than 3000" in refused(client, client.post("/v1/classify", data=form), 413)
    assert "more than 0.004" in refused(client, send(client, file_of(Image.new("RGB", (65, 64)), "PNG")), 413)
    assert client.post("/v1/planets", json={"count": 1, "seed": "long"}).status_code == 413


@pytest.mark.parametrize("bits", [12, 16])
def test_of_16_bits_those_count_that_are_used(bits: int) -> None:
    ramp = np.linspace(0, (1 << bits) - 1, 64, dtype=np.uint16)[None].repeat(64, axis=0)

    pixels = np.asarray(decode(file_of(Image.fromarray(ramp), "PNG"), 10_000).picture)

    np.testing.assert_array_equal(pixels[0, :, 0], ramp[0] >> (bits - 8))


def test_a_form_of_too_many_parts_is_told_as_such(client: FlaskClient) -> None:
    parts = {f"p{number}": "x" for number in range(1001)}
    data = {**parts, "image": (io.BytesIO(file_of(planet(), "PNG")), "a.png")}

    response = client.post("/v1/classify", data=data, content_type="multipart/form-data")

    assert refused(client, response, 413) == "The form has too many parts: send one, the file named image."
