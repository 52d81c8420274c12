"""Text files of any editor: rollouts and cards; files of keys have tests of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from serving.backends.cards import scan
from serving.backends.rollout import RolloutError, read_choices

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16"]
ROLLOUT = "# Kan\u00e4rie\n[planet]\nstable = 1\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_rollout_is_read_in_what_its_byte_order_mark_tells(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "rollout.toml").write_text(ROLLOUT, encoding=encoding)
    assert read_choices(tmp_path / "rollout.toml") == {"planet": {"stable": 1}}


@pytest.mark.parametrize("encoding", ["utf-16-le", "latin-1"])
def test_a_rollout_in_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "rollout.toml").write_text(ROLLOUT, encoding=encoding)
    with pytest.raises(RolloutError, match=r"rollout\.toml' cannot be read: it is not UTF-8 throughout, save it as"):
        read_choices(tmp_path / "rollout.toml")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_card_is_read_in_what_its_byte_order_mark_tells(
    saved_models_dir: Path, tmp_path: Path, encoding: str
) -> None:
    shutil.copytree(saved_models_dir / "tiny_planet" / "1", tmp_path / "tiny_planet" / "1")
    card = tmp_path / "tiny_planet" / "1" / "assets.extra" / "card.json"
    card.write_text(card.read_text(encoding="utf-8"), encoding=encoding)
    [stored] = scan(tmp_path)
    assert stored.error == ""
    assert stored.card["task"] == "generate"
