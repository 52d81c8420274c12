"""The tables of the rules, as every port of them reads them: `rules_1.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RULES_FILE = Path(__file__).with_name("rules_1.json")
RULES: dict[str, Any] = json.loads(RULES_FILE.read_text("utf-8"))
