"""Which versions of each model TensorFlow Serving loads, and which labels they bear."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from serving.backends.cards import StoredVersion
from serving.backends.rollout import RolloutError, labels_of

_MODEL_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """One model as TensorFlow Serving is to serve it.

    Attributes:
        name: Model name.
        versions: Versions to load, ascending.
        labels: Version by label; `"stable"` always, `"canary"` while there is one.
    """

    name: str
    versions: tuple[int, ...]
    labels: Mapping[str, int]


def plan(stored: Sequence[StoredVersion], choices: Mapping[str, Mapping[str, int]]) -> list[ServedModel]:
    """What to serve of the stored versions, sorted by name.

    `stable` is the choice, else the newest version; who chooses a canary chooses `stable` too, so that the canary's end
    moves nothing else. Loaded are both and the version before `stable`: TensorFlow Serving moves a label only to a
    version that it has loaded, and so `stable` can be put back at once.

    Args:
        stored: Every stored version.
        choices: Version by label by model name, for models that are not to follow the rule.

    Raises:
        RolloutError: Nothing is stored, a name or a card is unusable, or a choice names what is not there.
    """
    if not stored:
        raise RolloutError("There are no models to serve: export one with python -m training.export.")
    versions: dict[str, list[StoredVersion]] = {}
    for version in sorted(stored, key=lambda one: one.version):
        if not _MODEL_NAME.fullmatch(version.name):
            raise RolloutError(
                f"The model name '{version.name}' has other characters than A-Z a-z 0-9 . _ -: rename its folder."
            )
        versions.setdefault(version.name, []).append(version)
    for name in choices:
        if name not in versions:
            raise RolloutError(f"The rollout names model '{name}', which is not stored; stored are {_list(versions)}.")
    return [_plan_model(name, versions[name], choices.get(name, {})) for name in sorted(versions)]


def _plan_model(name: str, stored: list[StoredVersion], choice: Mapping[str, int]) -> ServedModel:
    by_number = {version.version: version for version in stored}
    for label, version in choice.items():
        if version not in by_number:
            raise RolloutError(
                f"The rollout makes version {version} of '{name}' {label}, but stored are {_list(by_number)}."
            )
    if "canary" in choice and choice["canary"] == choice.get("stable", choice["canary"]):
        raise RolloutError(f"The rollout gives '{name}' a canary: write beside it another version as stable.")
    labels = labels_of(stored[-1].version, choice)
    for label, version in labels.items():
        if by_number[version].error:
            raise RolloutError(
                f"Version {version} of '{name}', which is {label}, cannot be served. {by_number[version].error}"
            )
    stable = labels["stable"]
    before = [version.version for version in stored if version.version < stable and not version.error][-1:]
    return ServedModel(name, tuple(sorted({*labels.values(), *before})), labels)


def _list(values: Mapping[str, object] | Sequence[int]) -> str:
    return ", ".join(str(value) for value in values)
