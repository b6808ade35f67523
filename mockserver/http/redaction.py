"""Masking of a secret in texts, in whatever encoding a client or a server may have written it.

The secret is found if its characters are each written plainly, in the other case, or escaped as in JSON,
URLs, HTML or a Python repr; also in hexadecimal digits, and in base64 at any offset. All repetitions in the
patterns are bounded or possessive, so that a search takes a time proportional to the text, whatever it holds.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache

SHORTEST = 4  # characters; a shorter secret would occur in many texts by chance
_CUT = r"(?=[\w\\%&#]{0,11}\.\.\. \()"  # the end of a shortened text, after an escape that may be cut in two
_MORE = 16  # times as many backslashes as encodings may make of one
_ESCAPE = re.compile(r"[\\%&]")  # without one of these no character is escaped


def hidden(text: str, secret: str, instead: str = "***") -> str:
    """The text with the secret replaced in each of its forms, and with the beginning of one that was cut.

    The secret without its last character counts as the secret. One of less than `SHORTEST` characters
    is not replaced.
    """
    if len(secret) < SHORTEST:
        return text
    text = _unescaped(secret).sub(lambda _: instead, text)
    return _escaped(secret).sub(lambda _: instead, text) if _ESCAPE.search(text) else text


def all_hidden(text: str, secrets: Iterable[str]) -> str:
    """The text with each of several secrets replaced, the longest first, for one may be within another."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = hidden(text, secret)
    return text


@lru_cache(maxsize=32)
def _unescaped(secret: str) -> re.Pattern[str]:
    """The pattern of the secret as it is, in hexadecimal digits, and in base64.

    Each form begins with a character of its own where possible, which `re` searches for ten times as fast.
    """
    first, *rest = (_plain(part) for part in _parts(secret))
    encodings = {secret.encode("utf-8", "surrogatepass"), secret.encode("latin-1", "replace")}
    forms = [form for start in first for form in _sequences(start, [_either(part) for part in rest])]
    forms += [_in_any_case(data.hex()) for data in encodings]
    forms += [form for data in encodings for form in _in_base64(data)]
    return re.compile("|".join(forms))


@lru_cache(maxsize=32)
def _escaped(secret: str) -> re.Pattern[str]:
    """The pattern of the secret with any of its characters escaped."""
    parts = _parts(secret)
    befores = ["", *parts]
    first, *rest = (
        _either(_escapes(part, before) + _plain(part)) for before, part in zip(befores, parts, strict=False)
    )
    starts = "".join(re.escape(form[-1] if form[0] == "\\" else form[0]) for form in _plain(secret[0]))
    return re.compile(rf"(?=[{starts}\\%&])(?:{'|'.join(_sequences(first, rest))})")


def _sequences(first: str, rest: list[str]) -> list[str]:
    """The patterns of the whole secret, its last character or not, and of a beginning of it that was cut.

    A space may stand between two characters, as one of the suite's wrong secrets has it.
    """
    needed = max(SHORTEST - 1, len(rest) - 1)
    patterns = []
    for length, end in ((needed, ""), (SHORTEST - 1, _CUT)):
        more = "".join(f"(?: ?{part})?+" for part in rest[length:])
        patterns.append(" ?".join([first, *rest[:length]]) + more + end)
    return patterns


def _parts(secret: str) -> list[str]:
    """The characters of a secret; a run of backslashes, which encodings double, is one part."""
    return re.findall(r"\\+|[^\\]", secret)


def _either(forms: list[str]) -> str:
    return f"(?:{'|'.join(forms)})"


def _plain(part: str) -> list[str]:
    """The patterns of one part as it is, in the other case, and read in a wrong encoding."""
    if part[0] == "\\":
        return [rf"\\{{1,{_MORE * len(part)}}}+"]
    forms = [re.escape(case) for case in _cases(part)]
    if part == " ":
        forms.append(r"\+")
    if not part.isascii():
        forms += [re.escape(part.encode("utf-8", "surrogatepass").decode("latin-1")), "\ufffd", r"\?"]
    return forms


def _cases(character: str) -> list[str]:
    return sorted({character, *(c for c in (character.lower(), character.upper()) if len(c) == 1)})


def _escapes(part: str, before: str) -> list[str]:
    """The patterns of one part as it is escaped in JSON, programs, HTML and URLs, also several times.

    A run of backslashes before the part has taken those of its escapes.
    """
    slashes = r"\\{0,8}+" if before[:1] == "\\" else r"\\{1,8}+"
    if part[0] == "\\":
        return [f"{_either([*_escapes_of(part[0], slashes), *_plain(part)])}{{1,{len(part)}}}+"]
    forms = [form for case in _cases(part) for form in _escapes_of(case, slashes)]
    return [*forms, f"{slashes}{_either(_plain(part))}"]


def _escapes_of(character: str, slashes: str) -> list[str]:
    from html.entities import codepoint2name  # here, for it is long and seldom needed

    code = ord(character)
    units = character.encode("utf-16-be", "surrogatepass")
    of_json = r"\\{1,8}+".join(f"u{_in_any_case(units[i : i + 2].hex())}" for i in range(0, len(units), 2))
    digits = _in_any_case(f"{code:x}")
    name = f"|{codepoint2name[code]}" if code in codepoint2name else ""
    forms = [
        rf"{slashes}(?:{of_json}|u\{{0{{0,8}}{digits}\}}|U{_in_any_case(f'{code:08x}')})",
        rf"&(?:amp;){{0,4}}+(?:#0{{0,8}}{code}|#[xX]0{{0,8}}{digits}{name})(?!\d);?",
    ]
    if character == "&":
        forms.append("&(?:amp;){1,5}+")
    for encoding in ("utf-8", "latin-1") if 0x80 <= code < 0x100 else ("utf-8",):
        data = character.encode(encoding, "surrogatepass")
        forms.append("".join(map(_percent_escape, data)))
        octets = [f"(?:x{_in_any_case(f'{byte:02x}')}|{byte:03o})" for byte in data]
        forms.append(slashes + r"\\{1,8}+".join(octets))
    return forms


def _percent_escape(byte: int) -> str:
    """The pattern of a byte as it is escaped in URLs, also several times; each time turns % into %25."""
    if byte == ord("%"):
        return "%(?:25){1,5}+"
    return f"%(?:25){{0,4}}+{_in_any_case(f'{byte:02x}')}"


def _in_any_case(digits: str) -> str:
    """The pattern of hexadecimal digits in upper, lower or mixed case."""
    return "".join(f"(?:{digit}|{digit.upper()})" if digit.isalpha() else digit for digit in digits)


def _in_base64(data: bytes) -> list[str]:
    """The patterns of bytes within base64: at each of three offsets, those digits that only they decide."""
    data = data[:-1] if len(data) > SHORTEST else data
    special = {"+": r"(?:\+|-|%2[Bb])", "/": r"(?:\\{0,8}+/|_|%2[Ff])"}
    patterns = []
    for offset, undecided in enumerate((0, 2, 3)):
        digits = b64encode(bytes(offset) + data).decode()[undecided : (offset + len(data)) * 8 // 6]
        core = "".join(special.get(digit, digit) for digit in digits)
        patterns.append(f"{core}[A-Za-z0-9+/_-]{{0,3}}={{0,2}}")
    return patterns
