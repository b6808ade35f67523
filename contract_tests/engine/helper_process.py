"""Helper processes: Python programs of ours that run beside the suite."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = str(Path(__file__).parent.parent.parent)  # the folder that our packages stand in


def python(*arguments: str) -> list[str]:
    """A command that runs Python without the working directory on its path.

    Else a user's own folder called contract_tests/ or mockserver/ would hide our package.
    """
    return [sys.executable, "-P", *arguments]


def environment() -> dict[str, str]:
    """The environment of a helper: our packages on its path, and no configuration of the user's."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TYK_GW_")}
    return {**inherited, "PYTHONPATH": python_path()}


def python_path() -> str:
    """The PYTHONPATH of a helper: that of this process, without folders that hide our packages."""
    paths = [path for path in sys.path if path and (path == _ROOT or not _hides_ours(Path(path)))]
    return os.pathsep.join(paths if _ROOT in paths else [_ROOT, *paths])


def _hides_ours(folder: Path) -> bool:
    places = (folder / name for name in ("contract_tests", "mockserver"))
    return any(place.is_dir() or place.with_suffix(".py").is_file() for place in places)
