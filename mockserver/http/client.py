"""An HTTP client that sends targets unchanged, follows no redirects, and limits time and size.

One deadline holds for all of an exchange: connecting, sending, interim responses, head, body and trailer.
Only the look-up of the server's name has the limits of the system's resolver alone.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from mockserver.http.client_connection import Connection, Response
from mockserver.http.connecting import NotConnected, connect, tls_remedy
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.deadline import Deadline
from mockserver.http.origin import Origin
from mockserver.http.pacing import Pacer, is_limited

MAX_BODY = 32 << 20  # bytes of a response body
PACKED_FROM = 512 << 10  # bytes; longer bodies are compressed in memory
STALL_SECONDS = 3.0  # without data within a body, until the client gives up
MAX_REASON = 200  # characters of an error, which may quote the server
Header = tuple[str, str]
_Request = tuple[str, str, Sequence[Header], bytes | None, str | None]  # the arguments of `Client.send`

_BYTES = 150  # that two strings, or an object, take beside their contents
_CLOSED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)
_NO_ANSWER = "the connection was closed without an answer"
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class ClientError(Exception):
    """The request got no complete response; the message says why."""


class Unreachable(ClientError):
    """The connection to the server failed."""


class NoHandshake(Unreachable):
    """TLS with the server failed; the message has the next step."""


class TimedOut(ClientError):
    """The response was not complete in time."""


class TimeOver(TimedOut):
    """The time of all exchanges together is over, whatever the server does."""


class Incomplete(TimedOut):
    """The body of a response ended or stalled before its declared length; `answer` has the part received."""

    def __init__(self, answer: Answer, reason: str) -> None:
        super().__init__(reason)
        self.answer = answer


@dataclass(frozen=True)
class Answer:
    """A response.

    Attributes:
        headers: names and values as sent, in their order.
        stored: the body; compressed if it is long, for a test run keeps all its responses.
        trailing: up to 100 bytes received after the end of the body.
        keeps_alive: True if the connection stays open after the response.
        is_packed: True if `stored` is compressed.
    """

    status: int
    headers: tuple[Header, ...]
    stored: bytes
    trailing: bytes = b""
    keeps_alive: bool = True
    is_packed: bool = False

    @classmethod
    def of(cls, status: int, headers: tuple[Header, ...], body: bytes, *, keeps_alive: bool = True) -> Self:
        """A response with this body, compressed if it is long."""
        is_packed = len(body) > PACKED_FROM
        stored = zlib.compress(body, 1) if is_packed else body
        return cls(status, headers, stored, keeps_alive=keeps_alive, is_packed=is_packed)

    @property
    def size(self) -> int:
        """The bytes that the response takes in memory, about."""
        heads = sum(_BYTES + len(name) + len(value) for name, value in self.headers)
        return _BYTES + len(self.stored) + heads

    @property
    def body(self) -> bytes:
        """The body as received."""
        return zlib.decompress(self.stored) if self.is_packed else self.stored

    def get(self, name: str) -> str:
        """The first value of a header, whose name may be in any case; "" if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class Client:
    """A client of one server, over a connection that it reuses.

    Args:
        url: scheme, host and port; a path in it is prepended to each target.
        timeout: seconds for one exchange.
        longest: the maximum length of a response body, in bytes.
        within: the deadline of all exchanges together; if it is over or is moved so, no exchange goes on.
        settings: how the server is reached; by default directly, with the CAs of the system.
        pacer: waits for a server that limits the rate of requests; None takes its answers as they are.

    Raises:
        ValueError: the URL is not an http or https URL, or has a user, a query or a fragment.

    Attributes:
        dropped: requests ("GET /path") for which the server had closed the reused connection.
        unsolicited: up to 100 bytes received between two responses.
    """

    def __init__(
        self,
        url: str,
        timeout: float = 10.0,
        longest: int = MAX_BODY,
        within: Deadline | None = None,
        *,
        settings: ConnectionSettings | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        self._origin = Origin.of(url)
        self._settings = settings or ConnectionSettings()
        self._proxy = self._settings.proxy_for(self._origin)
        self._pacer = pacer
        self._timeout, self._longest, self._within = timeout, longest, within
        self.dropped: list[str] = []
        self.unsolicited = b""
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
        """Send one request and read the complete response.

        A Host among the headers stands for that of the URL.

        Raises:
            Unreachable: the connection failed.
            TimedOut: the response was not complete in time.
            TimeOver: the deadline of all exchanges is over.
            ClientError: there was no response, or none that is valid HTTP.
        """
        request = (method, target, tuple(headers), body, host)
        answer, attempt = self._send(request), 1
        while self._pacer is not None and is_limited(answer.status, after := answer.get("Retry-After")):
            if not self._pacer.waits(target, attempt, after, self._within):
                break
            answer, attempt = self._send(request), attempt + 1
        return answer

    def _send(self, request: _Request) -> Answer:
        deadline = Deadline(self._timeout, self._within)
        if self._connection is not None and (unread := self._connection.stream.unread()):
            self.unsolicited = unread[:100]
            self.close()
        is_new = self._connection is None
        try:
            return self._exchange(request, deadline)
        except _CLOSED as error:
            self.close()
            if is_new:
                raise ClientError(_NO_ANSWER) from error
        self.dropped.append(f"{request[0]} {request[1]}")
        # the server may have closed the idle connection: try once on a new one
        try:
            return self._exchange(request, deadline)
        except _CLOSED as error:
            self.close()
            raise ClientError(_NO_ANSWER) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection.stream.release()
            self._connection = None

    def _exchange(self, request: _Request, deadline: Deadline) -> Answer:
        connection = self._connect(deadline)
        stream, sock = connection.stream, connection.sock
        stream.begin(deadline)
        try:
            self._write(connection, request)
            # else a server that sends in two packets waits for the delayed acknowledgement of our kernel
            if _QUICKACK is not None:
                sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            response = connection.getresponse()
            assert isinstance(response, Response)
            stream.limit_stall(STALL_SECONDS)
            answer = self._read(response)
        except _CLOSED:
            raise
        except ClientError:
            self.close()
            self._check_time()
            raise
        except TimeoutError as error:
            self.close()
            self._check_time()
            raise TimedOut(f"no answer within {self._timeout:g} s") from error
        except ssl.SSLError as error:
            self.close()
            raise NoHandshake(f"{self._origin.authority}: {tls_remedy(error, self._settings)}") from error
        except (http.client.HTTPException, OSError, ValueError) as error:
            self.close()
            reason = f"not an HTTP response: {type(error).__name__} {error}".rstrip()
            raise ClientError(reason[:MAX_REASON]) from error
        trailing = stream.unread()
        if response.will_close or trailing:
            self.close()
        return replace(answer, trailing=trailing[:100])

    def _connect(self, deadline: Deadline) -> Connection:
        if self._connection is None:
            try:
                self._connection = connect(self._origin, self._settings, self._proxy, deadline)
            except NotConnected as error:
                self._check_time()
                raise (NoHandshake if error.is_of_tls else Unreachable)(str(error)) from error
        return self._connection

    def _check_time(self) -> None:
        if self._within is not None and self._within.is_over:
            raise TimeOver("the time of all requests is over; allow more with --max-time")

    def _write(self, connection: Connection, request: _Request) -> None:
        method, target, headers, body, host = request
        target = self._origin.prefix + target
        if self._proxy is not None and not self._origin.is_secure and target.startswith("/"):
            target = f"{self._origin.url}{target}"
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        own = next((value for name, value in headers if name.lower() == "host"), "")
        connection.putheader("Host", host or own or self._origin.authority)
        names = set()
        for name, value in self._settings.merged(headers) if self._settings.headers else headers:
            if own and name.lower() == "host":
                continue
            if "\r" in value or "\n" in value:
                raise ValueError(f"the value of {name} has a line break")
            connection.putheader(name, value.encode("latin-1", "replace"))
            names.add(name.lower())
        if self._proxy is not None and self._proxy.user and not self._origin.is_secure:
            connection.putheader("Proxy-Authorization", self._proxy.authorization)
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        connection.flush()

    def _read(self, response: Response) -> Answer:
        body = bytearray()
        headers = tuple(response.headers)
        try:
            while part := response.read1(1 << 16) if not response.isclosed() else b"":
                body += part
                if len(body) > self._longest:
                    raise ValueError(f"the body is longer than {self._longest >> 20} MiB")
        except (http.client.IncompleteRead, TimeoutError) as error:
            answer = Answer.of(response.status, headers, bytes(body))
            raise Incomplete(answer, _incomplete(response, len(body))) from error
        answer = Answer.of(response.status, headers, bytes(body), keeps_alive=not response.will_close)
        if response.length:  # the connection closed
            raise Incomplete(answer, _incomplete(response, len(body)))
        response.close()
        return answer


def _incomplete(response: Response, size: int) -> str:
    if response.declared is not None:
        return f"the body is incomplete: {size} of {response.declared} bytes arrived"
    ending = "not the last chunk" if response.chunked else "not the end of the connection"
    return f"the body is incomplete: {size} bytes arrived, and {ending}"
