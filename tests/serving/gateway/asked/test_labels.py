"""Which version answers: labels, splits between two versions, and versions that go while requests are under way."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from serving.backends.base import ModelNotFound, ModelVersion
from serving.gateway import GatewayConfig, create_app
from serving.gateway.asked.splits import assigned_label, parse_split
from tests.serving.fake_backend import FakeBackend, SeeingBackend, fake_version
from tests.serving.picture_files import RED, file_of, planet

_PICTURE = file_of(planet(24, 16, RED), "PNG")
_SPLIT = {"fake": {"stable": 3, "canary": 1}}


def _client(backend: FakeBackend, **config: Any) -> FlaskClient:
    return create_app(backend, GatewayConfig(catalog_age_s=0.0, **config)).test_client()


def _rollout(stable: int | None = 2, canary: int | None = 3) -> FakeBackend:
    labels = {stable: ("stable",), canary: ("canary",)}
    return FakeBackend([fake_version(version=number, labels=labels.get(number, ())) for number in (3, 2, 1)])


def _version(client: FlaskClient, url: str) -> int:
    response = client.get(url)
    assert response.status_code == 200, response.text
    return int(response.headers["X-Planet-Version"])


def test_a_label_chooses_its_version() -> None:
    backend = _rollout()
    client = _client(backend)
    assert _version(client, "/v1/planets/1.png?label=stable") == 2
    assert _version(client, "/v1/planets/1.png?label=canary") == 3
    assert _version(client, "/v1/planets/1.png?version=1") == 1
    assert _version(client, "/v1/morph.webp?from=1&to=2&frames=2&label=canary") == 3
    assert _version(client, "/v1/sheet.png?seed=a&count=2&label=canary") == 3
    assert client.post("/v1/planets", json={"count": 1, "label": "canary"}).get_json()["version"] == 3
    assert {version for _, version, _, _ in backend.calls} == {1, 2, 3}


def test_no_version_and_no_label_mean_stable_else_the_newest() -> None:
    assert _version(_client(_rollout()), "/v1/planets/1.png") == 2
    assert _version(_client(_rollout(stable=None)), "/v1/planets/1.png") == 3
    away = [fake_version(version=2, state="UNAVAILABLE", labels=("stable",)), fake_version(version=1)]
    assert _version(_client(FakeBackend(away)), "/v1/planets/1.png") == 1


def test_labels_are_listed() -> None:
    models = _client(_rollout()).get("/v1/models").get_json()["models"]
    assert {one["version"]: one["labels"] for one in models} == {3: ["canary"], 2: ["stable"], 1: []}


@pytest.mark.parametrize(
    ("query", "status", "parameter", "sentence"),
    [
        ("label=beta", 404, "label", "no label 'beta'; its labels: canary (version 3), stable (version 2)."),
        ("label=stable&version=2", 422, "label", "Give either version or label, not both."),
        ("label=", 422, "label", "must be text that is not empty"),
    ],
)
@pytest.mark.parametrize("route", ["planets/1.png?", "morph.webp?from=1&to=2&", "sheet.json?seed=1&count=2&"])
def test_bad_labels(route: str, query: str, status: int, parameter: str, sentence: str) -> None:
    document = _client(_rollout()).get(f"/v1/{route}{query}").get_json(force=True)
    assert (document["status"], document["parameter"]) == (status, parameter)
    assert sentence in document["detail"]


def test_a_model_without_labels_says_so() -> None:
    document = _client(FakeBackend()).get("/v1/planets/1.png?label=stable").get_json(force=True)
    assert "no label 'stable'; its labels: none." in document["detail"]


@pytest.mark.parametrize("route", ["classify", "translate"])
def test_models_that_see_pictures_have_labels_too(route: str) -> None:
    backend = SeeingBackend()
    client = _client(backend)
    assert client.post(f"/v1/{route}?label=stable", data=_PICTURE, content_type="image/png").status_code == 404
    assert client.post(f"/v1/{route}?label=a&version=1", data=_PICTURE, content_type="image/png").status_code == 422
    for index, one in enumerate(backend.versions):
        backend.versions[index] = fake_version(one.name, labels=("stable",), **one.card)
    assert client.post(f"/v1/{route}?label=stable", data=_PICTURE, content_type="image/png").status_code == 200


def test_a_labels_move_changes_the_picture_and_its_tag_at_once() -> None:
    backend = _rollout(stable=2)
    client = _client(backend)
    url = "/v1/planets/1.png?model=fake&label=stable"
    before = client.get(url)
    assert before.headers["Cache-Control"] == "no-cache"
    assert client.get(url, headers={"If-None-Match": before.headers["ETag"]}).status_code == 304
    backend.versions = _rollout(stable=1).versions
    after = client.get(url, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.headers["X-Planet-Version"] == "1"


def test_an_atlas_names_the_version_not_the_label() -> None:
    atlas = _client(_rollout()).get("/v1/sheet.json?seed=a&count=2&label=canary").get_json()
    assert atlas["meta"]["image"].endswith("&model=fake&version=3")
    assert "label" not in atlas["meta"]["image"]


def test_a_split_gives_each_address_one_version_in_any_gateway_alone_or_in_company() -> None:
    seeds = [f"a/{index}" for index in range(40)]
    gateways = [_client(_rollout(), splits=_SPLIT) for _ in range(2)]
    alone = [[_version(client, f"/v1/planets/{seed}.png") for seed in seeds] for client in gateways]
    assert alone[0] == alone[1]
    assert 20 < alone[0].count(2) < 40
    assert alone[0].count(2) + alone[0].count(3) == 40

    planets = gateways[0].post("/v1/planets", json={"seeds": seeds}).get_json()["planets"]
    assert [planet["address"] for planet in planets] == seeds
    assert [planet["version"] for planet in planets] == alone[0]
    assert _version(gateways[0], "/v1/sheet.png?seed=a&count=9") == alone[0][0]
    assert _version(gateways[0], "/v1/morph.webp?from=a/1&to=a/2&frames=2") == alone[0][1]


def test_a_split_leaves_alone_who_names_a_version_or_a_label() -> None:
    client = _client(_rollout(), splits={"fake": {"canary": 1}})
    assert _version(client, "/v1/planets/1.png") == 3
    assert _version(client, "/v1/planets/1.png?label=stable") == 2
    assert _version(client, "/v1/planets/1.png?version=1") == 1


def test_a_split_ends_with_its_label() -> None:
    client = _client(_rollout(canary=None), splits={"fake": {"canary": 1}})
    assert _version(client, "/v1/planets/1.png") == 2


def test_shares_are_as_weighted_and_only_grow() -> None:
    def canaries(weight: int) -> set[int]:
        weights = {"stable": 100 - weight, "canary": weight}
        return {seed for seed in range(4000) if assigned_label(weights, "world_v2", seed) == "canary"}

    assert canaries(0) == set()
    assert len(canaries(5)) == pytest.approx(200, abs=60)
    assert canaries(5) < canaries(10)
    assert canaries(100) == set(range(4000))


def test_the_split_is_the_same_for_ever() -> None:
    labels = [assigned_label({"stable": 1, "canary": 1}, "world_v2", seed) for seed in range(8)]
    assert "".join(label[0] for label in labels) == "ccsccccs"


def test_a_split_is_read() -> None:
    assert parse_split("m=stable:95,canary:5") == ("m", {"stable": 95, "canary": 5})
    assert parse_split(" m = stable: 95 , canary :5\n") == ("m", {"stable": 95, "canary": 5})


def test_settings_that_name_no_model_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    backend = FakeBackend()
    config = GatewayConfig(
        catalog_age_s=0.0, splits={"Fake": {"stable": 1}, "fake": {"stable": 1}}, default_model="fake"
    )
    client = create_app(backend, config).test_client()
    for _ in range(2):
        assert client.get("/v1/planets/1.png").status_code == 200
    backend.versions = []
    assert client.get("/v1/models").get_json()["models"] == []
    assert caplog.messages == ["The settings name the model 'Fake', which is not served; served are fake."]


@pytest.mark.parametrize(
    "text", ["", "m", "m=", "=stable:1", "m=stable", "m=beta:1", "m=stable:-1", "m=stable:1,stable:2", "m=stable:0"]
)
def test_a_broken_split_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a split|gives no label"):
        parse_split(text)


class _Unloading(FakeBackend):
    """Unloads version 2 at the first call, before the gateway's list of models tells."""

    def __init__(self, versions: list[ModelVersion]) -> None:
        super().__init__(versions)
        self.unloaded = threading.Event()

    def predict(self, name: str, inputs: Any, **options: Any) -> dict[str, np.ndarray]:
        if options["version"] == 2:
            self.versions = [fake_version(version=1)]
            self.unloaded.set()
            raise ModelNotFound("The model server does not serve version 2.")
        return super().predict(name, inputs, **options)


@pytest.mark.parametrize("body", [None, {"count": 3}])
def test_a_version_that_goes_is_not_noticed(body: Any) -> None:
    backend = _Unloading([fake_version(version=2), fake_version(version=1)])
    client = create_app(backend, GatewayConfig(catalog_age_s=1000.0)).test_client()
    response = client.get("/v1/planets/1.png") if body is None else client.post("/v1/planets", json=body)
    assert response.status_code == 200
    assert response.headers["X-Planet-Version"] == "1"


def test_a_version_that_goes_is_not_noticed_while_another_request_reads_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = _Unloading([fake_version(version=2), fake_version(version=1)])
    client = create_app(backend, GatewayConfig(catalog_age_s=0.0)).test_client()
    assert client.get("/v1/models").status_code == 200
    models, asked, gate = backend.models, threading.Event(), threading.Event()

    def list_slowly() -> list[ModelVersion]:
        before = models()
        if not asked.is_set():
            asked.set()
            assert gate.wait(20)
        elif not gate.is_set():
            raise AssertionError("asked twice at a time")
        return before

    monkeypatch.setattr(backend, "models", list_slowly)
    with ThreadPoolExecutor(2) as threads:
        reading = threads.submit(client.application.test_client().get, "/v1/models")
        assert asked.wait(20)
        drawing = threads.submit(client.application.test_client().get, "/v1/planets/1.png")
        assert backend.unloaded.wait(20)
        gate.set()
        assert reading.result(20).get_json()["models"][0]["version"] == 2
        assert drawing.result(20).headers["X-Planet-Version"] == "1"


def test_a_version_that_goes_is_told_to_those_who_named_it() -> None:
    backend = _Unloading([fake_version(version=2), fake_version(version=1)])
    client = create_app(backend, GatewayConfig(catalog_age_s=1000.0)).test_client()
    document = client.get("/v1/planets/1.png?version=2").get_json(force=True)
    assert document["status"] == 404
    assert "no version 2; its versions: 1" in document["detail"]


@pytest.mark.parametrize("as_form", [True, False])
def test_an_upload_is_read_again_for_the_other_version(as_form: bool) -> None:
    class Unloading(SeeingBackend):
        def predict(self, name: str, inputs: Any, **options: Any) -> dict[str, np.ndarray]:
            if options["version"] == 2:
                self.versions = [one for one in self.versions if one.version == 1]
                raise ModelNotFound("The model server does not serve version 2.")
            return super().predict(name, inputs, **options)

    backend = Unloading()
    [swap] = [one for one in backend.versions if one.name == "swap"]
    backend.versions = [fake_version("swap", 2, **swap.card), *backend.versions]
    client = create_app(backend, GatewayConfig(catalog_age_s=1000.0)).test_client()
    sent = (
        {"data": {"image": (io.BytesIO(_PICTURE), "a.png")}}
        if as_form
        else {"data": _PICTURE, "content_type": "image/png"}
    )
    response = client.post("/v1/translate", **sent)
    assert response.status_code == 200, response.text
    assert response.headers["X-Planet-Version"] == "1"
