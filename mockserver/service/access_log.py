"""The access log of a mock: a line for each request, written in a thread so that no request waits for it."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from functools import lru_cache
from typing import Any, NamedTuple, TextIO

from mockserver.console.logs import Line, text_line
from mockserver.console.terminal import printable, write_printable
from mockserver.http.messages import Reply, Request
from mockserver.http.redaction import all_hidden
from mockserver.service.fault import DROPPED, Fault
from mockserver.service.json_replies import message_of

MOST_WAITING = 10_000  # requests whose lines are not written yet; further ones are only counted
CLOSE_SECONDS = 2.0
INTERVAL = 0.05  # seconds between two writes
LONGEST_PATH = 1000  # characters that are shown
MOST_KEPT = 8000  # characters; a secret at the end of these is cut, and is not shown
LONGEST_REASON = 2000  # bytes of a body in which the reason of a refusal is looked for
# keys and tokens in a path; the gateway's log shows their last four characters too
_CREDENTIAL = re.compile(
    r"((?:/keys/(?:policy/)?|/oauth/refresh/))(?!(?:create|preview|policy)(?:/|$))([^/]+)"
)


class Access(NamedTuple):
    """What the access log tells of a request.

    Attributes:
        at: seconds since the epoch.
        request: the request; its body is not told.
        reply: the answer; `DROPPED` if there was none.
        operation: the operationId; "" if the request is for none.
        seconds: the time that the answer took.
        fault: the fault that the answer met; None for none.
        secrets: the credentials to mask.
        reason: why the server itself, or a proxy for an API, refused the request; "" if neither did.
    """

    at: float
    request: Request
    reply: Reply
    operation: str
    seconds: float
    fault: Fault | None
    secrets: tuple[str, ...]
    reason: str = ""


class AccessLog:
    """A log of requests on a stream.

    Args:
        stream: the stream, such as standard error.
        line: the format of a line.
        service: the name of the service in each line; "" for none.
        is_verbose: True if requests to the mock's own API have lines too.
    """

    def __init__(
        self, stream: TextIO, line: Line = text_line, service: str = "", *, is_verbose: bool = False
    ) -> None:
        self.is_verbose = is_verbose
        self._stream = stream
        self._line = line
        self._service = service
        self._prefix = f"{service} " if service else ""
        self._waiting: deque[tuple[Any, ...]] = deque()
        self._lost = 0
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tyk-contract-log", daemon=True)
        self._thread.start()

    def note(self, access: Access) -> None:
        """Have a line written for a request, soon."""
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(_kept(access))
        if not self._wake.is_set():
            self._wake.set()

    def close(self) -> None:
        """Write the lines that wait, and end; a reader that takes none for some seconds loses them."""
        self._closing.set()
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(INTERVAL)
            self._wake.clear()
            try:
                self._write()
            except (OSError, ValueError):  # the stream is closed, and the log has no reader
                return

    def _write(self) -> None:
        lines = []
        while self._waiting:
            lines.append(self._shown(*self._waiting.popleft()))
        if self._lost:
            lost, self._lost = self._lost, 0
            lines.append(
                self._line(time.time(), "warning", f"{lost} requests came too fast for a line each", {})
            )
        if lines:
            write_printable(lines, self._stream)

    def _shown(
        self,
        at: float,
        method: str,
        path: str,
        status: int,
        operation: str,
        seconds: float,
        why: bytes | str,
        secrets: tuple[str, ...],
    ) -> str:
        method, path = _shown_part(method, secrets), _shown_part(path, secrets)
        reason = all_hidden(why if isinstance(why, str) else message_of(why), secrets) if why else ""
        milliseconds = round(seconds * 1000, 2)
        if self._line is not text_line:
            values = {
                **({"service": self._service} if self._service else {}),
                "method": method, "path": path, "status": status, "operation": operation,
                "milliseconds": milliseconds, **({"reason": reason} if reason else {}),
            }  # fmt: skip
            return self._line(at, "info", f"{method} {path} {status or 'no answer'}", values)
        message = (
            f"{self._prefix}{method} {path} {status or 'no answer'} {operation or '-'} {milliseconds} ms"
        )
        return self._line(at, "info", f"{message}: {reason}" if reason else message, {})


def _kept(access: Access) -> tuple[Any, ...]:
    """What is kept of a request until its line is written: not its body, nor an answer without a reason."""
    reply, fault = access.reply, access.fault
    why: bytes | str = b""
    if access.reason:
        why = access.reason
    elif fault is not None:
        why = f"fault: {fault}"
    elif reply.status >= 400:
        why = reply.body[:LONGEST_REASON]
    elif 300 <= reply.status < 400 and type(reply) is Reply:  # not that of an upstream
        why = "redirected to the clean path"
    status = 0 if reply is DROPPED else reply.status
    method, path = access.request.method[:MOST_KEPT], access.request.url.path[:MOST_KEPT]
    return access.at, method, path, status, access.operation, access.seconds, why, access.secrets


@lru_cache(maxsize=1024)  # most requests are for few paths, and masking takes longer than all the rest
def _shown_part(text: str, secrets: tuple[str, ...]) -> str:
    """A method or path without secrets, and with the end of keys alone, as in the gateway's log."""
    text = _CREDENTIAL.sub(lambda match: f"{match[1]}****{match[2][-4:] if len(match[2]) > 8 else ''}", text)
    return printable(all_hidden(text, secrets)[:LONGEST_PATH])
