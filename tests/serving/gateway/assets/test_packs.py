"""A world as a ZIP for each engine."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from serving.gateway.assets.packs import ENGINES, engine_zip, file_name
from serving.gateway.assets.surfaces import Surface

H = 16
FACTS = {
    "name": "Tavira III",
    "license": "CC0-1.0",
    "radius_km": 6000.0,
    "day_h": 24.0,
    "tilt_deg": 12.0,
    "relief": {"lowest_m": -1000.0, "highest_m": 3000.0, "exaggeration": 2.5},
}
EXTRAS = {"address": "orion/7/3", "model": "globe", "version": "1"}
SEA = (10, 40, 90)


def surface(*, clouds: bool = True, glow: float = 0.0) -> Surface:
    """A sea that leans to the north-east, higher towards the south."""
    heights = np.float32(np.linspace(0, 65535, H))[:, None] * np.ones((1, 2 * H), np.float32)
    return Surface(
        np.full((H, 2 * H, 3), SEA, np.uint8),
        np.full((H, 2 * H, 4), 200, np.float32) if clouds else None,
        np.full((H, 2 * H, 3), (60, 40, 100), np.float32),
        heights,
        np.float32([1, 0.9, 1]),
        glow,
    )


def pack(engine: str, **options: object) -> dict[str, bytes]:
    file = engine_zip(surface(**options), engine, FACTS, EXTRAS)  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert all(name.startswith("Tavira_III/") for name in archive.namelist())
        return {name.removeprefix("Tavira_III/"): archive.read(name) for name in archive.namelist()}


def pixel(png: bytes) -> list[int]:
    return np.asarray(Image.open(io.BytesIO(png)))[5, 7].tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pack_tells_where_it_is_from_in_five_lines(engine: str) -> None:
    files = pack(engine)
    lines = files["README.txt"].decode().splitlines()
    assert len(lines) == 5
    assert "orion/7/3" in lines[0]
    assert "CC0-1.0" in lines[1]
    assert "from -1000 m to 3000 m, 2.5 times as tall as rock bears" in lines[3]
    assert json.loads(files["Tavira_III.json"]) == FACTS
    assert any(name.endswith((".glb", ".obj")) for name in files)
    assert any("cloud" in name.lower() for name in files)
    assert not any("emi" in name.lower() or name.endswith("_E.png") for name in files)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_world_has_not_is_left_out(engine: str) -> None:
    assert not any("cloud" in name.lower() for name in pack(engine, clouds=False))
    assert len(pack(engine, glow=1.0)) == len(pack(engine)) + 1


def test_normals_are_green_up_but_for_unreal() -> None:
    names = {"three": "Tavira_III_normalMap.png", "godot": "Tavira_III_normal.png", "unity": "Tavira_III_Normal.png"}
    assert {tuple(pixel(pack(engine)[name])) for engine, name in names.items()} == {(190, 169, 231)}
    assert pixel(pack("unreal")["T_Tavira_III_N.png"]) == [190, 87, 231]


def test_roughness_is_where_each_engine_looks_for_it() -> None:
    rough = pixel(pack("three")["Tavira_III_roughnessMap.png"])
    assert rough[0] == rough[2] == 0 < rough[1] < 128
    assert pixel(pack("godot")["Tavira_III_orm.png"]) == [255, rough[1], 0]
    assert pixel(pack("unreal")["T_Tavira_III_ORM.png"]) == [255, rough[1], 0]
    assert pixel(pack("unity")["Tavira_III_MaskMap.png"]) == [0, 255, 0, 255 - rough[1]]  # smoothness in alpha


def test_heights_are_as_each_engine_reads_them() -> None:
    file = io.BytesIO(pack("godot")["Tavira_III_height.exr"])
    [part] = OpenEXR.File(file, separate_channels=True).parts
    np.testing.assert_allclose(part.channels["Y"].pixels[:, 3], np.linspace(-1000, 3000, H), rtol=1e-5)
    gray = np.asarray(Image.open(io.BytesIO(pack("unreal")["T_Tavira_III_H.png"])))
    assert (gray[0, 0], gray[-1, 0]) == (0, 65535)
    raw = np.frombuffer(pack("unity")["Tavira_III_Height.raw"], "<u2").reshape(H, 2 * H)
    np.testing.assert_array_equal(raw[::-1], gray)  # Unity's textures begin with their lowest row


def test_unitys_mesh_stands_as_the_map_does() -> None:
    lines = [line.split() for line in pack("unity")["Tavira_III.obj"].decode().splitlines()]
    v, vt, vn = (np.array([one[1:] for one in lines if one[0] == kind], float) for kind in ("v", "vt", "vn"))
    east = np.argmin(np.abs(vt - [0.75, 0.5]).sum(axis=1))
    np.testing.assert_allclose(v[east], [1, 0, 0], atol=1e-5)
    north = v[:, 1].argmax()
    assert vt[north, 1] == vt[:, 1].max() < 1
    np.testing.assert_allclose(np.linalg.norm(vn, axis=1), 1, atol=1e-4)
    faces = np.array([[corner.split("/")[0] for corner in one[1:]] for one in lines if one[0] == "f"], int)
    assert (faces.min(), faces.max()) == (1, len(v))


def test_names_are_what_engines_take() -> None:
    assert [file_name(name) for name in ("Tavira III", "Ülan b", "…")] == ["Tavira_III", "Ulan_b", "Planet"]
