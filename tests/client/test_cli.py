from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from client.__main__ import main
from tests.client.servers import Stub, picture, problem


def run(url: str, *arguments: str) -> int:
    """The exit code of `python -m client`, which never sleeps here."""
    try:
        return main([*arguments, "--url", url], sleep=lambda seconds: None)
    except SystemExit as exit:
        return exit.code


def test_one_planet_is_that_of_the_seed(stub_url: str, stub: Stub, tmp_path: Path, capsys) -> None:
    assert run(stub_url, "generate", "--seed", "orion/7/3", "--out", str(tmp_path / "new")) == 0

    assert [path.name for path in (tmp_path / "new").iterdir()] == ["orion_7_3.png"]
    assert capsys.readouterr().out == f"{tmp_path / 'new' / 'orion_7_3.png'}\n"


def test_many_planets_are_at_addresses_below_the_seed(stub_url: str, stub: Stub, tmp_path: Path, capsys) -> None:
    options = ["--model", "stub", "--version", "3", "--kind", "mars", "--size", "16", "--format", "webp"]
    options += ["--background", "transparent", "--temperature", "0.5"]
    assert run(stub_url, "generate", "--seed", "orion/7/3", "--count", "3", "--out", str(tmp_path), *options) == 0

    assert sorted(path.name for path in tmp_path.iterdir()) == [f"orion_7_3_{i}.webp" for i in range(3)]
    asked = "model=stub&version=3&kind=mars&size=16&background=transparent&temperature=0.5"
    assert stub.requests[2][1] == f"/v1/planets/orion/7/3/2.webp?{asked}"
    assert capsys.readouterr().out == f"3 of 3 saved in {tmp_path}\n"


def test_no_seed_means_a_random_one(stub_url: str, tmp_path: Path) -> None:
    assert run(stub_url, "generate", "--out", str(tmp_path)) == 0
    assert run(stub_url, "generate", "--out", str(tmp_path)) == 0

    assert len(list(tmp_path.iterdir())) == 2


def test_one_failure_does_not_stop_the_others(stub_url: str, stub: Stub, tmp_path: Path, capsys) -> None:
    stub.failing = {"x/1"}
    assert run(stub_url, "generate", "--seed", "x", "--count", "3", "--out", str(tmp_path)) == 1

    assert sorted(path.name for path in tmp_path.iterdir()) == ["x_0.png", "x_2.png"]
    said = capsys.readouterr()
    assert said.err == "python -m client: x/1: The model stumbled. (request r-1)\n"
    assert said.out == f"2 of 3 saved in {tmp_path}\n"


def test_a_planet_that_cannot_be_cut_out_does_not_stop_the_others(
    stub_url: str, stub: Stub, tmp_path: Path, capsys
) -> None:
    body, status, headers = problem("It shows no planet.", 422, parameter="background")
    stub.failures = [(status, headers, body)]
    arguments = ["--seed", "x", "--count", "3", "--background", "transparent", "--out", str(tmp_path)]
    assert run(stub_url, "generate", *arguments) == 1

    assert sorted(path.name for path in tmp_path.iterdir()) == ["x_1.png", "x_2.png"]
    assert capsys.readouterr().err == "python -m client: x/0: It shows no planet. (request r-1)\n"


def test_a_failure_of_all_is_said_once(stub_url: str, stub: Stub, tmp_path: Path, capsys) -> None:
    body, status, headers = problem("There is no model 'x'.", 404)
    stub.failures = [(status, headers, body)]
    assert run(stub_url, "generate", "--seed", "x", "--count", "3", "--out", str(tmp_path)) == 2

    assert len(stub.requests) == 1
    assert capsys.readouterr().err == "python -m client: There is no model 'x'. (request r-1)\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["generate", "--count", "0"], "argument --count: '0' is not a whole number of 1 to 1000000"),
        (["generate", "--count", "many"], "argument --count: 'many' is not a whole number"),
        (["generate", "--format", "bmp"], "argument --format: invalid choice: 'bmp'"),
        (["generate", "--timeout", "0"], "argument --timeout: '0' is not a number of seconds above 0"),
        (["generate", "--background", "pink"], "argument --background: invalid choice: 'pink'"),
        (["generate", "--temperature", "hot"], "argument --temperature: invalid float value: 'hot'"),
        (["generate", "--temperature", "nan"], "A temperature of nan is too low or too high: choose 0 to 2."),
        (["paint"], "invalid choice: 'paint'"),
        ([], "COMMAND"),
    ],
)
def test_wrong_arguments_get_one_sentence(
    stub_url: str, stub: Stub, arguments: list[str], sentence: str, capsys
) -> None:
    assert run(stub_url, *arguments) == 2

    said = capsys.readouterr().err
    assert sentence in said
    assert said.startswith("python -m client")
    assert said.count("\n") == 1
    assert stub.requests == []


@pytest.mark.parametrize("command", [["generate", "--seed", "x"], ["models"], ["health"]])
def test_nobody_there_gets_one_sentence(
    nobody_url: str, tmp_path: Path, monkeypatch, command: list[str], capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(nobody_url, *command) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"python -m client: No planet server answers at {nobody_url}")
    assert said.count("\n") == 1


def test_a_url_that_is_none(tmp_path: Path, capsys) -> None:
    assert run("localhost", "health") == 2
    assert "'localhost' is not a server's URL" in capsys.readouterr().err


def test_out_must_not_be_a_file(stub_url: str, stub: Stub, tmp_path: Path, capsys) -> None:
    out = tmp_path / "planets"
    out.touch()
    assert run(stub_url, "generate", "--out", str(out)) == 2

    assert (
        capsys.readouterr().err == f"python -m client: {out} is a file; --out must name a folder to save planets in.\n"
    )
    assert stub.requests == []


def test_out_must_be_possible(stub_url: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "file").touch()
    assert run(stub_url, "generate", "--out", str(tmp_path / "file" / "below")) == 2

    said = capsys.readouterr().err
    assert said == f"python -m client: {tmp_path / 'file' / 'below'}: Not a directory.\n"


def test_models(stub_url: str, capsys) -> None:
    assert run(stub_url, "models") == 0

    first, second, third = capsys.readouterr().out.splitlines()
    assert first.split() == ["stub", "3", "AVAILABLE", "8x8", "(default)", "Paints", "discs."]
    assert second.split()[:3] == ["stub", "2", "UNAVAILABLE"]
    assert "(default)" not in third


def test_health(stub_url: str, stub: Stub, capsys) -> None:
    assert run(stub_url, "health") == 0
    stub.failures = [(503, {}, "")]
    assert run(stub_url, "health") == 1

    assert capsys.readouterr().out == "ready\nnot ready\n"


def test_classify_goes_on_past_broken_files(seeing_url: str, tmp_path: Path, capsys) -> None:
    good, gray, missing, text = (tmp_path / name for name in ("good.png", "gray.jpg", "missing.png", "text.png"))
    Image.new("RGB", (8, 8), "blue").save(good)
    gray.write_bytes(picture(8, "jpg"))
    text.write_text("Dear sirs")
    assert run(seeing_url, "classify", *map(str, (missing, text, good, gray))) == 1

    said = capsys.readouterr()
    first, second = said.out.splitlines()
    assert first == f"{good}: blue (blue 99.9%, red 0.0%, green 0.0%); realness 0.33"
    assert second.startswith(f"{gray}: none of these (red 33.3%")
    absent, unread = said.err.splitlines()
    assert absent == f"python -m client: {missing}: No such file or directory."
    assert unread.startswith(f"python -m client: {text}: The file is no picture that can be read")
    assert run(seeing_url, "classify", str(good)) == 0


def test_classify_stops_at_what_is_wrong_for_all_files(seeing_url: str, tmp_path: Path, capsys) -> None:
    good = tmp_path / "good.png"
    good.write_bytes(picture(8, "png"))
    assert run(seeing_url, "classify", str(good), str(good), "--model", "nobody") == 2

    assert capsys.readouterr().err.count("no model 'nobody'") == 1


def test_translate_saves_what_its_file_is_called(seeing_url: str, tmp_path: Path, capsys) -> None:
    mars = tmp_path / "mars.png"
    Image.new("RGB", (48, 32), "red").save(mars)
    out = tmp_path / "new" / "earth.webp"
    assert run(seeing_url, "translate", str(mars), "--target", "earth", "--size", "48", "--out", str(out)) == 0

    assert capsys.readouterr().out == f"{out}\n"
    with Image.open(out) as earth:
        assert (earth.format, earth.size) == ("WEBP", (48, 32))

    assert run(seeing_url, "translate", str(mars), "--target", "sun", "--out", str(out)) == 2
    assert run(seeing_url, "translate", str(mars), "--out", str(tmp_path / "earth.gif")) == 2
    assert run(seeing_url, "translate", str(tmp_path / "none.png"), "--out", str(out)) == 2
    unknown, ending, missing = capsys.readouterr().err.splitlines()
    assert "No model translates to 'sun'" in unknown
    assert "must end in one of .png, .webp, .jpg" in ending
    assert missing == f"python -m client: {tmp_path / 'none.png'}: No such file or directory."
