"""A plain HTTP client: targets as given, no redirects, limits on time and size."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

from mockserver.http.client_connection import Connection, Response, SecureConnection

MAX_BODY = 32 << 20  # bytes of an answer that are read
PACKED_FROM = 64 << 10  # bytes
STALL_SECONDS = 3.0  # within a body, until the rest is given up
Header = tuple[str, str]

_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class ClientError(Exception):
    """No whole answer came; the message says why, in words for a person."""


class Unreachable(ClientError):
    """No connection could be made."""


class TimedOut(ClientError):
    """No whole answer came in time."""


class Incomplete(TimedOut):
    """An answer's body ended, or stalled, before the length that it was to have; `answer` is what came."""

    def __init__(self, answer: Answer, reason: str) -> None:
        super().__init__(reason)
        self.answer = answer


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        headers: names as sent, in their order.
        stored: the body, packed if it is a long one, for a run keeps all its answers.
        surplus: the first bytes that came after the body and belong to no answer.
        kept: whether the connection stays open after it.
    """

    status: int
    headers: tuple[Header, ...]
    stored: bytes
    surplus: bytes = b""
    kept: bool = True
    is_packed: bool = False

    @classmethod
    def of(cls, status: int, headers: tuple[Header, ...], body: bytes, *, kept: bool = True) -> Self:
        """An answer with this body."""
        is_packed = len(body) > PACKED_FROM
        stored = zlib.compress(body, 1) if is_packed else body
        return cls(status, headers, stored, kept=kept, is_packed=is_packed)

    @property
    def body(self) -> bytes:
        """As it came."""
        return zlib.decompress(self.stored) if self.is_packed else self.stored

    def get(self, name: str) -> str:
        """The first value of a header, in any case; "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class Client:
    """Requests to one server, over a connection that is kept.

    Args:
        url: scheme, host and port; a path in it is put before each target.
        timeout: seconds for one whole exchange.
        longest: bytes of a body that are read.

    Raises:
        ValueError: the URL is none of HTTP.
    """

    def __init__(self, url: str, timeout: float = 10.0, longest: int = MAX_BODY) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the URL holds a user or a password; give http://host:8080 alone")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no URL of a gateway; write it as http://host:8080")
        try:
            self._port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise ValueError(f"{url!r} has no valid port; write it as http://host:8080") from error
        self._host, self._secure = parts.hostname, parts.scheme == "https"
        self._prefix = parts.path.rstrip("/")
        self._timeout, self._longest = timeout, longest
        self.dropped: list[str] = []  # requests before which, or in which, a kept connection was closed
        self.astray = b""  # what came between two answers and belongs to none
        self._connection: Connection | None = None

    def send(
        self,
        method: str,
        target: str,
        headers: Iterable[Header] = (),
        body: bytes | None = None,
        *,
        host: str | None = None,
    ) -> Answer:
        """Send one request and read its answer whole.

        Raises:
            Unreachable: no connection could be made.
            ClientError: no answer in time, none at all, or none that is HTTP.
        """
        if self._connection is not None and (astray := self._connection.stream.waiting()):
            self.astray = astray[:100]
            self.close()
        fresh = self._connection is None
        try:
            return self._exchange(method, target, headers, body, host)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self.close()
            if fresh:
                raise ClientError("the connection was closed without an answer") from error
        self.dropped.append(f"{method} {target}")
        # a kept connection may have been closed meanwhile; a new one tells
        return self.send(method, target, headers, body, host=host)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection.stream.end()
            self._connection = None

    def _exchange(
        self,
        method: str,
        target: str,
        headers: Iterable[Header],
        body: bytes | None,
        host: str | None,
    ) -> Answer:
        deadline = time.monotonic() + self._timeout
        connection = self._connect()
        sock = connection.sock
        try:
            self._write(connection, method, self._prefix + target, headers, body, host)
            if _QUICKACK is not None:  # else a server that sends in two pieces waits for our kernel
                sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            response = connection.getresponse()
            assert isinstance(response, Response)
            sock.settimeout(min(self._timeout, STALL_SECONDS))
            answer = self._read(response, deadline)
            sock.settimeout(self._timeout)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            raise
        except ClientError:
            self.close()
            raise
        except TimeoutError as error:
            self.close()
            raise TimedOut(f"no answer within {self._timeout:g} s") from error
        except (http.client.HTTPException, OSError, ValueError) as error:
            self.close()
            raise ClientError(f"no HTTP answer: {type(error).__name__} {error}".rstrip()) from error
        surplus = connection.stream.waiting()
        if response.will_close or surplus:
            self.close()
        return replace(answer, surplus=surplus[:100])

    def _connect(self) -> Connection:
        if self._connection is None:
            if self._secure:
                context = ssl.create_default_context()
                made: Connection = SecureConnection(
                    self._host, self._port, timeout=self._timeout, context=context
                )
            else:
                made = Connection(self._host, self._port, timeout=self._timeout)
            try:
                made.connect()
            except OSError as error:
                reason = error.strerror or str(error) or type(error).__name__
                raise Unreachable(f"{self._host}:{self._port}: {reason}") from error
            made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.listen()
            self._connection = made
        return self._connection

    def _write(
        self,
        connection: Connection,
        method: str,
        target: str,
        headers: Iterable[Header],
        body: bytes | None,
        host: str | None,
    ) -> None:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        default_port = 443 if self._secure else 80
        authority = self._host if self._port == default_port else f"{self._host}:{self._port}"
        connection.putheader("Host", host or authority)
        names = set()
        for name, value in headers:
            if "\r" in value or "\n" in value:
                raise ValueError(f"{name} holds a line break")
            connection.putheader(name, value.encode("latin-1", "replace"))
            names.add(name.lower())
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        connection.send_whole()

    def _read(self, response: Response, deadline: float) -> Answer:
        parts, size = [], 0
        headers = tuple(response.headers)
        try:
            while part := response.read1(1 << 16) if not response.isclosed() else b"":
                parts.append(part)
                size += len(part)
                if size > self._longest:
                    raise ValueError(f"the body has over {self._longest >> 20} MiB")
                if time.monotonic() > deadline:
                    response.length = response.length or 1  # it is not whole
                    break
        except (http.client.IncompleteRead, TimeoutError) as error:
            answer = Answer.of(response.status, headers, b"".join(parts))
            raise Incomplete(answer, _unended(response, size)) from error
        answer = Answer.of(response.status, headers, b"".join(parts), kept=not response.will_close)
        if response.length:  # the connection or the time ended before the body
            raise Incomplete(answer, _unended(response, size))
        response.close()
        return answer


def _unended(response: Response, size: int) -> str:
    told = response.headers.get("content-length")
    if not told:
        return f"the body does not end: after {size} bytes neither more nor the last chunk comes"
    return f"the body stops after {size} of the {told} bytes that Content-Length tells"
