"""Proxies and redirects on the way to the server, and what is meant by --out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask
import pytest
from PIL import Image

from client import AccessDenied, InvalidRequest, PlanetClient, ServerUnreachable
from client.__main__ import main
from tests.client.servers import Stub, picture, running


@contextmanager
def answering(status: int, **headers: str) -> Iterator[str]:
    """A server that has one answer."""
    app = flask.Flask("answering")

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST"])
    def answer(path: str) -> flask.Response:
        filled = {name: value.format(path=path) for name, value in headers.items()}
        return flask.Response("<h1>no</h1>", status, filled)

    with running(app) as url:
        yield url


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_proxy_that_is_not_there_is_named(client: PlanetClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    with pytest.raises(
        ServerUnreachable, match=r"The proxy http://127\.0\.0\.1:9, which the environment names"
    ) as error:
        client.models()
    assert "NO_PROXY=127.0.0.1" in str(error.value)
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # as advised
    assert client.models()


def test_a_proxy_that_refuses_is_named(client: PlanetClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(403) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        with pytest.raises(AccessDenied, match=f"The proxy {proxy}.* answered 403"):
            client.models()


@pytest.mark.parametrize(
    "proxy", ["http://", "me:secret@127.0.0.1:9", "ftp://me:secret@127.0.0.1:9", "http://127.0.0.1:99999", "no proxy"]
)
def test_a_proxy_that_is_none_is_named(proxy: str, client: PlanetClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(ServerUnreachable, match=r"^The proxy .*, which the environment names, .*NO_PROXY=127") as error:
        client.models()
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000?x=1", "http://127.0.0.1:8000#x", "127.0.0.1:8000", "ftp://a"])
def test_what_is_no_url_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="not a server's URL"):
        PlanetClient(url)


def test_a_scheme_may_have_capitals(stub_url: str) -> None:
    with PlanetClient(stub_url.replace("http", "HTTP")) as client:
        assert client.models()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_keep_the_method(stub: Stub, stub_url: str, status: int) -> None:
    with answering(status, Location=f"{stub_url}/{{path}}") as url, PlanetClient(url, api_key="secret") as client:
        assert client.planets(seeds=["a", "b"])[1].address == "b"
        assert client.planet("a").address == "a"
    assert [method for method, _, _ in stub.requests] == ["POST", "GET"]


def test_a_key_is_not_told_to_another_host(stub: Stub, stub_url: str) -> None:
    elsewhere = stub_url.replace("127.0.0.1", "localhost")
    with answering(301, Location=f"{elsewhere}/{{path}}") as url, PlanetClient(url, api_key="secret") as client:
        client.models()
    assert stub.keys == [None]


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("/{path}", "redirects in a circle"),
        ("ftp://elsewhere/{path}", "no http or https address"),
        ("http://127.0.0.1:9/{path}", r"redirects to http://127\.0\.0\.1:9/v1/models, where nobody answers"),
    ],
)
def test_redirects_that_lead_nowhere_say_so(location: str, sentence: str, waits: list[float]) -> None:
    with (
        answering(301, Location=location) as url,
        PlanetClient(url, sleep=waits.append) as client,
        pytest.raises(ServerUnreachable, match=sentence),
    ):
        client.models()


def generate(url: str, *options: str) -> int:
    return main(["generate", "--url", url, "--seed", "5", *options])


def test_out_may_name_one_picture(stub_url: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for name, made in (("planet.png", "PNG"), ("a/planet.WEBP", "WEBP"), ("planet.jpeg", "JPEG")):
        assert generate(stub_url, "--out", str(tmp_path / name)) == 0
        assert Image.open(tmp_path / name).format == made
    assert capsys.readouterr().out.splitlines()[0] == str(tmp_path / "planet.png")
    (tmp_path / "folder.png").mkdir()
    assert generate(stub_url, "--out", str(tmp_path / "folder.png")) == 0
    assert (tmp_path / "folder.png" / "5.png").is_file()
    assert generate(stub_url, "--out", f"{tmp_path / 'new.png'}/") == 0
    assert (tmp_path / "new.png" / "5.png").is_file()
    assert generate(stub_url, "--out", str(tmp_path / "v1.5")) == 0
    assert (tmp_path / "v1.5" / "5.png").is_file()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--out", "planet.png", "--count", "2"], "is one picture, but 2 are asked for; name a folder"),
        (["--out", "planet.png", "--format", "webp"], "does not end in webp"),
        (["--out", "planet.gif"], "does not end in one of .png, .webp, .jpg"),
    ],
)
def test_what_cannot_be_meant_is_said(
    stub_url: str,
    stub: Stub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys,
    options: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert generate(stub_url, *options) == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert stub.requests == []


def test_files_whose_names_are_not_utf8_are_told_of(seeing_url: str, tmp_path: Path) -> None:
    odd = os.path.join(os.fsencode(tmp_path), b"caf\xe9.png")
    with open(odd, "wb") as file:
        file.write(picture(64, "png"))
    (tmp_path / "fine.png").write_bytes(picture(64, "png"))
    command = [sys.executable, "-m", "client", "classify", odd, tmp_path / "fine.png", "--url", seeing_url]
    for extra in ([], ["--json"]):
        done = subprocess.run(
            [*command, *extra], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
        )
        assert done.returncode == 0, done.stderr
        assert b"caf\\" in done.stdout
        assert b"fine.png" in done.stdout
