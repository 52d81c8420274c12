"""What a run folder holds of a training that began before, and is to go on."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
from tqdm import tqdm

from datasets.errors import RequestError
from training.contract.config import TrainingConfig
from training.loop.checkpoints import load_checkpoint, newest_sound_checkpoint, read_meta, set_aside
from training.loop.continuing import check_continuing, told
from training.records.files import read_json
from training.records.logs import read_log
from training.records.runs import CONFIG_NAME


@dataclasses.dataclass(frozen=True)
class Earlier:
    """A training up to its newest sound checkpoint.

    Attributes:
        run: Its folder.
        checkpoint: The newest one that can be read whole.
        damaged: Those after it, and what is wrong with them.
        config: What it recorded of itself, as its `config.json`.
        log: The rows of its `log.csv`.
    """

    run: Path
    checkpoint: Path
    damaged: Mapping[Path, str]
    config: Mapping[str, Any]
    log: list[dict[str, Any]]

    def continued_as(self, described: Mapping[str, Any], last_step: int) -> dict[str, Any]:
        """The `config.json` of the training that goes on, with what changed at which step; says it on stderr, too.

        Raises:
            RequestError: It would be another training, or end before it has come so far.
        """
        asked = json.loads(json.dumps(described))
        changed = check_continuing(str(self.run), self.config, asked)
        step = read_meta(self.checkpoint)["step"]
        if step > last_step:
            raise RequestError(
                f"{self.run} has taken {step} steps already, --epochs {described['epochs']} are {last_step}: "
                "ask for more epochs, or export it as it is."
            )
        changed = {name: pair for name, pair in changed.items() if name not in ("data", "out")}
        if changed:
            tqdm.write(f"From step {step} on: {told(changed)}.", file=sys.stderr)
            asked["continued"] = [*self.config.get("continued", ()), {"step": step, **changed}]
        elif "continued" in self.config:
            asked["continued"] = self.config["continued"]
        begun_with = {
            name: value
            for name, value in self.config["recipe"].items()
            if asked["recipe"].get(name, value) is None and value is not None
        }
        asked["recipe"] |= begun_with
        asked["changes"] = sorted({*asked["changes"], *begun_with})
        return asked

    def load(self, state: Mapping[str, keras.Variable]) -> dict[str, Any]:
        """Gives variables the values of the checkpoint; returns what else it holds but config and log."""
        meta = load_checkpoint(self.checkpoint, state)
        return {name: value for name, value in meta.items() if name not in ("config", "log")}

    def set_damaged_aside(self):
        """Renames the checkpoints that can't be read, and says so."""
        for path, why in self.damaged.items():
            aside = set_aside(path)
            tqdm.write(
                f"warning: {path} can't be read ({why}): it is now {aside.name}, and the training goes on from "
                f"{self.checkpoint.name}.",
                file=sys.stderr,
            )


def find_earlier(config: TrainingConfig, resume: bool) -> Earlier | None:
    """The training that `config.out` holds; None if it holds none.

    Raises:
        RequestError: It holds one that is not to go on, or can't.
    """
    run = Path(config.out)
    if run.exists() and not run.is_dir():
        raise RequestError(f"--out {run} is a file: name a folder.")
    checkpoint, damaged = newest_sound_checkpoint(run / "checkpoints") if resume else (None, {})
    if checkpoint is None:
        if any((run / "checkpoints").glob("*.npz")):
            raise RequestError(f"{run} already holds a training: add --resume to continue it, or choose another --out.")
        if any(run.glob("*.weights.h5")):
            raise RequestError(f"{run} holds trained models but no checkpoint to continue from: choose another --out.")
        return None
    meta = read_meta(checkpoint)
    recorded, log = meta.get("config"), meta.get("log")
    if recorded is None:  # of a release before checkpoints held it
        recorded = read_json(run / CONFIG_NAME, "bring it back from a copy, or choose another --out")
    if config.precision not in ("auto", recorded["precision"]):
        raise RequestError(
            f"{run} can't be continued with --precision {config.precision}: it began with {recorded['precision']}."
        )
    return Earlier(run, checkpoint, damaged, recorded, read_log(run) if log is None else log)
