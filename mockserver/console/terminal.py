"""Text on a terminal: what others have sent appears with escapes, so that it cannot act on the terminal.

This module is the only one that prints for people. A text of a gateway or of a file may hold sequences that
move the cursor, set the title of the window or reverse the order of reading, and a line break in it may
imitate a line of ours.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any, TextIO

_SUSPECT = re.compile(r"[^\x20-\x7e]+")


def printable(text: str) -> str:
    r"""The text in one line: each character that is not printable as its escape, as in \x1b, \n or \u202e."""
    return text if text.isprintable() else _SUSPECT.sub(_escaped, text)


def show(*lines: str, to: TextIO | None = None) -> None:
    """Print lines, each made printable, to standard output or to another stream."""
    print("".join(f"{printable(line)}\n" for line in lines), end="", file=to, flush=True)


def write_printable(lines: Sequence[str], stream: TextIO) -> None:
    """Write lines that are printable already, at once; a character that the stream cannot hold is escaped."""
    plain = stream.unguarded if isinstance(stream, _Guarded) else stream
    encoding = plain.encoding or "utf-8"
    text = "".join(f"{line}\n" for line in lines)
    plain.write(text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding))
    plain.flush()


def write_output(text: str) -> None:
    """Write a document for programs to standard output, in UTF-8 and without escapes."""
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def show_error(*lines: str) -> None:
    """Print lines, each made printable, to standard error."""
    show(*lines, to=sys.stderr)


def show_progress(text: str) -> None:
    """Show a line that the next one is written over, if a person watches; "" clears it."""
    if sys.stderr.isatty():
        stream = sys.stderr.unguarded if isinstance(sys.stderr, _Guarded) else sys.stderr
        stream.write(f"\r\033[K{printable(text)}")
        stream.flush()


def guard() -> None:
    """Make standard output and error write lines printable, as also argparse, logging and tracebacks write.

    A character that the encoding of a stream cannot hold is written as its escape, instead of an error.
    """
    streams: Any = sys
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, _Guarded):
            setattr(streams, name, _Guarded(stream))


class _Guarded:
    """A stream that makes each line printable.

    Attributes:
        unguarded: the stream that it writes to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unguarded = stream

    def write(self, text: str) -> int:
        """Write a text, whose line breaks stay line breaks; return its length."""
        shown = "\n".join(map(printable, text.split("\n")))
        encoding = self.unguarded.encoding or "utf-8"
        self.unguarded.write(shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unguarded, name)


def _escaped(match: re.Match[str]) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in match[0])
