"""Bakes: shards of what the gateway gives, made once, checked, and gone on with."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from parallel.crew import crew
from serving.backends.embedded import EmbeddedBackend
from serving.bake.__main__ import main
from serving.bake.plan import RECORD, BakeError, Plan, parse_range
from serving.bake.shards import index_path, tar_path
from serving.bake.workers import Job, Made
from serving.gateway import create_app
from tests.serving.tiny_model import write_tiny_generator

ROOT = Path(__file__).resolve().parents[3]

pq = pytest.importorskip("pyarrow.parquet", reason="bakes need pyarrow: pip install -r requirements-bake.txt")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_generator(folder, "tiny", 1, ["red", "blue"])
    return folder


@pytest.fixture
def bake(models: Path, tmp_path: Path):
    def call(*options: str, out: str = "out") -> int:
        return main([str(tmp_path / out), "--saved-models", str(models), "--shard-size", "3", *options])

    return call


def rows_of(out: Path) -> list[dict]:
    return [row for path in sorted(out.glob("index/*.parquet")) for row in pq.read_table(path).to_pylist()]


def file_of(out: Path, row: dict) -> bytes:
    with (out / "shards" / row["shard"]).open("rb") as shard:
        shard.seek(row["offset"])
        return shard.read(row["size"])


def everything(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_files_are_those_that_the_gateway_gives(bake, models: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a/1\n\na b/ü\n7\n12345678901234567890\n", encoding="utf-8")
    wanted = ["--want", "planet.png?size=24", "--want", "planet.webp", "--kind", "blue"]
    assert bake("--addresses", str(tmp_path / "list.txt"), *wanted) == 0
    rows = rows_of(tmp_path / "out")
    assert [row["file"] for row in rows] == ["planet.png", "planet.webp", "json"] * 4
    assert [row["address"] for row in rows[::3]] == ["a/1", "a b/ü", None, None]
    assert [row["seed"] for row in rows[6::3]] == [7, 12345678901234567890]
    assert {(row["model"], row["version"], row["kind"]) for row in rows} == {("tiny", 1, '{"blue": 1.0}')}
    backend = EmbeddedBackend(models)
    client = create_app(backend).test_client()
    for row in rows:
        if row["file"] != "json":
            text = quote(row["address"] or str(row["seed"]), safe="/")
            size = "&size=24" if row["file"] == "planet.png" else ""
            url = f"/v1/planets/{text}.{row['file'].partition('.')[2]}?kind=blue&model=tiny&version=1{size}"
            assert client.get(url).data == file_of(tmp_path / "out", row)
    backend.close()
    read = [sys.executable, str(ROOT / "examples" / "read_bake.py"), str(tmp_path / "out"), "a b/ü", "planet.png"]
    assert subprocess.run(read, capture_output=True, check=True, timeout=60).stdout == file_of(
        tmp_path / "out", rows[3]
    )
    with tarfile.open(tar_path(tmp_path / "out", 0)) as archive:
        assert archive.getnames()[:3] == ["000000000.planet.png", "000000000.planet.webp", "000000000.json"]
        told = json.load(archive.extractfile("000000001.json"))
    assert told == {
        "key": "000000001",
        "address": "a b/ü",
        "seed": str(rows[3]["seed"]),
        "kind": {"blue": 1.0},
        "model": "tiny",
        "version": 1,
    }


def test_only_what_is_missing_is_made_and_another_bake_is_refused(bake, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    assert bake("--seeds", "10:18", "--part", "1/2") == 0  # the second of three shards
    assert sorted(path.name for path in out.glob("index/*")) == ["000001.parquet"]
    before = os.stat(index_path(out, 1)).st_mtime_ns
    assert bake("--seeds", "10:18") == 0
    assert os.stat(index_path(out, 1)).st_mtime_ns == before
    assert [row["seed"] for row in rows_of(out)[::2]] == list(range(10, 18))
    assert bake("--seeds", "10:18", "--stem", "a") == 2
    assert "holds another bake, with stem None, not 'a': choose another folder" in capsys.readouterr().err
    assert not list(out.rglob("*.part"))
    assert bake("--seeds", "10:18", out="out/shards") == 2
    assert "holds other files" in capsys.readouterr().err


def test_a_bake_goes_on_with_the_version_that_it_began_with(bake, models: Path, tmp_path: Path, monkeypatch) -> None:
    assert bake("--seeds", "0:5", "--kind", "blue", "--part", "0/2") == 0
    monkeypatch.setattr("serving.bake.__main__._pinned", None)  # what asks the models which is the newest
    for more in ([], ["--model", "tiny"], ["--version", "1"]):
        assert bake("--seeds", "0:5", "--kind", "blue", *more) == 0
    assert len(rows_of(tmp_path / "out")) == 10


def test_what_is_broken_is_found_and_made_anew(bake, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    assert bake("--seeds", "0:8") == 0
    assert bake("--seeds", "0:8", "--verify") == 0
    whole = everything(out)
    content = bytearray(tar_path(out, 1).read_bytes())
    content[700] ^= 1
    tar_path(out, 1).write_bytes(content)
    tar_path(out, 2).unlink()
    capsys.readouterr()
    assert bake("--seeds", "0:8", "--verify") == 1
    told = capsys.readouterr()
    assert "shard 000001: planet.webp of 000000003 is not what was written." in told.err
    assert "shard 000002: it can't be read" in told.err
    assert told.out == "1 of 3 shards are whole, 2 broken.\n"
    assert bake("--seeds", "0:8", "--repair") == 1
    assert bake("--seeds", "0:8") == 0
    assert everything(out) == whole


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--seeds", "5:5"], "'5:5' is no range of seeds such as 0:20000"),
        (["--seeds", "0:2", "--want", "planets"], "'planets' is no file of an address"),
        (["--seeds", "0:2", "--want", "planet.webp", "--want", "planet.webp?size=9"], "Say once what is wanted"),
        (["--seeds", "0:2", "--want", "planet.webp?sise=16"], "There is no parameter 'sise'"),
        (["--seeds", "0:2", "--want", "planet.bmp"], "planet.bmp can't be baked"),
        (["--seeds", "0:2", "--want", "map.png"], "can't be baked"),
        (["--seeds", "0:2", "--kind", "green"], "green"),
        (["--seeds", "0:2", "--model", "none"], "none"),
        (["--addresses", "nothing.txt"], "nothing.txt can't be read: No such file"),
    ],
)
def test_what_cannot_be_baked_is_said(bake, tmp_path: Path, capsys, options: list[str], sentence: str) -> None:
    assert bake(*options) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_ranges() -> None:
    assert parse_range("3:18446744073709551616") == (3, 2**64 - 3)
    with pytest.raises(BakeError):
        parse_range("0:18446744073709551617")


@pytest.mark.slow
def test_workers_make_the_same_bytes_though_some_are_killed(bake, models: Path, tmp_path: Path) -> None:
    assert bake("--seeds", "0:60", out="alone") == 0
    assert bake("--seeds", "0:60", "--workers", "2") == 0
    assert everything(tmp_path / "out") == everything(tmp_path / "alone")

    plan = _plan(60)
    job, made = Job(plan, tmp_path / "killed", models), []
    with crew(2) as run:
        for shard, done in run(job, range(plan.shards)):
            assert done == Made(shard, 3)
            made.append(shard)
            if len(made) in (2, 7):
                os.kill(_a_child(), signal.SIGKILL)
    assert sorted(made) == list(range(plan.shards))
    assert shards_of(tmp_path / "killed") == shards_of(tmp_path / "alone")


@pytest.mark.slow
def test_ray_makes_the_same_bytes(bake, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install -r requirements-ray.txt")
    assert bake("--seeds", "0:20", out="alone") == 0
    assert bake("--seeds", "0:20", "--ray", "local") == 0
    assert everything(tmp_path / "out") == everything(tmp_path / "alone")


@pytest.mark.slow
def test_a_ray_node_that_goes_away_takes_no_planet_with_it(bake, models: Path, tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason="needs Ray: pip install -r requirements-ray.txt")
    from ray.cluster_utils import Cluster

    assert bake("--seeds", "0:300", out="alone") == 0
    plan = _plan(300)
    job, places = _WhereTwoAre(Job(plan, tmp_path / "out", models), tmp_path / "nodes"), {}
    job.met.mkdir()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        leaving = cluster.add_node(num_cpus=1)
        with crew(1, cluster.address) as run:
            for shard, (node, done) in run(job, range(plan.shards)):
                assert shard not in places
                assert done == Made(shard, 3)
                places[shard] = node
                if leaving and len(set(places.values())) == 2:
                    cluster.remove_node(leaving, allow_graceful=False)
                    leaving = None
                    left = plan.shards - len(places)
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert left > 50
    assert sorted(places) == list(range(plan.shards))
    assert [row["seed"] for row in rows_of(tmp_path / "out")[::2]] == list(range(300))
    assert shards_of(tmp_path / "out") == shards_of(tmp_path / "alone")


class _WhereTwoAre(NamedTuple):
    """Makes a shard on a node of Ray's, and tells which; none before two nodes are at it."""

    job: Job
    met: Path

    def __call__(self, shard: int) -> tuple[str, Made]:
        import ray

        node = ray.get_runtime_context().get_node_id()
        (self.met / node).touch()
        while len(list(self.met.iterdir())) < 2:
            time.sleep(0.01)  # between looks
        return node, self.job(shard)


def shards_of(out: Path) -> dict[str, bytes]:
    """All files that are left of a bake, but for what it was asked."""
    return {name: content for name, content in everything(out).items() if name != RECORD}


def _plan(count: int) -> Plan:
    return Plan(None, 0, count, ("planet.webp",), {"model": "tiny", "version": "1"}, 3)


def _a_child() -> int:
    """A process that makes shards."""
    return next(child.pid for child in multiprocessing.active_children() if child.name.startswith("SpawnProcess"))
