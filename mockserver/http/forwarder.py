"""A forwarder of requests to one server, whose answers are framed anew before a client gets them."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from mockserver.golang.urls import join_host_port
from mockserver.http.answer_heads import BODILESS
from mockserver.http.failures import error_reply
from mockserver.http.hop_by_hop import end_to_end
from mockserver.http.messages import Reply, Request
from mockserver.http.outgoing import Outgoing, TransportError
from mockserver.http.transport import Bounds, Overdue, Received, exchange

BOUNDS = Bounds(seconds=60, longest=32 << 20)  # of one exchange
_REPLACED = ("content-length", "expect", "host", "via")
_IGNORED_UPGRADES = ("h2c",)  # an offer that comes with requests which need no other protocol


class NotForwarded(Exception):
    """The server gave no answer that can be passed on; `reply` tells the client why, the message the log."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reply = error_reply(reason, status)


class Forwarder:
    """A forwarder to the server at a URL.

    Raises:
        ValueError: the URL is not one of a server alone.

    Attributes:
        own_hosts: the values of Host that name the forwarder itself; the server gets its own name instead.
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
        self._host, self._is_secure = parts.hostname, parts.scheme == "https"
        self._authority = join_host_port(self._host, self._port).removesuffix(f":{default}")
        self._bounds = bounds
        self._name = f"tyk-contract-{secrets.token_hex(4)}"  # in Via, by which a loop is found out
        self.own_hosts: frozenset[str] = frozenset()

    def forward(self, request: Request) -> Reply:
        """The server's answer to a request.

        Raises:
            NotForwarded: the request cannot be forwarded, or there is no answer that can be passed on.
        """
        via = [value for name, value in request.head.headers if name.lower() == "via"]
        _check(request)
        if any(self._name in value for value in via):
            raise NotForwarded("the URL of --proxy leads back to this proxy; give that of the server", 508)
        outgoing = self._outgoing(request, via)
        try:
            received = exchange(self._host, self._port, outgoing, self._bounds, is_secure=self._is_secure)
            return _reply(received, is_head=request.method == "HEAD")
        except TransportError as error:
            status = 504 if isinstance(error, Overdue) else 502
            raise NotForwarded(f"no answer from {self._authority}: {error}", status) from error

    def _outgoing(self, request: Request, via: list[str]) -> Outgoing:
        """The request as it is sent: the same, without what is of the client's connection alone."""
        head, host = request.head, request.header("host")
        headers = [item for item in end_to_end(head.headers) if item[0].lower() not in _REPLACED]
        passed = ", ".join([*via, f"{head.version[0]}.{head.version[1]} {self._name}"])
        return Outgoing(
            head.method,
            head.target,
            self._authority if not host or host.lower() in self.own_hosts else host,
            (*headers, ("Via", passed)),
            request.body,
            is_plain=True,
            is_chunked=head.length < 0,
        )


def _check(request: Request) -> None:
    """Check that a request needs nothing but an exchange of HTTP/1.1.

    Raises:
        NotForwarded: it needs a tunnel or another protocol.
    """
    upgrade = request.header("upgrade")
    if request.method == "CONNECT":
        raise NotForwarded("this proxy opens no tunnels; send requests for paths to it", 501)
    if upgrade and upgrade.lower() not in _IGNORED_UPGRADES:
        raise NotForwarded("this proxy forwards HTTP/1.1 alone; connect to the server itself to upgrade", 501)


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
    headers = [item for item in headers if item[0].lower() != "content-length"]
    measured, chunked = ("Content-Length", str(len(body))), ("Transfer-Encoding", "chunked")
    return Reply(body, head.status, (*headers, measured if received.is_measured else chunked))
