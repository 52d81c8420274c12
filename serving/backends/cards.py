"""What a folder of SavedModels holds, read from names and cards alone, without TensorFlow."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from serving.backends.checksums import checksum_fault
from serving.texts import read_text

_log = logging.getLogger(__name__)

_CARD = "assets.extra/card.json"
_HIGHEST_VERSION = 2**63 - 1  # of TensorFlow Serving's int64


@dataclasses.dataclass(frozen=True)
class StoredVersion:
    """One `NAME/VERSION/` folder.

    Attributes:
        name: Model name.
        version: Version number, at least 1.
        folder: Where it lies.
        card: The parsed card; empty if it cannot be used.
        error: Why the card cannot be used, one sentence, else `""`.
    """

    name: str
    version: int
    folder: Path
    card: Mapping[str, Any]
    error: str = ""


def scan(saved_models: Path) -> list[StoredVersion]:
    """Lists every version below `saved_models`, sorted by name, then newest first. Never raises.

    Names are read as TensorFlow Serving reads them: `02` is version 2, unless there is a `2`, too. Hidden folders (an
    export under way) are passed over, and so are names that are no version number.
    """
    versions: dict[tuple[str, int], StoredVersion] = {}
    for model in _folders(saved_models):
        for folder in sorted(_folders(model), key=lambda folder: len(folder.name)):
            number = _version_number(folder.name)
            if not number:
                _pass_over(folder, "its name is not a version number such as 1")
            elif (model.name, number) in versions:
                other = versions[model.name, number].folder.name
                _pass_over(folder, f"'{other}' beside it is version {number}")
            else:
                versions[model.name, number] = StoredVersion(model.name, number, folder, *_read_card(folder))
    return sorted(versions.values(), key=lambda stored: (stored.name, -stored.version))


@functools.cache  # folders are scanned again and again
def _pass_over(folder: Path, reason: str) -> None:
    _log.warning("Passing over '%s': %s.", folder, reason)


def _folders(parent: Path) -> Iterator[Path]:
    try:
        yield from [entry for entry in parent.iterdir() if not entry.name.startswith(".") and entry.is_dir()]
    except OSError as error:
        _log.warning("Cannot list '%s': %s.", parent, error.strerror)


def _version_number(name: str) -> int:
    """The version that a folder's name tells; 0 if it tells none."""
    digits = name.lstrip("0") if name.isascii() and name.isdecimal() else ""
    number = int(digits) if 0 < len(digits) <= len(str(_HIGHEST_VERSION)) else 0
    return number if number <= _HIGHEST_VERSION else 0


def _read_card(folder: Path) -> tuple[Mapping[str, Any], str]:
    """The card and `""`, or an empty card and the reason in one sentence."""
    path = folder / _CARD
    where = f"{folder.parent.name}/{folder.name}/{_CARD}"
    try:
        card = json.loads(read_text(path))
    except FileNotFoundError:
        return {}, f"Its card {where} is missing: export the model again."
    except (OSError, ValueError) as error:
        return {}, f"Its card {where} cannot be read ({error}): export the model again."
    if fault := checksum_fault(folder, [_CARD]):
        return {}, f"Its card {fault}: export the model again."
    fault = _card_fault(card)
    return ({}, f"Its card {where} {fault}: export the model again.") if fault else (card, "")


def _card_fault(card: Any) -> str:
    """What in a card would mislead its readers, or `""`."""
    if not isinstance(card, dict):
        return "is not a JSON object"
    if not isinstance(card.get("task"), str):
        return "has no 'task'"
    for key in _NEEDED.get(card["task"], ()):
        is_fit, description = _CHECKS[key]
        if not is_fit(card.get(key)):
            return f"has no {description}"
    unknown_below = card.get("unknown_below")
    if unknown_below is not None and not (isinstance(unknown_below, int | float) and 0 <= unknown_below <= 1):
        return "has an 'unknown_below' that is no number of 0..1"
    if not _are_mixes(card.get("archetypes", {}), card.get("class_names") or ()):
        return "has 'archetypes' that are no mixes of its 'class_names' with shares that sum to 1"
    if "world" in card and not _is_world(card["world"]):
        needed = "without 'sizes', rising, and 'map', height and width in pixels"
        others = "'heights' or 'sights' neither true nor false, or 'spins' without 'sizes' of these and 'views'"
        return f"has a 'world' {needed}, or with {others}"
    if "shader" in card and not _is_shader(card["shader"]):
        needed = "'glsl', a text, 'radius', the planet's in halves of a picture's side, 'steepest', a slope above 0"
        return f"has a 'shader' without {needed}, and 'textures', width and height of 'field' and 'details'"
    return ""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_size(value: Any) -> bool:
    return isinstance(value, dict) and _is_count(value.get("width")) and _is_count(value.get("height"))


def _is_world(value: Any) -> bool:
    def are_counts(values: Any) -> bool:
        return isinstance(values, list) and values != [] and all(map(_is_count, values))

    def are_spins(spins: Any) -> bool:
        fit = isinstance(spins, dict) and are_counts(spins.get("sizes")) and _is_count(spins.get("views"))
        return fit and set(spins["sizes"]) <= set(value["sizes"])

    if not isinstance(value, dict) or not (are_counts(value.get("sizes")) and are_counts(value.get("map"))):
        return False
    has_more = all(isinstance(value.get(name, False), bool) for name in ("heights", "sights"))
    is_rising = value["sizes"] == sorted(set(value["sizes"]))
    return is_rising and len(value["map"]) == 2 and has_more and ("spins" not in value or are_spins(value["spins"]))


def _is_shader(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("glsl"), str):
        return False
    textures = value.get("textures")
    are_sizes = isinstance(textures, dict) and all(
        isinstance(size, list) and len(size) == 2 and all(map(_is_count, size))
        for size in map(textures.get, ("field", "details"))
    )
    numbers = value.get("radius"), value.get("steepest")
    return are_sizes and all(isinstance(one, int | float) and one > 0 for one in numbers) and value["radius"] <= 1


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _are_mixes(value: Any, kinds: Any) -> bool:
    return isinstance(value, dict) and all(
        name not in kinds
        and isinstance(mix, dict)
        and all(kind in kinds and isinstance(share, int | float) and share > 0 for kind, share in mix.items())
        and math.isclose(sum(mix.values()), 1.0, abs_tol=1e-6)
        for name, mix in value.items()
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


_NEEDED = {
    "generate": ("image_size", "latent_size", "class_names"),
    "classify": ("image_size", "class_names"),
    "discriminate": ("image_size",),
    "translate": ("image_size", "source", "target"),
}
_CHECKS = {
    "image_size": (_is_size, "'image_size' with 'width' and 'height' in pixels"),
    "latent_size": (_is_count, "'latent_size' of at least 1"),
    "class_names": (_are_names, "list of 'class_names'"),
    "source": (_is_name, "'source', the name of what it translates from"),
    "target": (_is_name, "'target', the name of what it translates to"),
}
