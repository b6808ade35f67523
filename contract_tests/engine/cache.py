"""A cache on disk for generated requests, which take a second to generate and are the same each time.

Nothing depends on it: a file that is missing, truncated or generated from other sources is replaced, and a
directory that cannot be written, or that other users can write to, is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

from contract_tests.report import output_file

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def recall(name: str, source: bytes) -> Any:
    """The value stored under a name if it was generated from this source; None otherwise."""
    try:
        digest, _, text = _path(name).read_bytes().partition(b"\n")
        return json.loads(text) if digest == _digest(source) else None
    except (
        OSError,
        ValueError,
        RuntimeError,
    ):  # RuntimeError: nested too deep, or the user has no home directory
        return None


def store(name: str, source: bytes, value: Any) -> None:
    """Replace the value stored under a name; a value that JSON would change is not stored."""
    with contextlib.suppress(OSError, TypeError, ValueError, RuntimeError):
        text = json.dumps(value)
        if json.loads(text) != value:
            return
        directory().mkdir(mode=0o700, parents=True, exist_ok=True)
        output_file.write(_path(name), f"{_digest(source).decode()}\n{text}")


def _digest(source: bytes) -> bytes:
    return hashlib.sha256(source).hexdigest().encode()


def _path(name: str) -> Path:
    """The file of a value.

    Raises:
        PermissionError: others may write to the directory, or own it, so that its content is not trusted.
    """
    folder = directory()
    status = folder.lstat()  # of a link to a directory elsewhere, it is that of the link
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(folder)
    if sys.platform != "win32" and (status.st_uid != os.geteuid() or status.st_mode & _WRITABLE_BY_OTHERS):
        raise PermissionError(folder)
    return folder / f"{name}.json"


def directory() -> Path:
    """The directory of the cache, in the place that the system has for such files."""
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA")
    else:
        place = os.environ.get("XDG_CACHE_HOME")
    is_usable = place and Path(place).is_absolute()  # a relative place is to be ignored, as XDG says
    return (Path(place or "") if is_usable else Path("~/.cache").expanduser()) / "tyk-contract"
