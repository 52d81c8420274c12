"""The eight DCGANs of the first Planet Generator, each ready to train: `preset("dcgan_v2_128", data=…, out=…)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from datasets.errors import RequestError
from training.contract.config import TrainingConfig


class Preset(NamedTuple):
    """What makes a model; all else is as in `TrainingConfig` unless overridden."""

    family: str  # a key of training.families.FAMILIES
    size: int  # pixels
    batch_size: int  # a multiple of 4, which the deep discriminator needs
    changes: Mapping[str, Any]  # fields of the recipe set otherwise


# At 512 px the generator's dense layer alone has 419 million weights: smaller batches leave memory for its optimizer.
PRESETS = {
    "dcgan_v1_64": Preset("dcgan", 64, 32, {"variant": "v1"}),
    "dcgan_v1_128": Preset("dcgan", 128, 32, {"variant": "v1"}),
    "dcgan_v1_256": Preset("dcgan", 256, 32, {"variant": "v1"}),
    "dcgan_v1_512": Preset("dcgan", 512, 16, {"variant": "v1"}),
    "dcgan_v2_64": Preset("dcgan", 64, 32, {"variant": "v2"}),
    "dcgan_v2_128": Preset("dcgan", 128, 32, {"variant": "v2"}),
    "dcgan_v2_256": Preset("dcgan", 256, 32, {"variant": "v2"}),
    "dcgan_v2_512": Preset("dcgan", 512, 8, {"variant": "v2"}),
}


def preset(name: str, **overrides: Any) -> TrainingConfig:
    """The configuration of a preset.

    Args:
        name: A key of `PRESETS`.
        overrides: Fields of `TrainingConfig`, among them `data` and `out`; `changes` are added to the preset's own.

    Raises:
        RequestError: There is no such preset.
    """
    if name not in PRESETS:
        raise RequestError(f"There is no preset {name!r}: choose from {', '.join(PRESETS)}.")
    fields = PRESETS[name]._asdict()
    fields["changes"] = {**fields["changes"], **overrides.pop("changes", {})}
    return TrainingConfig(**(fields | overrides))
