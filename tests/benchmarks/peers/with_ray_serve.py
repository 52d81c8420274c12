"""Ray Serve: batches of up to 16, which wait for at most 5 ms."""

from __future__ import annotations

import os

from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from tests.benchmarks.peers.model import load_model


@serve.deployment(max_ongoing_requests=64)
class Planets:
    def __init__(self) -> None:
        self.draw = load_model()

    @serve.batch(max_batch_size=16, batch_wait_timeout_s=0.005)
    async def drawn(self, seeds: list[int]) -> list[bytes]:
        return self.draw(seeds)

    async def __call__(self, request: Request) -> Response:
        picture = await self.drawn(int(request.query_params["seed"]))
        return Response(picture, media_type="image/webp")


if __name__ == "__main__":
    serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["PORT"])})
    serve.run(Planets.bind(), blocking=True)
