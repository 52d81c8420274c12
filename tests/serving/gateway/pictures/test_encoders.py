"""Encoding off the request's thread."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest
from flask import Flask, g
from PIL import Image

from serving.gateway.guards.timing import Timings
from serving.gateway.pictures import encoders


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Those that have encoded."""
    seen: list[threading.Thread] = []

    def encode(picture: Image.Image, picture_format: str, about: Mapping[str, str]) -> bytes:
        seen.append(threading.current_thread())
        if picture.width == 13:
            raise ValueError("broken")
        return f"{picture.width} {picture_format} {about['seed']}".encode()

    monkeypatch.setattr(encoders, "encode", encode)
    return seen


def encoded(*widths: int) -> list[bytes]:
    with Flask("test").app_context():
        g.timings = Timings()
        pictures = [Image.new("RGB", (width, 1)) for width in widths]
        files = encoders.Encoders().encode(pictures, "webp", ({"seed": str(index)} for index in range(len(widths))))
        assert g.timings.stages_s().keys() == {"encode"}
        return files


def test_pictures_are_encoded_elsewhere_and_stay_in_order(threads: list[threading.Thread]) -> None:
    assert encoded(*range(1, 13)) == [f"{index + 1} webp {index}".encode() for index in range(12)]
    assert threading.current_thread() not in threads


def test_a_lone_picture_is_not_handed_over(threads: list[threading.Thread]) -> None:
    assert encoded(5) == [b"5 webp 0"]
    assert threads == [threading.current_thread()]


def test_a_failure_reaches_the_request(threads: list[threading.Thread]) -> None:
    with pytest.raises(ValueError, match="broken"):
        encoded(12, 13)
