"""A chunked body while it is being received, within the limits of Go (net/http/internal/chunked.go)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mockserver.http.messages import BadMessage, parse_headers

MAX_LINE = 4096  # bytes of a line before a chunk, with its end
MAX_TRAILER = 4096  # bytes of the lines after the last chunk
FREE_OVERHEAD = 16  # bytes of a chunk besides its data that do not count, and twice the length of its data
MAX_OVERHEAD = 16 << 10  # bytes of a body that count

_LINE = re.compile(rb"([0-9a-fA-F]{1,16})(?:[ \t]*|;[^\r\n]*)\r\n")
_BLANK_LINE = re.compile(rb"(?:\A|\r?\n)\r?\n")


@dataclass
class ChunkedBody:
    """A chunked body while it is being received.

    Attributes:
        limit: bytes that the body may have.
        received: the data so far, also of a chunk that is not complete yet.
        complete: the length of the data of complete chunks.
        done: True if the body has ended, or is malformed.
        broken: True if the body is malformed, so that the rest cannot be read.
    """

    limit: int
    received: bytearray = field(default_factory=bytearray)
    complete: int = 0
    done: bool = False
    broken: bool = False
    _missing: int = 0  # bytes of the data of the present chunk
    _is_in_chunk: bool = False
    _is_in_trailer: bool = False
    _overhead: int = 0

    @property
    def body(self) -> bytes:
        """The data of the complete chunks."""
        if self.complete == len(self.received):
            return bytes(self.received)
        with memoryview(self.received) as view:
            return bytes(view[: self.complete])

    def take(self, data: bytearray, most: int) -> bool:
        """Move what has come from the front of `data` to the body, in so many steps at most.

        Returns False if the body needs more data, True if it has ended or if `data` may have more of it.

        Raises:
            BadMessage: the body is, or is going to be, longer than the limit.
        """
        position: int | None = 0
        taken = 0
        for _ in range(most):
            position = self._take_part(data, taken)
            if position is None:
                break
            taken = position
            if self.done:
                break
        del data[:taken]
        return position is not None or self.done

    def _take_part(self, data: bytearray, start: int) -> int | None:
        """Take a chunk, its beginning or the trailer; returns where it ends, None if more data must come."""
        if self._is_in_trailer:
            return self._take_trailer(data, start)
        if not self._is_in_chunk:
            return self._take_line(data, start)
        end = min(start + self._missing, len(data))
        if end > start:
            self.received += data[start:end]
            self._missing -= end - start
            return end
        if len(data) < end + 2:
            return None
        self.complete = len(self.received)
        self._is_in_chunk = False
        self.broken = self.done = data[end : end + 2] != b"\r\n"
        return end + 2

    def _take_line(self, data: bytearray, start: int) -> int | None:
        end = data.find(b"\n", start, start + MAX_LINE) + 1
        match = _LINE.fullmatch(data, start, end) if end else None
        if match is None:
            self.broken = self.done = end > 0 or len(data) - start >= MAX_LINE
            return None
        size = int(match[1], 16)
        overhead = self._overhead + (end - start) - FREE_OVERHEAD - 2 * size
        self._overhead = max(0, overhead)
        if self._overhead > MAX_OVERHEAD:
            self.broken = self.done = True
            return None
        if len(self.received) + size > self.limit:
            raise BadMessage("413 Request Entity Too Large", "the body is too long")
        self._missing = size
        self._is_in_chunk, self._is_in_trailer = size > 0, size == 0
        return end

    def _take_trailer(self, data: bytearray, start: int) -> int | None:
        """Take the lines after the last chunk (net/http/transfer.go, readTrailer).

        Go waits for an empty line with its carriage return, and then ends at the first empty line.
        """
        if data.startswith(b"\r\n", start):
            self.done = True
            return start + 2
        end = data.find(b"\r\n\r\n", start, start + MAX_TRAILER)
        if end < 0:
            self.broken = self.done = len(data) - start >= MAX_TRAILER
            return None
        trailer = bytes(data[start : end + 4])
        blank = _BLANK_LINE.search(trailer)
        assert blank is not None
        self.done = True
        try:
            parse_headers(trailer[: blank.start()].decode("latin-1").replace("\r\n", "\n"))
        except BadMessage:
            self.broken = True
        return start + blank.end()
