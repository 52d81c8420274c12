"""What a training did, as one HTML file that needs no other."""

from __future__ import annotations

import base64
import datetime
import io
import shlex
from html import escape
from pathlib import Path

from PIL import Image

from training.families.command import recorded_config, train_arguments
from training.measure.quality import collapse_warning
from training.records.files import write_text
from training.records.grids import open_sample
from training.records.runs import Run, read_run
from training.reports.charts import line_chart
from training.reports.timelapse import choose_epochs

GRID_SIDE = 1024  # pixels, at most
STRIP_SIDE, STRIP_PICTURES = 256, 6
WORSE = 1.2  # times the best checkpoint's distance from which a warning says so

# Title and unit of the measures that every GAN takes; others are shown by their names.
_MEASURES = {
    "sliced wasserstein": ("Sliced Wasserstein distance to real pictures (0 is best)", "×1000"),
    "diversity": ("Diversity of samples (1: as real pictures, 0: all alike)", "ratio"),
}


def write_report(run: Path) -> Path:
    """Writes `RUN/report.html`, of a finished or an unfinished training.

    Returns:
        Its path.

    Raises:
        RequestError: `run` is no run folder.
        OSError: A sample picture can't be read or the report can't be written.
    """
    path = run / "report.html"
    write_text(path, report_html(read_run(run)))
    return path


def report_html(run: Run) -> str:
    """The report as a page with all pictures and styles in it."""
    config = run.config
    title = escape(config["out"])
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    what = f"{config['family']} at {config['size']} px, recipe {config['recipe']['name']}"
    sections = (_warnings(run), _pictures(run), _facts(run), _curves(run), _command(run))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title} · training report</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<h1>{title}</h1>\n<p class="muted">{escape(what)} · {_progress(run)}</p>\n'
        + "\n".join(section for section in sections if section)
        + "\n</body>\n</html>\n"
    )


def _progress(run: Run) -> str:
    epochs = len(run.rows)
    return f"{'trained for' if run.finished else 'unfinished, so far'} {epochs:,} epoch{'s' * (epochs != 1)}"


def _warnings(run: Run) -> str:
    found = []
    if run.last("diversity") is not None:
        found.append(collapse_warning({"diversity": run.last("diversity")}))
    distances = dict(run.series("sliced_wasserstein"))
    if run.best_epoch in distances and run.last("sliced_wasserstein") > WORSE * distances[run.best_epoch]:
        found.append(
            f"the last model is worse than that of epoch {run.best_epoch}: sliced Wasserstein distance "
            f"{run.last('sliced_wasserstein'):.0f} against {distances[run.best_epoch]:.0f}; "
            "export that one with python -m training.export --best"
        )
    return "\n".join(f'<p class="warning">{escape(text[0].upper() + text[1:])}.</p>' for text in found if text)


def _pictures(run: Run) -> str:
    if not run.samples:
        return ""
    last, best = max(run.samples), run.best_epoch
    shown = {last: f"The last samples, epoch {last}"}
    if best == last:
        shown[last] += ", which are the best"
    elif best in run.samples:
        shown[best] = f"The best samples, epoch {best}"
    grids = "".join(_figure(run.samples[epoch], GRID_SIDE, caption) for epoch, caption in shown.items())
    page = f'<h2>Samples</h2>\n<p class="muted">The same inputs in each grid.</p>\n<div class="pair">{grids}</div>'
    if len(run.samples) > 2:
        way = choose_epochs(list(run.samples), STRIP_PICTURES)
        small = "".join(_figure(run.samples[epoch], STRIP_SIDE, f"epoch {epoch}") for epoch in way)
        page += f'\n<h2>How it learned</h2>\n<div class="strip">{small}</div>'
    return page


def _figure(path: Path, side: int, caption: str) -> str:
    picture = open_sample(path)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    picture.save(encoded, "WEBP", quality=88)
    data = base64.b64encode(encoded.getvalue()).decode("ascii")
    image = f'<img src="data:image/webp;base64,{data}" alt="{escape(caption)}">'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _facts(run: Run) -> str:
    config = run.config
    last = run.rows[-1] if run.rows else {}
    seconds = run.last("training_seconds")
    parameters = {
        f"{name.removesuffix('_parameters').replace('_', ' ').capitalize()} parameters": f"{count:,}"
        for name, count in config.items()
        if name.endswith("_parameters")
    }
    facts = {
        **parameters,
        "Training pictures": f"{config['training_pictures']:,} of {config['size']} px",
        "Pictures shown": f"{int(last['images_seen']):,}" if last else "none",
        "Steps": f"{int(last['step']):,}" if last else "none",
        "Batch": f"{config['batch_size']} pictures",
        "Time": duration_text(seconds) if seconds is not None else None,
        "Speed": f"{run.images_per_second:.3g} images/s" if run.images_per_second else None,
        "Peak memory": f"{run.peak_memory_bytes / 2**30:.2f} GiB" if run.peak_memory_bytes else None,
        "Precision": config["precision"],
        "Devices": str(config["devices"]) if config.get("devices", 1) > 1 else None,
        "Backend": f"{config['backend']}, Keras {config['keras']}",
        "Seed": str(config["seed"]),
    }
    recipe = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in config["recipe"].items())
    long_facts = {"Classes": ", ".join(config["classes"]), "Recipe": recipe}
    items = "".join(_fact(name, text) for name, text in facts.items() if text)
    items += "".join(_fact(name, text, ' class="wide"') for name, text in long_facts.items())
    return f"<h2>Facts</h2>\n<dl>{items}</dl>"


def _fact(name: str, text: str, style: str = "") -> str:
    return f"<div{style}><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"


def duration_text(seconds: float) -> str:
    """Hours, minutes and seconds: `1:02:03`."""
    return str(datetime.timedelta(seconds=round(seconds)))


def _curves(run: Run) -> str:
    """Losses in one chart, accuracies in one, each other measure in its own."""
    others = {name.replace("_", " "): points for name in run.measures if (points := run.series(name))}
    losses = {name: others.pop(name) for name in list(others) if name.endswith("loss")}
    accuracies = {name: others.pop(name) for name in list(others) if name.endswith("accuracy")}
    charts = []
    if losses:
        charts.append(line_chart("Losses, means of each epoch", "loss", losses))
    if accuracies:
        charts.append(line_chart("Accuracies, means of each epoch", "%", accuracies, low=0.0, high=100.0))
    for name, points in others.items():
        title, unit = _MEASURES.get(name, (name.capitalize(), ""))
        charts.append(line_chart(title, unit, {name: points}, low=0.0))
    return f'<h2>Curves</h2>\n<div class="curves">{"".join(charts)}</div>' if charts else ""


def _command(run: Run) -> str:
    config = run.config
    words = train_arguments(recorded_config(config, data="DATA", out="RUN"))
    backend = "" if config["backend"] == "tensorflow" else f"KERAS_BACKEND={config['backend']} "
    lines = [f"{backend}python -m training.train {words[0]}", *_options(words[1:])]
    note = f"DATA is a folder that datasets.prepare made, here {config['data']}; RUN is the new run folder."
    if config["minutes"] is not None and len(run.rows) < config["epochs"]:
        note += " The clock ended this training (--minutes), so elsewhere it can end after more or fewer epochs."
    command = escape(" \\\n    ".join(lines))
    return f'<h2>Train it again</h2>\n<pre>{command}</pre>\n<p class="muted">{escape(note)}</p>'


def _options(words: list[str]) -> list[str]:
    """Each option with its value, quoted for a shell."""
    options: list[list[str]] = []
    for word in words:
        if word.startswith("--"):
            options.append([])
        options[-1].append(word)
    return [shlex.join(option) for option in options]
