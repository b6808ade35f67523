"""A cache on disk for generated requests, which take a second to generate and are the same each time.

Nothing depends on it: a file that is missing, truncated or generated from other sources is replaced, and a
directory that cannot be written is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any


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
        path = _path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{name}.{os.getpid()}")
        try:
            partial.write_bytes(_digest(source) + b"\n" + text.encode())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _digest(source: bytes) -> bytes:
    return hashlib.sha256(source).hexdigest().encode()


def _path(name: str) -> Path:
    return directory() / f"{name}.json"


def directory() -> Path:
    """The directory of the cache, in the place that the system has for such files."""
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA")
    else:
        place = os.environ.get("XDG_CACHE_HOME")
    return (Path(place) if place else Path("~/.cache").expanduser()) / "tyk-contract"
