"""A forwarder of requests to one server, whose answers are framed anew before a client gets them."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from mockserver.golang.urls import join_host_port
from mockserver.http.answer_heads import BODILESS
from mockserver.http.failures import LOG, error_reply
from mockserver.http.hop_by_hop import end_to_end
from mockserver.http.messages import Reply, Request
from mockserver.http.outgoing import Outgoing, TransportError
from mockserver.http.transport import Bounds, Overdue, Received, exchange

BOUNDS = Bounds(seconds=60, longest=32 << 20)  # of one exchange
_NOT_SENT = ("content-length", "host", "expect", "via")
_IGNORED_UPGRADES = ("h2c",)  # an offer, which clients send beside requests that need no other protocol


class Forwarder:
    """A forwarder to the server at a URL.

    Raises:
        ValueError: the URL is not one of a server alone.

    Attributes:
        failures: how many requests got no answer from the server.
    """

    def __init__(self, url: str, bounds: Bounds = BOUNDS) -> None:
        if "@" in url:  # wherever: no part of such a URL may be shown
            raise ValueError("the URL has a user or a password; give only http://host:8080")
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_alone = not (parts.path.strip("/") or parts.query or parts.fragment)
        if parts.scheme not in ("http", "https") or not parts.hostname or not is_alone:
            raise ValueError(f"{url!r} is not the URL of a server alone; write it as http://host:8080")
        default = 443 if parts.scheme == "https" else 80
        try:
            self._port = parts.port or default
        except ValueError as error:
            raise ValueError(f"{url!r} has no valid port; write it as http://host:8080") from error
        self._is_secure = parts.scheme == "https"
        self._host = parts.hostname
        self._authority = join_host_port(self._host, self._port).removesuffix(f":{default}")
        self._bounds = bounds
        self._name = f"tyk-contract-{secrets.token_hex(4)}"  # in Via, by which a loop is found out
        self.own_hosts: frozenset[str] = frozenset()
        self.failures = 0

    def answer(self, request: Request) -> Reply:
        """The server's answer to a request, or a refusal of what cannot be forwarded."""
        if request.method == "CONNECT":
            return error_reply("this proxy opens no tunnels; send requests for paths to it", 501)
        upgrade = request.header("upgrade")
        if upgrade and upgrade.lower() not in _IGNORED_UPGRADES:
            text = "this proxy forwards HTTP/1.1 alone, and no upgrade; connect to the server itself for it"
            return error_reply(text, 501)
        via = [value for name, value in request.head.headers if name.lower() == "via"]
        if any(self._name in value for value in via):
            return error_reply("the URL of --proxy leads back to this proxy; give that of the server", 508)
        try:
            received = exchange(
                self._host, self._port, self._outgoing(request, via), self._bounds, is_secure=self._is_secure
            )
            return _reply(received, is_head=request.method == "HEAD")
        except TransportError as error:
            self.failures += 1
            LOG.error("%s %s: %s", request.method, self._authority, error)
            return error_reply(
                f"no answer of {self._authority}: {error}", 504 if isinstance(error, Overdue) else 502
            )

    def _outgoing(self, request: Request, via: list[str]) -> Outgoing:
        head = request.head
        host = request.header("host")
        headers = [item for item in end_to_end(head.headers) if item[0].lower() not in _NOT_SENT]
        return Outgoing(
            head.method,
            head.target,
            self._authority if host in self.own_hosts or not host else host,
            (*headers, ("Via", ", ".join([*via, f"{head.version[0]}.{head.version[1]} {self._name}"]))),
            request.body,
            is_plain=True,
            is_chunked=head.length < 0,
        )


def _reply(received: Received, *, is_head: bool) -> Reply:
    """The reply to the client, framed anew.

    Raises:
        TransportError: the answer is not whole, or none that a client may be given.
    """
    head, body = received.head, received.body
    if not received.is_whole:
        raise TransportError("its answer ended within its chunks")
    if not 200 <= head.status < 600:
        raise TransportError(f"it answers with the status {head.status:03}")
    headers = [item for item in end_to_end(head.headers) if " " not in item[0]]
    if is_head or head.status in BODILESS:
        return Reply(body, head.status, tuple(headers))
    framing = ("Content-Length", str(len(body)))
    if not received.is_measured:
        framing = ("Transfer-Encoding", "chunked")
    headers = [item for item in headers if item[0].lower() != "content-length"]
    return Reply(body, head.status, (*headers, framing))
