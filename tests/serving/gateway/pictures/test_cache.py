"""The cache of encoded pictures."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from serving.gateway import GatewayConfig, create_app
from serving.gateway.pictures.cache import PictureCache
from tests.serving.fake_backend import FakeBackend, fake_version

_ENTRY = 1256  # bytes that a file of 1000 takes up


def metric(client: FlaskClient, name: str) -> float:
    return float(re.search(rf"^{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)[1])


def test_least_recently_asked_for_goes_first() -> None:
    cache = PictureCache(2 * _ENTRY)
    cache.put("a", b"a" * 1000)
    cache.put("b", b"b" * 1000)
    assert cache.get("a") == b"a" * 1000
    cache.put("c", b"c" * 1000)
    assert [cache.get(key) is not None for key in "abc"] == [True, False, True]
    assert (cache.bytes, cache.hits, cache.misses) == (2 * _ENTRY, 3, 1)


def test_large_file_makes_room_and_one_beyond_the_budget_is_not_kept() -> None:
    cache = PictureCache(3 * _ENTRY)
    for key in "abc":
        cache.put(key, b"x" * 1000)
    cache.put("large", b"x" * (2 * _ENTRY))
    assert [key for key in ("a", "b", "c", "large") if cache.get(key) is not None] == ["large"]
    cache.put("too large", b"x" * (3 * _ENTRY))
    assert cache.get("too large") is None
    assert cache.get("large") is not None


def test_a_file_put_twice_counts_once() -> None:
    cache = PictureCache(10 * _ENTRY)
    cache.put("a", b"x" * 1000)
    cache.put("a", b"y" * 1000)
    assert cache.bytes == _ENTRY
    assert cache.get("a") == b"x" * 1000


def test_the_same_picture_is_drawn_once() -> None:
    backend = FakeBackend()
    client = create_app(backend).test_client()
    first, second = (client.get("/v1/planets/42.png?model=fake&version=1") for _ in range(2))
    assert len(backend.calls) == 1
    assert second.data == first.data
    for name in ("ETag", "Content-Type", "Cache-Control", "X-Planet-Seed", "X-Planet-Model", "X-Planet-Version"):
        assert second.headers[name] == first.headers[name]
    assert re.fullmatch(r"cache;desc=hit, total;dur=[0-9.]+", second.headers["Server-Timing"])
    assert "cache" not in first.headers["Server-Timing"]
    assert metric(client, "planet_cache_hits_total") == 1
    assert metric(client, "planet_cache_misses_total") == 1
    assert metric(client, "planet_cache_bytes") > len(first.data)


@pytest.mark.parametrize("other", ["2.png", "1.webp", "1.png?size=32", "1.png?temperature=0.5", "1.png?kind=mars"])
def test_another_picture_is_drawn(other: str) -> None:
    backend = FakeBackend([fake_version(class_names=["earth", "mars"])])
    client = create_app(backend).test_client()
    assert client.get("/v1/planets/1.png?kind=earth").status_code == 200
    assert client.get(f"/v1/planets/{other}").status_code == 200
    assert len(backend.calls) == 2


def test_a_new_version_is_drawn_and_an_older_one_still_known() -> None:
    backend = FakeBackend()
    client = create_app(backend, GatewayConfig(catalog_age_s=0.0)).test_client()
    client.get("/v1/planets/1.png")
    backend.versions = [fake_version(version=2), fake_version()]
    assert client.get("/v1/planets/1.png").headers["X-Planet-Version"] == "2"
    assert client.get("/v1/planets/1.png?version=1").headers["X-Planet-Version"] == "1"
    assert [version for _, version, _, _ in backend.calls] == [1, 2]


def test_turned_off() -> None:
    backend = FakeBackend()
    client = create_app(backend, GatewayConfig(cache_bytes=0)).test_client()
    first, second = (client.get("/v1/planets/42.png") for _ in range(2))
    assert len(backend.calls) == 2
    assert first.data == second.data
    assert metric(client, "planet_cache_bytes") == 0


def test_another_card_is_another_picture() -> None:
    backend = FakeBackend([fake_version(latent_size=3)])
    client = create_app(backend, GatewayConfig(catalog_age_s=0.0)).test_client()
    tags = []
    for size in (3, 3, 4):
        backend.versions = [fake_version(latent_size=size)]  # equal or not, it is another object
        tags.append(client.get("/v1/planets/1.png").headers["ETag"])
    assert tags[0] == tags[1] != tags[2]
    assert len(backend.calls) == 2
