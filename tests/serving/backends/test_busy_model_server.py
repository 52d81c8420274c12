"""A gateway before a model server that has fewer threads than the gateway has requests."""

from __future__ import annotations

import collections
import concurrent.futures
import http.client
import io
from pathlib import Path

import numpy as np
from PIL import Image

from serving.backends import create_backend
from serving.latents import latents
from tests.gateway_process import gateway
from tests.serving.serving_double import ServingDouble
from tests.serving.tiny_model import LATENT_SIZE, write_tiny_generator

_REQUESTS = 600
_AT_ONCE = 16
_SEEDS = range(30)


def test_no_request_fails_for_want_of_the_model_servers_threads(tmp_path: Path) -> None:
    for name in "abcdefghijk":  # as many models as are published
        write_tiny_generator(tmp_path, name, 1)
    embedded = create_backend("embedded", saved_models=tmp_path)
    expected = embedded.predict("a", {"latent": latents(_SEEDS, LATENT_SIZE)})["image"]
    embedded.close()

    with (
        ServingDouble(tmp_path, max_calls=8, labels={"a": {"stable": 1}}) as double,
        gateway(
            *("--backend", "tfserving", "--target", double.target, "--saved-models", str(tmp_path)),
            *("--threads", str(_AT_ONCE), "--cache-mib", "0"),
        ) as running,
        concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as clients,
    ):
        double.takes = 0.02

        def get(index: int) -> int:
            seed = _SEEDS[index % len(_SEEDS)]
            connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)
            connection.request("GET", f"/v1/planets/{seed}.png?model=a")
            response = connection.getresponse()
            body = response.read()
            connection.close()
            if response.status == 200:
                found = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
                assert np.abs(found.astype(int) - expected[seed]).max() <= 1
            return response.status

        statuses = collections.Counter(clients.map(get, range(_REQUESTS)))

    assert statuses == {200: _REQUESTS}
    assert double.refused > 0, "the server was never short of threads: nothing was tried"
    assert double.most == 8
