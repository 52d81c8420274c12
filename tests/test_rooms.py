"""Rooms: a folder of modules is one, and arrows between them point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOUSES = ("training", "datasets", "serving", "client", "parallel")
MOST_FILES = 24  # of a room

# What stands at the top of a house: commands, which are in no room and which nobody imports, and what all of its rooms
# may use.
COMMANDS = {
    "training": {"calibrate", "compare", "evaluate", "export", "report", "sweep", "train", "yardstick"},
    "serving/gateway": {"__main__", "app", "keys"},
}
SHARED = {"training": set(), "serving/gateway": {"config", "problems"}}


def modules(root: Path = ROOT, houses: Iterable[str] = HOUSES) -> dict[str, Path]:
    """All modules by dotted name; a package by its own name."""
    found = {}
    for house in houses:
        for path in sorted((root / house).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(root: Path = ROOT, houses: Iterable[str] = HOUSES) -> dict[str, set[str]]:
    """The modules of these houses that each of them imports, in functions, too; what a package hands on is left out."""
    known = modules(root, houses)
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        targets: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
                    base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
                inner = {f"{base}.{alias.name}" for alias in node.names}
                targets |= {one if one in known else base for one in inner}
        own = f"{name}."
        handed_on = {one for one in targets if one.startswith(own)} if path.name == "__init__.py" else set()
        found[name] = (targets & known.keys()) - handed_on - {name}
    return found


def room_of(name: str, path: Path) -> str:
    package, _, last = name.rpartition(".")
    is_command = last == "__main__" or last in COMMANDS.get(package.replace(".", "/"), ())
    return name if is_command or path.name == "__init__.py" else package


def circle(graph: Mapping[str, set[str]]) -> list[str] | None:
    """A circle of a graph, or None."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def rooms(graph: Mapping[str, set[str]], paths: Mapping[str, Path]) -> dict[str, set[str]]:
    """Which rooms each room's modules import from."""
    found: dict[str, set[str]] = {}
    for name, targets in graph.items():
        own = room_of(name, paths[name])
        found.setdefault(own, set()).update(room_of(one, paths[one]) for one in targets)
    return {room: others - {room} for room, others in found.items()}


def test_no_circle_of_modules():
    assert circle(imports()) is None


def test_no_circle_of_rooms():
    assert circle(rooms(imports(), modules())) is None


@pytest.mark.parametrize("house", COMMANDS)
def test_nothing_but_commands_stands_at_the_top(house):
    assert {path.stem for path in (ROOT / house).glob("*.py")} - {"__init__"} == COMMANDS[house] | SHARED[house]


@pytest.mark.parametrize("house", COMMANDS)
def test_commands_are_imported_by_nobody(house):
    """But for tests: what a command does can be called without it."""
    commands = {f"{house.replace('/', '.')}.{name}" for name in COMMANDS[house] - {"app"}}
    assert {name: targets & commands for name, targets in imports().items() if targets & commands} == {}


def test_no_room_is_crowded():
    counts: dict[str, int] = {}
    for name, path in modules().items():
        counts[room_of(name, path)] = counts.get(room_of(name, path), 0) + 1
    assert {room: count for room, count in counts.items() if count > MOST_FILES} == {}


@pytest.mark.parametrize(
    ("house", "unknown"), [("parallel", {*HOUSES} - {"parallel"}), ("serving", {"datasets", "training"})]
)
def test_houses_know_nothing_of_others(house, unknown):
    found = {name: {one for one in targets if one.split(".")[0] in unknown} for name, targets in imports().items()}
    assert {name: others for name, others in found.items() if name.split(".")[0] == house and others} == {}


def test_a_circle_is_found_wherever_it_hides(tmp_path):
    files = {
        "training/__init__.py": "from training.a.one import one",  # handed on: no arrow
        "training/a/__init__.py": "",
        "training/a/one.py": "def one():\n    from ..b import two",
        "training/b/__init__.py": "",
        "training/b/two.py": "import training.a.three",
        "training/a/three.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    graph, paths = imports(tmp_path, ["training"]), modules(tmp_path, ["training"])
    assert graph["training"] == set()
    assert graph["training.a.one"] == {"training.b.two"}
    assert circle(graph) is None
    assert set(circle(rooms(graph, paths))) == {"training.a", "training.b"}
