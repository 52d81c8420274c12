"""The caching proxy: a real NGINX with the configuration that is deployed, in front of real gateways."""

from __future__ import annotations

import concurrent.futures
import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
import requests

from serving.backends.base import Overloaded
from serving.gateway import GatewayConfig, create_app
from tests.client.servers import running
from tests.serving.deploy.proxy import NGINX, caching_proxy
from tests.serving.fake_backend import FakeBackend
from tests.serving.gateway.guards.test_shared_limits import wait_until

pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx here: apt-get install nginx-light")

_PINNED = "/v1/planets/7.png?model=fake&version=1"
_MISS, _HIT, _PAST = "planets; fwd=miss", "planets; hit", "planets; fwd=bypass"


@contextlib.contextmanager
def proxied(folder: Path, *apps: flask.Flask) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(running(app)) for app in apps]
        yield stack.enter_context(caching_proxy(folder, [url.removeprefix("http://") for url in urls]))


def told(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers["Cache-Status"]


def test_what_names_its_version_is_kept(tmp_path: Path) -> None:
    backend = FakeBackend()
    app = create_app(backend, GatewayConfig(cache_bytes=0, trusted_proxies=1))
    with proxied(tmp_path, app) as url:
        first = requests.get(url + _PINNED, headers={"X-Request-Id": "one"})
        again = requests.get(url + _PINNED, headers={"X-Request-Id": "two"})
        assert (told(first), told(again)) == ((200, _MISS), (200, _HIT))
        assert first.content == again.content
        assert first.headers["ETag"] == again.headers["ETag"]
        assert "immutable" in again.headers["Cache-Control"]
        assert [one.headers["X-Request-Id"] for one in (first, again)] == ["one", "two"]
        assert "model;dur=" in first.headers["Server-Timing"]
        assert again.headers["Server-Timing"] == "cache;desc=proxy"
        known = requests.get(url + _PINNED, headers={"If-None-Match": first.headers["ETag"]})
        assert (told(known), known.content) == ((304, _HIT), b"")
        assert requests.head(url + _PINNED).headers["Content-Length"] == str(len(first.content))
        assert len(backend.calls) == 1
        other = requests.get(url + _PINNED.replace("7.png", "/7.png"))  # another address, with its slash
        assert told(other) == (200, _MISS)
        assert other.content != first.content


def test_what_may_change_is_asked_for_each_time(tmp_path: Path) -> None:
    backend = FakeBackend()
    with proxied(tmp_path, create_app(backend, GatewayConfig(cache_bytes=0))) as url:
        for path in ("/v1/planets/7.png", "/v1/planets/7.png?model=fake", "/v1/planets/7.png?version=1"):
            answers = [requests.get(url + path) for _ in range(2)]
            assert [told(one) for one in answers] == [(200, _PAST)] * 2
            assert answers[0].headers["Cache-Control"] == "no-cache"
            known = requests.get(url + path, headers={"If-None-Match": answers[0].headers["ETag"]})
            assert told(known) == (304, _PAST)  # by the gateway, which draws nothing for it
        assert len(backend.calls) == 6
        posted = [requests.post(f"{url}/v1/planets?model=fake&version=1", json={"count": 1}) for _ in range(2)]
        assert [one.headers["Cache-Control"] for one in posted] == ["no-store"] * 2
        assert len(backend.calls) == 8


def test_errors_are_never_kept(tmp_path: Path) -> None:
    backend = FakeBackend(error=Overloaded("Full."))
    with proxied(tmp_path, create_app(backend, GatewayConfig(rate_limit="4/hour", trusted_proxies=1))) as url:
        for _ in range(2):
            busy = requests.get(url + _PINNED)
            assert told(busy) == (503, _MISS)
            assert int(busy.headers["Retry-After"]) > 0
        backend.error = None
        assert told(requests.get(url + _PINNED)) == (200, _MISS)
        assert told(requests.get(f"{url}{_PINNED}&size=0")) == (422, _MISS)
        for seed in ("8", "8", "7"):  # the last is kept, and counts for nothing
            limited = requests.get(url + _PINNED.replace("7", seed))
            assert told(limited) == ((200, _HIT) if seed == "7" else (429, _MISS))
        elsewhere = requests.get(url + _PINNED.replace("7", "8"), headers={"X-Forwarded-For": "192.0.2.1"})
        assert elsewhere.status_code == 429  # nobody is believed to be somebody else


def test_an_error_that_claims_to_be_good_for_ever_is_not_kept(tmp_path: Path) -> None:
    app = flask.Flask("liar", static_folder=None)
    app.get("/<path:any>")(lambda any: ("no", 500, {"Cache-Control": "public, max-age=31536000, immutable"}))
    with proxied(tmp_path, app) as url:
        assert [told(requests.get(url + _PINNED)) for _ in range(2)] == [(500, _MISS)] * 2


def test_what_is_for_holders_of_a_key_is_not_kept(tmp_path: Path) -> None:
    digest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"  # of "foo"
    with proxied(tmp_path, create_app(FakeBackend(), GatewayConfig(api_keys=frozenset({digest})))) as url:
        for _ in range(2):
            assert told(requests.get(url + _PINNED, headers={"Authorization": "Bearer foo"})) == (200, _MISS)
        assert told(requests.get(url + _PINNED)) == (401, _MISS)


def test_each_site_is_told_its_own(tmp_path: Path) -> None:
    sites = ("https://a.example", "https://b.example")
    with proxied(tmp_path, create_app(FakeBackend(), GatewayConfig(cors_origins=sites))) as url:
        for site in (*sites, *sites):
            answer = requests.get(url + _PINNED, headers={"Origin": site})
            assert answer.headers["Access-Control-Allow-Origin"] == site
        assert "Access-Control-Allow-Origin" not in requests.get(url + _PINNED).headers


def test_each_gateway_has_its_share_of_the_addresses(tmp_path: Path) -> None:
    backends = FakeBackend(), FakeBackend()
    with proxied(tmp_path, *map(create_app, backends)) as url, requests.Session() as session:
        for _ in range(2):
            for seed in range(31):  # an odd number, so that taking turns would bring each to the other
                assert session.get(f"{url}/v1/planets/{seed}.png").status_code == 200
    shares = [len(backend.calls) for backend in backends]
    assert sum(shares) == 31  # the second time it was the same gateway, which had it
    assert min(shares) >= 5


def test_of_many_that_ask_for_the_same_large_file_at_once_one_asks_a_gateway(tmp_path: Path) -> None:
    backend = FakeBackend()
    backend.gate.clear()
    with (
        proxied(tmp_path, create_app(backend, GatewayConfig(cache_bytes=0))) as url,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        asked = [pool.submit(requests.get, f"{url}/v1/sheet.png?seed=7&count=4&model=fake&version=1") for _ in range(8)]
        assert backend.entered.wait(20)
        backend.gate.set()
        answers = [one.result() for one in asked]
    assert len(backend.calls) == 1
    assert len({one.content for one in answers}) == 1
    assert Counter(map(told, answers)) == {(200, _MISS): 1, (200, _HIT): 7}


def test_without_gateways_there_is_what_was_kept_and_a_problem_for_the_rest(tmp_path: Path) -> None:
    backends = FakeBackend(), FakeBackend()
    with contextlib.ExitStack() as stack:
        gateways = [stack.enter_context(contextlib.ExitStack()) for _ in backends]
        apps = map(create_app, backends)
        urls = [one.enter_context(running(app)) for one, app in zip(gateways, apps, strict=True)]
        url = stack.enter_context(caching_proxy(tmp_path, [one.removeprefix("http://") for one in urls]))
        kept = requests.get(url + _PINNED).content
        gateways[0].close()
        for seed in range(10):
            assert requests.get(f"{url}/v1/planets/{seed}.png").status_code == 200
        gateways[1].close()
        wait_until(lambda: requests.get(f"{url}/health/live").status_code == 503)
        away = requests.get(f"{url}/v1/planets/1.png", headers={"X-Request-Id": "abc"})
        assert requests.get(url + _PINNED).content == kept
    assert away.headers["Content-Type"] == "application/problem+json"
    assert (away.headers["Retry-After"], away.headers["Cache-Control"]) == ("2", "no-store")
    assert away.json()["request_id"] == away.headers["X-Request-Id"] == "abc"
