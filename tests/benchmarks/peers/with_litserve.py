"""LitServe: batches of up to 16, which wait for at most 5 ms."""

from __future__ import annotations

import os

import litserve as ls
from fastapi import Response

from tests.benchmarks.peers.model import load_model


class Planets(ls.LitAPI):
    def setup(self, device):
        self.draw = load_model()

    def decode_request(self, request):
        return int(request["seed"])

    def predict(self, seeds):
        return self.draw(seeds)

    def encode_response(self, output):
        return Response(output, media_type="image/webp")


if __name__ == "__main__":
    api = Planets(max_batch_size=16, batch_timeout=0.005)
    server = ls.LitServer(api, accelerator="cpu")
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), generate_client_file=False)
