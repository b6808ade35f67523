"""HTTP proxies: which one leads to a server, and a tunnel through it."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from mockserver.golang.urls import join_host_port
from mockserver.http.deadline import Deadline
from mockserver.http.origin import Origin

MAX_TUNNEL_HEAD = 16 << 10  # bytes of a proxy's answer to CONNECT
_VARIABLES = {True: ("HTTPS_PROXY", "ALL_PROXY"), False: ("HTTP_PROXY", "ALL_PROXY")}  # by TLS


class ProxyError(OSError):
    """A proxy that opens no tunnel; `strerror` says what it answered."""

    def __init__(self, message: str) -> None:
        super().__init__(0, message)


@dataclass(frozen=True)
class Proxy:
    """A proxy that is spoken to in plain HTTP.

    Attributes:
        user: the user name; "" if the proxy asks for none.
        password: that user's password.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str, source: str) -> Self:
        """The proxy at a URL, http://[USER:PASSWORD@]HOST:PORT, where the scheme may be left out.

        Raises:
            ValueError: it is no such URL; the message names `source`, and shows no password.
        """
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port or 80
        except ValueError as error:
            raise ValueError(f"{source} has no valid port; write it as http://proxy:3128") from error
        if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError(f"{source} is not the URL of an HTTP proxy; write it as http://proxy:3128")
        return cls(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))

    @property
    def url(self) -> str:
        """The URL without user and password."""
        return f"http://{join_host_port(self.host, self.port)}"

    @property
    def url_with_user(self) -> str:
        """The URL that `parse` reads this proxy from."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""
        return f"http://{login}{self.url.removeprefix('http://')}"

    @property
    def authorization(self) -> str:
        """The value of Proxy-Authorization; "" without a user."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {b64encode(pair).decode()}" if self.user else ""

    def open_tunnel(self, sock: object, origin: str, deadline: Deadline) -> None:
        """Ask on a connection to the proxy for a tunnel to an origin, "host:port".

        Raises:
            ProxyError: the proxy opens none.
            OSError: the connection failed; TimeoutError at the deadline.
        """
        login = f"Proxy-Authorization: {self.authorization}\r\n" if self.user else ""
        sock.sendall(f"CONNECT {origin} HTTP/1.1\r\nHost: {origin}\r\n{login}\r\n".encode())  # type: ignore[attr-defined]  # a socket, which tests play
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if (left := deadline.left) <= 0:
                raise TimeoutError("timed out")
            sock.settimeout(left)  # type: ignore[attr-defined]  # as above
            byte = sock.recv(1)  # type: ignore[attr-defined]  # as above; what follows belongs to the tunnel
            head += byte
            if not byte or len(head) > MAX_TUNNEL_HEAD:
                raise ProxyError(f"the proxy {self.url} gives no answer to CONNECT {origin}")
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        status = words[1] if len(words) > 1 else ""
        if not (status.startswith("2") and len(status) == 3):
            answer = status or repr(head[:40])
            advice = "; give its user and password in the URL of the proxy" if status == "407" else ""
            raise ProxyError(f"the proxy {self.url} answers {answer} to CONNECT {origin}{advice}")


def of_environment(origin: Origin, environment: Mapping[str, str] = os.environ) -> Proxy | None:
    """The proxy that the variables of the environment name for an origin; none for a loopback address.

    These are HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in capitals or not.

    Raises:
        ValueError: a variable is not the URL of an HTTP proxy.
    """
    for name in _VARIABLES[origin.is_secure]:
        for variable in (name.lower(), name):
            if url := environment.get(variable):
                excepted = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
                return None if _is_excepted(origin, excepted) else Proxy.parse(url, variable)
    return None


def has_proxy_variables(environment: Mapping[str, str] = os.environ) -> bool:
    """True if the environment names any proxy, which other programs may use where this one does not."""
    names = {name for names in _VARIABLES.values() for name in names}
    return any(environment.get(name) or environment.get(name.lower()) for name in names)


def _is_excepted(origin: Origin, excepted: str) -> bool:
    """True for a loopback address, and for a host that NO_PROXY names: host, .domain or host:port."""
    host = origin.host.lower()
    if host == "localhost" or _is_loopback(host):
        return True
    for text in excepted.lower().split(","):
        name = text.strip()
        if name == "*" or name in (f"{host}:{origin.port}", host):
            return True
        if name and host.endswith(f".{name.lstrip('.')}"):
            return True
    return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
