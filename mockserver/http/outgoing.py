"""A request that is sent to an upstream, as its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"[\x20-\x7e\x80-\xff]+")


class TransportError(Exception):
    """There is no answer; the message says why."""


@dataclass(frozen=True)
class Outgoing:
    """A request; header values and the target have one character for each byte (Latin-1).

    Attributes:
        host: the value of Host.
        headers: the others, without those that frame the body.
        is_plain: True if no Accept-Encoding is added, and nothing is decompressed.
        is_chunked: True if the body is sent in chunks.
    """

    method: str
    target: str
    host: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    is_plain: bool = False
    is_chunked: bool = False

    @property
    def asks_for_gzip(self) -> bool:
        """True if Go's client itself asks for gzip, and decompresses (net/http, transport.go)."""
        names = {name.lower() for name, value in self.headers if value}
        return not self.is_plain and self.method != "HEAD" and not {"accept-encoding", "range"} & names

    def data(self) -> bytes:
        """The bytes of the request.

        Raises:
            TransportError: a name or a value cannot be sent.
        """
        headers = [("Host", self.host), *self.headers]
        if self.asks_for_gzip:
            headers.append(("Accept-Encoding", "gzip"))
        body = self.body
        if self.is_chunked:
            headers.append(("Transfer-Encoding", "chunked"))
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        elif body or self.method in ("POST", "PUT", "PATCH"):
            headers.append(("Content-Length", str(len(body))))
        for name, value in headers:
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                raise TransportError(f"the header {name!r} has a character that cannot be sent")
        if not _NAME.fullmatch(self.method) or not _TARGET.fullmatch(self.target):
            raise TransportError("the method or the target has a character that cannot be sent")
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
