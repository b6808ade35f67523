"""Requests that are sent to an upstream, and their URLs as a definition rewrites them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mockserver.golang import urls
from mockserver.golang.absolute_urls import AbsoluteUrl


@dataclass(frozen=True)
class Rewriting:
    """What the definition makes of the URL of a request.

    Attributes:
        url: the new URL; its path may begin with the listen path.
        target: the host of the new URL, without a path; None if it is that of the API.
    """

    url: urls.Url
    target: AbsoluteUrl | None


def rewritten(url: urls.Url, rewriting: Rewriting | None) -> urls.Url:
    """The URL of a request as a definition makes it; the same if that leaves it as it is."""
    return url if rewriting is None else rewriting.url


@dataclass(frozen=True)
class UpstreamRequest:
    """A request that the gateway sends to an upstream.

    Attributes:
        target: path and query, as they are sent.
        headers: values by name in lower case, without Host and Content-Length.
        repeated: the further values of repeated headers.
        host: the Host header to send; None sends the target's own.
        path: the unescaped path at the upstream.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    host: str | None = None
    path: str = ""
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
