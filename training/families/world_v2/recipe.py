"""How world_v2 is trained, as data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

from datasets.errors import RequestError
from training.contract.recipes import check_ranges
from training.families.world_v2.field import GRIDS
from training.gan.recipes import STABLE, ChosenLossRecipe


@dataclasses.dataclass(frozen=True)
class WorldRecipe(ChosenLossRecipe):
    """Hyperparameters of world_v2."""

    flip: bool = dataclasses.field(init=False, default=False)  # a mirrored picture is of no world under its sun
    width: float = dataclasses.field(kw_only=True)  # factor of the channels of generator and small discriminator
    grids: int = dataclasses.field(kw_only=True)  # of the field, from 8² cells a face on: four lead to 64²
    views: int = dataclasses.field(kw_only=True)  # of each world in a batch
    kind_weight: float = dataclasses.field(kw_only=True)  # of the cross-entropy of kinds beside the GAN's own loss
    # How much likelier than the others kinds are shown, as `ceres=2,earth=1.5`.
    kind_chances: str = dataclasses.field(default="", kw_only=True)
    # Weight of a critic of means along parallels, and whose, joined by commas; all kinds', if none is named.
    zonal_weight: float = dataclasses.field(default=0.0, kw_only=True)
    zonal_kinds: str = dataclasses.field(default="", kw_only=True)
    # Share of windows of larger pictures among whole planets, in 0..1, at first and from some pictures on: with many
    # from the start, detail comes before form.
    windows: float = dataclasses.field(kw_only=True)
    late_windows: float = dataclasses.field(kw_only=True)
    late_from: int = dataclasses.field(kw_only=True)  # pictures shown
    # Run folder, or saved model, of other worlds, with whose generator this one begins, and a run's discriminators.
    init_from: Path | None = dataclasses.field(default=None, kw_only=True)
    # Plan of the kinds' grounds (`training.families.world_v2.planned`), which training then leaves as they are.
    grounds: Path | None = dataclasses.field(default=None, kw_only=True)
    # Pictures over which the generator's rate rises from 0, while the discriminators learn what it draws; then there
    # is something for a trained generator to learn from them.
    generator_ramp: int = dataclasses.field(default=0, kw_only=True)

    def __post_init__(self):
        super().__post_init__()
        check_ranges(
            self,
            shares=("windows", "late_windows"),
            positive=("width", "views"),
            at_least_0=("kind_weight", "zonal_weight", "late_from", "generator_ramp"),
        )
        if self.grounds and not self.init_from:
            raise RequestError("--grounds needs --init-from, too: worlds that learned nothing know no kinds.")
        if not 2 <= self.grids <= len(GRIDS):
            raise RequestError(f"grids is {self.grids}: it must be in 2..{len(GRIDS)}.")


_STABLE = {name: value for name, value in STABLE.items() if name != "flip"}

RECIPES = {
    "usual": WorldRecipe(
        **{
            **_STABLE,
            "generator_learning_rate": 0.0004,
            "discriminator_learning_rate": 0.0004,
            "r1_gamma": 0.1,
        },
        width=1.0,
        grids=len(GRIDS),
        views=4,
        kind_weight=0.5,
        windows=0.3,
        late_windows=0.5,
        late_from=60_000,
        projected_weight=0.5,
    ),
}


def chances_of_kinds(told: str, class_names: Sequence[str]) -> list[float]:
    """What `WorldRecipe.kind_chances` says of each class; 1 where it says nothing.

    Raises:
        RequestError: It can't be read, names no class, or gives a number that isn't above 0.
    """
    chances = dict.fromkeys(class_names, 1.0)
    for part in filter(None, told.split(",")):
        kind, _, chance = part.partition("=")
        if kind not in chances:
            raise RequestError(f"--kind-chances names {kind!r}: give any of {', '.join(class_names)}.")
        try:
            chances[kind] = float(chance)
        except ValueError:
            chances[kind] = math.nan
        if not 0 < chances[kind] < math.inf:
            raise RequestError(f"--kind-chances says {part!r}: give a number above 0, as in {kind}=2.")
    return list(chances.values())
