"""The stand-in for TensorFlow Serving does what was seen of the real one, bad habits included."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import grpc
import numpy as np
import pytest

from serving.backends import protos
from serving.backends.tensors import decode, encode
from tests.serving.serving_double import ServerEnded, ServingDouble
from tests.serving.tiny_model import write_tiny_classifier, write_tiny_discriminator


def _predict(target: str, model: str, image: np.ndarray) -> dict[str, np.ndarray]:
    """Asks without a look at what the model takes."""
    request = protos.PredictRequest(model_spec=protos.ModelSpec(name=model, signature_name="serving_default"))
    request.inputs["image"].CopyFrom(encode(image))
    with grpc.insecure_channel(target) as channel:
        call = channel.unary_unary(
            protos.PREDICT, protos.PredictRequest.SerializeToString, protos.PredictResponse.FromString
        )
        outputs = call(request, timeout=60.0).outputs
    return {name: decode(tensor) for name, tensor in outputs.items()}


@pytest.mark.parametrize("shape", [(1, 15, 16, 3), (2, 128, 128, 3), (1, 16, 16, 3)])
def test_it_answers_pictures_of_any_size(tmp_path: Path, shape: tuple[int, ...]) -> None:
    write_tiny_classifier(tmp_path, "eye", 1)
    with ServingDouble(tmp_path) as double:
        found = _predict(double.target, "eye", np.zeros(shape, np.uint8))["probabilities"]
    np.testing.assert_allclose(found, np.full((shape[0], 3), 1 / 3), atol=1e-6)


def test_what_the_graph_cannot_compute_is_an_invalid_argument(tmp_path: Path) -> None:
    write_tiny_classifier(tmp_path, "eye", 1)
    with ServingDouble(tmp_path) as double, pytest.raises(grpc.RpcError) as caught:
        _predict(double.target, "eye", np.zeros((1, 16, 16, 3), np.float32))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_picture_of_another_rank_ends_it(tmp_path: Path) -> None:
    write_tiny_discriminator(tmp_path, "judge", 1)
    write_tiny_classifier(tmp_path, "eye", 1)
    with ServingDouble(tmp_path) as double:
        for model in ("judge", "eye"):  # all its models with it
            with pytest.raises(grpc.RpcError) as caught:
                _predict(double.target, model, np.zeros((16, 16, 3), np.uint8))
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "Check failed" in double.ended


@pytest.mark.parametrize("outlasts", [False, True])
def test_a_version_that_cannot_be_loaded_ends_it_as_it_starts(
    saved_models_dir: Path, tmp_path: Path, outlasts: bool
) -> None:
    models = Path(shutil.copytree(saved_models_dir, tmp_path / "models"))
    shutil.rmtree(models / "tiny_planet" / "2" / "variables")
    if outlasts:  # another version of the model is there before it is given up
        with ServingDouble(models, outlasts=True):
            shutil.rmtree(models / "tiny_planet" / "1")
    with pytest.raises(ServerEnded, match="tiny_planet"):
        ServingDouble(models, outlasts=outlasts)


def test_calls_beyond_its_threads_are_refused(saved_models_dir: Path) -> None:
    with ServingDouble(saved_models_dir, max_calls=2) as double, grpc.insecure_channel(double.target) as channel:
        double.gate.clear()
        call = channel.unary_unary(
            protos.GET_MODEL_STATUS,
            protos.GetModelStatusRequest.SerializeToString,
            protos.GetModelStatusResponse.FromString,
        )
        request = protos.GetModelStatusRequest(model_spec=protos.ModelSpec(name="tiny_planet"))
        first = [call.future(request, timeout=60.0) for _ in range(2)]
        end = time.monotonic() + 60.0
        while double.most < 2 and time.monotonic() < end:
            time.sleep(0.01)
        with pytest.raises(grpc.RpcError) as caught:
            call(request, timeout=60.0)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert caught.value.details() == "Server Threadpool Exhausted"
        double.gate.set()
        assert [len(answered.result().model_version_status) for answered in first] == [2, 2]
