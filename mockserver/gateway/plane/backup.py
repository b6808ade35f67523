"""The backup of what a data plane was given, from which it starts without its control plane.

A real gateway keeps it in its Redis, encrypted (gateway/rpc_backup_handlers.go @v5.14.0). The mock keeps it
in the Redis of --store, or in a file, as it came.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from mockserver.console.input_files import DOCUMENT, content_within
from mockserver.golang.json_size import few_enough
from mockserver.storage.backend import Backend, BackendUnavailable

POLICIES, APIS = "node-policy-backup:", "node-definition-backup:"
LOG = logging.getLogger("tyk-contract")


class Backup(Protocol):
    """The texts that a plane was given last, by their names."""

    def save(self, name: str, text: str) -> None:
        """Keep a text in the place of the former one; a failure is logged."""

    def load(self, name: str) -> str:
        """The text with a name; "" if there is none."""


class StoreBackup:
    """A backup in a Redis, or none that outlives the process if there is no Redis."""

    def __init__(self, backend: Backend) -> None:
        self._texts = backend.files("plane-backup")

    def save(self, name: str, text: str) -> None:
        try:
            self._texts[name] = text.encode("utf-8", "surrogateescape")
        except BackendUnavailable as error:
            LOG.warning("%s; the backup is not renewed", error)

    def load(self, name: str) -> str:
        try:
            data = self._texts.get(name)
        except BackendUnavailable as error:
            LOG.warning("%s; the backup cannot be read", error)
            return ""
        return data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else ""


class FileBackup:
    """A backup in a file, JSON with a member for each text; only its owner may read it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, name: str, text: str) -> None:
        texts = {**self._read(), name: text}
        try:
            self._write(json.dumps(texts))
        except OSError as error:
            LOG.warning("the backup %s cannot be written: %s", self._path, error.strerror)

    def load(self, name: str) -> str:
        return self._read().get(name, "")

    def _write(self, text: str) -> None:
        """Write the file whole or not at all."""
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise

    def _read(self) -> dict[str, str]:
        try:
            texts = json.loads(few_enough(content_within(self._path, DOCUMENT)))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            LOG.warning("the backup %s cannot be read: %s", self._path, error)
            return {}
        if not isinstance(texts, dict):
            LOG.warning("the backup %s is none: it is no JSON object", self._path)
            return {}
        return {name: text for name, text in texts.items() if isinstance(text, str)}


def name_of(kind: str, tags: Sequence[str]) -> str:
    """The name of a text in the backup, which has the tags of the plane (rpc_backup_handlers.go:33)."""
    return kind + "-".join(tags)
