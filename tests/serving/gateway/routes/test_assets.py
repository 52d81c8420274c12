"""Worlds as engines load them, through the gateway, from one call for a world's maps."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from flask.testing import FlaskClient
from PIL import Image

from serving.gateway import create_app
from serving.gateway.assets.cubes import ENGINES
from tests.serving.fake_backend import CountingBackend
from tests.serving.serving_double import backend_of
from tests.serving.tiny_model import write_tiny_world


@pytest.fixture(scope="module")
def worlds_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worlds")
    write_tiny_world(folder, "whole", 1, world={"sizes": [16], "map": [8, 16], "heights": True})
    write_tiny_world(folder, "flat", 1)
    return folder


@pytest.fixture
def counted(worlds_dir: Path) -> Iterator[CountingBackend]:
    with backend_of("embedded", worlds_dir) as backend:
        yield CountingBackend(backend)


@pytest.fixture
def client(counted: CountingBackend) -> FlaskClient:
    return create_app(counted).test_client()  # type: ignore[arg-type]


def test_assets_of_a_world_take_one_call(client: FlaskClient, counted: CountingBackend) -> None:
    for file in ("a/b.glb", "a/b/cube.zip", "a/b/roughness.png", "a/b/normal.png", "a/b.glb?mesh=cube"):
        query = "&" if "?" in file else "?"
        assert client.get(f"/v1/worlds/{file}{query}model=whole&version=1").status_code == 200
    assert counted.calls == ["map"]


def test_a_glb_tells_what_it_is_of(client: FlaskClient) -> None:
    response = client.get("/v1/worlds/a/b.glb?model=whole&version=1&kind=mars&mesh=cube")
    assert response.content_type == "model/gltf-binary"
    assert response.headers["Cache-Control"].endswith("immutable")
    length, _ = struct.unpack_from("<II", response.data, 12)
    document = json.loads(response.data[20 : 20 + length])
    extras = document["asset"]["extras"]
    assert (extras["address"], extras["model"], extras["version"], extras["kind"]) == ("a/b", "whole", "1", "mars:1")
    assert len(document["meshes"][0]["primitives"]) == 6
    sphere = client.get("/v1/worlds/a/b.glb?model=whole&version=1&kind=mars")
    assert sphere.headers["ETag"] != response.headers["ETag"]
    again = client.get("/v1/worlds/a/b.glb?model=whole&kind=mars", headers={"If-None-Match": sphere.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("engine", ENGINES)
def test_cube_maps_have_the_engines_names(client: FlaskClient, engine: str) -> None:
    response = client.get(f"/v1/worlds/1/cube.zip?model=whole&engine={engine}&texture_size=128")
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        names = {Path(name).stem for name in archive.namelist() if name.startswith("map/")}
        assert names == set(ENGINES[engine].names.values())
        with archive.open(f"map/{next(iter(names))}.png") as file:
            assert Image.open(file).size == (128, 128)


def test_green_points_down_where_an_engine_wants_it(client: FlaskClient) -> None:
    up, down = (
        np.asarray(Image.open(io.BytesIO(client.get(f"/v1/worlds/1/normal.png?model=whole&green={way}").data)))
        for way in ("up", "down")
    )
    np.testing.assert_array_equal(down[..., [0, 2]], up[..., [0, 2]])
    np.testing.assert_array_equal(down[..., 1].astype(int), 256 - up[..., 1].astype(int))


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        ("1.glb?model=whole&mesh=torus", 422, "mesh"),
        ("1.glb?model=whole&texture_size=100", 422, "texture_size"),
        ("1/cube.zip?model=whole&engine=doom", 422, "engine"),
        ("1/map.png?model=whole&green=down", 422, "green"),
        ("1.glb?model=flat", 404, None),
        ("1/roughness.png?model=flat", 404, None),
    ],
)
def test_what_there_is_not_is_told(client: FlaskClient, path: str, status: int, parameter: str | None) -> None:
    response = client.get(f"/v1/worlds/{path}")
    assert (response.status_code, response.get_json().get("parameter")) == (status, parameter)


def test_a_world_is_told_as_data(client: FlaskClient) -> None:
    response = client.get("/v1/worlds/orion/7/3.json?model=whole&version=1&kind=mars")
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"].endswith("immutable")
    told = response.get_json()
    assert (told["address"], told["model"], told["version"], told["kind"]) == ("orion/7/3", "whole", 1, {"mars": 1.0})
    assert told["axes"] == [1.0, 0.5, 0.75]
    assert told["links"]["height"] == "/v1/worlds/orion/7/3/height.png?model=whole&version=1&kind=mars:1"
    relief = told["relief"]
    assert relief["lowest_m"] < relief["highest_m"]
    assert (told["class"], told["emissive_strength"]) == ("desert", 0)
    tallest = min(20.0 / told["gravity_g"], 0.05 * told["radius_km"]) * 1000
    assert relief["exaggeration"] == pytest.approx((relief["highest_m"] - relief["lowest_m"]) / tallest, rel=0.01)


def test_heights_in_meters_are_those_of_the_gray_picture(client: FlaskClient) -> None:
    relief = client.get("/v1/worlds/a/b.json?model=whole").get_json()["relief"]
    gray = np.asarray(Image.open(io.BytesIO(client.get("/v1/worlds/a/b/height.png?model=whole").data))).astype(float)
    file = io.BytesIO(client.get("/v1/worlds/a/b/height.exr?model=whole").data)
    [part] = OpenEXR.File(file, separate_channels=True).parts
    assert part.channels.keys() == {"Y"}
    meters = part.channels["Y"].pixels
    assert meters.dtype == np.float32
    low, high = relief["lowest_m"], relief["highest_m"]
    np.testing.assert_allclose(meters, low + gray / 65535 * (high - low), atol=0.2)


def test_systems_lead_to_their_bodies_data(client: FlaskClient) -> None:
    planets = client.get("/v1/systems/orion/7.json?model=whole").get_json()["planets"]
    for planet in planets:
        told = client.get(planet["links"]["facts"].replace("&kind=" + planet["kind"], "&kind=earth")).get_json()
        assert (told["system"], told["name"], told["day_h"]) == ("orion/7", planet["name"], planet["day_h"])
    refused = client.get("/v1/worlds/orion/7/99.json?model=whole&system=orion/7")
    assert (refused.status_code, refused.get_json()["parameter"]) == (422, "system")


def test_what_is_no_sun_is_dark(client: FlaskClient) -> None:
    picture = Image.open(io.BytesIO(client.get("/v1/worlds/a/b/emissive.png?model=whole&kind=mars").data))
    assert picture.mode == "RGB"
    assert not np.asarray(picture).any()


def test_clouds_and_ground_of_a_world(client: FlaskClient) -> None:
    def picture(path: str) -> Image.Image:
        return Image.open(io.BytesIO(client.get(f"/v1/worlds/a/b/{path}").data))

    assert picture("clouds.png?model=whole&kind=earth").mode == "RGBA"
    assert picture("clouds.png?model=whole&kind=mars").getextrema()[3] == (0, 0)
    drawn, same = (np.asarray(picture(f"map.png?model=whole&kind=mars&clouds={clouds}")) for clouds in (1, 0))
    np.testing.assert_array_equal(drawn, same)
    assert client.get("/v1/worlds/a/b/map.png?model=flat&clouds=0").status_code == 404
    assert client.get("/v1/worlds/a/b/map.png?model=flat&clouds=1").status_code == 200
    nodes = [glb_of(client, f"kind=earth&clouds={clouds}")["nodes"] for clouds in (1, 0)]
    assert [len(one) for one in nodes] == [2, 1]


def glb_of(client: FlaskClient, query: str) -> dict:
    file = client.get(f"/v1/worlds/a/b.glb?model=whole&{query}").data
    length, _ = struct.unpack_from("<II", file, 12)
    return json.loads(file[20 : 20 + length])


@pytest.mark.parametrize("engine", ["three", "unity"])
def test_a_world_is_packed_for_an_engine(client: FlaskClient, counted: CountingBackend, engine: str) -> None:
    response = client.get(f"/v1/worlds/orion/7/1/engine.zip?model=whole&engine={engine}&system=orion/7&kind=earth")
    assert response.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        [about] = [name for name in archive.namelist() if name.endswith(".json")]
        facts = json.loads(archive.read(about))
    expected = client.get("/v1/worlds/orion/7/1.json?model=whole&version=1&system=orion/7&kind=earth").get_json()
    assert facts == expected
    assert counted.calls == ["map"]
    refused = client.get("/v1/worlds/orion/7/99/engine.zip?model=whole&system=orion/7")
    assert (refused.status_code, refused.get_json()["parameter"]) == (422, "system")
