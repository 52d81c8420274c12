"""TensorFlow Serving's configuration files, as text.

Their formats are protobuf text of `ModelServerConfig`, `BatchingParameters` and `MonitoringConfig`.

Reference: https://www.tensorflow.org/tfx/serving/serving_config
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from serving.deploy.rollout import ServedModel

MODELS_FILE = "models.config"
BATCH_SIZES = (1, 2, 4, 8, 16, 32)  # those that an export brings warm-up records for
BATCH_TIMEOUT_MICROS = 1000  # what a lone request may wait for company
ENQUEUED_BATCHES = 16  # of 32 each: what waits longer than the rest is refused, and the gateway answers 503
BATCH_THREADS = 4  # batches of all models at work at once; more only compete for the same device
METRICS_PATH = "/monitoring/prometheus/metrics"

_HEAD = "# Written by python -m serving.deploy from saved_models/ and rollout.toml: change those, not this.\n"


def render(models: Sequence[ServedModel], base_path: str = "/models") -> dict[str, str]:
    """Text by file name.

    Args:
        models: What to serve.
        base_path: Folder, where TensorFlow Serving runs, that holds the models' folders.
    """
    return {
        MODELS_FILE: _HEAD + "model_config_list {\n" + "".join(_model(model, base_path) for model in models) + "}\n",
        "batching_parameters.txt": _HEAD
        + f"max_batch_size {{ value: {BATCH_SIZES[-1]} }}\n"
        + f"batch_timeout_micros {{ value: {BATCH_TIMEOUT_MICROS} }}\n"
        + f"max_enqueued_batches {{ value: {ENQUEUED_BATCHES} }}\n"
        + f"num_batch_threads {{ value: {BATCH_THREADS} }}\n"
        + "".join(f"allowed_batch_sizes: {size}\n" for size in BATCH_SIZES),
        "monitoring.config": _HEAD + f'prometheus_config {{\n  enable: true\n  path: "{METRICS_PATH}"\n}}\n',
    }


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Writes the files; each appears whole, for TensorFlow Serving reads them again while it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        partial = folder / f".{name}.partial"
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, folder / name)


def differing(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Names of the files that the folder lacks or holds with another text."""
    return [name for name, text in files.items() if _read(folder / name) != text]


def _model(model: ServedModel, base_path: str) -> str:
    versions = "".join(f"        versions: {version}\n" for version in model.versions)
    labels = "".join(
        f'    version_labels {{ key: "{label}" value: {version} }}\n' for label, version in model.labels.items()
    )
    return (
        "  config {\n"
        f'    name: "{model.name}"\n'
        f'    base_path: "{base_path}/{model.name}"\n'
        '    model_platform: "tensorflow"\n'
        "    model_version_policy {\n"
        f"      specific {{\n{versions}      }}\n"
        "    }\n"
        f"{labels}"
        "  }\n"
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
