"""What a deployment may choose about the gateway."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

_WEB_FOLDER = Path(__file__).resolve().parents[2] / "client" / "web"


@dataclasses.dataclass(frozen=True)
class GatewayConfig:
    """Settings of the gateway; the defaults suit one machine.

    Attributes:
        default_model: Model of requests that name none; if None, the last made of the worlds, of those that draw
            planets at any size if any does, else the first by name that can draw now.
        default_classifier: Classifier of requests that name none; if None, the first by name that is available.
        splits: Weight by label by model name: how the seeds of requests that name no version are shared out.
        deadline_s: Seconds from a request's arrival until its model has answered, waiting and all batches together.
        max_in_flight: Most requests worked on at once.
        max_waiting: Most requests that wait for that; any more are refused at once.
        max_planets: Most planets of one POST.
        batch_size: Most planets of one call to the model server; bounds its memory.
        max_body_bytes: Largest request body, where it is no picture.
        max_upload_bytes: Largest request body that is a picture, or a form that holds one.
        max_upload_pixels: Most pixels, width times height, of a picture that is decoded.
        retry_after_s: Seconds a client is asked to wait when the model server is away, or anything is overloaded.
        catalog_age_s: Seconds for which the list of models is reused.
        cache_bytes: Size of the cache of encoded pictures; 0 turns it off.
        rate_limit: How often one address may ask, such as `"600/minute"`; None for no limit.
        rate_limit_storage: Where it is counted: `memory://`, each process by itself, or a server that several gateways
            share, `valkey://HOST:PORT`; if that is away, each counts by itself again.
        trusted_proxies: Proxies in front whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
        cors_origins: Sites whose pages may use the API, such as `https://game.example`; `*` for all.
        api_keys: SHA-256 digests, in lower-case hexadecimal, of the keys that may use the API; None lets everybody.
        web_folder: Folder of the page's files.
    """

    default_model: str | None = None
    default_classifier: str | None = None
    splits: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    deadline_s: float = 30.0
    max_in_flight: int = 16
    max_waiting: int = 32
    max_planets: int = 64
    batch_size: int = 16
    max_body_bytes: int = 256 * 1024
    max_upload_bytes: int = 20 * 1024 * 1024
    max_upload_pixels: int = 40_000_000
    retry_after_s: int = 2
    catalog_age_s: float = 1.0
    cache_bytes: int = 64 * 1024 * 1024
    rate_limit: str | None = None
    rate_limit_storage: str = "memory://"
    trusted_proxies: int = 0
    cors_origins: tuple[str, ...] = ()
    api_keys: frozenset[str] | None = None
    web_folder: Path = _WEB_FOLDER
