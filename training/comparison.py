"""Several runs beside each other: a table and a picture of their last samples."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.files import write_text
from training.grids import save_picture
from training.runs import Run, read_run

CELL = 480  # pixels
CAPTION = 32  # pixels above each
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


def _table(runs: Mapping[str, Run | None], statuses: Mapping[str, str]) -> str:
    rows = [_HEADINGS, ["---"] * 2 + ["---:"] * (len(_HEADINGS) - 2)]
    rows += [[name, statuses[name].replace("|", "\\|"), *_figures(run)] for name, run in runs.items()]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


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
    """The last samples in rows of `COLUMNS`, each under its name and epoch: uint8 `(H, W, 3)`."""
    columns = min(COLUMNS, len(runs))
    canvas = Image.new("RGB", (columns * CELL, -(-len(runs) // columns) * (CELL + CAPTION)), (12, 14, 22))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(18)
    for index, (name, run) in enumerate(runs.items()):
        left, top = index % columns * CELL, index // columns * (CELL + CAPTION)
        epoch = max(run.samples)
        pen.text((left + 8, top + CAPTION // 2), f"{name}, epoch {epoch}", (214, 219, 232), font, anchor="lm")
        with Image.open(run.samples[epoch]) as file:
            sample = file.convert("RGB")
        scale = (CELL - 8) / max(sample.size)
        size = (round(sample.width * scale), round(sample.height * scale))
        canvas.paste(sample.resize(size, Image.Resampling.LANCZOS), (left + 4, top + CAPTION))
    return np.asarray(canvas)
