"""Connecting to a server, over TLS and through a proxy where these are asked for."""

from __future__ import annotations

from mockserver.http.client_connection import Connection, SecureConnection
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.deadline import Deadline
from mockserver.http.origin import Origin
from mockserver.http.proxy import Proxy, ProxyError


class NotConnected(Exception):
    """The connection failed; the message says where and why.

    Attributes:
        is_of_tls: True if the TLS handshake failed; the message has the next step.
    """

    def __init__(self, message: str, *, is_of_tls: bool) -> None:
        super().__init__(message)
        self.is_of_tls = is_of_tls


def connect(
    origin: Origin, settings: ConnectionSettings, proxy: Proxy | None, deadline: Deadline
) -> Connection:
    """An open connection to an origin.

    Raises:
        NotConnected: the connection, the tunnel of the proxy or the TLS handshake failed.
        ValueError: a certificate cannot be used.
    """
    if origin.is_secure:
        connection: Connection = SecureConnection(origin.host, origin.port, context=settings.tls)
    else:
        connection = Connection(origin.host, origin.port)
    try:
        connection.open(deadline, proxy, is_tunnel=origin.is_secure)
    except OSError as error:
        connection.close()
        remedy = tls_remedy(error, settings) if origin.is_secure and connection.is_connected else ""
        reason = remedy or error.strerror or str(error) or type(error).__name__
        place = f"the proxy {proxy.url}" if proxy and not connection.is_connected else origin.authority
        where = "" if isinstance(error, ProxyError) else f"{place}: "
        raise NotConnected(f"{where}{reason}", is_of_tls=bool(remedy)) from error
    return connection


def tls_remedy(error: OSError, settings: ConnectionSettings) -> str:
    """What is wrong with a TLS connection, and the next step; "" if that is unknown."""
    from mockserver.http.tls import remedy  # here, for few connections need it

    return remedy(error, has_cacert=bool(settings.cacert))
