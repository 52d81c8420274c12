"""BentoML: adaptive batches of up to 16."""

from __future__ import annotations

from base64 import b64encode

import bentoml

from tests.benchmarks.peers.model import load_model


@bentoml.service(workers=1)
class Planets:
    def __init__(self) -> None:
        self.planets = load_model()

    @bentoml.api(batchable=True, max_batch_size=16, max_latency_ms=1000)
    def draw(self, seeds: list[int]) -> list[str]:
        return [b64encode(picture).decode() for picture in self.planets(seeds)]
