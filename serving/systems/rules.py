"""The tables of the rules, as every port of them reads them: `rules_1.json`."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

RULES: dict[str, Any] = json.loads(resources.files(__package__).joinpath("rules_1.json").read_text("utf-8"))
