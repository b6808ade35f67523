"""One request and its answer, as tests judge it and reports show it: never with the secret."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mockserver.http.client import Answer, Header
from mockserver.http.redaction import hidden

SECRET_HEADER = "X-Tyk-Authorization"
SECRET_VARIABLE = "$TYK_GW_SECRET"


@dataclass(frozen=True)
class Request:
    """What is to be sent, with the secret unless headers are given."""

    method: str
    target: str
    body: bytes | None = None
    headers: Iterable[Header] | None = None


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    `answer` is None where no whole one came; `failure` says why then, and `torn` whether a part did.
    """

    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes | None
    answer: Answer | None
    failure: str
    torn: bool
    url: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def status(self) -> int:
        """The answer's status; 0 where none came."""
        return self.answer.status if self.answer else 0

    @property
    def text(self) -> str:
        """The answer's body, bytes that are not UTF-8 replaced."""
        return self.answer.body.decode("utf-8", "replace") if self.answer else ""

    @property
    def json(self) -> Any:
        """The answer's body as JSON; None where it is none."""
        return json_of(self.text)

    @property
    def document(self) -> dict[str, Any]:
        """The answer's body as a JSON object; {} where it is none."""
        found = self.json
        return found if isinstance(found, dict) else {}

    def header(self, name: str) -> str:
        """A header of the answer; "" where it is missing."""
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
            quoted = f'"{line}"' if "TYK_GW_SECRET" in line and '"' not in line else shlex.quote(line)
            parts += ["-H", quoted]
        if self.body is not None:
            parts += ["--data-binary", _shell_bytes(self.body)]
        parts.append(shlex.quote(self.url + self._hidden(self.target)))
        return " ".join(parts)

    def _hidden(self, text: str) -> str:
        if self.secret and text == f"{SECRET_HEADER}: {self.secret}":
            return f"{SECRET_HEADER}: {SECRET_VARIABLE}"  # however short it is
        return masked(text, self.secret)


def json_of(text: str) -> Any:
    """A text as JSON; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def masked(text: str, secret: str) -> str:
    """A text without the secret, or what a test makes of it: a part, another case."""
    text = hidden(text, secret, SECRET_VARIABLE)
    text = hidden(text, secret[:-1], "${TYK_GW_SECRET%?}")
    return hidden(text, secret.swapcase(), "TYK_GW_SECRET in other case")


def _shell_bytes(data: bytes) -> str:
    """Bytes as a shell word; a long body is cut, and says so."""
    cut = data if len(data) <= 4000 else data[:4000] + b"...(%d bytes)" % len(data)
    try:
        text = cut.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and (text or not cut):
        return shlex.quote(text)
    escaped = "".join(chr(b) if 32 <= b < 127 and b not in b"'\\" else f"\\x{b:02x}" for b in cut)
    return f"$'{escaped}'"
