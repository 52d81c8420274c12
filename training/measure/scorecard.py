"""The figures of an evaluation, for people and for the model's card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.records.files import write_text
from training.saved.served import CARD, SUMS, read_card, seal

_COLUMNS = (  # heading, key, format
    ("pictures", "pictures", "{}"),
    ("KID×1000", "kid_x1000", "{:.2f}"),
    ("±", "kid_x1000_std", "{:.2f}"),
    ("floor", "kid_x1000_floor", "{:.2f}"),
    ("density", "density", "{:.2f}"),
    ("real", "density_real", "{:.2f}"),
    ("coverage", "coverage", "{:.2f}"),
    ("real", "coverage_real", "{:.2f}"),
    ("density, held out", "density_holdout", "{:.2f}"),
    ("real", "density_holdout_real", "{:.2f}"),
    ("coverage, held out", "coverage_holdout", "{:.2f}"),
    ("real", "coverage_holdout_real", "{:.2f}"),
    ("memorization", "memorization_ratio", "{:.2f}"),
    ("diversity", "diversity", "{:.2f}"),
    ("share", "share", "{:.1%}"),
    ("accuracy", "accuracy", "{:.0%}"),
)


def as_table(metrics: Mapping[str, Any]) -> str:
    """The metrics of `training.measure.evaluation` as text: for each size a line for all, the middles, each kind."""
    against = f"{metrics['pictures_holdout']} held-out and {metrics['pictures_training']} training pictures"
    sizes = {metrics["size"]: metrics, **metrics.get("sizes", {})}
    parts = [f"Features of {metrics['yardstick']}, against {against}:"]
    for size, figures in sizes.items():
        parts += [f"\n{size} px\n", _lines(figures)]
    return "\n".join(parts)


def _lines(metrics: Mapping[str, Any]) -> str:
    rows = {"all": metrics, "middle": metrics["middle"], **metrics.get("kinds", {})}
    columns = [column for column in _COLUMNS if any(column[1] in row for row in rows.values())]
    table = [["", *(heading for heading, _, _ in columns)]]
    for name, row in rows.items():
        table.append([name, *(form.format(row[key]) if key in row else "" for _, key, form in columns)])
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    notes = ["", *(row.get("note", "") for row in rows.values())]
    return "\n".join(
        "  ".join([cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:]), note]).rstrip()
        for cells, note in zip(table, notes, strict=True)
    )


def as_json(value: Mapping[str, Any]) -> str:
    """JSON text; raises `RequestError` for numbers that JSON doesn't have."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def save_to_card(folder: Path, metrics: Mapping[str, Any]) -> Path:
    """Sets `metrics` in the card of `NAME/VERSION`, in one step; the rest of the card stays. Returns its path."""
    write_text(folder / CARD, as_json(read_card(folder) | {"metrics": metrics}))
    if (folder / SUMS).exists():
        seal(folder)
    return folder / CARD
