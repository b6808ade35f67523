"""Files that options and arguments of commands name, read within bounds of size and time.

A device may have no end, and a pipe no writer: what is no file is read for so long alone, and what has more
than so many bytes is refused.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
from pathlib import Path
from time import monotonic

DOCUMENT = 256 << 20  # bytes of a document of policies, keys or verdicts
CONFIGURATION = 16 << 20  # bytes of a product's configuration
PATIENCE = 30.0  # seconds until a pipe or a device has given all; a person may type a passphrase meanwhile
_PART = 1 << 20  # bytes of one read
_FLAGS = ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK")  # to open a pipe without a writer would block


def content_within(path: str | Path, longest: int) -> bytes:
    """The content of a file, a pipe or a device.

    Raises:
        OSError: it cannot be read, has more than so many bytes, or does not end in time.
        ValueError: the path has a null byte.
    """
    return content_and_mode(path, longest)[0]


def content_and_mode(path: str | Path, longest: int) -> tuple[bytes, int]:
    """The content of a file, a pipe or a device, and its type and permission bits.

    Raises: as `content_within`.
    """
    descriptor = _opened(path)
    try:
        mode = os.fstat(descriptor).st_mode
        deadline = None if stat.S_ISREG(mode) else monotonic() + PATIENCE
        return _read(descriptor, longest, deadline), mode
    finally:
        os.close(descriptor)


def check_file(path: str | Path, longest: int) -> None:
    """Check a file that a library reads by its path, which would read a pipe or a device without a bound.

    Raises:
        OSError: it cannot be opened, is no file, or has more than so many bytes.
        ValueError: the path has a null byte.
    """
    descriptor = _opened(path)
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no file, but a directory, a pipe or a device")
    if status.st_size > longest:
        raise _too_long(longest)


def stdin_within(longest: int) -> bytes:
    """All of standard input.

    Raises:
        OSError: it is closed, or has more than so many bytes.
    """
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return _checked(sys.stdin.buffer.read(longest + 1), longest)


def _opened(path: str | Path) -> int:
    flags = os.O_RDONLY
    for name in _FLAGS:
        flags |= getattr(os, name, 0)
    return os.open(path, flags)


def _read(descriptor: int, longest: int, deadline: float | None) -> bytes:
    """All bytes of an open file, and not one more than the bound is kept; without a deadline it is a file.

    Raises:
        OSError: it cannot be read, has more than so many bytes, or does not end in time.
    """
    data = bytearray()
    while len(data) <= longest:
        if deadline is not None and not _is_readable(descriptor, deadline):
            raise OSError(errno.ETIMEDOUT, f"it is a pipe or device that has no end within {PATIENCE:.0f} s")
        try:
            part = os.read(descriptor, min(_PART, longest + 1 - len(data)))
        except BlockingIOError:
            continue
        if not part:
            break
        data += part
    return _checked(bytes(data), longest)


def _is_readable(descriptor: int, deadline: float) -> bool:
    """True as soon as there is something to read, or the end; False once the deadline has passed."""
    left = deadline - monotonic()
    if left <= 0:
        return False
    if not hasattr(select, "poll"):  # Windows waits for sockets alone
        return True
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(left * 1000))


def _checked(data: bytes, longest: int) -> bytes:
    if len(data) > longest:
        raise _too_long(longest)
    return data


def _too_long(longest: int) -> OSError:
    size = f"{longest >> 20} MiB" if longest >= 1 << 20 else f"{longest >> 10} KiB"
    return OSError(errno.EFBIG, f"it has over {size}")
