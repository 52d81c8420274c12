"""Flask under gunicorn, two workers for each core, as Flask's documentation begins with."""

from __future__ import annotations

from flask import Flask, Response

from tests.benchmarks.peers.model import load_model

app = Flask(__name__)
draw = load_model()


@app.get("/planets/<int:seed>.webp")
def planet(seed: int) -> Response:
    [picture] = draw([seed])
    return Response(picture, mimetype="image/webp")
