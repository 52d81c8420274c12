"""Families of models beside each other: measured alike, drawn alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from datasets.pictures import Pictures, load_pictures
from training.measure.evaluation import EvaluationOptions, evaluate
from training.publishing.exporting import ExportOptions, export_run
from training.records.files import write_text
from training.records.grids import captioned, save_picture, tile
from training.records.runs import Run, read_run
from training.saved.served import ServedModel
from training.sweeps.comparison import markdown_table

ROWS = 4  # of pictures, a column per kind
MOST_KINDS = 12  # columns
CELL = 776  # pixels that the pictures of a family take

_HEADINGS = (
    "family", "KID×1000", "density", "coverage", "kind accuracy", "images/s", "images shown",
    "generator parameters", "parameters in training",
)  # fmt: skip
_NOTES = """\
KID (0 is best) compares {count} pictures per family with held-out ones, density and coverage (1 is best) with
all, in the features of {yardstick}; real pictures reach KID {floor:.0f}, density {density:.2f}, coverage
{coverage:.2f}. Kind accuracy: how often the classifier sees the kind that was asked for; on real held-out pictures
{accuracy:.1%}. Images per second are the median over the epochs of each training."""


class Compared(NamedTuple):
    """A finished training, its generator as a SavedModel, and what was measured."""

    run: Run
    model: Path
    metrics: Mapping[str, Any]


def write_family_comparison(folder: Path, names: Sequence[str], data: Path, options: EvaluationOptions) -> Path:
    """Exports and measures finished runs, and writes `comparison.md` and `comparison.png` beside them.

    Args:
        folder: Holds the run folders; the SavedModels go into its `saved_models`.
        names: Of the run folders, of the same size and data.
        data: The data set that they were trained on.
        options: How to measure, with a classifier.

    Returns:
        The path of the table.

    Raises:
        RequestError: A run is unfinished, or can't be measured.
    """
    compared = {name: _measured(folder, name, data, options) for name in names}
    text = (
        f"# Families compared\n\n{_table(compared)}\n{_notes(compared)}\n\n![Each family's pictures](comparison.png)\n"
    )
    save_picture(_picture(compared, data), folder / "comparison.png")
    write_text(folder / "comparison.md", text)
    return folder / "comparison.md"


def _measured(folder: Path, name: str, data: Path, options: EvaluationOptions) -> Compared:
    run = read_run(folder / name)
    model = export_run(run.folder, ExportOptions(folder / "saved_models", model="generator", name=name))
    return Compared(run, model, evaluate(model, data, dataclasses.replace(options, own_size_only=True)).metrics)


def _table(compared: Mapping[str, Compared]) -> str:
    return markdown_table(_HEADINGS, [[name, *_figures(one)] for name, one in compared.items()], 1)


def _figures(one: Compared) -> list[str]:
    parameters = [value for name, value in one.run.config.items() if name.endswith("_parameters")]
    metrics = one.metrics
    cells = [
        (metrics["kid_x1000"], "{:.0f} ± " + f"{metrics['kid_x1000_std']:.0f}"),
        (metrics["density"], "{:.2f}"),
        (metrics["coverage"], "{:.2f}"),
        (metrics.get("accuracy"), "{:.1%}"),
        (one.run.images_per_second, "{:.3g}"),
        (one.run.last("images_seen"), "{:,.0f}"),
        (one.run.config["generator_parameters"], "{:,}"),
        (sum(parameters), "{:,}"),
    ]
    return ["–" if value is None else form.format(value) for value, form in cells]


def _notes(compared: Mapping[str, Compared]) -> str:
    metrics = next(iter(compared.values())).metrics
    return _NOTES.format(
        count=metrics["pictures"],
        yardstick=metrics["yardstick"],
        floor=metrics["kid_x1000_floor"],
        density=metrics["density_real"],
        coverage=metrics["coverage_real"],
        accuracy=metrics["accuracy_real"],
    )


def _picture(compared: Mapping[str, Compared], data: Path) -> np.ndarray:
    """Real pictures and those of each family: uint8 `(H, W, 3)`."""
    config = next(iter(compared.values())).run.config
    real = load_pictures(data, config["size"], classes=config["classes"])
    kinds = min(len(real.class_names), MOST_KINDS)
    grids = {"real": _real(real, kinds)}
    grids |= {name: _drawn(ServedModel(one.model), kinds) for name, one in compared.items()}
    pictures = {caption: Image.fromarray(tile(grid, kinds)) for caption, grid in grids.items()}
    return captioned(pictures, 1 if kinds > MOST_KINDS // 2 else 2, CELL)


def _real(pictures: Pictures, kinds: int) -> np.ndarray:
    """`ROWS` pictures of each kind, spread over its views, kind by kind within each row."""
    members = [np.flatnonzero(pictures.labels[:, kind]) for kind in range(kinds)]
    spread = [some[np.linspace(0, len(some) - 1, ROWS).astype(int)] for some in members]
    return pictures.images[np.stack(spread, axis=1).ravel()]


def _drawn(model: ServedModel, kinds: int) -> np.ndarray:
    """A row for each of `ROWS` latents, a column per kind; of a model without kinds as many pictures."""
    shapes = model.inputs("generate")
    latent = np.random.default_rng(0).standard_normal((ROWS * kinds, shapes["latent"][-1]), dtype=np.float32)
    inputs = {"latent": latent}
    if "kind" in shapes:
        inputs["latent"] = np.repeat(latent[:ROWS], kinds, axis=0)
        inputs["kind"] = np.tile(np.eye(shapes["kind"][-1], dtype=np.float32)[:kinds], (ROWS, 1))
    return model.call("generate", "image", "drawing", **inputs)
