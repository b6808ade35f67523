"""Documents that a gateway fetches by GET, such as key sets and metadata, with all redirects to them."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.proxy.upstream import is_allowed, send
from mockserver.golang import absolute_urls, urls
from mockserver.golang.absolute_urls import AbsoluteUrl, BadUrl
from mockserver.http.deadline import Deadline
from mockserver.http.outgoing import Outgoing
from mockserver.http.received_body import Bounds
from mockserver.http.transport import Received

BOUNDS = Bounds(seconds=10, longest=1 << 20)  # of a document with all redirects; a gateway has none
MOST_REDIRECTS = 10  # as Go's client
_REDIRECTS = (301, 302, 303, 307, 308)
Headers = tuple[tuple[str, str], ...]
AGENT = ("User-Agent", "Go-http-client/1.1")  # that Go's client says it is


def fetched(gateway: Gateway, url: str, deadline: Deadline | None = None, headers: Headers = ()) -> Received:
    """The answer at a URL, or where it redirects to, before a deadline; each host must be allowed.

    Raises:
        BadUrl: it is not a URL, or not one of an allowed host.
        Rejected, TransportError: there is no answer.
    """
    deadline = deadline or Deadline(BOUNDS.seconds)
    for _ in range(MOST_REDIRECTS):
        target = allowed(gateway, url)
        bounds = replace(BOUNDS, seconds=deadline.left)
        outgoing = Outgoing("GET", request_target(target), target.authority, (AGENT, *headers))
        received = send(gateway, target, outgoing, bounds)
        places = received.head.values("Location")
        if received.head.status not in _REDIRECTS or not places:
            return received
        try:
            url = urljoin(url, places[0])
        except ValueError as error:
            raise BadUrl("it redirects to what is not a URL") from error
    raise BadUrl(f"it redirects over {MOST_REDIRECTS} times")


def allowed(gateway: Gateway, url: str) -> AbsoluteUrl:
    """The parts of a URL to which the mock may connect.

    Raises:
        BadUrl: it is none.
    """
    target = absolute_urls.parse(url)
    if not is_allowed(gateway, target):
        raise BadUrl("its host is not this machine, nor one of --upstream")
    return target


def request_target(target: AbsoluteUrl) -> str:
    """The path and the query of a URL, as a request has them."""
    return urls.escaped(target.path or "/") + (f"?{target.query}" if target.query else "")
