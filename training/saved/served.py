"""SavedModels of `saved_models/NAME/VERSION` (format: `saved_models/README.md`), called with NumPy arrays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from datasets.errors import RequestError
from training.records.checksums import check_sums, write_sums

CARD = Path("assets.extra", "card.json")
SUMS = "assets.extra/SHA256SUMS"

HIGHEST_VERSION = 2**63 - 1  # of TensorFlow Serving's

_BATCH_SIZE = 64  # rows per call


class ServedModel:
    """A SavedModel and its card.

    Attributes:
        folder: `NAME/VERSION`.
        card: The parsed card.
        name: Name and version, `dcgan_v1_64 version 1`.
        signatures: Names of its signatures.
    """

    def __init__(self, path: Path):
        """Loads `NAME/VERSION`, or the newest version if `path` is `NAME`.

        Raises:
            RequestError: There is no SavedModel, or it or its card can't be read.
        """
        self.folder = find_version(path)
        check_files(self.folder)
        self.card = read_card(self.folder)
        self.name = f"{self.folder.parent.name} version {self.folder.name}"
        try:
            self._model = tf.saved_model.load(str(self.folder))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise RequestError(
                f"{self.folder} can't be loaded ({first_line(error)}): export the model again."
            ) from None
        self.signatures = tuple(sorted(self._model.signatures))

    def require(self, *signatures: str):
        """Raises `RequestError` where one of the signatures is missing."""
        for signature in signatures:
            if signature not in self.signatures:
                names = ", ".join(self.signatures) or "none"
                raise RequestError(f"{self.folder} has no signature '{signature}', only {names}: choose another model.")

    def inputs(self, signature: str) -> dict[str, tuple[int | None, ...]]:
        """Shapes of a signature's inputs by name, the batch included."""
        specs = self._model.signatures[signature].structured_input_signature[1]
        return {name: tuple(spec.shape) for name, spec in specs.items()}

    def call(self, signature: str, output: str, description: str, **inputs: np.ndarray) -> np.ndarray:
        """One output of a signature for any number of rows, computed batch by batch.

        Args:
            signature: Name of the signature.
            output: Name of its output.
            description: Text of the progress bar, which is shown on a terminal.
            inputs: Arrays by name with the same number of rows, at least 1.
        """
        function = self._model.signatures[signature]
        count = len(next(iter(inputs.values())))
        parts = []
        with tqdm(total=count, desc=description, unit=" pictures", disable=None, leave=False) as bar:
            for start in range(0, count, _BATCH_SIZE):
                batch = {name: tf.constant(array[start : start + _BATCH_SIZE]) for name, array in inputs.items()}
                try:
                    parts.append(function(**batch)[output].numpy())
                except (KeyError, ValueError, TypeError, tf.errors.OpError) as error:
                    raise RequestError(
                        f"Signature '{signature}' of {self.folder} failed to give '{output}' ({first_line(error)}): "
                        "export the model again."
                    ) from None
                bar.update(len(parts[-1]))
        return np.concatenate(parts)


def find_version(path: Path) -> Path:
    """`path` if it is a SavedModel, else its newest version; raises `RequestError` if there is none."""
    if _is_saved_model(path):
        return path.resolve()
    versions = {number: one for number, one in versions_in(path).items() if _is_saved_model(one)}
    if not versions:
        raise RequestError(f"{path} holds no SavedModel: expected saved_models/NAME or saved_models/NAME/VERSION.")
    return versions[max(versions)].resolve()


def seal(folder: Path):
    """Writes the checksums of a SavedModel's files and its card, for whoever copies or loads it."""
    write_sums(folder, files_of(folder), SUMS)


def check_files(folder: Path):
    """Raises `RequestError` where a file of a version isn't what was exported; see `check_sums`."""
    check_sums(folder, files_of(folder), SUMS, listed=True)


def files_of(folder: Path) -> list[str]:
    """What there is of a SavedModel and its card, by paths with slashes."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)
    return [path.relative_to(folder).as_posix() for path in paths if not path.name.startswith(".")]


def versions_in(folder: Path) -> dict[int, Path]:
    """The versions of a model by number, as TensorFlow Serving reads their folders' names: `007` is version 7."""
    named = [one for one in folder.glob("*") if re.fullmatch("0*[0-9]{1,19}", one.name, re.ASCII)]
    fewest_zeros_last = sorted(named, key=lambda one: len(one.name), reverse=True)
    return {int(one.name): one for one in fewest_zeros_last if int(one.name) <= HIGHEST_VERSION}


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a version; raises `RequestError` where it can't be used."""
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} can't be read ({first_line(error)}): export the model again.") from None
    if not isinstance(card, dict):
        raise RequestError(f"{path} is not a JSON object: export the model again.")
    return card


def first_line(error: Exception) -> str:
    """What an error says, fit for the middle of a sentence."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _is_saved_model(path: Path) -> bool:
    return (path / "saved_model.pb").is_file()
