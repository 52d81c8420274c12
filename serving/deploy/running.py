"""What the TensorFlow Servings that run have taken, and which labels they would refuse to move."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from serving.backends.rollout import RolloutError
from serving.deploy.rollout import ServedModel

_TIMEOUT_S = 10.0


@dataclasses.dataclass(frozen=True)
class RunningModel:
    """One model as servers have it now.

    Attributes:
        loaded: Versions that answer.
        labels: Version by label.
    """

    loaded: frozenset[int]
    labels: Mapping[str, int]


def taken_by_file(models_file: Path) -> dict[str, RunningModel]:
    """By name, what servers have that took the file as it is; nothing if there is none.

    Raises:
        RolloutError: It cannot be read.
    """
    try:
        text = models_file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RolloutError(f"'{models_file}' cannot be read ({error}): remove it, or mend it.") from error
    taken = {}
    for entry in re.findall(r"^  config \{\n(.*?)^  \}\n", text, re.DOTALL | re.MULTILINE):
        [name] = re.findall(r'^    name: "([^"]*)"', entry, re.MULTILINE)
        labels = {label: int(version) for label, version in re.findall(r'key: "(\w+)" value: (\d+)', entry)}
        taken[name] = RunningModel(frozenset(map(int, re.findall(r"versions: (\d+)", entry))), labels)
    return taken


def taken_by_gateway(url: str) -> dict[str, RunningModel]:
    """By name, what the servers behind a gateway have, as its `/v1/models` tells.

    `PLANETS_API_KEY` is sent along where it is set.

    Raises:
        RolloutError: It does not tell.
    """
    address = f"{url.rstrip('/')}/v1/models"
    key = os.environ.get("PLANETS_API_KEY")
    try:
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"} if key else {})
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            versions = json.load(response)["models"]
        found: dict[str, RunningModel] = {}
        for version in versions:
            known = found.get(version["name"], RunningModel(frozenset(), {}))
            loaded = known.loaded | ({version["version"]} if version["state"] == "AVAILABLE" else set())
            labels = {**known.labels, **dict.fromkeys(version["labels"], version["version"])}
            found[version["name"]] = RunningModel(loaded, labels)
    except urllib.error.HTTPError as error:
        hint = ": set PLANETS_API_KEY to one of its keys" if error.code in (401, 403) else ""
        raise RolloutError(f"The gateway answered {address} with status {error.code}{hint}.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise RolloutError(f"No gateway tells at {address} what is served ({reason}): check the address.") from error
    return found


def refused_moves(taken: Mapping[str, RunningModel], models: Sequence[ServedModel]) -> list[str]:
    """One clause for every label that running servers would refuse to move; they then refuse the whole file.

    A server looks for the new version among those loaded before it reads which to load.
    """
    refused = []
    for model in models:
        running = taken.get(model.name, RunningModel(frozenset(), {}))
        refused += [
            f"{label} of '{model.name}' from {running.labels[label]} to {version}"
            for label, version in model.labels.items()
            if running.labels.get(label, version) != version and version not in running.loaded
        ]
    return refused
