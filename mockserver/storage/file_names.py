"""Paths of policies and API definitions in their directory: no name leads out of it."""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
from types import ModuleType

from mockserver.storage.backend import Refused

# Windows itself resolves these: separators, drives and streams, devices, wildcards, and ends that it drops
_FORBIDDEN = re.compile(r'[\\:*?"<>|\x00-\x1f]')
_DROPPED_ENDS = " ."  # of each part of a path
_DEVICES = re.compile(r"(?i:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?")


def inside(root: str, name: str, flavour: ModuleType = posixpath) -> str:
    """The path of `name`.json under a root, joined and cleaned as Go does.

    Source: internal/osutil/osutil.go:40 @v5.12.0. `flavour` is posixpath, or ntpath for the rules of Windows.

    Raises:
        Refused: the path leaves the root, has a null byte, or is no plain path of the flavour.
    """
    if flavour is ntpath:
        return _inside_windows(root, name)
    path = f"{root}/{name}.json"
    if "/" in name or "//" in root:
        path = posixpath.normpath(path)
    if "\0" in path or not path.startswith(root.rstrip("/") + "/"):
        raise Refused(name)
    return path


def _inside_windows(root: str, name: str) -> str:
    """The path by the rules of Windows; unlike elsewhere, no link may lead out of the root."""
    parts = inside("/root", name).removeprefix("/root/").split("/")
    if any(map(_is_special, parts)):
        raise Refused(name)
    path = ntpath.join(root, *parts)
    real_root, real_path = ntpath.realpath(root), ntpath.realpath(path)
    if not real_path.lower().startswith(real_root.lower().rstrip("\\") + "\\"):
        raise Refused(name)
    return path


def _is_special(part: str) -> bool:
    """True for a part of a path that Windows does not take as a plain name."""
    return bool(not part or part[-1] in _DROPPED_ENDS or _FORBIDDEN.search(part) or _DEVICES.fullmatch(part))


def resolve_link(path: str) -> str:
    """The target of a symbolic link; any other path unchanged."""
    return os.path.realpath(path) if os.path.islink(path) else path
