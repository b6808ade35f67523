"""A forwarder of requests to one server, whose answers are framed anew before a client gets them."""

from __future__ import annotations

import secrets

from mockserver.http.answer_heads import BODILESS
from mockserver.http.connection_settings import PROXY_VARIABLE, ConnectionSettings
from mockserver.http.failures import error_reply
from mockserver.http.hop_by_hop import end_to_end
from mockserver.http.messages import Reply, Request
from mockserver.http.origin import Origin
from mockserver.http.outgoing import Outgoing, TransportError
from mockserver.http.received_body import Bounds
from mockserver.http.transport import Overdue, Received, exchange

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

    Args:
        url: the URL, without a path or with the base path of the settings.
        bounds: those of one exchange.
        settings: how the server is reached, without a proxy.

    Raises:
        ValueError: the URL is not one of a server, has another path, or the settings have a proxy.

    Attributes:
        own_hosts: the values of Host that name the forwarder itself; the server gets its own name instead.
    """

    def __init__(self, url: str, bounds: Bounds = BOUNDS, settings: ConnectionSettings | None = None) -> None:
        self._settings = settings or ConnectionSettings()
        if self._settings.proxy is not None:
            raise ValueError(
                "live traffic is not forwarded through an HTTP proxy; leave out --http-proxy and "
                f"{PROXY_VARIABLE}, or run the command where the service is reached without one"
            )
        self._origin = Origin.of(self._settings.located(url))
        self._tls = self._settings.tls if self._origin.is_secure else None
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
        if self._origin.prefix and not request.head.target.startswith("/"):
            raise NotForwarded("the target is not a path, which --base-path could stand before", 400)
        if any(self._name in value for value in via):
            raise NotForwarded("the URL of --proxy leads back to this proxy; give that of the server", 508)
        outgoing = self._outgoing(request, via)
        try:
            received = exchange(self._origin.host, self._origin.port, outgoing, self._bounds, self._tls)
            return _reply(received, is_head=request.method == "HEAD")
        except TransportError as error:
            status = 504 if isinstance(error, Overdue) else 502
            raise NotForwarded(f"no answer from {self._origin.authority}: {error}", status) from error

    def _outgoing(self, request: Request, via: list[str]) -> Outgoing:
        """The request as it is sent: the same, without what is of the client's connection alone."""
        head, host = request.head, request.header("host")
        headers = [item for item in end_to_end(head.headers) if item[0].lower() not in _REPLACED]
        passed = ", ".join([*via, f"{head.version[0]}.{head.version[1]} {self._name}"])
        return Outgoing(
            head.method,
            f"{self._origin.prefix}{head.target}",
            self._origin.authority if not host or host.lower() in self.own_hosts else host,
            tuple(self._settings.merged([*headers, ("Via", passed)])),
            request.body,
            is_plain=True,
            is_chunked=head.length < 0,
        )


def _check(request: Request) -> None:
    """Check that a request is whole, and needs nothing but an exchange of HTTP/1.1.

    Raises:
        NotForwarded: it broke off, or needs a tunnel or another protocol.
    """
    if not request.is_whole:
        raise NotForwarded("the request broke off within its body, and was not forwarded", 400)
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
