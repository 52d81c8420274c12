from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from client import PlanetClient
from client.__main__ import main
from tests.client.servers import Stub, picture, problem


def run(url: str, *arguments: str) -> int:
    """The exit code of `planets`, which never sleeps here."""
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
    assert sorted(path for _, path, _ in stub.requests)[2] == f"/v1/planets/orion/7/3/2.webp?{asked}"
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
    assert said.err == "planets: x/1: The model stumbled. (request r-1)\n"
    assert said.out == f"2 of 3 saved in {tmp_path}\n"


def test_a_planet_that_cannot_be_cut_out_does_not_stop_the_others(
    stub_url: str, stub: Stub, tmp_path: Path, capsys
) -> None:
    body, status, headers = problem("It shows no planet.", 422, parameter="background")
    stub.failures = [(status, headers, body)]
    arguments = ["--seed", "x", "--count", "3", "--jobs", "1", "--background", "transparent", "--out", str(tmp_path)]
    assert run(stub_url, "generate", *arguments) == 1

    assert sorted(path.name for path in tmp_path.iterdir()) == ["x_1.png", "x_2.png"]
    assert capsys.readouterr().err == "planets: x/0: It shows no planet. (request r-1)\n"


def test_a_failure_of_all_is_said_once(stub_url: str, stub: Stub, tmp_path: Path, capsys) -> None:
    body, status, headers = problem("There is no model 'x'.", 404)
    stub.failures = [(status, headers, body)]
    assert run(stub_url, "generate", "--seed", "x", "--count", "100", "--jobs", "1", "--out", str(tmp_path)) == 2

    assert len(stub.requests) <= 3
    assert capsys.readouterr().err == "planets: There is no model 'x'. (request r-1)\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["generate", "--count", "0"], "argument --count: '0' is not a whole number of 1 to 1000000"),
        (["generate", "--count", "many"], "argument --count: 'many' is not a whole number"),
        (["generate", "--jobs", "33"], "33 requests at once are too few or too many: choose 1 to 32."),
        (["morph", "1", "2", "--out", "m.png"], "--out m.png must end in one of .webp, .gif."),
        (["sheet", "1", "4", "--out", "s.jpg"], "--out s.jpg must end in one of .png, .webp."),
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
    assert said.startswith("planets")
    assert said.count("\n") == 1
    assert stub.requests == []


@pytest.mark.parametrize("command", [["generate", "--seed", "x"], ["models"], ["health"]])
def test_nobody_there_gets_one_sentence(
    nobody_url: str, tmp_path: Path, monkeypatch, command: list[str], capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(nobody_url, *command) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"planets: No planet server answers at {nobody_url}")
    assert said.count("\n") == 1


def test_a_url_that_is_none(tmp_path: Path, capsys) -> None:
    assert run("localhost", "health") == 2
    assert "'localhost' is not a server's URL" in capsys.readouterr().err


def test_out_must_not_be_a_file(stub_url: str, stub: Stub, tmp_path: Path, capsys) -> None:
    out = tmp_path / "planets"
    out.touch()
    assert run(stub_url, "generate", "--out", str(out)) == 2

    assert capsys.readouterr().err == f"planets: {out} is a file; --out must name a folder to save planets in.\n"
    assert stub.requests == []


def test_out_must_be_possible(stub_url: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "file").touch()
    assert run(stub_url, "generate", "--out", str(tmp_path / "file" / "below")) == 2

    said = capsys.readouterr().err
    assert said == f"planets: {tmp_path / 'file' / 'below'}: Not a directory.\n"


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
    assert absent == f"planets: {missing}: No such file or directory."
    assert unread.startswith(f"planets: {text}: The file is no picture that can be read")
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
    assert missing == f"planets: {tmp_path / 'none.png'}: No such file or directory."


def test_morph_and_sheet_save_what_their_files_are_called(gateway_url: str, tmp_path: Path, capsys) -> None:
    animation, picture_file = tmp_path / "a" / "way.gif", tmp_path / "sprites.png"
    assert run(gateway_url, "morph", "1", "2", "--frames", "3", "--once", "--out", str(animation)) == 0
    assert run(gateway_url, "sheet", "orion", "4", "--size", "16", "--out", str(picture_file)) == 0

    assert capsys.readouterr().out == f"{animation}\n{picture_file}\n"
    with Image.open(animation) as way:
        assert (way.format, way.n_frames) == ("GIF", 3)
    with Image.open(picture_file) as sprites:
        assert sprites.size == (32, 32)
    assert json.loads(picture_file.with_suffix(".json").read_text())["meta"]["image"] == "sprites.png"


def test_json_is_one_document_with_all_that_is_known(stub_url: str, stub: Stub, tmp_path: Path, capsys) -> None:
    stub.failing = {"x/1"}
    assert run(stub_url, "generate", "--seed", "x", "--count", "2", "--out", str(tmp_path), "--json") == 1

    answer = json.loads(capsys.readouterr().out)
    [saved] = answer["saved"]
    assert saved["file"] == str(tmp_path / "x_0.png")
    assert {name: saved[name] for name in ("seed", "address", "model", "version", "width")} == {
        "seed": "7",
        "address": "x/0",
        "model": "stub",
        "version": 3,
        "width": 8,
    }
    assert answer["failed"] == [{"seed_or_address": "x/1", "error": "The model stumbled. (request r-1)"}]

    assert run(stub_url, "models", "--json") == 0
    first, *_ = json.loads(capsys.readouterr().out)
    assert (first["name"], first["default"]) == ("stub", True)
    assert run(stub_url, "health", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"ready": True, "model": "stub", "version": 3, "reason": None}


def test_json_of_pictures_that_were_sent(seeing_url: str, tmp_path: Path, capsys) -> None:
    red, out = tmp_path / "red.png", tmp_path / "earth.png"
    Image.new("RGB", (8, 8), "red").save(red)
    assert run(seeing_url, "classify", str(red), str(tmp_path / "none.png"), "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["recognized"][0]["file"], answer["recognized"][0]["kind"]) == (str(red), "red")
    assert answer["failed"][0]["file"] == str(tmp_path / "none.png")

    assert run(seeing_url, "translate", str(red), "--out", str(out), "--json") == 0
    assert json.loads(capsys.readouterr().out)["model"] == "swap"
    assert run(seeing_url, "translate", str(red), "--target", "sun", "--out", str(out), "--json") == 2
    assert capsys.readouterr().out == ""


def test_it_can_be_stopped(stub_url: str, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def interrupt(client: PlanetClient) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PlanetClient, "models", interrupt)
    assert run(stub_url, "models") == 130
    assert capsys.readouterr().err == "planets: stopped\n"


def test_a_reader_may_stop_reading(stub_url: str) -> None:
    command = [sys.executable, "-m", "client", "models", "--url", stub_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.wait(60) == 130
        assert process.stderr.read() == b""


def test_help_tells_commands_and_exit_codes(stub_url: str, capsys) -> None:
    assert run(stub_url, "--help") == 0
    said = capsys.readouterr().out
    for word in (
        "generate",
        "morph",
        "sheet",
        "world",
        "classify",
        "translate",
        "models",
        "health",
        "Exit codes",
        "130",
    ):
        assert word in said
