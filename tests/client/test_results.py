from __future__ import annotations

from pathlib import Path

import pytest

from client import Planet
from client.results import MAX_STEM_BYTES, safe_stem
from tests.client.servers import picture


def planet(address: str | None = "orion/7/3", seed: int = 42) -> Planet:
    return Planet(picture(8, "png"), seed, address, "stub", 3, "png", 8, 8)


def test_save_to_a_file_makes_its_folders(tmp_path: Path) -> None:
    file = planet().save(tmp_path / "a" / "b" / "mine.png")

    assert file == tmp_path / "a" / "b" / "mine.png"
    assert file.read_bytes() == planet().bytes


def test_save_to_a_folder_names_the_file(tmp_path: Path) -> None:
    assert planet().save(tmp_path).name == "orion_7_3.png"
    assert planet(address=None).save(str(tmp_path)).name == "42.png"
    assert planet().save(f"{tmp_path}/new/") == tmp_path / "new" / "orion_7_3.png"


def test_a_failed_save_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.png"
    file.write_bytes(b"before")

    def full_disk(path: Path, data: bytes) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space left"):
        planet().save(file)
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("orion/7/3", "orion_7_3"),
        ("../../etc/passwd", "_._.._etc_passwd-3754d6cb3a38"),
        (".hidden", "_hidden-1692419006a8"),
        ("-rf", "_rf-686c39acd632"),
        ('a b\\c:d*"', "a_b_c_d__-c2ab835bb95f"),
        ("月/1", "月_1"),
        ("", "_-e3b0c44298fc"),
    ],
)
def test_safe_stem(text: str, stem: str) -> None:
    assert safe_stem(text) == stem


def test_long_stems_are_cut_but_stay_apart() -> None:
    one, other = safe_stem("月" * 200 + "1"), safe_stem("月" * 200 + "2")

    assert len(one.encode()) <= MAX_STEM_BYTES
    assert one != other


def test_repr_leaves_the_bytes_out() -> None:
    assert "bytes" not in repr(planet())
