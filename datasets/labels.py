"""Labels of pictures from a CSV file, several per picture if need be."""

from __future__ import annotations

import csv
import dataclasses
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from datasets.bodies import class_of_folder
from datasets.disk.listing import pictures_below
from datasets.errors import RequestError
from datasets.manifest import Rejection
from datasets.names import class_objection, natural, printable, text_objection

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
        The classes of each picture by its path, in order of the paths; and the rows that can't be used, as
        `labels.csv:7`, and pictures that no row names.

    Raises:
        RequestError: The file can't be read, lacks a column, or has no row that can be used.
    """
    classes: Classes = {}
    lines: dict[str, int] = {}
    rejected = []
    named = set()
    for line, path, labels, surplus in _rows(table):
        named.add(path)
        reason = _objection(path, labels, raw, lines)
        if surplus:
            reason = f"It has more fields than there are headings, such as {surplus!r}: quote what holds a comma."
        if reason:
            rejected.append(Rejection(f"{table.path.name}:{line}", reason))
        else:
            classes[path], lines[path] = labels, line
    if not classes:
        why = f", the first because: {rejected[0].reason}" if rejected else ": it has none."
        raise RequestError(f"No row of {table.path} can be used{why}")
    reason = f"No row of {table.path.name} names it."
    rejected += [Rejection(printable(path), reason) for path in sorted(_unnamed(raw, named), key=_by_parts)]
    return dict(sorted(classes.items(), key=lambda item: _by_parts(item[0]))), rejected


def drop_small(classes: Classes, fewest: int) -> tuple[Classes, list[Rejection]]:
    """Drops the classes of fewer than `fewest` pictures; pictures of no other class are rejected.

    Raises:
        RequestError: No class is large enough.
    """
    small = small_classes(classes, fewest)
    kept = {path: tuple(name for name in names if name not in small) for path, names in classes.items()}
    rejected = []
    for path, names in kept.items():
        if not names:
            labels = ", ".join(f"{name} ({small[name]})" for name in classes[path])
            rejected.append(Rejection(path, f"None of its labels has at least {fewest} pictures: {labels}."))
    if len(rejected) == len(kept):
        raise RequestError(f"No label has at least {fewest} pictures: lower --fewest or add pictures.")
    return {path: names for path, names in kept.items() if names}, rejected


def small_classes(classes: Mapping[str, tuple[str, ...]], fewest: int) -> dict[str, int]:
    """The number of pictures of each class that has fewer than `fewest`, the smallest first."""
    counts = Counter(name for names in classes.values() for name in names)
    return {name: count for name, count in reversed(counts.most_common()) if count < fewest}


def _unnamed(raw: Path, named: Collection[str]) -> Iterator[str]:
    """The pictures below `raw` that are none of those named, however the disk spells these."""
    known = set(filter(None, (_identity(raw, path) for path in named)))
    for path in pictures_below(raw):
        if path not in named and _identity(raw, path) not in known:
            yield path


def _identity(raw: Path, path: str) -> tuple[int, int] | None:
    try:
        status = (raw / path).stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _by_parts(path: str) -> list[tuple]:
    return [natural(part) for part in path.split("/")]


def _rows(table: LabelFile) -> Iterator[tuple[int, str, tuple[str, ...], str]]:
    """Line, path and labels of each row, and what it has beyond the headings."""
    try:
        with table.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True, skipinitialspace=True)
            columns = reader.fieldnames = [heading.strip() for heading in reader.fieldnames or []]
            if any("\0" in heading for heading in columns):
                raise _no_text(table)
            if found := [sign for sign in ";\t" if len(columns) == 1 and sign in columns[0]]:
                raise RequestError(f"{table.path} is separated by {found[0]!r}: save it as CSV with commas.")
            for column, option in ((table.file_column, "--file-column"), (table.labels_column, "--labels-column")):
                if column not in columns:
                    raise RequestError(
                        f"{table.path} has no column {column!r}, only {', '.join(columns) or 'none'}: "
                        f"name the right one with {option}."
                    )
                if columns.count(column) > 1:
                    raise RequestError(f"{table.path} has several columns {column!r}: leave one.")
            for row in reader:
                path = (row[table.file_column] or "").strip()
                if "\n" in path or "\n" in (row[table.labels_column] or ""):
                    raise RequestError(
                        f"{table.path} has a quote in or before line {reader.line_num} that is not closed on its line: "
                        "close it, or double it if it belongs to the text."
                    )
                labels = [label.strip() for label in (row[table.labels_column] or "").split(SEPARATOR)]
                distinct = dict.fromkeys(class_of_folder(label) for label in labels if label)
                surplus = "".join(row.get(None, ())[:1])
                yield reader.line_num, str(PurePosixPath(path)) if path else "", tuple(distinct), surplus
    except UnicodeDecodeError:
        raise _no_text(table) from None
    except OSError as error:
        raise RequestError(f"{table.path} can't be read: {error.strerror or error}.") from None
    except csv.Error as error:
        raise RequestError(
            f"{table.path} can't be read as CSV, line {reader.reader.line_num}: {error}; see to its quotes."
        ) from None


def _no_text(table: LabelFile) -> RequestError:
    return RequestError(f"{table.path} is not a text in UTF-8: save it as CSV in UTF-8.")


def _objection(path: str, labels: tuple[str, ...], raw: Path, lines: Mapping[str, int]) -> str | None:
    """Why a row can't be used, in one sentence."""
    if not path:
        return "It names no file."
    if path in lines:
        return f"{path} stands in line {lines[path]} already, which alone counts."
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        return f"{path} does not lead into {raw}: expected a path below it."
    if text_objection(path):
        return f"{printable(path)} is no path: it holds a control character."
    try:
        found = (raw / path).is_file()
    except OSError as error:
        return f"{path} can't be read: {error.strerror or error}."
    if not found:
        return f"There is no file {path} in {raw}."
    if not labels:
        return f"{path} has no label."
    return next((objection for label in labels if (objection := class_objection(label))), None)
