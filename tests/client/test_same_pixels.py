"""One seed, one planet, whichever way it is asked for: page, client, command line, plain HTTP, TensorFlow Serving.

The models are real SavedModels, run by the double of TensorFlow Serving, with the gateway before it.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from client import PlanetClient
from client.__main__ import main
from examples import direct_grpc
from serving.backends import create_backend
from serving.gateway import create_app
from serving.latents import latents
from tests.client.page_visits import browser, needs_chromium
from tests.client.servers import running
from tests.serving.tiny_model import LATENT_SIZE, write_tiny_generator

pytest.importorskip("tensorflow", reason="the models are SavedModels")

from tests.serving.serving_double import ServingDouble

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser"]  # a fixture

SEED = 42
FETCH = "async (url) => [...new Uint8Array(await (await fetch(url)).arrayBuffer())]"
MODELS = {"plain": None, "kinds": "mars"}


@pytest.fixture(scope="module")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved_models")
    write_tiny_generator(folder, "plain", 1)
    write_tiny_generator(folder, "kinds", 1, direct_grpc.KINDS)
    return folder


@pytest.fixture(scope="module")
def serving(saved_models: Path) -> Iterator[ServingDouble]:
    with ServingDouble(saved_models) as double:
        yield double


@pytest.fixture(scope="module")
def url(saved_models: Path, serving: ServingDouble) -> Iterator[str]:
    """A gateway before the double, on a free port."""
    backend = create_backend("tfserving", saved_models=saved_models, target=serving.target)
    with running(create_app(backend)) as url:
        yield url
    backend.close()


def pixels(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def query(model: str) -> str:
    return f"model={model}&version=1" + (f"&kind={MODELS[model]}" if MODELS[model] else "")


def picture_url(url: str, model: str) -> str:
    return f"{url}/v1/planets/{SEED}.png?{query(model)}"


@pytest.mark.parametrize("model", MODELS)
def test_programs_get_the_same_pixels(url: str, serving: ServingDouble, model: str, tmp_path: Path) -> None:
    kind = MODELS[model]
    direct_grpc.main(serving.target, model, str(LATENT_SIZE), str(SEED), str(tmp_path / "direct.png"), kind)
    expected = pixels((tmp_path / "direct.png").read_bytes())
    assert expected.shape == (16, 16, 3)
    assert expected.std() > 0

    with urllib.request.urlopen(picture_url(url, model)) as response:
        np.testing.assert_array_equal(pixels(response.read()), expected)
    with PlanetClient(url) as client:
        look = {"model": model, "version": 1, "kind": kind}
        np.testing.assert_array_equal(pixels(client.planet(SEED, **look).bytes), expected)
        np.testing.assert_array_equal(pixels(client.planets(seeds=[SEED], **look)[0].bytes), expected)
    options = ["--model", model, *(["--kind", kind] if kind else [])]
    assert main(["generate", "--seed", str(SEED), "--out", str(tmp_path), "--url", url, *options]) == 0
    np.testing.assert_array_equal(pixels((tmp_path / f"{SEED}.png").read_bytes()), expected)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_gets_the_same_pixels(url: str, tmp_path: Path) -> None:
    file = tmp_path / "planet.png"
    subprocess.run(["curl", "-sf", "--noproxy", "*", "-o", file, picture_url(url, "plain")], check=True, timeout=60)
    with PlanetClient(url) as client:
        np.testing.assert_array_equal(pixels(file.read_bytes()), pixels(client.planet(SEED, model="plain").bytes))


@needs_chromium
def test_the_page_shows_the_same_picture(url: str, browser: Browser) -> None:
    page = browser.new_page()
    with page.expect_request(re.compile(rf"/v1/planets/{SEED}\.")) as asked:
        page.goto(f"{url}/?seed={SEED}&{query('kinds')}")
    file = bytes(page.evaluate(FETCH, asked.value.url))
    path = urlsplit(asked.value.url).path
    page.close()
    size, picture_format = len(pixels(file)), path.rpartition(".")[2]  # which are the page's choice
    with PlanetClient(url) as client:
        planet = client.planet(SEED, model="kinds", version=1, kind="mars", size=size, format=picture_format)
    np.testing.assert_array_equal(pixels(file), pixels(planet.bytes))


@pytest.mark.parametrize("seed", [0, 7, 2**64 - 1])
@pytest.mark.parametrize("size", [1, 8, 100])
def test_the_example_makes_latents_as_the_gateway_does(seed: int, size: int) -> None:
    np.testing.assert_array_equal(direct_grpc.latent_of(seed, size), latents([seed], size))
