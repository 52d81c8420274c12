"""`rollout.toml`: which version of a model bears which label."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from pathlib import Path

from serving.backends.base import LABELS
from serving.texts import read_text

_log = logging.getLogger(__name__)


class RolloutError(Exception):
    """The models cannot be served as asked; the text is one sentence."""


class Rollout:
    """The choices in a file, read again whenever it changes.

    Args:
        path: The file; without one nothing is chosen.

    Raises:
        RolloutError: The file cannot be read, or holds anything else.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read = self._stamp()
        self._choices = {} if path is None else read_choices(path)

    def choices(self) -> Mapping[str, Mapping[str, int]]:
        """Version by label by model name. While the file cannot be used, those from before, and a line in the log."""
        if (stamp := self._stamp()) != self._read:
            self._read = stamp
            try:
                self._choices = read_choices(self._path)
            except RolloutError as error:
                _log.warning("%s The labels stay as they were.", error)
        return self._choices

    def _stamp(self) -> tuple[int, int, int] | None:
        """What changes with the file; None if there is none."""
        try:
            status = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return None if status is None else (status.st_ino, status.st_size, status.st_mtime_ns)


def read_choices(path: Path) -> dict[str, dict[str, int]]:
    """Version by label by model name, from a TOML file.

    Raises:
        RolloutError: The file cannot be read, or holds anything else.
    """
    try:
        choices = tomllib.loads(read_text(path))
    except (OSError, ValueError) as error:
        raise RolloutError(f"'{path}' cannot be read: {error}.") from error
    for name, labels in choices.items():
        if not isinstance(labels, dict):
            raise RolloutError(f"'{path}' holds '{name}' outside of a model: write [MODEL], and below it stable = 1.")
        for label, version in labels.items():
            if label not in LABELS or type(version) is not int:
                raise RolloutError(
                    f"'{path}' gives '{name}' the line {label} = {version!r}: write stable or canary = a version."
                )
    return choices


def labels_of(newest: int, choice: Mapping[str, int]) -> dict[str, int]:
    """Version by label of one model: as chosen, and the newest is `stable` unless another was."""
    return {"stable": newest, **choice}
