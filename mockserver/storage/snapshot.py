"""Snapshots of paths: what stands there, to tell whether others have changed it, and to bring it back."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from mockserver.storage.file_writer import FileWriter

LONGEST = 256 << 20  # bytes of a file
PART = 64 << 10  # bytes of one read of a file whose size is not known


class Kind(Enum):
    """The content and the kind of what stands at a path."""

    ABSENT = "nothing"
    FILE = "a file"
    LINK = "a symbolic link"
    DIRECTORY = "a directory"
    OTHER = "a device, a pipe or a socket"


class Fingerprint(NamedTuple):
    """The few bytes that tell two snapshots apart; the mode is left out."""

    kind: Kind
    digest: bytes


class Snapshot(NamedTuple):
    """The snapshot of what stands at a path.

    Attributes:
        content: the content of a file, or the target of a link.
        mode: the permission bits of a file or a directory.
    """

    kind: Kind
    content: bytes = b""
    mode: int = 0

    @classmethod
    def of(cls, path: str) -> Snapshot:
        """The snapshot of a path.

        Raises:
            OSError: a file cannot be read.
        """
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return cls(Kind.ABSENT)
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISREG(status.st_mode):
            return cls(Kind.FILE, content_of(path), mode)
        if stat.S_ISLNK(status.st_mode):
            return cls(Kind.LINK, os.fsencode(os.readlink(path)))
        return cls(Kind.DIRECTORY if stat.S_ISDIR(status.st_mode) else Kind.OTHER, b"", mode)

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the snapshot."""
        return Fingerprint(self.kind, hashlib.blake2b(self.content, digest_size=16).digest())

    def put_back(self, path: str, writer: FileWriter) -> None:
        """Make the path as it was, whatever stands there.

        Raises:
            OSError: that is not possible.
        """
        if self.kind is Kind.FILE:
            writer.write(path, self.content, mode=self.mode)
            return
        if os.path.lexists(path):
            writer.remove(path)
        if self.kind is Kind.LINK:
            os.symlink(os.fsdecode(self.content), path)
        elif self.kind is Kind.DIRECTORY:
            os.mkdir(path, self.mode)
        writer.sync_directory(path)


def content_of(path: str | Path, longest: int = LONGEST) -> bytes:
    """The content of a file; empty for anything else.

    Raises:
        OSError: the file cannot be read, or has more than `longest` bytes.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe would block
    try:
        descriptor = os.open(path, flags)
    except IsADirectoryError:
        return b""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return b""  # reading a device might never end
        if status.st_size > longest:
            raise _too_long(longest)
        # the exact size: larger buffers would fragment the heap between the texts that remain
        step = status.st_size + 1 if status.st_size else PART  # a file of /proc has no size
        parts, size = list[bytes](), 0
        while part := os.read(descriptor, min(step, longest + 1 - size)):
            parts.append(part)
            size += len(part)
            if size > longest:
                raise _too_long(longest)
            if len(part) <= status.st_size:
                break  # the end, without another call
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _too_long(longest: int) -> OSError:
    return OSError(errno.EFBIG, f"it has over {longest >> 20} MiB")
