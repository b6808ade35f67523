"""What takes long to make and is the same each time: kept on disk for the next start.

Nothing depends on it: a file that is missing, torn or of something else is made anew, and a directory that
cannot be written is left alone.
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
    """The value that was kept under a name, if it was made of this source; else None."""
    try:
        digest, _, text = _path(name).read_bytes().partition(b"\n")
        return json.loads(text) if digest == _digest(source) else None
    except (OSError, ValueError, RuntimeError):  # RuntimeError: nested too deep, or nobody is at home
        return None


def keep(name: str, source: bytes, value: Any) -> None:
    """Keep a value in place of the one of that name, unless JSON would change it."""
    with contextlib.suppress(OSError, TypeError, ValueError, RuntimeError):
        text = json.dumps(value)
        if json.loads(text) != value:
            return
        path = _path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{name}.{os.getpid()}")
        try:
            half.write_bytes(_digest(source) + b"\n" + text.encode())
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)


def _digest(source: bytes) -> bytes:
    return hashlib.sha256(source).hexdigest().encode()


def _path(name: str) -> Path:
    return directory() / f"{name}.json"


def directory() -> Path:
    """Where values are kept: in the place that the system has for such files."""
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA")
    else:
        place = os.environ.get("XDG_CACHE_HOME")
    return (Path(place) if place else Path("~/.cache").expanduser()) / "tyk-contract"
