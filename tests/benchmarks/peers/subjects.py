"""Who is measured: the gateway, and what a user would take in its place, each as its own documentation starts it."""

from __future__ import annotations

import ast
import base64
import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
_HERE = "tests.benchmarks.peers"


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """A server.

    Attributes:
        name: For the table.
        file: Its code, in this folder; None: the gateway.
        command: What starts it, with `{bin}`, the folder of its virtual environment's programs, and `{port}`.
        path: Of a planet, `%d` in place of its seed.
        body: The same of the body of a POST; None: a GET.
        picture: Takes the WebP file out of an answer.
        environment: Variables of its own.
        venv: Folder below that of the peers' virtual environments.
    """

    name: str
    file: str | None
    command: str
    path: str
    body: str | None = None
    picture: Callable[[bytes], bytes] = bytes
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    venv: str = "all"

    @property
    def method(self) -> str:
        return "POST" if self.body else "GET"

    def lines(self) -> int | None:
        """Lines of its code, without empty ones, comments and docstrings."""
        return None if self.file is None else _lines((FOLDER / self.file).read_text(encoding="utf-8"))


def subjects(model: str, version: int) -> list[Subject]:
    """All of them, the gateway first."""
    gateway = "{bin}/python -m serving.gateway --port {port} --log none --saved-models {saved_models}"
    v2 = {"inputs": [{"name": "seed", "shape": [1, 1], "datatype": "INT64", "data": ["SEED"]}]}
    ray = Subject("Ray Serve", "with_ray_serve.py", f"{{bin}}/python -m {_HERE}.with_ray_serve", "/?seed=%d")
    return [
        Subject("the gateway", None, gateway, f"/v1/planets/%d.webp?model={model}&version={version}"),
        Subject(
            "FastAPI",
            "with_fastapi.py",
            f"{{bin}}/python -m uvicorn --port {{port}} --log-level warning {_HERE}.with_fastapi:app",
            "/planets/%d.webp",
        ),
        Subject(
            "Flask, gunicorn",
            "with_flask.py",
            f"{{bin}}/python -m gunicorn -w {{workers}} --timeout 120 -b 127.0.0.1:{{port}} {_HERE}.with_flask:app",
            "/planets/%d.webp",
        ),
        Subject("LitServe", "with_litserve.py", f"{{bin}}/python -m {_HERE}.with_litserve", "/predict", '{"seed": %d}'),
        Subject(
            "BentoML",
            "with_bentoml.py",
            f"{{bin}}/python -m bentoml serve --port {{port}} {_HERE}.with_bentoml:Planets",
            "/draw",
            '{"seeds": [%d]}',
            lambda answer: base64.b64decode(json.loads(answer)[0]),
            {"BENTOML_DO_NOT_TRACK": "True"},
        ),
        Subject(
            "MLServer",
            "with_mlserver.py",
            f"{{bin}}/mlserver start {FOLDER}",
            "/v2/models/planets/infer",
            json.dumps(v2).replace('"SEED"', "%d"),
            lambda answer: base64.b64decode(json.loads(answer)["outputs"][0]["data"][0]),
            {"MLSERVER_HOST": "127.0.0.1", "MLSERVER_HTTP_PORT": "{port}", "MLSERVER_PARALLEL_WORKERS": "0"},
            "mlserver",
        ),
        ray,
        dataclasses.replace(ray, name="Ray Serve, for throughput", environment={"RAY_SERVE_THROUGHPUT_OPTIMIZED": "1"}),
    ]


def _lines(code: str) -> int:
    """Those that something stands on, as Python writes it anew without comments, less docstrings."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return len([line for line in ast.unparse(tree).splitlines() if line.strip()])
