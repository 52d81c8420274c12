"""Several runs beside each other: a table and a picture of their last samples."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from training.records.files import write_text
from training.records.grids import captioned, save_picture
from training.records.runs import Run, read_run

CELL = 480  # pixels
COLUMNS = 4

_HEADINGS = (
    "preset", "status", "generator parameters", "discriminator parameters", "batch", "images shown", "time",
    "images/s", "peak memory", "sliced Wasserstein ×1000", "diversity",
)  # fmt: skip
_NOTES = """\
Time is that of training alone, speed the median over the epochs after the first, which also compiles. Distances (0 is
best) compare within one picture size only; diversity is 1 for real pictures."""


def write_comparison(folder: Path, statuses: Mapping[str, str]) -> Path:
    """Writes `comparison.md` and, if there are samples, `comparison.png` beside the run folders.

    Args:
        folder: Holds the run folders.
        statuses: Name of each run folder, whether it exists or not, and how it ended.

    Returns:
        The path of the table.
    """
    runs = {name: read_run(folder / name) if (folder / name / "config.json").is_file() else None for name in statuses}
    text = f"# Comparison of trainings\n\n{_table(runs, statuses)}\n{_NOTES}\n"
    shown = {name: run for name, run in runs.items() if run and run.samples}
    if shown:
        save_picture(_picture(shown), folder / "comparison.png")
        text += "\n![The last samples of each run](comparison.png)\n"
    path = folder / "comparison.md"
    write_text(path, text)
    return path


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> str:
    """A table whose first `texts` columns are text and the rest figures."""
    rule = ["---"] * texts + ["---:"] * (len(headings) - texts)
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in (headings, rule, *escaped))


def _table(runs: Mapping[str, Run | None], statuses: Mapping[str, str]) -> str:
    return markdown_table(_HEADINGS, [[name, statuses[name], *_figures(run)] for name, run in runs.items()], 2)


def _figures(run: Run | None) -> list[str]:
    """The cells of a run after its name and status; those that aren't known are dashes."""
    if run is None:
        return ["–"] * (len(_HEADINGS) - 2)
    seconds = run.last("training_seconds")
    cells = [
        (run.config.get("generator_parameters"), "{:,}"),
        (run.config.get("discriminator_parameters"), "{:,}"),
        (run.config["batch_size"], "{}"),
        (run.last("images_seen"), "{:,.0f}"),
        (None if seconds is None else datetime.timedelta(seconds=round(seconds)), "{}"),
        (run.images_per_second, "{:.3g}"),
        (run.peak_memory_bytes and run.peak_memory_bytes / 2**30, "{:.2f} GiB"),
        (run.last("sliced_wasserstein"), "{:.1f}"),
        (run.last("diversity"), "{:.2f}"),
    ]
    return ["–" if value is None else form.format(value) for value, form in cells]


def _picture(runs: Mapping[str, Run]) -> np.ndarray:
    """The last samples, each under its name and epoch: uint8 `(H, W, 3)`."""
    pictures = {}
    for name, run in runs.items():
        epoch = max(run.samples)
        with Image.open(run.samples[epoch]) as file:
            pictures[f"{name}, epoch {epoch}"] = file.convert("RGB")
    return captioned(pictures, COLUMNS, CELL)
