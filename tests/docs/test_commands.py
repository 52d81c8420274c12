"""Every command and every piece of code in the documents: run where a gateway is enough, else checked as far as can be.

| in the documents | here |
|---|---|
| `curl`, `planets`, Python | run in order, in a folder per document; the gateway has the published models' cards |
| `python -m …` | its own parser takes the arguments |
| `make …` | `make --dry-run` |
| `docker`, `kubectl`, `pip`, `wrk`, … | the files, profiles and models that they name exist, the pins are ours |
| C#, GDScript, JavaScript | the routes and their parameters are in the OpenAPI document |
| `--option` in the text | a program of ours has it, or one of `FOREIGN_OPTIONS` |
"""

from __future__ import annotations

import csv
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from PIL import Image

from client.__main__ import main as planets
from datasets.manifest import Size
from datasets.sights import COLUMNS
from serving.gateway import create_app
from tests.client.servers import running
from tests.docs.card_backend import CardBackend, card_of
from tests.docs.documents import DOCUMENTS, ROOT, blocks, commands, inline_code, prose, read
from tests.docs.games import check_game
from tests.docs.parsers import check_arguments, main_of, options_of
from training.families.world_v2.networks import build_world_generator
from training.families.world_v2.planned import read_plan
from training.families.world_v2.shader import card_entry

pytest.importorskip("tensorflow", reason="the trainers' parsers are imported with it")

SERVER = "http://127.0.0.1:8000"
FOREIGN_OPTIONS = {  # of programs that are not ours
    "--enable_serialization_as_tensor_content",
    "--grpc_max_threads",
    "--load_retry_interval_micros",
    "--logdir",
    "--max_num_load_retries",
    "--no-save",
    "--profile",
    "--scale",
}
WORLD = {
    "world": {"sizes": [64, 128, 256, 512], "map": [64, 128]},
    "shader": {
        "glsl": "void main() {}",
        "radius": 0.9,
        "steepest": 0.4,
        "textures": {"field": [3, 18], "details": [2, 12]},
    },
}
MORE_MODELS = {  # that a reader makes
    "mine_64": card_of("conditional_64") | {"class_names": ["lava", "ice"], "archetypes": {}},
    "my_world": card_of("conditional_64") | WORLD,
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(create_app(CardBackend(MORE_MODELS))) as url:
        yield url


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a reader works in: there is a picture to try things with."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    Image.radial_gradient("L").point(lambda level: 200 * (level < 100)).save("mars.jpg")
    return tmp_path


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if blocks(one)])
def test_a_reader_can_do_what_a_document_says(document: str, url: str, desk: Path) -> None:
    for block in blocks(document):
        assert block.language in _CHECKS, f"{block.place}: how are blocks of '{block.language}' to be checked?"
        try:
            _CHECKS[block.language](block.text, url)
        except Exception as error:
            raise AssertionError(f"{block.place}: {error}") from error


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_the_text_mentions_is_there(document: str) -> None:
    code = inline_code(document)
    for module in {name for text in code for name in re.findall(r"python -m ([\w.]+)", text)}:
        main_of(module)
    for target in {name for text in code for name in re.findall(r"^make ([\w-]+)", text)}:
        _make([target])
    mentioned = {option for text in code for option in re.findall(r"(?<![\w-])--[a-z][\w-]+", text)}
    assert mentioned - _our_options() - FOREIGN_OPTIONS == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_the_text_names_are_there(document: str) -> None:
    folders = "client|datasets|docs|examples|serving|tests|training"
    named = {
        name for text in inline_code(document) for name in re.findall(rf"(?<![\w/.-])(?:{folders})/[\w./*-]+", text)
    }
    assert {name for name in named if not any(ROOT.glob(name))} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file), target


def test_the_readme_is_short_and_leads_everywhere() -> None:
    assert len(read("README.md").splitlines()) <= 170
    linked = set(re.findall(r"\]\(([^)\s#]+)", prose("README.md")))
    guides = {one for one in DOCUMENTS if one.startswith("docs/")}
    assert guides - linked == set()


def test_each_dependency_has_its_line() -> None:
    files = ["serving/requirements.txt", *(path.name for path in ROOT.glob("requirements*.txt"))]
    pinned = {name.lower() for one in files for name in re.findall(r"^([\w-]+)==", read(one), re.MULTILINE)}
    for file in ROOT.glob("examples/*/package.json"):
        packages = json.loads(file.read_text())["dependencies"]
        assert all(re.fullmatch(r"[\d.]+", version) for version in packages.values()), f"{file} pins no versions"
        pinned |= packages.keys()
    table = read("README.md").partition("## Dependencies")[2]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    listed = {name.split()[0] for row in rows for name in row.split(", ")}
    assert pinned - listed == {"tensorflow-cpu"}  # it is `tensorflow` on Linux
    assert listed - pinned == {"package"}


def _anchors(file: Path) -> set[str]:
    """What GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@functools.cache
def _our_options() -> set[str]:
    """Of every program of ours that a document names."""
    texts = [text for one in DOCUMENTS for text in [*inline_code(one), *(block.text for block in blocks(one))]]
    modules = {name for text in texts for name in re.findall(r"python -m ([\w.]+)", text)} | {"client"}
    return set().union(*(options_of(main_of(module)) for module in modules))


# Blocks, by language


def _shell(text: str, url: str) -> None:
    for program, *arguments in commands(text.replace(SERVER, url)):
        assert program in _PROGRAMS, f"how is '{program}' to be checked?"
        _PROGRAMS[program](arguments, url)


def _python(text: str, url: str) -> None:
    exec(compile(text.replace(SERVER, url), "document", "exec"), {"__name__": "document"})


def _table(text: str, url: str) -> None:
    assert set(next(csv.DictReader(text.splitlines()))) in ({"file", "labels"}, set(COLUMNS))


def _glsl(text: str, url: str) -> None:
    """Declarations of what a world's shader has."""
    glsl = card_entry(build_world_generator(Size(16, 16), 2))["glsl"]
    told = {line.rstrip(" {;") for line in glsl.splitlines()}
    assert {line.partition("//")[0].rstrip(" ;") for line in text.splitlines()} <= told


def _plan(text: str, url: str):
    """A plan of grounds is one that training takes."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(text)
        file.flush()
        assert read_plan(Path(file.name), list(json.loads(text)))


_CHECKS: dict[str, Callable[[str, str], object]] = {
    "sh": _shell,
    "python": _python,
    "csharp": lambda text, url: check_game(text),
    "gdscript": lambda text, url: check_game(text),
    "js": lambda text, url: check_game(text),
    "glsl": _glsl,
    "csv": _table,
    "toml": lambda text, url: tomllib.loads(text),
    "json": _plan,
    "text": lambda text, url: None,  # a tree of folders, which `test_architecture.py` looks at
    "mermaid": lambda text, url: None,  # GitHub draws it
}

# Commands, by program


def _curl(arguments: list[str], url: str) -> None:
    assert any(one.startswith(url) for one in arguments)
    if shutil.which("curl"):
        command = ["curl", "--silent", "--show-error", "--fail-with-body", *arguments]
        done = subprocess.run(command, capture_output=True, timeout=30)
        assert done.returncode == 0, f"curl {' '.join(arguments)}: {done.stdout.decode()} {done.stderr.decode()}"


def _planets(arguments: list[str], url: str) -> None:
    files = [file for one in arguments for file in (sorted(glob.glob(one)) if "*" in one else [one])]
    assert planets([*files, *([] if "--url" in files else ["--url", url])]) == 0, f"planets {' '.join(files)}"


def _python_m(arguments: list[str], url: str) -> None:
    assert arguments[0] == "-m"
    passed_on = check_arguments(main_of(arguments[1]), arguments[2:])
    assert {one for one in passed_on if one.startswith("--")} <= _our_options()


def _make(arguments: list[str], url: str = "") -> None:
    subprocess.run(["make", "--dry-run", *arguments], cwd=ROOT, check=True, capture_output=True, timeout=30)


def _node(arguments: list[str], url: str) -> None:
    assert (ROOT / arguments[0]).suffix == ".mjs"
    assert (ROOT / arguments[0]).is_file()


def _npm(arguments: list[str], url: str) -> None:
    """`install` and `start` in the folder of an example, which every package.json of ours has."""
    assert arguments[0] in ("install", "start")


def _blender(arguments: list[str], url: str) -> None:
    assert list(ROOT.glob(f"examples/blender/{_after('--python', arguments)}"))


def _pip(arguments: list[str], url: str) -> None:
    pinned = (ROOT / "requirements.txt").read_text() + (ROOT / "serving/requirements.txt").read_text()
    assert arguments.pop(0) == "install"
    for one in arguments:
        if "==" in one:
            assert re.sub(r"\[.*\]", "", one) in pinned, one
        elif (ROOT / one).is_dir():
            assert "project" in tomllib.loads((ROOT / one / "pyproject.toml").read_text()), f"{one} is no package"
        elif one != "-r":
            assert (ROOT / one).is_file(), one


def _compose(arguments: list[str], url: str) -> None:
    if arguments[0] == "compose":
        services = yaml.safe_load((ROOT / _after("-f", arguments)).read_text())["services"]
        assert any(_after("--profile", arguments) in service.get("profiles", []) for service in services.values())
    elif arguments[0] == "build":
        assert (ROOT / _after("-f", arguments)).exists()


def _kubectl(arguments: list[str], url: str) -> None:
    if "apply" in arguments:
        assert (ROOT / (_after("-k", arguments) or _after("-f", arguments))).exists()


def _wrk(arguments: list[str], url: str) -> None:
    assert (ROOT / _after("--script", arguments)).exists()
    assert (ROOT / "saved_models" / arguments[arguments.index("--") + 1]).is_dir()


def _model_server(arguments: list[str], url: str) -> None:
    given = dict(one.removeprefix("--").split("=", 1) for one in arguments)
    assert given["model_base_path"] == f"$PWD/saved_models/{given['model_name']}"
    assert (ROOT / "saved_models" / given["model_name"]).is_dir()
    assert int(given["grpc_max_threads"]) >= 64  # its default refuses what a gateway asks at once


def _after(option: str, arguments: list[str]) -> str:
    """What follows an option; empty if it isn't there."""
    return arguments[arguments.index(option) + 1] if option in arguments else ""


def _not_ours(arguments: list[str], url: str) -> None:
    """Nothing of it could be checked here."""


_PROGRAMS: dict[str, Callable[[list[str], str], None]] = {
    "curl": _curl,
    "planets": _planets,
    "python": _python_m,
    "make": _make,
    "node": _node,
    "npm": _npm,
    "blender": _blender,
    "godot3": _not_ours,
    "pip": _pip,
    "docker": _compose,
    "kubectl": _kubectl,
    "wrk": _wrk,
    "tensorflow_model_server": _model_server,
    "cd": lambda arguments, url: os.stat(ROOT / arguments[0]),
    "apt-get": _not_ours,
    "dpkg-deb": _not_ours,
    "kustomize": _not_ours,
}
