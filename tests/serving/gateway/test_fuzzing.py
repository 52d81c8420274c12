"""Anything at all, sent to a real server: it refuses in a sentence, or answers with the planet that was asked for.

`make fuzz` makes up many more requests, others each time.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import socket
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit

import pytest
from PIL import Image

from serving.gateway import create_app
from serving.latents import is_address, parse_seed
from tests.client.servers import running
from tests.serving.picture_files import animation, file_of, gray_16_bits, planet
from tests.serving.whole_backend import WholeBackend

hypothesis = pytest.importorskip("hypothesis", reason="needs hypothesis: pip install -r requirements-dev.txt")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
SETTINGS = hypothesis.settings(
    max_examples=int(EXAMPLES or 150), derandomize=EXAMPLES is None, deadline=None, database=None
)
MAY_FAIL = (503, 507)

PLAIN = st.text(st.characters(codec="utf-8"), max_size=8).map(lambda text: quote(text, safe="").encode())
NUMBERS = st.integers(-(2**65), 2**65).map(lambda number: str(number).encode())
ESCAPES = st.binary(max_size=4).map(lambda data: quote(data, safe="").encode())
RAW = st.binary(max_size=4).map(lambda data: data.translate(None, b"\r\n "))  # which would end the request's line
TRAPS = st.sampled_from(
    b"%E9 %C0%AF %ED%A0%80 %F4%90%80%80 %F0%9F %EF%BB%BF %00 %0A %C2%85 %D9%A3 %2F %3F %23 %25 %252F %2B %26 %3D % %zz "
    b"+ // .. . ; & = ? # .png 007 a/b orion/7/3".split()
)
PARTS = st.one_of(PLAIN, NUMBERS, ESCAPES, RAW, TRAPS)
SEEDS = st.one_of(*(st.lists(parts, min_size=1, max_size=4).map(b"".join) for parts in (PLAIN, PLAIN | NUMBERS, PARTS)))
OPTIONS = st.sampled_from([b"kind=mars", b"kind=earth:1,mars:2", b"size=16", b"temperature=1.5", b"model=", b"seed=7"])
QUERIES = st.lists(OPTIONS | st.tuples(SEEDS, SEEDS).map(b"=".join), max_size=2).map(b"&".join)

TEXTS = st.text(st.characters(), max_size=6) | st.sampled_from(
    ["\ud800", "a\0", "007", "-1", "earth", "png", "e\u0301"]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-(2**65), 2**65), st.floats(), TEXTS)
ANY_JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
NAMED = {
    "seeds": st.lists(TEXTS | st.integers(0, 2**54), min_size=1, max_size=3),
    "count": st.integers(1, 3),
    "seed": TEXTS,
    "kind": st.sampled_from(["earth", "desert", "earth:1,mars:2"]),
    "size": st.integers(16, 40),
    "format": st.sampled_from(["png", "jpg"]),
    "temperature": st.floats(0, 2),
}
ORDERS = st.fixed_dictionaries({}, optional={name: kind | ANY_JSON for name, kind in NAMED.items()}) | st.builds(
    lambda seeds: {"seeds": seeds}, NAMED["seeds"]
)

PICTURES = [file_of(planet(), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")]
PICTURES += [animation("GIF"), animation("PNG"), gray_16_bits(), file_of(planet().convert("P"), "PNG")]


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with running(create_app(WholeBackend())) as url:
        yield urlsplit(url).hostname, urlsplit(url).port


def ask(address: tuple[str, int], method: str, target: bytes, body: bytes = b"", content_type: bytes = b"") -> Answer:
    """The answer to a request as it stands, which no client has put right; it's no failure but of the allowed kinds."""
    head = b"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" % (method.encode(), target)
    if method == "POST":
        head += b"Content-Type: %s\r\nContent-Length: %d\r\n" % (content_type, len(body))
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(head + b"\r\n" + body)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        answer = Answer(response.status, response.headers, response.read())
    assert answer.status < 500 or answer.status in MAY_FAIL, answer
    if answer.status >= 400 and "X-Request-Id" in answer.headers:  # else it was no HTTP, and never reached the app
        problem = json.loads(answer.body)
        assert problem["status"] == answer.status
        assert problem["detail"].endswith(".")
    return answer


def seed_of(text: str) -> int | None:
    try:
        return parse_seed(text)
    except ValueError:
        return None


def told(text: str) -> dict[str, str]:
    """What a PNG of a seed or an address says."""
    return {"seed": str(parse_seed(text)), **({"address": text} if is_address(text) else {})}


def read(file: bytes) -> dict[str, str]:
    with Image.open(io.BytesIO(file)) as picture:
        return {name: text for name, text in picture.text.items() if name in ("seed", "address")}


def values(query: bytes, name: bytes) -> list[bytes]:
    """What a query gives for a name."""
    pairs = (part.replace(b"+", b" ").partition(b"=") for part in query.split(b"&"))
    return [unquote_to_bytes(value) for one, _, value in pairs if unquote_to_bytes(one) == name]


def in_utf_8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


@given(route=st.sampled_from([b"/v1/planets/", b"/v1/worlds/"]), seed=SEEDS, query=QUERIES)
@SETTINGS
def test_a_path_of_any_bytes(address: tuple[str, int], route: bytes, seed: bytes, query: bytes) -> None:
    target = route + seed + b".png" + (b"?" + query if query else b"")
    answer = ask(address, "GET", target)

    path, _, query = target.partition(b"#")[0].partition(b"?")
    text = in_utf_8(unquote_to_bytes(path[len(route) :]))
    if text is None or in_utf_8(unquote_to_bytes(query)) is None:
        assert answer.status == 400
        return
    text, _, ending = text.rpartition(".")
    if ending != "png" or seed_of(text) is None:
        assert 400 <= answer.status < 500
    elif answer.status == 200:
        assert read(answer.body) == told(text)
        assert answer.headers["X-Planet-Seed"] == str(parse_seed(text))
    else:
        assert query or not target.isascii() or not target.decode().isprintable()


@given(seed=SEEDS, query=QUERIES)
@SETTINGS
def test_a_query_of_any_bytes(address: tuple[str, int], seed: bytes, query: bytes) -> None:
    target = b"/v1/sheet.png?count=1&seed=" + seed + (b"&" + query if query else b"")
    answer = ask(address, "GET", target)

    sent = target.partition(b"#")[0].partition(b"?")[2]
    if in_utf_8(unquote_to_bytes(sent)) is None:
        assert answer.status == 400
    elif answer.status == 200:
        [text] = values(sent, b"seed")
        assert read(answer.body) == told(text.decode())
    elif not query and b"&" not in seed and target.isascii() and target.decode().isprintable():
        [text] = values(sent, b"seed")
        assert seed_of(text.decode()) is None


@given(
    order=ORDERS | ANY_JSON, encoding=st.sampled_from(["utf-8", "utf-8", "utf-16", "latin-1"]), escaped=st.booleans()
)
@SETTINGS
def test_json_of_any_shape(address: tuple[str, int], order: Any, encoding: str, escaped: bool) -> None:
    errors = "replace" if encoding == "latin-1" else "surrogatepass"
    body = json.dumps(order, ensure_ascii=escaped).encode(encoding, errors)
    answer = ask(address, "POST", b"/v1/planets", body, b"application/json")

    if answer.status == 200:
        sent = json.loads(body)
        planets = json.loads(answer.body)["planets"]
        texts = [str(seed) for seed in sent.get("seeds") or []]
        if sent.get("seed") is not None:
            base = str(sent["seed"])
            base = base if is_address(base) else str(parse_seed(base))
            texts = [f"{base}/{index}" for index in range(int(sent["count"]))]
        if texts:
            assert [{"seed": one["seed"], "address": one["address"]} for one in planets] == [
                {"address": None, **told(text)} for text in texts
            ]
        if (sent.get("format") or "png") == "png":
            for one in planets:
                file = read(base64.b64decode(one["image"]))
                assert file == {name: one[name] for name in ("seed", "address") if one[name] is not None}
    elif isinstance(order, dict) and set(order) == {"seeds"} and encoding == "utf-8":
        seeds = order["seeds"]
        if isinstance(seeds, list) and 1 <= len(seeds) <= 64 and all(isinstance(seed, str) for seed in seeds):
            bad = next(index for index, seed in enumerate(seeds) if seed_of(seed) is None)
            assert json.loads(answer.body)["parameter"] == f"seeds[{bad}]"


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A picture with some of its bytes changed, cut out, or put in."""
    file = draw(st.sampled_from(PICTURES))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(file)) | st.integers(0, min(64, len(file))))
        gone = draw(st.sampled_from([0, 1, 1, 4, len(file)]))
        file = file[:start] + draw(st.binary(max_size=4)) + file[start + gone :]
    return file


@given(
    file=broken(),
    path=st.sampled_from([b"/v1/classify", b"/v1/translate"]),
    kind=st.binary(max_size=6),
    form=st.booleans(),
)
@SETTINGS
def test_broken_pictures(address: tuple[str, int], file: bytes, path: bytes, kind: bytes, form: bool) -> None:
    kind = kind.translate(None, b"\r\n\0")
    content_type = b"image/png"
    if form:
        head = b'Content-Disposition: form-data; name="image"; filename="%s"\r\nContent-Type: image/%s' % (kind, kind)
        file = b"--b\r\n%s\r\n\r\n%s\r\n--b--\r\n" % (head, file)
        content_type = b"multipart/form-data; boundary=b"
    answer = ask(address, "POST", path, file, content_type)

    assert answer.status in (200, 413, 415, 422, *MAY_FAIL)
    if answer.status == 200 and path == b"/v1/classify":
        assert sum(json.loads(answer.body)["probabilities"].values()) == pytest.approx(1, abs=1e-5)
