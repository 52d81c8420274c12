"""MLServer: adaptive batches of up to 16, which wait for at most 5 ms. `mlserver start`.

The model runs in the server's own process (`MLSERVER_PARALLEL_WORKERS=0`): 1.7.0's workers do not start with the uvloop
that it installs.
"""

from __future__ import annotations

from mlserver import MLModel
from mlserver.codecs import Base64Codec, NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

from tests.benchmarks.peers.model import load_model


class Planets(MLModel):
    async def load(self) -> bool:
        self.draw = load_model()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        seeds = NumpyCodec.decode_input(payload.inputs[0]).ravel().tolist()
        pictures = Base64Codec.encode_output("planet", self.draw(seeds))
        return InferenceResponse(model_name=self.name, outputs=[pictures])
