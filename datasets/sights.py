"""From where pictures of globes were taken, and how strong their light is, from a CSV file."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from datasets.disk.files import replacing
from datasets.errors import RequestError

SIGHTS_NAME = "sights.csv"
COLUMNS = ("picture", "latitude", "light")


class PictureSight(NamedTuple):
    """What is known of how a picture was taken.

    Attributes:
        latitude: Of the place that faces the viewer, in degrees, -90 to 90.
        light: Strength of the sun, 1 the usual one, above 0 and at most 100.
    """

    latitude: float
    light: float


def read_sights(path: Path) -> dict[str, PictureSight]:
    """Reads a CSV file in UTF-8 with the columns `COLUMNS`.

    Returns:
        What is known of each picture, by its path below the raw folder, with slashes.

    Raises:
        RequestError: The file can't be read, lacks a column, or has a value that is none.
    """
    found = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True, skipinitialspace=True)
            if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
                raise RequestError(f"{path} has no column {missing[0]!r}: expected {', '.join(COLUMNS)}.")
            for row in rows:
                found[row["picture"]] = _sight(row, f"{path}, line {rows.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"{path} can't be read as CSV: {getattr(error, 'strerror', None) or error}.") from None
    return found


def write_sights(path: Path, sights: Mapping[str, PictureSight]) -> None:
    """Writes such a file."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows((picture, *sight) for picture, sight in sights.items())


def _sight(row: dict[str, str], where: str) -> PictureSight:
    try:
        sight = PictureSight(float(row["latitude"]), float(row["light"]))
    except (TypeError, ValueError):
        raise RequestError(f"{where}: latitude and light must be numbers, such as 49 and 0.8.") from None
    if not (math.isfinite(sight.light) and 0 < sight.light <= 100 and -90 <= sight.latitude <= 90):
        raise RequestError(f"{where}: latitude must be in -90..90 degrees, light above 0 and at most 100.")
    return sight
