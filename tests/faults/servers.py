"""A model server as a process of its own, to be killed, frozen and started again."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[2]
_START_S = 120.0


class ModelServer:
    """TensorFlow Serving, or the tests' double of it, over a folder whose newest versions it follows.

    Args:
        saved_models: Folder of `NAME/VERSION/`.
        binary: The `tensorflow_model_server` to run; the double if None.
        scratch: Folder for its configuration.
    """

    def __init__(self, saved_models: Path, binary: str | None, scratch: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        if binary is None:
            self._command = [sys.executable, "-m", "tests.serving.serving_double", str(saved_models), str(self.port)]
        else:
            config = scratch / "models.config"
            entries = (
                f'config {{ name: "{model.name}" base_path: "{model}" model_platform: "tensorflow" }}'
                for model in saved_models.iterdir()
            )
            config.write_text(f"model_config_list {{ {' '.join(entries)} }}", encoding="utf-8")
            self._command = [
                binary,
                f"--port={self.port}",
                f"--model_config_file={config}",
                "--file_system_poll_wait_seconds=1",
                "--max_num_load_retries=1",
                "--load_retry_interval_micros=100000",
                "--enable_serialization_as_tensor_content=true",
                "--grpc_max_threads=256",
            ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once its port is open, which is once it has loaded its models."""
        self._process = subprocess.Popen(
            self._command, cwd=_REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + _START_S
        while not self._is_open():
            if self._process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"The model server did not start: try {' '.join(self._command)}")
            time.sleep(0.05)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _is_open(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@contextlib.contextmanager
def model_server(saved_models: Path, binary: str | None, scratch: Path) -> Iterator[ModelServer]:
    """One that runs, to begin with."""
    server = ModelServer(saved_models, binary, scratch)
    try:
        server.start()
        yield server
    finally:
        server.kill()
