"""The body of an answer while it is received: its parts, decompressed, within bounds."""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass

from mockserver.http.answer_heads import BadAnswer
from mockserver.http.outgoing import TransportError

FREE = 1 << 16  # bytes of a body that do not count among those of all
PART = 1 << 16  # bytes that are read or decompressed at once


class Crowded(TransportError):
    """The bodies that are being received have too many bytes together."""


class Together:
    """The bytes of all bodies that are being received at the same time, in whatever thread.

    Args:
        longest: how many they may be; each body may have `FREE` bytes besides.
    """

    def __init__(self, longest: int) -> None:
        self._lock = threading.Lock()
        self._left = longest

    def take(self, size: int) -> bool:
        """Count bytes, or give back those of a negative size; False if they are too many, and not counted."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True


@dataclass(frozen=True)
class Bounds:
    """The seconds of one exchange, and the largest body in bytes, before and after decompression.

    Attributes:
        together: bounds the bodies of all exchanges with it; None if nothing does.
    """

    seconds: float
    longest: int
    together: Together | None = None


class Parts:
    """The parts of a body within bounds."""

    def __init__(self, bounds: Bounds) -> None:
        self.parts: list[bytes] = []
        self._length = 0
        self._bounds = bounds
        self._counted = 0  # of the bytes that all bodies have together

    def add(self, part: bytes) -> None:
        self._length += len(part)
        if self._length > self._bounds.longest:
            raise BadAnswer(f"its body has over {self._bounds.longest} bytes")
        together, size = self._bounds.together, self._length - FREE - self._counted
        if together and size > 0:
            if not together.take(size):
                raise Crowded("the bodies of all answers are too long together")
            self._counted += size
        if part:
            self.parts.append(part)

    def release(self) -> None:
        """Count the bytes no more, for the body is whole or given up."""
        if self._bounds.together:
            self._bounds.together.take(-self._counted)
            self._counted = 0


class Unpacked:
    """Adds the decompressed parts of a body in gzip; what follows an error in it is dropped, as Go does."""

    def __init__(self, plain: Parts) -> None:
        self._plain = plain
        self._member = zlib.decompressobj(wbits=31)
        self._is_broken = False

    def add(self, part: bytes) -> None:
        is_pending = bool(part)
        while is_pending and not self._is_broken:
            try:
                plain = self._member.decompress(part, PART)
            except zlib.error:
                self._is_broken = True
                return
            self._plain.add(plain)
            part, is_pending = self._member.unconsumed_tail, len(plain) == PART
            if self._member.eof:
                part, self._member = self._member.unused_data, zlib.decompressobj(wbits=31)
            is_pending = is_pending or bool(part)
