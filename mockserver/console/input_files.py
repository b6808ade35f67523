"""Files that options and arguments of commands name, read within a bound: a device may have no end."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

DOCUMENT = 256 << 20  # bytes of a document of policies, keys or verdicts
CONFIGURATION = 16 << 20  # bytes of a product's configuration


def content_within(path: str | Path, longest: int) -> bytes:
    """The content of a file, a pipe or a device.

    Raises:
        OSError: it cannot be read, or has more than so many bytes.
        ValueError: the path has a null byte.
    """
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or not status.st_size:  # the size of others is not known
            return _checked(file.read(longest + 1), longest)
        return _checked(file.read(min(status.st_size, longest) + 1), longest)


def stdin_within(longest: int) -> bytes:
    """All of standard input.

    Raises:
        OSError: it is closed, or has more than so many bytes.
    """
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return _checked(sys.stdin.buffer.read(longest + 1), longest)


def _checked(data: bytes, longest: int) -> bytes:
    if len(data) > longest:
        size = f"{longest >> 20} MiB" if longest >= 1 << 20 else f"{longest >> 10} KiB"
        raise OSError(errno.EFBIG, f"it has over {size}")
    return data
