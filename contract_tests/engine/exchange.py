"""Requests and exchanges, as tests judge them and reports show them: never with the secret."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from mockserver.http.client import Answer, Header
from mockserver.http.redaction import hidden

MAX_VALUES = 1_000_000  # in a JSON text, about; a list of 20,000 policies has fewer
_BYTES = 500  # that an exchange takes beside its texts


@dataclass(frozen=True)
class Auth:
    """The credential of a service: a header, the secret in it, and the variable that a user keeps it in."""

    header: str
    secret: str = field(repr=False)
    variable: str = "TYK_GW_SECRET"

    def masked(self, text: str) -> str:
        """A text without the secret, and without the wrong secrets that tests derive from it."""
        text = hidden(text, self.secret, f"${self.variable}")
        text = hidden(text, self.secret[:-1], f"${{{self.variable}%?}}")
        return hidden(text, self.secret.swapcase(), f"{self.variable} in other case")


@dataclass(frozen=True)
class Request:
    """A request to send, with the secret unless headers are given."""

    method: str
    target: str
    body: bytes | None = None
    headers: Iterable[Header] | None = None


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    Attributes:
        answer: None if no whole answer came.
        failure: the reason why no whole answer came; "" if one did.
        truncated: True if a part of an answer came.
    """

    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes | None
    answer: Answer | None
    failure: str
    truncated: bool
    url: str = field(repr=False)
    auth: Auth = field(repr=False)

    @property
    def size(self) -> int:
        """The bytes that it takes in memory, about, for a run keeps its exchanges."""
        texts = (self.target, self.body or b"", self.failure, *chain.from_iterable(self.headers))
        return _BYTES + sum(map(len, texts)) + (self.answer.size if self.answer else 0)

    @property
    def status(self) -> int:
        """The status of the answer; 0 if none came."""
        return self.answer.status if self.answer else 0

    @property
    def text(self) -> str:
        """The body of the answer, with bytes that are not UTF-8 replaced."""
        return self.answer.body.decode("utf-8", "replace") if self.answer else ""

    @property
    def json(self) -> Any:
        """The body of the answer as JSON; None if it is not JSON."""
        return json_of(self.text)

    @property
    def document(self) -> dict[str, Any]:
        """The body of the answer as a JSON object; {} if it is not one."""
        document = self.json
        return document if isinstance(document, dict) else {}

    def header(self, name: str) -> str:
        """A header of the answer; "" if it is missing."""
        return self.answer.get(name) if self.answer else ""

    @property
    def curl(self) -> str:
        """The request as a line to paste, with the secret as a variable."""
        parts = ["curl", "-sS", "-i", "--path-as-is"]
        if self.method == "HEAD":
            parts.append("-I")
        elif self.method != "GET":
            parts += ["-X", shlex.quote(self.method)]
        for name, value in self.headers:
            line = self._hidden(f"{name}: {value}" if value else f"{name};")
            quoted = f'"{line}"' if self.auth.variable in line and '"' not in line else shlex.quote(line)
            parts += ["-H", quoted]
        if self.body is not None:
            parts += ["--data-binary", _shell_bytes(self.body)]
        parts.append(shlex.quote(self.url + self._hidden(self.target)))
        return " ".join(parts)

    def _hidden(self, text: str) -> str:
        auth = self.auth
        if auth.secret and text == f"{auth.header}: {auth.secret}":
            return f"{auth.header}: ${auth.variable}"  # however short it is
        return auth.masked(text)


def json_of(text: str) -> Any:
    """A text as JSON; None if it is not JSON, or has more values than `MAX_VALUES`."""
    if has_too_many_values(text):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def has_too_many_values(text: str | bytes) -> bool:
    """True if a JSON text would take too much memory as values; an empty array takes 30 times its text."""
    if len(text) <= MAX_VALUES:
        return False
    marks: Iterable[Any] = "[{," if isinstance(text, str) else (b"[", b"{", b",")
    return sum(map(text.count, marks)) > MAX_VALUES


def _shell_bytes(data: bytes) -> str:
    """Bytes as a word of a shell; a long body is cut, with a note of its length."""
    cut = data if len(data) <= 4000 else data[:4000] + b"...(%d bytes)" % len(data)
    try:
        text = cut.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and (text or not cut):
        return shlex.quote(text)
    escaped = "".join(chr(b) if 32 <= b < 127 and b not in b"'\\" else f"\\x{b:02x}" for b in cut)
    return f"$'{escaped}'"
