"""Files of JSON that commands are given."""

from __future__ import annotations

from pathlib import Path

from mockserver.console.input_files import DOCUMENT
from mockserver.golang.json_size import few_enough
from mockserver.storage.snapshot import content_of


def content(path: Path) -> bytes:
    """The content of a file of policies, keys or APIs, within bounds.

    Raises:
        ValueError: it cannot be read, is too long, or has too many values; the message has the next step.
    """
    try:
        return few_enough(content_of(path, DOCUMENT))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; give a file that you can read") from error
