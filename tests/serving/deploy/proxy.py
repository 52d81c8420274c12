"""NGINX with `serving/deploy/nginx/planets.conf`, in front of gateways on this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

CONFIGURATION = Path(__file__).resolve().parents[3] / "serving" / "deploy" / "nginx" / "planets.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

_WHOLE = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    include {folder}/planets.conf;
}}
"""


@contextlib.contextmanager
def caching_proxy(folder: Path, gateways: Sequence[str]) -> Iterator[str]:
    """The URL of one in front of gateways, `HOST:PORT`, while the block lasts. Port, folder of the cache and gateways
    are this machine's, all else is as it is deployed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = CONFIGURATION.read_text(encoding="utf-8")
    servers = "".join(f"server {one} weight=101; " for one in gateways)
    for deployed, here in (
        (r"server gateway:8000 weight=101;", servers),
        (r"listen 8080;", f"listen 127.0.0.1:{port};"),
        (r"proxy_cache_path /var/cache/nginx ", f"proxy_cache_path {folder}/cache "),
    ):
        text, count = re.subn(deployed, here, text)
        assert count == 1, deployed
    (folder / "planets.conf").write_text(text, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""  # the folder is no other user's
    (folder / "nginx.conf").write_text(_WHOLE.format(folder=folder, user=user), encoding="utf-8")
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with subprocess.Popen(command) as nginx:
        try:
            while not _is_open(port):
                if nginx.poll() is not None:
                    raise RuntimeError(f"NGINX did not start: {(folder / 'error.log').read_text(encoding='utf-8')}")
            yield f"http://127.0.0.1:{port}"
        finally:
            nginx.terminate()


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
