"""Words of a shell command that a person pastes into a terminal, for `sh`, `bash` and `zsh`.

A word is a list of pieces: bytes, which the shell takes as they are whatever they hold, and expansions of
variables, which alone are live. The words are printable, so that they can be shown and pasted as they are.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TypeAlias


class Expansion(str):
    """The expansion of a variable by the shell: "$NAME" or "${NAME%?}"."""

    __slots__ = ()


Piece: TypeAlias = bytes | Expansion
LINE_BREAK = "tyk_contract_nl"  # a variable that holds one, for `$(...)` drops those at its end


def word(pieces: Sequence[Piece]) -> str:
    """Pieces as one word; the variable LINE_BREAK in it must be set by `line_break` before.

    Raises:
        ValueError: there is a null byte, which no argument of a program can hold.
    """
    if any(b"\0" in piece for piece in pieces if isinstance(piece, bytes)):
        raise ValueError("an argument cannot hold a null byte")
    return "".join(f'"{p}"' if isinstance(p, Expansion) else _quoted(p) for p in pieces if p) or "''"


def line_break() -> str:
    """The command that sets the variable LINE_BREAK."""
    return f"""{LINE_BREAK}="$(printf '\\012.')"; {LINE_BREAK}="${{{LINE_BREAK}%.}}";"""


def printf(pieces: Sequence[Piece]) -> str:
    """The command that prints pieces, null bytes included."""
    text = "".join("%s" if isinstance(piece, Expansion) else _as_format(piece) for piece in pieces)
    text = f"\\055{text[1:]}" if text.startswith("-") else text  # else it would be an option
    values = (f' "{piece}"' for piece in pieces if isinstance(piece, Expansion))
    return f"printf '{text}'{''.join(values)}"


def is_plain(data: bytes) -> bool:
    """True if a word of these bytes needs no escapes: if they are printable UTF-8."""
    return data.decode("utf-8", "surrogateescape").isprintable()


def _quoted(data: bytes) -> str:
    if is_plain(data):
        return shlex.quote(data.decode())
    text = data.rstrip(b"\n")
    breaks = f'"${LINE_BREAK}"' * (len(data) - len(text))
    return (f'"$({printf([text])})"' if text else "") + breaks


def _as_format(data: bytes) -> str:
    """Bytes as a format of printf that needs no quotes but single ones around it."""
    text = data.decode("utf-8", "surrogateescape")
    return "".join(
        "%%" if character == "%"
        else character if character.isprintable() and character not in "\\'!"
        else "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
        for character in text
    )  # fmt: skip
