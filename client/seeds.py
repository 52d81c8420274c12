"""Seeds and addresses on their way to the server."""

from __future__ import annotations

import operator
import re
from urllib.parse import quote

from client.errors import InvalidRequest

HIGHEST_SEED = 2**64 - 1


def seed_text(seed_or_address: int | str) -> str:
    """The text of a seed or an address.

    Args:
        seed_or_address: Text, or a whole number of any kind, NumPy's too.

    Raises:
        InvalidRequest: It is neither, such as 42.0, True or None; or a number that is no seed; or text that is no
            Unicode.
    """
    if isinstance(seed_or_address, str):
        text = str.__str__(seed_or_address)  # of an enumeration's member what it means, not what it is called
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidRequest(f"{text!r} is not an address: it is not UTF-8.") from None
        return text
    try:
        if isinstance(seed_or_address, bool):
            raise TypeError
        number = operator.index(seed_or_address)
    except TypeError:
        raise InvalidRequest(
            f"{seed_or_address!r} is neither a seed nor an address: give a whole number such as 42, or text."
        ) from None
    if not 0 <= number <= HIGHEST_SEED:
        raise InvalidRequest(f"{number} is not a seed: a seed is a whole number from 0 to {HIGHEST_SEED}.")
    return str(number)


def address_of(text: str) -> str | None:
    """The text if it is an address; None if it is a number."""
    return None if _is_number(text) else text


def addresses(seed: int | str, count: int) -> list[str]:
    """Where `count` planets of one seed or address are: at `{seed}/0` to `{seed}/{count - 1}`."""
    text = seed_text(seed)
    stem = seed_text(int(text)) if _is_number(text) else text  # 007 is seed 7
    return [f"{stem}/{i}" for i in range(count)]


def survives_a_path(text: str) -> bool:
    """Whether a URL carries the text unchanged: steps `.` and `..` are taken for directions, and empty text is lost."""
    return bool(text) and re.search(r"(^|/)\.{1,2}/", text) is None


def url_path(path: str, text: str) -> str:
    """A path as a URL has it.

    Raises:
        InvalidRequest: A URL can't carry it; the sentence names the address `text`.
    """
    if not text or not survives_a_path(path):
        raise InvalidRequest(f"The address {text!r} cannot be told in a URL; choose one without '.' as a step.")
    return quote(path, safe="/")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,256}", text) is not None
