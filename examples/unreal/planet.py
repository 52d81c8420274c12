"""Places a planet of a running gateway, and a sun, in the level that Unreal's editor (5.4 or newer) has open.

With the plugin Python Editor Script, in the editor's console: py /path/to/planet.py orion/7/3 earth

Not run in Unreal: it follows the reference of Unreal's Python API; a test runs what it does without the engine.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import unreal

SERVER = "http://127.0.0.1:8000"
MODEL, VERSION = "world_v2", 13  # both together: the same planet for ever


def main(address: str = "orion/7/3", kind: str = "earth") -> None:
    look = urllib.parse.urlencode({"model": MODEL, "version": VERSION, "kind": kind})
    url = f"{SERVER}/v1/worlds/{urllib.parse.quote(address, safe='')}.glb?{look}"
    name = f"{re.sub(r'[^A-Za-z0-9]', '_', address)[:40]}_{hashlib.sha256(url.encode()).hexdigest()[:8]}"
    try:
        place(fetched(url, name), name)
    except OSError as error:
        unreal.log_error(f"No planet {address}: {reason(error)}")


def fetched(url: str, name: str) -> Path:
    """The planet's file, which is fetched once and kept."""
    saved = unreal.Paths.convert_relative_path_to_full(unreal.Paths.project_saved_dir())
    file = Path(saved) / "Planets" / f"{name}.glb"
    if not file.exists():
        with urllib.request.urlopen(url, timeout=120) as answer:
            glb = answer.read()
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_bytes(glb)
        partial.replace(file)
    return file


def reason(error: OSError) -> str:
    if isinstance(error, urllib.error.HTTPError) and error.headers.get_content_type() == "application/problem+json":
        return json.load(error)["detail"]
    return f"{error}. Is the gateway there (make run)?"


def place(file: Path, name: str) -> None:
    """Imports a GLB, whose actors stand at the origin, ground and clouds apart, and lights it unless there is a sun."""
    manager = unreal.InterchangeManager.get_interchange_manager_scripted()
    silent = unreal.ImportAssetParameters(is_automated=True)
    if not manager.import_scene(f"/Game/Planets/{name}", manager.create_source_data(str(file)), silent):
        unreal.log_error(f"Unreal can't import {file}; the lines above say why.")
        return
    level = unreal.get_editor_subsystem(unreal.EditorActorSubsystem)
    if not any(isinstance(actor, unreal.DirectionalLight) for actor in level.get_all_level_actors()):
        sun = unreal.Vector(-400, 200, 200)  # cm, of a planet whose radius is 100
        toward = unreal.MathLibrary.find_look_at_rotation(sun, unreal.Vector())
        level.spawn_actor_from_class(unreal.DirectionalLight, sun, toward)


main(*sys.argv[1:])
