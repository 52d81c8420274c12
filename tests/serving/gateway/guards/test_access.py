"""Who may use the gateway, how often, and from which sites: keys, limits, proxies and CORS."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from serving.gateway import GatewayConfig, create_app
from serving.gateway.guards.authorization import KeysError, digest_line, read_keys
from serving.gateway.guards.cors import parse_origin
from serving.gateway.keys import main as make_key
from tests.serving.fake_backend import FakeBackend

_KEYS = frozenset({digest_line("the key"), digest_line("another")})
_ORIGIN = "https://game.example"
_PINNED = "/v1/planets/1.png?model=fake&version=1"


def client_of(**config: object) -> FlaskClient:
    return create_app(FakeBackend(), GatewayConfig(**config)).test_client()


def detail(response: TestResponse, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    return response.get_json(force=True)["detail"]


def test_beyond_the_limit_a_client_is_told_when_to_come_back() -> None:
    client = client_of(rate_limit="2/hour")
    assert [client.get("/v1/planets/1.png").status_code for _ in range(2)] == [200, 200]
    response = client.post("/v1/planets", json={"count": 1})
    assert "2 per 1 hour" in detail(response, 429)
    assert 1 <= int(response.headers["Retry-After"]) <= 3601
    assert client.get("/v1/planets/1.png", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 200


def test_health_metrics_and_preflight_are_not_limited() -> None:
    client = client_of(rate_limit="1/hour")
    assert client.get("/v1/models").status_code == 200
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert [client.get(path).status_code for _ in range(3)] == [200, 200, 200]
    assert client.options("/v1/planets").status_code == 200
    assert client.get("/v1/models").status_code == 429


def test_client_behind_a_trusted_proxy_is_the_one_it_names() -> None:
    client = client_of(rate_limit="1/hour", trusted_proxies=1)
    for address in ("10.0.0.1", "10.0.0.2", "forged, 10.0.0.3"):
        assert client.get("/v1/models", headers={"X-Forwarded-For": address}).status_code == 200
    assert client.get("/v1/models", headers={"X-Forwarded-For": "another, 10.0.0.3"}).status_code == 429


def test_without_a_trusted_proxy_nobody_believes_the_header() -> None:
    client = client_of(rate_limit="1/hour")
    assert client.get("/v1/models", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 200
    assert client.get("/v1/models", headers={"X-Forwarded-For": "10.0.0.2"}).status_code == 429


@pytest.mark.parametrize("key", ["the key", "another"])
def test_a_known_key_opens(key: str) -> None:
    response = client_of(api_keys=_KEYS).get(_PINNED, headers={"Authorization": f"Bearer {key}"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, "Bearer"),
        ("Bearer", "Bearer"),
        ("Basic dGhlIGtleTo=", "Bearer"),
        ("Bearer the keys", 'Bearer error="invalid_token"'),
        ("Bearer ä", 'Bearer error="invalid_token"'),
        (f"Bearer {hashlib.sha256(b'the key').hexdigest()}", 'Bearer error="invalid_token"'),
    ],
)
def test_anything_else_does_not(authorization: str | None, challenge: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = client_of(api_keys=_KEYS).get("/v1/models", headers=headers)
    assert "API key" in detail(response, 401)
    assert response.headers["WWW-Authenticate"] == challenge


def test_health_metrics_and_preflight_need_no_key() -> None:
    client = client_of(api_keys=_KEYS)
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert client.get(path).status_code == 200
    assert client.options("/v1/planets").status_code == 200
    assert client.post("/v1/planets", json={"count": 1}).status_code == 401


def test_made_key_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_key(["the  studio\n"]) == 0
    line, said = capsys.readouterr()
    key = said.split()[-1]
    assert line == f"{hashlib.sha256(key.encode()).hexdigest()}  # the studio\n"
    file = tmp_path / "keys.txt"
    file.write_text(f"# Keys\n\n{line}", encoding="utf-8")
    client = client_of(api_keys=read_keys(file))
    assert client.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.parametrize(
    ("text", "sentence"), [("# none\n", "holds no key"), ("\nthe key\n", "Line 2 of"), (None, "cannot be read")]
)
def test_unusable_file_of_keys(tmp_path: Path, text: str | None, sentence: str) -> None:
    file = tmp_path / "keys.txt"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(KeysError, match=sentence):
        read_keys(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_file_of_keys_is_read_in_what_its_byte_order_mark_tells(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "keys.txt"
    file.write_text(f"# Schl\u00fcssel\r\n{digest_line('the key', 'studio')}\r\n", encoding=encoding)
    assert read_keys(file) == {digest_line("the key")}


@pytest.mark.parametrize(
    "content",
    [
        digest_line("the key").encode("utf-16-le"),
        digest_line("the key").encode() + b"\n" + digest_line("another").encode("utf-16-le"),
        digest_line("the key", "Schl\u00fcssel").encode("latin-1"),
        b"\xff\xfe" + digest_line("the key").encode("utf-16-le")[:-1],
    ],
)
def test_a_file_of_keys_in_another_encoding_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "keys.txt"
    file.write_bytes(content)
    with pytest.raises(KeysError, match=r"keys\.txt cannot be read: it is not UTF-8 throughout, save it as UTF-8\."):
        read_keys(file)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("HTTPS://Game.Example", _ORIGIN),
        ("https://game.example:443", _ORIGIN),
        ("https://game.example:", _ORIGIN),
        ("https://game.example:0443", _ORIGIN),
        ("http://game.example:80", "http://game.example"),
        ("http://game.example:443", "http://game.example:443"),
        ("http://LOCALHOST:8080", "http://localhost:8080"),
        ("http://[0:0::1]:8080", "http://[::1]:8080"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_an_origin_matches_as_browsers_write_it(written: str, sent: str) -> None:
    response = client_of(cors_origins=(written,)).get(_PINNED, headers={"Origin": sent})
    assert response.headers["Access-Control-Allow-Origin"] == sent


@pytest.mark.parametrize(
    "text",
    [
        "https://game.example/",
        "https://game.example/play",
        "https://game.example?",
        " https://game.example",
        "https://*.example",
        "https://me@game.example",
        "https://game.example:port",
        "https://game.example:99999",
        "https://game..example",
        "https://10.0.1",
        "http://[::g]",
        "https://",
        "//game.example",
        "null",
        "",
    ],
)
def test_what_no_browser_sends_is_no_origin(text: str) -> None:
    with pytest.raises(ValueError, match="is not an origin such as https://"):
        parse_origin(text)


@pytest.mark.parametrize(("origins", "shared_with"), [((_ORIGIN, "https://b.example"), _ORIGIN), (("*",), "*")])
def test_an_allowed_site_may_read_answers_and_their_headers(origins: tuple[str, ...], shared_with: str) -> None:
    client = client_of(cors_origins=origins)
    for path, status in ((_PINNED, 200), ("/v1/models/nope", 404)):
        response = client.get(path, headers={"Origin": _ORIGIN})
        assert response.status_code == status
        assert response.headers["Access-Control-Allow-Origin"] == shared_with
        exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "X-Planet-Seed", "X-Planet-Kind", "X-Request-Id"} <= set(exposed)
        assert ("Vary" in response.headers) == (shared_with != "*")


def test_preflight() -> None:
    client = client_of(cors_origins=(_ORIGIN,), api_keys=_KEYS)
    headers = {"Origin": _ORIGIN, "Access-Control-Request-Method": "POST"}
    response = client.options("/v1/planets", headers=headers)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == _ORIGIN
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Content-Type"} <= set(response.headers["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize(
    ("origins", "path", "origin"),
    [
        ((), _PINNED, _ORIGIN),
        ((_ORIGIN,), _PINNED, "https://evil.example"),
        ((_ORIGIN,), _PINNED, None),
        (("*",), "/metrics", _ORIGIN),
    ],
)
def test_others_may_not(origins: tuple[str, ...], path: str, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    response = client_of(cors_origins=origins).get(path, headers=headers)
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
    assert ("Vary" in response.headers) == (origins == (_ORIGIN,))
