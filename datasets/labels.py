"""Labels of pictures from a CSV file, several per picture if need be."""

from __future__ import annotations

import csv
import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from datasets.bodies import class_of_folder
from datasets.manifest import DatasetError, Rejection

SEPARATOR = "|"

Classes = dict[str, tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class LabelFile:
    """A CSV file in UTF-8 with a header and a row per picture.

    Attributes:
        path: The file.
        file_column: Heading of the column of paths below the raw folder, with slashes.
        labels_column: Heading of the column of labels, separated by `|`; the first one names the prepared picture.
    """

    path: Path
    file_column: str = "file"
    labels_column: str = "labels"


def read_labels(table: LabelFile, raw: Path) -> tuple[Classes, list[Rejection]]:
    """Reads the labels of the pictures below `raw`.

    Returns:
        The classes of each picture by its path, in order of the paths, and the rows that can't be used, as
        `labels.csv:7`.

    Raises:
        DatasetError: The file can't be read, lacks a column, or has no row that can be used.
    """
    classes: Classes = {}
    lines: dict[str, int] = {}
    rejected = []
    for line, path, labels in _rows(table):
        reason = _objection(path, labels, raw, lines)
        if reason:
            rejected.append(Rejection(f"{table.path.name}:{line}", reason))
        else:
            classes[path], lines[path] = labels, line
    if not classes:
        why = f", the first because: {rejected[0].reason}" if rejected else ": it has none."
        raise DatasetError(f"No row of {table.path} can be used{why}")
    return dict(sorted(classes.items())), rejected


def drop_small(classes: Classes, fewest: int) -> tuple[Classes, list[Rejection]]:
    """Drops the classes of fewer than `fewest` pictures; pictures of no other class are rejected.

    Raises:
        DatasetError: No class is large enough.
    """
    small = small_classes(classes, fewest)
    kept = {path: tuple(name for name in names if name not in small) for path, names in classes.items()}
    rejected = []
    for path, names in kept.items():
        if not names:
            labels = ", ".join(f"{name} ({small[name]})" for name in classes[path])
            rejected.append(Rejection(path, f"None of its labels has at least {fewest} pictures: {labels}."))
    if len(rejected) == len(kept):
        raise DatasetError(f"No label has at least {fewest} pictures: lower --fewest or add pictures.")
    return {path: names for path, names in kept.items() if names}, rejected


def small_classes(classes: Mapping[str, tuple[str, ...]], fewest: int) -> dict[str, int]:
    """The number of pictures of each class that has fewer than `fewest`, the smallest first."""
    counts = Counter(name for names in classes.values() for name in names)
    return {name: count for name, count in reversed(counts.most_common()) if count < fewest}


def _rows(table: LabelFile) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Line, path and labels of each row."""
    try:
        with table.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            for column, option in ((table.file_column, "--file-column"), (table.labels_column, "--labels-column")):
                if column not in columns:
                    raise DatasetError(
                        f"{table.path} has no column {column!r}, only {', '.join(columns) or 'none'}: "
                        f"name the right one with {option}."
                    )
            for row in reader:
                path = (row[table.file_column] or "").strip()
                labels = [label.strip() for label in (row[table.labels_column] or "").split(SEPARATOR)]
                distinct = dict.fromkeys(class_of_folder(label) for label in labels if label)
                yield reader.line_num, str(PurePosixPath(path)) if path else "", tuple(distinct)
    except UnicodeDecodeError:
        raise DatasetError(f"{table.path} is not a text in UTF-8: save it as CSV in UTF-8.") from None
    except OSError as error:
        raise DatasetError(f"{table.path} can't be read: {error.strerror or error}.") from None
    except csv.Error as error:
        raise DatasetError(f"{table.path} can't be read as CSV: {error}.") from None


def _objection(path: str, labels: tuple[str, ...], raw: Path, lines: Mapping[str, int]) -> str | None:
    """Why a row can't be used, in one sentence."""
    if not path:
        return "It names no file."
    if path in lines:
        return f"{path} stands in line {lines[path]} already, which alone counts."
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        return f"{path} does not lead into {raw}: expected a path below it."
    if not (raw / path).is_file():
        return f"There is no file {path} in {raw}."
    if not labels:
        return f"{path} has no label."
    return None
