"""What a deployment may choose about the gateway."""

from __future__ import annotations

import dataclasses
from pathlib import Path

_WEB_FOLDER = Path(__file__).resolve().parents[2] / "client" / "web"


@dataclasses.dataclass(frozen=True)
class GatewayConfig:
    """Settings of the gateway; the defaults suit one machine.

    Attributes:
        default_model: Model of requests that name none; if None, planet_v3, else the first by name that can draw
            now.
        default_classifier: Classifier of requests that name none; if None, the first by name that is available.
        deadline_s: Seconds the model server has for one request, all its batches together.
        max_planets: Most planets of one POST.
        batch_size: Most planets of one call to the model server; bounds its memory.
        max_body_bytes: Largest request body, where it is no picture.
        max_upload_bytes: Largest request body that is a picture, or a form that holds one.
        max_upload_pixels: Most pixels, width times height, of a picture that is decoded.
        retry_after_s: Seconds a client is asked to wait when the model server is away or overloaded.
        catalog_age_s: Seconds for which the list of models is reused.
        web_folder: Folder of the page's files.
    """

    default_model: str | None = None
    default_classifier: str | None = None
    deadline_s: float = 30.0
    max_planets: int = 64
    batch_size: int = 16
    max_body_bytes: int = 256 * 1024
    max_upload_bytes: int = 20 * 1024 * 1024
    max_upload_pixels: int = 40_000_000
    retry_after_s: int = 2
    catalog_age_s: float = 1.0
    web_folder: Path = _WEB_FOLDER
