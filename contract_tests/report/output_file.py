"""Output files: each is written beside its place and moved there, so that a failure leaves the old one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class OutputError(ValueError):
    """A file that cannot be written; the message names the file, the reason and the next step."""


def check(path: Path) -> None:
    """Check before a long run that a file can be written after it.

    Raises:
        OutputError: the directory is missing or cannot be written to, or the path is a directory itself.
    """
    if path.is_dir():
        raise OutputError(f"{path}: this is a directory; name a file")
    parent = path.absolute().parent
    if not parent.is_dir():
        raise OutputError(f"{path}: the directory does not exist; create it first")
    if not _is_device(path) and not (os.access(parent, os.W_OK) and _is_writable(path)):
        raise OutputError(f"{path}: cannot be written; name a file in a directory that you can write to")


def write(path: Path, text: str) -> None:
    """Write a text as UTF-8; the file has its old content or the new one, whatever fails.

    A symbolic link is replaced and not followed. A device or a pipe, such as /dev/stdout, is written to.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        data = text.encode()
        if _is_device(path):
            path.write_bytes(data)
        else:
            _replace(path, data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"{path}: not written, and as it was before: {reason}; free some space or name another file"
        ) from error


def _replace(path: Path, data: bytes) -> None:
    if not _is_writable(path):
        raise PermissionError(None, "the file is read-only")
    temporary = path.with_name(f".tyk-contract-{secrets.token_hex(8)}")  # short, for a name has 255 bytes
    try:
        with temporary.open("xb") as file:  # a new file, never one behind a link
            file.write(data)
        if path.is_file() and not path.is_symlink():
            temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _is_writable(path: Path) -> bool:
    return not path.exists() or os.access(path, os.W_OK)


def _is_device(path: Path) -> bool:
    """True for what is neither a file nor to become one."""
    return path.exists() and not path.is_file()
