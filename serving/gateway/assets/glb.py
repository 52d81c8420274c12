"""glTF 2.0 in one file: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.gateway.assets.meshes import Mesh

_FLOAT, _UNSIGNED_SHORT = 5126, 5123
_VERTICES, _INDICES = 34962, 34963  # targets of buffer views
_LINEAR, _LINEAR_MIPMAPS, _CLAMP, _REPEAT = 9729, 9987, 33071, 10497
_JSON, _BIN = 0x4E4F534A, 0x004E4942
_CLOUDS_RADIUS = 1.01
_WEBP = "EXT_texture_webp"


@dataclasses.dataclass(frozen=True)
class Material:
    """What a mesh looks like: PNG or WebP files, all of one format.

    Attributes:
        colors: sRGB, with alpha if it is to be seen through.
        normals: In tangent space, green up; None for what is smooth.
        roughness: Green is how rough, blue, which is 0, how metallic; None for what is quite rough.
        glow: Light of its own, sRGB; None for none.
        strength: Of the glow, times white.
        see_through: Whether alpha counts.
    """

    colors: bytes
    normals: bytes | None = None
    roughness: bytes | None = None
    glow: bytes | None = None
    strength: float = 1.0
    see_through: bool = False


def write_glb(
    parts: Sequence[tuple[Mesh, Material]],
    name: str,
    extras: Mapping[str, Any],
    *,
    repeats: bool,
    clouds: Sequence[Material] = (),
) -> bytes:
    """A file with one node that has all parts, and perhaps one below it, `clouds`, with the same a little larger.

    Args:
        parts: Meshes with what they look like.
        name: Of the node.
        extras: JSON about it.
        repeats: Whether textures go on from their right edge at their left one, or end at their edges.
        clouds: What the parts look like as clouds.
    """
    file = _File()
    sampler = {
        "magFilter": _LINEAR,
        "minFilter": _LINEAR_MIPMAPS,
        "wrapS": _REPEAT if repeats else _CLAMP,
        "wrapT": _CLAMP,
    }
    glows = any(material.glow for _, material in parts)
    required = [_WEBP] if any(_is_webp(material.colors) for _, material in parts) else []
    primitives = [file.primitive(mesh, file.material(material)) for mesh, material in parts]
    nodes: list[dict[str, Any]] = [{"name": name, "mesh": 0}]
    meshes = [{"name": name, "primitives": primitives}]
    if clouds:
        nodes[0]["children"] = [1]
        nodes.append({"name": "clouds", "mesh": 1, "scale": [_CLOUDS_RADIUS] * 3})
        shell = [_smooth(one, file.material(look)) for one, look in zip(primitives, clouds, strict=True)]
        meshes.append({"name": "clouds", "primitives": shell})
    strengthened = any("extensions" in one for one in file.lists["materials"])
    used = required + (["KHR_materials_emissive_strength"] if glows and strengthened else [])
    document = {
        "asset": {"version": "2.0", "generator": "Planet Generator", "extras": dict(extras)},
        **({"extensionsUsed": used} if used else {}),
        **({"extensionsRequired": required} if required else {}),
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "meshes": meshes,
        "samplers": [sampler],
        **file.lists,
        "buffers": [{"byteLength": file.length}],
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = [struct.pack("<II", len(text), _JSON), text, struct.pack("<II", file.length, _BIN), *file.pieces]
    return b"".join([struct.pack("<4sII", b"glTF", 2, 12 + sum(map(len, chunks))), *chunks])


def _smooth(primitive: Mapping[str, Any], material: int) -> dict[str, Any]:
    """The same triangles of a material without normals."""
    attributes = {name: accessor for name, accessor in primitive["attributes"].items() if name != "TANGENT"}
    return {**primitive, "attributes": attributes, "material": material}


def _is_webp(picture: bytes) -> bool:
    return picture.startswith(b"RIFF")


class _File:
    """What a file has so far: the lists of its JSON, and its binary chunk."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Any]] = {
            name: [] for name in ("materials", "textures", "images", "accessors", "bufferViews")
        }
        self.pieces: list[bytes] = []
        self.length = 0

    def primitive(self, mesh: Mesh, material: int) -> dict[str, Any]:
        w = np.ones((len(mesh.tangents), 1), np.float32)
        attributes = {
            "POSITION": (mesh.positions, "VEC3"),
            "NORMAL": (mesh.normals, "VEC3"),
            "TANGENT": (np.concatenate([mesh.tangents, w], axis=1), "VEC4"),
            "TEXCOORD_0": (mesh.places, "VEC2"),
        }
        return {
            "attributes": {name: self._accessor(values, shape, name) for name, (values, shape) in attributes.items()},
            "indices": self._accessor(mesh.triangles.reshape(-1), "SCALAR", ""),
            "material": material,
        }

    def material(self, material: Material) -> int:
        surface: dict[str, Any] = {
            "baseColorTexture": {"index": self._texture(material.colors)},
            "metallicFactor": 0.0,
        }
        told: dict[str, Any] = {"pbrMetallicRoughness": surface}
        if material.roughness is not None:
            surface["metallicRoughnessTexture"] = {"index": self._texture(material.roughness)}
        if material.normals is not None:
            told["normalTexture"] = {"index": self._texture(material.normals)}
        if material.see_through:
            told["alphaMode"] = "BLEND"
        if material.glow is not None:
            told["emissiveTexture"] = {"index": self._texture(material.glow)}
            told["emissiveFactor"] = [1.0, 1.0, 1.0]
            if material.strength != 1.0:
                told["extensions"] = {"KHR_materials_emissive_strength": {"emissiveStrength": material.strength}}
        return self._add("materials", told)

    def _texture(self, picture: bytes) -> int:
        webp = _is_webp(picture)
        mime = "image/webp" if webp else "image/png"
        source = {"source": self._add("images", {"bufferView": self._view(picture), "mimeType": mime})}
        return self._add("textures", {"sampler": 0, **({"extensions": {_WEBP: source}} if webp else source)})

    def _accessor(self, values: np.ndarray, shape: str, name: str) -> int:
        told: dict[str, Any] = {
            "bufferView": self._view(values.tobytes(), _VERTICES if name else _INDICES),
            "componentType": _FLOAT if name else _UNSIGNED_SHORT,
            "count": len(values),
            "type": shape,
        }
        if name == "POSITION":
            told |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        return self._add("accessors", told)

    def _view(self, data: bytes, target: int | None = None) -> int:
        view = {"buffer": 0, "byteOffset": self.length, "byteLength": len(data)}
        padded = data + b"\0" * (-len(data) % 4)
        self.pieces.append(padded)
        self.length += len(padded)
        return self._add("bufferViews", view | ({} if target is None else {"target": target}))

    def _add(self, name: str, value: Any) -> int:
        self.lists[name].append(value)
        return len(self.lists[name]) - 1
