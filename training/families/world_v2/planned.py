"""Grounds of kinds as someone plans them: who has craters, how deep, and how strongly their slopes are lit.

What a discriminator sees of a crater is little beside colors and roughness, so that training wears craters away, and
draws rings and stars where there were none. With a plan the designer says what no picture taught, and training goes on
with the rest: where lands, seas, caps and belts lie, their colors, and how rough they are.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from datasets.errors import RequestError
from training.families.world_v2.chances import LATENT_SIZE, TURNS
from training.families.world_v2.decoder import HIDDEN, MOST, parts_of
from training.families.world_v2.detail import DETAILS
from training.families.world_v2.field import FEATURES
from training.families.world_v2.ground import GROUNDS
from training.families.world_v2.networks import CODE_SIZE, STRONGEST_RELIEF, style_of
from training.records.files import read_json

_TABLES = ("amounts", "heights", "colors")
_NUMBERS = {"height_factor": MOST, "relief": STRONGEST_RELIEF}  # and the largest that there can be
_WORLDS = 60  # of each kind, from whose codes weights are solved for
_RIDGE = 1e-2  # penalty of their squares
_LEAST = 5e-4  # of a range, whose ends no sigmoid reaches


def read_plan(path: Path, class_names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """A plan of grounds from a JSON file, by kind, each entry optional.

    `amounts` of grounds (`training.families.world_v2.ground.GROUNDS`) in 0..2, of which a world has 1 unless told;
    `heights` and `colors`, by which a ground raises the relief and brightens the color, in logits for its deviation, a
    number or one for each of the turns in which worlds see the grounds; `height_factor` of the whole relief, in 0..2;
    `relief`, as `training.families.world_v2.rendering.lit` takes it, in 0..4.

    Returns:
        Of those of its kinds that are trained.

    Raises:
        RequestError: It isn't such a file, names what is no ground, gives a number out of its range, or plans none of
            the kinds.
    """
    plan = read_json(path, "give a plan of grounds, as docs/training.md tells")
    for kind, told in plan.items():
        _check(path, kind, told)
    if not set(plan) & set(class_names):
        raise RequestError(f"{path} plans no kind of this training: give plans of {', '.join(class_names)}.")
    if others := sorted(set(plan) - set(class_names)):
        print(f"note: {path} plans {', '.join(others)}, too, of which there are none here.", file=sys.stderr)
    return {kind: told for kind, told in plan.items() if kind in class_names}


def plan_grounds(generator: keras.Model, plan: Mapping[str, Mapping[str, Any]], class_names: Sequence[str]):
    """Gives a generator of worlds such weights that each kind's grounds are as planned, as nearly as linear layers of
    worlds' codes can (ridge regression), and that the hidden layer sees none of them but the fractal ones; what isn't
    planned stays as it is.

    Args:
        generator: As `training.families.world_v2.networks.build_world_generator` builds it.
        plan: As `read_plan` reads it.
        class_names: Its kinds.
    """
    fine = parts_of(generator.get_layer("surface"))["fine"]
    fine.set_weights([fine.get_weights()[0] * HIDDEN[:, None]])
    kinds, random = len(class_names), np.random.default_rng(0)
    latents = random.standard_normal((kinds * _WORLDS, LATENT_SIZE), dtype=np.float32)
    rows = np.repeat(np.eye(kinds, dtype=np.float32), _WORLDS, axis=0)
    code = ops.convert_to_numpy(style_of(generator)({"latent": latents, "kind": rows}, training=False)["code"])
    inputs = np.concatenate([code, np.ones((len(code), 1))], axis=1, dtype=np.float64)
    for layer, planned in zip(_told_by_code(generator), _targets(plan, class_names), strict=True):
        kernel, bias = (ops.convert_to_numpy(one) for one in (layer.kernel, layer.bias))
        planned = np.repeat(planned, _WORLDS, axis=0)
        missing = np.where(np.isnan(planned), 0.0, planned - (code @ kernel + bias))
        change = np.linalg.solve(inputs.T @ inputs + _RIDGE * np.eye(CODE_SIZE + 1), inputs.T @ missing)
        layer.set_weights([kernel + change[:-1], bias + change[-1]])


def freeze_grounds(generator: keras.Model):
    """Leaves out of training, for all kinds, what a plan tells of the grounds and their light, and the codes by which
    it is told. Amounts and colors of the fractal grounds go on: kinds differ in these most."""
    surface = generator.get_layer("surface")
    for name in ("embedding", "code_0", "code_1", "relief"):
        generator.get_layer(name).trainable = False
    parts_of(surface)["bare"].trainable = False
    surface.planned = True


def _told_by_code(generator: keras.Model) -> list[layers.Dense]:
    parts = parts_of(generator.get_layer("surface"))
    return [parts["amounts"], parts["palette"], generator.get_layer("relief")]


def _targets(plan: Mapping[str, Mapping[str, Any]], class_names: Sequence[str]) -> list[np.ndarray]:
    """What these layers shall give for each kind, float64 `(K, units)`, NaN where it isn't planned."""
    kinds = len(class_names)
    amounts, relief = np.full((kinds, DETAILS + 1), np.nan), np.full((kinds, 1), np.nan)
    palette = np.full((kinds, FEATURES + TURNS * DETAILS, 4), np.nan)
    for kind, told in plan.items():
        row = class_names.index(kind)
        for ground, amount in told.get("amounts", {}).items():
            amounts[row, GROUNDS.index(ground)] = _logit(amount / MOST)
        for name, outputs in (("heights", slice(3, 4)), ("colors", slice(0, 3))):
            for ground, values in told.get(name, {}).items():
                places = FEATURES + DETAILS * np.arange(TURNS) + GROUNDS.index(ground)
                palette[row, places, outputs] = np.broadcast_to(values, TURNS)[:, None]
        if "height_factor" in told:
            amounts[row, DETAILS] = _logit(told["height_factor"] / MOST)
        if "relief" in told:
            relief[row] = _logit(told["relief"] / STRONGEST_RELIEF)
    return [amounts, palette.reshape(kinds, -1), relief]


def _logit(share: float) -> float:
    share = min(max(share, _LEAST), 1.0 - _LEAST)
    return math.log(share / (1.0 - share))


def _check(path: Path, kind: str, told: Any):
    where = f"{path}, {kind}"
    if not isinstance(told, dict) or (wrong := sorted(set(told) - {*_TABLES, *_NUMBERS})):
        found = repr(wrong[0]) if isinstance(told, dict) else "no object"
        raise RequestError(f"{where}: {found} where any of {', '.join([*_TABLES, *_NUMBERS])} is expected.")
    for name in set(told) & set(_NUMBERS):
        _check_number(told[name], f"{where}, {name}", 0.0, _NUMBERS[name])
    for name in set(told) & set(_TABLES):
        if not isinstance(told[name], dict):
            raise RequestError(f"{where}, {name} is no object of grounds and numbers.")
        for ground, values in told[name].items():
            if ground not in GROUNDS:
                raise RequestError(f"{where}, {name}: {ground!r} is no ground: give any of {', '.join(GROUNDS)}.")
            if name == "amounts":
                _check_number(values, f"{where}, {name} of {ground}", 0.0, MOST)
                continue
            several = values if isinstance(values, list) else [values] * TURNS
            if len(several) != TURNS:
                raise RequestError(f"{where}, {name} of {ground} are {len(several)} numbers: give one, or {TURNS}.")
            for value in several:
                _check_number(value, f"{where}, {name} of {ground}", -10.0, 10.0)


def _check_number(value: Any, what: str, low: float, high: float):
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RequestError(f"{what} is {value!r}: give a number in {low:g}..{high:g}.")
