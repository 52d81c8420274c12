"""Meshes, cube maps and GLB files."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from serving.gateway.assets.cubes import ENGINES, FACES, cube_map_directions, face_directions
from serving.gateway.assets.glb import Material, write_glb
from serving.gateway.assets.meshes import Mesh, cube, sphere
from serving.gateway.pictures.png import write_png

FLAT = (1.0, 0.6, 0.8)
MESHES = {"sphere": [sphere(FLAT, 64)], "cube": cube(FLAT, 32)}


@pytest.mark.parametrize("name", MESHES)
def test_meshes_are_closed_ellipsoids_seen_from_outside(name: str) -> None:
    area = 0.0
    for mesh in MESHES[name]:
        np.testing.assert_allclose(np.linalg.norm(mesh.positions / FLAT, axis=-1), 1, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=-1), 1, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(mesh.tangents, axis=-1), 1, atol=1e-5)
        np.testing.assert_allclose(np.sum(mesh.tangents * mesh.normals, axis=-1), 0, atol=1e-5)
        a, b, c = (mesh.positions[mesh.triangles[:, i]] for i in range(3))
        across = np.cross(b - a, c - a)
        assert (np.sum(across * (a + b + c), axis=-1) > 0).all()
        sides = np.linalg.norm(across, axis=-1) / 2
        assert sides.min() > 1e-5
        area += sides.sum()
    # Knud Thomsen's formula, within 1.1 %.
    p, (x, y, z) = 1.6075, FLAT
    expected = 4 * np.pi * (((x * y) ** p + (x * z) ** p + (y * z) ** p) / 3) ** (1 / p)
    assert area == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("name", MESHES)
def test_textures_run_to_the_right_along_tangents_and_down_against_bitangents(name: str) -> None:
    for mesh in MESHES[name]:
        a, b, c = (mesh.triangles[:, i] for i in range(3))
        sides = np.stack([mesh.positions[b] - mesh.positions[a], mesh.positions[c] - mesh.positions[a]], axis=1)
        steps = np.stack([mesh.places[b] - mesh.places[a], mesh.places[c] - mesh.places[a]], axis=1)
        right, down = np.moveaxis(np.linalg.inv(steps.astype(np.float64)) @ sides, 1, 0)
        middles = np.abs(mesh.positions[a][:, 1]) < 0.45  # near the poles longitudes turn within a triangle
        bitangent = np.cross(mesh.normals[a], mesh.tangents[a])
        assert (np.sum(right * mesh.tangents[a], axis=-1)[middles] > 0).all()
        assert (np.sum(down * bitangent, axis=-1)[middles] < 0).all()


def test_a_sphere_stands_as_its_map_does() -> None:
    mesh = sphere((1, 1, 1), 64)
    middle = np.argmin(np.abs(mesh.places - 0.5).sum(axis=1))
    np.testing.assert_allclose(mesh.positions[middle], [0, 0, 1], atol=1e-6)  # longitude 0 is nearest
    east = np.argmin(np.abs(mesh.places - [0.75, 0.5]).sum(axis=1))
    np.testing.assert_allclose(mesh.positions[east], [1, 0, 0], atol=1e-6)
    assert mesh.positions[mesh.places[:, 1].argmin(), 1] == pytest.approx(1)
    assert (mesh.places.min(), mesh.places.max()) == (0, 1)


def test_faces_join_at_their_edges() -> None:
    rims = np.concatenate(
        [one.reshape(-1, 3) for face in FACES for one in _rims(face_directions(face, 9, ends=True)[0])]
    )
    for rim in rims:
        assert (np.linalg.norm(rims - rim, axis=-1) < 1e-6).sum() >= 2


def _rims(places: np.ndarray) -> list[np.ndarray]:
    return [places[0, 1:-1], places[-1, 1:-1], places[1:-1, 0], places[1:-1, -1]]


@pytest.mark.parametrize("engine", ENGINES)
def test_cube_maps_cover_the_sphere_once_as_the_engine_looks_them_up(engine: str) -> None:
    """By the rule of OpenGL and Direct3D: the largest component chooses the face, the others, over it, the place."""
    told = ENGINES[engine]
    for face, name in told.names.items():
        assert name
        ours = cube_map_directions(told, face, 8)
        x, y, z = np.moveaxis(ours @ np.array(told.axes).T.astype(np.float64), -1, 0)
        major, sc, tc = {
            "px": (x, -z, -y), "nx": (-x, z, -y), "py": (y, x, z),
            "ny": (-y, x, -z), "pz": (z, x, -y), "nz": (-z, -x, -y),
        }[face]  # fmt: skip
        assert (major >= np.abs([x, y, z]).max(axis=0) - 1e-6).all()
        columns = np.broadcast_to((np.arange(8) + 0.5) / 8, (8, 8))
        np.testing.assert_allclose((sc / major + 1) / 2, columns, atol=1e-5)
        np.testing.assert_allclose((tc / major + 1) / 2, columns.T, atol=1e-5)


def glb_of(meshes: list[Mesh], *, repeats: bool) -> bytes:
    side = np.random.default_rng(0).integers(0, 255, (8, 16, 3), dtype=np.uint8)
    png = write_png(side, {})
    material = Material(png, png, png, png, 4.0)
    return write_glb([(mesh, material) for mesh in meshes], "orion/7", {"address": "orion/7"}, repeats=repeats)


@pytest.mark.parametrize("name", MESHES)
def test_a_glb_tells_where_everything_is(name: str) -> None:
    file = glb_of(MESHES[name], repeats=name == "sphere")
    magic, version, length = struct.unpack_from("<4sII", file)
    assert (magic, version, length) == (b"glTF", 2, len(file))
    size, kind = struct.unpack_from("<II", file, 12)
    document = json.loads(file[20 : 20 + size])
    assert (kind, document["asset"]["extras"]) == (0x4E4F534A, {"address": "orion/7"})
    chunk, _ = struct.unpack_from("<II", file, 20 + size)
    data = file[28 + size :]
    assert len(data) == chunk == document["buffers"][0]["byteLength"]
    for primitive, mesh in zip(document["meshes"][0]["primitives"], MESHES[name], strict=True):
        accessor = document["accessors"][primitive["attributes"]["POSITION"]]
        view = document["bufferViews"][accessor["bufferView"]]
        found = np.frombuffer(data, "<f4", 3 * accessor["count"], view["byteOffset"]).reshape(-1, 3)
        np.testing.assert_array_equal(found, mesh.positions)
        assert document["accessors"][primitive["indices"]]["count"] == mesh.triangles.size
    for image in document["images"]:
        start = document["bufferViews"][image["bufferView"]]["byteOffset"]
        assert data[start : start + 8] == b"\x89PNG\r\n\x1a\n"
