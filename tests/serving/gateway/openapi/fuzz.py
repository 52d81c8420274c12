"""`make schemathesis`: all of Schemathesis' checks against gateways, one that is open and one that asks for a key.

    python -m tests.serving.gateway.openapi.fuzz --max-examples 200

passes its arguments on to `schemathesis run`. The exit code is not 0 if a check failed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from serving.gateway import create_app
from serving.gateway.config import GatewayConfig
from tests.client.servers import running
from tests.serving.whole_backend import WholeBackend

KEY = "open-sesame"
LOCKED = GatewayConfig(api_keys=frozenset([hashlib.sha256(KEY.encode()).hexdigest()]))


def main(arguments: Sequence[str]) -> int:
    """Runs Schemathesis twice; returns the worse exit code."""
    return max(_run(GatewayConfig(), arguments), _run(LOCKED, [*arguments, "--header", f"Authorization: Bearer {KEY}"]))


def _run(config: GatewayConfig, arguments: Sequence[str]) -> int:
    settings = Path(__file__).with_name("schemathesis.toml")
    with running(create_app(WholeBackend(), config)) as url:
        command = [Path(sys.executable).with_name("schemathesis"), "--config-file", settings, "run"]
        return subprocess.run([*command, f"{url}/openapi.json", "--checks", "all", *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
