"""docs/architecture.md shows the rooms as they are."""

from __future__ import annotations

import re

import pytest

from tests.docs.documents import ROOT, blocks, prose

ARCHITECTURE = "docs/architecture.md"
ROOMS = ("training", "serving/gateway")


@pytest.mark.parametrize("folder", ROOMS)
def test_only_what_the_table_names_stands_at_the_top(folder: str) -> None:
    table = prose(ARCHITECTURE).partition(f"| `{folder}/` | does |\n|---|---|\n")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+\.py)` \| \S", table, re.MULTILINE)
    assert sorted(named) == sorted(path.name for path in (ROOT / folder).glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("folder", ROOMS)
def test_every_room_is_shown(folder: str) -> None:
    [tree] = [block.text for block in blocks(ARCHITECTURE) if block.text.startswith(f"{folder}/\n")]
    shown = re.findall(r"^  (\w+)/ +\S", tree, re.MULTILINE)
    assert sorted(shown) == sorted(path.parent.name for path in (ROOT / folder).glob("*/__init__.py"))
