"""Requests and exchanges, as tests judge them and reports show them: never with the secret."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from mockserver.golang.json_size import has_too_many_values
from mockserver.http.auth import Auth
from mockserver.http.client import Answer, Header
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.curl import command

MAX_PLAIN = 8 << 20  # bytes of a body that was compressed
_GZIP = b"\x1f\x8b"
_BYTES = 500  # that an exchange takes beside its texts


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")  # NaN and Infinity, which Python reads


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


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
        settings: how the service is reached, if that is not the plain way.
        seconds: the time until the answer had come, or was given up.
        asked: when it was sent, in seconds of a clock that never goes back.
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
    settings: ConnectionSettings | None = field(default=None, repr=False)
    seconds: float = field(default=0.0, compare=False)
    asked: float = field(default=0.0, compare=False)

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

    @property
    def sent_document(self) -> dict[str, Any]:
        """The body of the request as a JSON object; {} if it is not one."""
        document = json_of((self.body or b"").decode("utf-8", "replace"))
        return document if isinstance(document, dict) else {}

    def object_at(self, *names: str) -> dict[str, Any]:
        """The JSON object at a path of members of the answer; {} if there is none."""
        document: Any = self.document
        for name in names:
            document = document.get(name) if isinstance(document, dict) else None
        return document if isinstance(document, dict) else {}

    def objects_in(self, name: str) -> list[dict[str, Any]]:
        """The items of a list in the answer, {} for each that is no object; [] if there is no list."""
        items = self.document.get(name)
        return [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list) else []

    @property
    def is_error_body(self) -> bool:
        """True if the body of the answer is an object whose status says "error", in any case of letters."""
        return "error" in {
            str(value).lower() for name, value in self.document.items() if name.lower() == "status"
        }

    def header(self, name: str) -> str:
        """A header of the answer; "" if it is missing."""
        return self.answer.get(name) if self.answer else ""

    def counts(self, name: str) -> int:
        """How often the answer has a header."""
        headers = self.answer.headers if self.answer else ()
        return sum(key.lower() == name.lower() for key, _ in headers)

    @property
    def curl(self) -> str:
        """The request as a command to paste, with the secret as a variable."""
        return command(
            self.auth, self.url, self.method, self.target, self.headers, self.body, settings=self.settings
        )


def plain_text(body: bytes) -> str:
    """A body as text; decompressed if it is compressed, although the suite never accepts that."""
    if body.startswith(_GZIP):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        with suppress(zlib.error):
            return unpacker.decompress(body, MAX_PLAIN).decode("utf-8", "replace")
    return body.decode("utf-8", "replace")


def end_of_json(text: str, start: int = 0) -> int:
    """The place in a text where the JSON value ends that begins at a place; 0 if `json_of` takes none."""
    if has_too_many_values(text):
        return 0
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return 0


def json_of(text: str) -> Any:
    """A text as JSON; None if it is not JSON, or has more values than `MAX_VALUES`."""
    if has_too_many_values(text):
        return None
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
