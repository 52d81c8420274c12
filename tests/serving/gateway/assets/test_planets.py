"""A made-up world with one hill, as a planet for engines."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image

from serving.gateway.assets.cubes import ENGINES
from serving.gateway.assets.planets import cube_zip, planet_glb
from serving.gateway.assets.surfaces import glow_of, roughness_map, surface_of

H = 64


@pytest.fixture(scope="module")
def maps() -> dict[str, np.ndarray]:
    """Red grows towards east, green towards north; a hill stands at longitude and latitude 0."""
    longitude = (((np.arange(2 * H) + 0.5) / H - 1) * np.pi)[None, :]
    latitude = ((0.5 - np.arange(H) / (H - 1)) * np.pi)[:, None]
    near = np.exp(-(longitude**2 + latitude**2) / 0.1)
    normals = np.stack([2 * longitude * near, 2 * latitude * near, 0 * longitude + np.ones_like(near)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    colors = np.stack(
        np.broadcast_arrays(128 + 100 * np.sin(longitude), 128 + 80 * np.sin(latitude), 60 + 0 * near), axis=-1
    )
    return {
        "image": np.uint8(np.rint(colors)),
        "normal": np.uint8(np.rint(128 + 127 * normals)),
        "height": np.uint16(np.rint(65535 * near / near.max())),
        "axes": np.float32([1, 0.9, 1]),
    }


def glb_of(
    maps: dict[str, np.ndarray], mesh: str, kind: dict[str, float] | None, height: int = H, **more: Any
) -> bytes:
    whole = mesh == "sphere"
    surface = surface_of(maps, kind, height if whole else None)
    return planet_glb(surface, "hill", {"seed": "1"}, face=None if whole else height // 2, **more)


def pictures_of(file: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    size, _ = struct.unpack_from("<II", file, 12)
    document, data = json.loads(file[20 : 20 + size]), file[28 + size :]
    found = []
    for image in document["images"]:
        view = document["bufferViews"][image["bufferView"]]
        png = data[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
        found.append(np.asarray(Image.open(io.BytesIO(png))).astype(int))
    return document, found


@pytest.mark.parametrize(("mesh", "height"), [("sphere", 64), ("sphere", 32), ("cube", 64)])
def test_a_hills_right_side_leans_to_the_right(maps: dict[str, np.ndarray], mesh: str, height: int) -> None:
    """So that, lit from the left, its left side is bright."""
    document, pictures = pictures_of(glb_of(maps, mesh, {"mars": 1.0}, height))
    assert len(pictures) == (3 if mesh == "sphere" else 18)
    assert "extensionsUsed" not in document
    colors, roughness, normals = pictures[:3]  # of the front face, if there are faces
    rows, columns, _ = normals.shape
    middle, off = (rows // 2, columns // 2), columns // 16 if mesh == "sphere" else columns // 6
    assert normals[middle[0], middle[1] + off, 0] > 140 > 116 > normals[middle[0], middle[1] - off, 0]
    assert normals[middle[0] - off, middle[1], 1] > 140 > 116 > normals[middle[0] + off, middle[1], 1]
    assert colors[middle[0], middle[1] + off, 0] > colors[middle[0], middle[1] - off, 0]
    assert (roughness[..., 2] == 0).all()


def test_faces_have_the_maps_colors(maps: dict[str, np.ndarray]) -> None:
    _, pictures = pictures_of(glb_of(maps, "cube", None))
    front, right, back, left, top, bottom = pictures[::3]
    assert right[16, 16, 0] == pytest.approx(228, abs=3)  # in the east
    assert left[16, 16, 0] == pytest.approx(28, abs=3)
    assert top[16, 16, 1] == pytest.approx(208, abs=3)
    assert bottom[16, 16, 1] == pytest.approx(48, abs=3)
    np.testing.assert_allclose(front[:, -1], right[:, 0], atol=2)  # they meet at their edges
    np.testing.assert_allclose(right[:, -1], back[:, 0], atol=2)
    np.testing.assert_allclose(front[0], top[-1], atol=2)
    np.testing.assert_allclose(front[-1], bottom[0], atol=2)


def test_suns_glow(maps: dict[str, np.ndarray]) -> None:
    document, pictures = pictures_of(glb_of(maps, "sphere", {"sun": 0.75, "mars": 0.25}))
    [material] = document["materials"]
    assert material["extensions"]["KHR_materials_emissive_strength"]["emissiveStrength"] == 1.5
    assert len(pictures) == 4
    assert (glow_of(None), glow_of({"mars": 1.0})) == (0, 0)


@pytest.mark.parametrize("mesh", ["sphere", "cube"])
def test_webp_textures_are_the_same_and_smaller(maps: dict[str, np.ndarray], mesh: str) -> None:
    noise = np.random.default_rng(0).integers(-12, 13, maps["image"].shape)
    rough = {**maps, "image": np.uint8(np.clip(maps["image"] + noise, 0, 255))}
    rough["image"][24:40, 40:60] = 245
    kind = {"earth": 0.8, "sun": 0.2}
    told, usual = pictures_of(whole := glb_of(rough, mesh, kind))
    document, pictures = pictures_of(small := glb_of(rough, mesh, kind, textures="webp"))
    assert document["extensionsRequired"] == ["EXT_texture_webp"]
    assert document["extensionsUsed"] == ["EXT_texture_webp", "KHR_materials_emissive_strength"]
    assert {one["mimeType"] for one in document["images"]} == {"image/webp"}
    sources = [one["extensions"]["EXT_texture_webp"]["source"] for one in document["textures"]]
    assert sources == [one["source"] for one in told["textures"]]
    assert document["materials"] == told["materials"]
    assert len(small) < len(whole)
    for one, other in zip(pictures, usual, strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).mean() < 8
    for material in document["materials"]:
        if "normalTexture" in material:  # every number, for light
            at = sources[material["normalTexture"]["index"]]
            np.testing.assert_array_equal(pictures[at], usual[at])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cube_map_has_each_place_where_the_engine_looks_for_it(maps: dict[str, np.ndarray], engine: str) -> None:
    told = ENGINES[engine]
    with zipfile.ZipFile(io.BytesIO(cube_zip(surface_of(maps, None), engine, 32))) as archive:
        assert len(archive.namelist()) == 19
        assert engine in archive.read("README.txt").decode()

        def at(ours: tuple[int, int, int], texture: str) -> np.ndarray:
            """The middle of the face that the engine looks at for a direction in our axes."""
            theirs = np.array(told.axes) @ ours
            face = "pn"[int(theirs.min() < 0)] + "xyz"[int(np.abs(theirs).argmax())]
            with archive.open(f"{texture}/{told.names[face]}.png") as file:
                return np.asarray(Image.open(file)).astype(int)[15:17, 15:17].mean(axis=(0, 1))

        assert at((1, 0, 0), "map")[0] == pytest.approx(228, abs=3)
        assert at((-1, 0, 0), "map")[0] == pytest.approx(28, abs=3)
        assert at((0, 1, 0), "map")[1] == pytest.approx(208, abs=3)
        outwards = at((0, 0, -1), "normal") - 128
        np.testing.assert_allclose(outwards / 127, np.array(told.axes) @ (0, 0, -1), atol=0.03)


@pytest.mark.parametrize(("mesh", "faces"), [("sphere", 1), ("cube", 6)])
def test_clouds_are_a_shell_that_can_be_left_out(maps: dict[str, np.ndarray], mesh: str, faces: int) -> None:
    cloudy = {**maps, "image": maps["image"].copy()}
    cloudy["image"][24:40, 40:60] = 245
    document, pictures = pictures_of(glb_of(cloudy, mesh, {"earth": 1.0}))
    planet, shell = document["nodes"]
    assert (planet["children"], shell["name"], shell["scale"]) == ([1], "clouds", [1.01] * 3)
    materials = [document["materials"][one["material"]] for one in document["meshes"][shell["mesh"]]["primitives"]]
    assert [one["alphaMode"] for one in materials] == ["BLEND"] * faces
    assert len(pictures) == 4 * faces
    assert all(picture.shape[2] == 4 for picture in pictures[3 * faces :])
    assert max(picture[..., 3].max() for picture in pictures[3 * faces :]) > 250
    assert max(picture.min(axis=-1).max() for picture in pictures[: 3 * faces : 3]) < 150  # no white on the ground
    bare, without = pictures_of(glb_of(cloudy, mesh, {"earth": 1.0}, clouds=False))
    assert len(bare["nodes"]) == len(bare["meshes"]) == 1
    for one, other in zip(without, pictures, strict=False):
        np.testing.assert_array_equal(one, other)
    document, _ = pictures_of(glb_of(cloudy, mesh, {"mars": 1.0}))
    assert len(document["nodes"]) == 1


def test_roughness_is_green() -> None:
    [sea] = roughness_map(np.uint8([[10, 40, 90]]))
    assert (sea[0], sea[2]) == (0, 0)
    assert 0 < sea[1] < 128
