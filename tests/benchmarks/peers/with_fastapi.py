"""FastAPI: a plain function, which it runs in one of its threads. Under uvicorn, one worker."""

from __future__ import annotations

from fastapi import FastAPI, Response

from tests.benchmarks.peers.model import load_model

app = FastAPI()
draw = load_model()


@app.get("/planets/{seed}.webp")
def planet(seed: int) -> Response:
    [picture] = draw([seed])
    return Response(picture, media_type="image/webp")
