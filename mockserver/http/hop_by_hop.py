"""Hop-by-hop headers: those of one connection, which an intermediary does not pass on (RFC 9110, 7.6.1)."""

from __future__ import annotations

from collections.abc import Iterable

HOP_BY_HOP = frozenset(
    ("connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
     "trailer", "transfer-encoding", "upgrade")
)  # fmt: skip

Headers = Iterable[tuple[str, str]]


def end_to_end(headers: Headers) -> list[tuple[str, str]]:
    """The headers of a message that are passed on; those that Connection names are not."""
    headers = list(headers)
    named = [
        part.strip().lower()
        for name, value in headers
        if name.lower() == "connection"
        for part in value.split(",")
    ]
    dropped = HOP_BY_HOP | {*named}
    return [(name, value) for name, value in headers if name.lower() not in dropped]
